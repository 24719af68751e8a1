"""Keys of profiles: given by the browser, or those of an account, which never leave the server."""

from __future__ import annotations

from recsys.errors import NotAllowed
from recsys.serving import client
from recsys.serving.service import Service

SIGNED_IN = "signed in"
"""Stands in the browser for the key of an account's profile, which never leaves the server."""


def key_of(service: Service, user_id: str, key: str) -> str:
    """The key of a profile for what a browser sent: that of the account if the visitor is signed in with one.

    Raises:
        NotAllowed: the visitor is not signed in any more, or the profile is not that of the account.
    """
    if key != SIGNED_IN:
        return key
    account = client.current().account
    own = service.profiles.sign_in(account) if account else {"user_id": "", "key": ""}
    if not account or own["user_id"] != user_id:
        raise NotAllowed("You are signed out. Sign in again, and repeat what you did.")
    return own["key"]
