"""Profiles of visitors: create one from marks, sign in, store a verdict, delete."""

from __future__ import annotations

from typing import Any

from recsys.errors import NotAllowed, RecsysError
from recsys.page.components.card_list import sentence
from recsys.page.components.visitor import EMPTY, MOST, marked
from recsys.serving import client
from recsys.serving.remarks import by_id
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

Answer = tuple[dict[str, Any], dict[str, Any]]
"""The visitor after an action, and the panel's message: `{"joined"}`, `{"said"}` or `{"error"}`."""
LONGEST = 200  # characters of a value that the scripts send
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


def keep(service: Service, visitor: dict[str, Any]) -> Answer:
    """Create a profile from the visitor's marks. The key is shown only once and stored in the visitor's browser."""
    liked, disliked, seen = (
        [by_id(service, item_id) for item_id in service.known(marked(visitor, verdict))] for verdict in VERDICTS
    )
    if not liked:
        return visitor, {"error": f"Choose at least one {service.words.item} first."}
    try:
        joined = service.profiles.create(liked, disliked, seen)
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    return visitor | joined, {"joined": joined}


def enter(service: Service, visitor: dict[str, Any], user_id: str, key: str) -> Answer:
    """Sign in to a profile: its ratings become marks, each the verdict nearest to the rating."""
    try:
        marks = service.profiles.marks(user_id, key, MOST)
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    return visitor | {"marks": marks, "user_id": user_id, "key": key}, {"said": f"Welcome back, {user_id}."}


def leave(service: Service, visitor: dict[str, Any]) -> Answer:
    """Delete the visitor's profile and all its data. The browser keeps only the watch-list, which no profile holds."""
    try:
        user_id = visitor["user_id"]
        service.profiles.delete(user_id, key_of(service, user_id, visitor["key"]))
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    left = EMPTY | {"session": visitor["session"], "watch": visitor["watch"]}
    return left, {"said": "Your profile and all its data are deleted."}


def stored(service: Service, given: object) -> dict[str, Any]:
    """Record a verdict as feedback and, if it comes with a profile's key, as a rating; no verdict removes the rating.

    Returns:
        `{"stored": True}`, or `{"error"}` with the reason.
    """
    given = given if isinstance(given, dict) else {}
    names = ("verdict", "item_id", "user_id", "key", "model", "source")
    text = {name: str(given.get(name) or "")[:LONGEST] for name in names}
    verdict = text["verdict"]
    try:
        user_id = text["user_id"]
        key = key_of(service, user_id, text["key"])
        if verdict:
            item = by_id(service, text["item_id"])
            service.feedback(verdict, item, user_id if key else "", text["model"], text["source"], key)
        if key:
            service.profiles.set_verdict(user_id, key, text["item_id"], verdict)
    except RecsysError as error:
        return {"error": sentence(error)}
    return {"stored": True}
