"""Actions on a visitor's profile: create it from marks, sign in, store a verdict, delete it."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components import profile_lists
from recsys.page.components.card_list import sentence
from recsys.page.components.keys import key_of
from recsys.page.components.opinions import Opinions
from recsys.page.components.sync import synced
from recsys.page.components.visitor import EMPTY
from recsys.serving.remarks import by_id
from recsys.serving.service import Service

Answer = tuple[dict[str, Any], dict[str, Any]]
"""The visitor after an action, and the panel's message: `{"joined"}`, `{"message"}` or `{"error"}`."""
LONGEST = 200  # largest number of characters of a value that the scripts send


def keep(service: Service, visitor: dict[str, Any]) -> Answer:
    """Create a profile from the visitor's marks and lists. The key is shown only once and stored in their browser."""
    opinions = Opinions.of(service, visitor)
    if not opinions.favour:
        return visitor, {"error": f"Choose at least one {service.words.item} first."}
    try:
        joined = service.profiles.create(opinions.liked, opinions.disliked, opinions.seen, opinions.ratings)
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    marks = [mark | {"sent": service.profiles.is_rating(mark["verdict"], mark["rating"])} for mark in visitor["marks"]]
    lists = profile_lists.merged(service, visitor, joined["user_id"], joined["key"])
    return visitor | joined | {"marks": marks} | lists, {"joined": joined}


def enter(service: Service, visitor: dict[str, Any], user_id: str, key: str) -> Answer:
    """Sign in to a profile: add its ratings to the visitor's earlier marks."""
    # Items whose mark was removed before signing in have nothing to do with the profile.
    marks = [mark | {"sent": False} for mark in visitor["marks"] if mark["verdict"]]
    try:
        service.profiles.count_sign_in()
        person = synced(service, visitor | {"marks": marks, "user_id": user_id, "key": key})
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    return person, {"message": f"Welcome back, {user_id}."}


def leave(service: Service, visitor: dict[str, Any]) -> Answer:
    """Delete the visitor's profile and all its data, with its lists, here and in the browser."""
    try:
        user_id = visitor["user_id"]
        service.profiles.delete(user_id, key_of(service, user_id, visitor["key"]))
    except RecsysError as error:
        return visitor, {"error": sentence(error)}
    return EMPTY | {"session": visitor["session"]}, {"message": "Your profile and all its data are deleted."}


def stored(service: Service, given: object) -> dict[str, Any]:
    """Store a verdict as feedback and, with a profile's key, as a rating; an empty verdict deletes the rating.

    Returns:
        `{"stored": True, "sent": whether the profile has it}`, or `{"error"}` with the reason.
    """
    given = given if isinstance(given, dict) else {}
    names = ("verdict", "item_id", "user_id", "key", "model", "source")
    text = {name: str(given.get(name) or "")[:LONGEST] for name in names}
    verdict, sent = text["verdict"], False
    try:
        user_id = text["user_id"]
        key = key_of(service, user_id, text["key"])
        if verdict:
            item = by_id(service, text["item_id"])
            service.feedback(verdict, item, user_id if key else "", text["model"], text["source"], key)
        if key:
            sent = service.profiles.store_mark(user_id, key, text["item_id"], verdict, given.get("rating"))
    except RecsysError as error:
        return {"error": sentence(error)}
    return {"stored": True, "sent": sent}
