"""Find the key of a profile: the one that the browser sent, or that of the signed-in account."""

from __future__ import annotations

from recsys.errors import NotAllowed
from recsys.serving import client
from recsys.serving.service import Service

SIGNED_IN = "signed in"
"""Placeholder in the browser for the key of an account's profile, which never leaves the server."""


def key_of(service: Service, user_id: str, key: str) -> str:
    """Return the key of a profile for the value that a browser sent: the account's key if the visitor is signed in.

    Raises:
        NotAllowed: the visitor is no longer signed in, or the profile does not belong to the account.
    """
    if key != SIGNED_IN:
        return key
    account = client.current().account
    own = service.profiles.sign_in(account) if account else {"user_id": "", "key": ""}
    if not account or own["user_id"] != user_id:
        raise NotAllowed("You are signed out. Sign in and try again.")
    return own["key"]
