"""Profiles of visitors: create one from marks, sign in, store a verdict, delete."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.card_list import sentence
from recsys.page.components.visitor import EMPTY, MOST, marked
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

Answer = tuple[dict[str, Any], dict[str, Any]]
"""The visitor after an action, and the panel's message: `{"joined"}`, `{"said"}` or `{"error"}`."""
LONGEST = 200  # characters of a value that the scripts send


def keep(service: Service, visitor: dict[str, Any]) -> Answer:
    """Create a profile from the visitor's marks. The key is shown only once and stored in the visitor's browser."""
    liked, disliked, seen = (service.known(marked(visitor, verdict)) for verdict in VERDICTS)
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
        service.profiles.delete(visitor["user_id"], visitor["key"])
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
        if verdict:
            service.feedback(verdict, text["item_id"], text["user_id"], text["model"], text["source"])
        if text["key"]:
            service.profiles.set_verdict(text["user_id"], text["key"], text["item_id"], verdict)
    except RecsysError as error:
        return {"error": sentence(error)}
    return {"stored": True}
