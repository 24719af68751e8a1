"""A visitor's marks as a profile: made, entered from another browser, changed, deleted."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.visitor import EMPTY, MOST, marked
from recsys.serving.service import Service

Answer = tuple[dict[str, Any], dict[str, Any]]
"""The visitor from now on, and what the panel says: `{"joined"}`, `{"said"}` or `{"error"}`."""


def keep(service: Service, visitor: dict[str, Any]) -> Answer:
    """Make a profile of what is marked; its key is told this once and kept in the visitor's browser."""
    known = service.catalogue.ids
    liked = [item_id for item_id in marked(visitor, "like") if item_id in known]
    if not liked:
        return visitor, {"error": f"Choose at least one {service.words.item} first."}
    try:
        joined = service.join(liked)
        for verdict in ("dislike", "seen"):
            rating = service.verdicts.rating(verdict)
            for item_id in marked(visitor, verdict) if rating is not None else ():
                if item_id in known:
                    service.rate(joined["user_id"], joined["key"], item_id, rating)
    except RecsysError as error:
        return visitor, {"error": str(error)}
    return visitor | joined, {"joined": joined}


def enter(service: Service, visitor: dict[str, Any], user_id: str, key: str) -> Answer:
    """Take up a profile made earlier: its ratings become the marks they are nearest to."""
    try:
        service.visitors.verify(user_id, key)
        history = service.visitors.history(user_id)
    except RecsysError as error:
        return visitor, {"error": str(error)}
    known = service.catalogue.ids
    items = service.catalogue.items([item_id for item_id in history if item_id in known][-MOST:])
    marks = [
        {
            "item_id": item["item_id"],
            "verdict": service.verdicts.nearest(history[item["item_id"]]),
            "title": item["title"],
            "year": item.get("year"),
        }
        for item in items
    ]
    return visitor | {"marks": marks, "user_id": user_id, "key": key}, {"said": f"Welcome back, {user_id}."}


def leave(service: Service, visitor: dict[str, Any]) -> Answer:
    """Delete the visitor's profile with all its data; the browser forgets the marks as well."""
    try:
        service.visitors.delete(visitor["user_id"], visitor["key"])
        service.events.forget(visitor["user_id"])
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
    verdict, owner = text["verdict"], (text["user_id"], text["key"])
    try:
        if verdict:
            service.feedback(verdict, text["item_id"], text["user_id"], text["model"], text["source"])
        rating = service.verdicts.rating(verdict)
        if text["key"] and rating is not None:
            service.rate(*owner, text["item_id"], rating)
        elif text["key"]:
            service.visitors.unrate(*owner, text["item_id"])
    except RecsysError as error:
        return {"error": str(error)}
    return {"stored": True}
