"""A visitor's marks as a profile: made, entered from another browser, changed, deleted."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.visitor import EMPTY, MOST, marked
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

Answer = tuple[dict[str, Any], dict[str, Any]]
"""The visitor from now on, and what the panel says: `{"joined"}`, `{"said"}` or `{"error"}`."""


def keep(service: Service, visitor: dict[str, Any]) -> Answer:
    """Create a profile from what is marked; its key is shown only once and stored in the visitor's browser."""
    liked, disliked, seen = (service.known(marked(visitor, verdict)) for verdict in VERDICTS)
    if not liked:
        return visitor, {"error": f"Choose at least one {service.words.item} first."}
    try:
        joined = service.profiles.create(liked, disliked, seen)
    except RecsysError as error:
        return visitor, {"error": str(error)}
    return visitor | joined, {"joined": joined}


def enter(service: Service, visitor: dict[str, Any], user_id: str, key: str) -> Answer:
    """Take up a profile made earlier: its ratings become the marks they are nearest to."""
    try:
        marks = service.profiles.marks(user_id, key, MOST)
    except RecsysError as error:
        return visitor, {"error": str(error)}
    return visitor | {"marks": marks, "user_id": user_id, "key": key}, {"said": f"Welcome back, {user_id}."}


def leave(service: Service, visitor: dict[str, Any]) -> Answer:
    """Delete the visitor's profile with all its data; the browser forgets the marks as well."""
    try:
        service.profiles.delete(visitor["user_id"], visitor["key"])
    except RecsysError as error:
        return visitor, {"error": str(error)}
    return EMPTY | {"session": visitor["session"]}, {"said": "Your profile and all its data are deleted."}


def stored(service: Service, given: object) -> dict[str, Any]:
    """Keep a verdict as feedback and, where it comes with a profile's key, as a rating; no verdict takes it back.

    Returns:
        `{"stored": True}`, or `{"error"}` with the sentence why not.
    """
    given = given if isinstance(given, dict) else {}
    text = {
        name: str(given.get(name) or "")[:200] for name in ("verdict", "item_id", "user_id", "key", "model", "source")
    }
    verdict = text["verdict"]
    try:
        if verdict:
            service.feedback(verdict, text["item_id"], text["user_id"], text["model"], text["source"])
        if text["key"]:
            service.profiles.set_verdict(text["user_id"], text["key"], text["item_id"], verdict)
    except RecsysError as error:
        return {"error": str(error)}
    return {"stored": True}
