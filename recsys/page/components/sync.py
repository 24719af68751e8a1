"""Keep the marks of one profile the same on all its devices: for each item, the latest word counts."""

from __future__ import annotations

import logging
from typing import Any

from recsys.errors import BadInput, RecsysError, UnknownItem
from recsys.page.components.keys import key_of
from recsys.page.components.visitor import MOST
from recsys.serving.service import Service

log = logging.getLogger(__name__)


def arrived(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """The visitor of a page that was just loaded, with what other devices did meanwhile.

    Whatever fails leaves the visitor as the browser knows them: the page is shown anyway, and the next load tries
    again.
    """
    if not (visitor["user_id"] and visitor["key"]):
        return visitor
    try:
        return synced(service, visitor)
    except RecsysError as error:
        log.info("Marks of a profile are not synchronized: %s", error)
        return visitor


def synced(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """Merge the marks of a browser with those of its profile, and store in the profile what it lacks.

    A mark that the profile had and has no more was removed on another device. One that it never had is kept and stored.

    Raises:
        UnknownUser, NotAllowed: no such profile, or not its key.
        TooManyRequests: this address has stored too much.
    """
    user_id = visitor["user_id"]
    key = key_of(service, user_id, visitor["key"])
    stored = {mark["item_id"]: {**mark, "sent": True} for mark in service.profiles.marks(user_id, key, MOST)}
    complete = len(stored) < MOST
    merged: dict[str, dict[str, Any]] = dict(stored)
    for mark in visitor["marks"]:
        theirs = stored.get(mark["item_id"])
        if mark["sent"] or (theirs and theirs["time"] >= mark["time"]):
            if theirs or complete:
                continue
            merged[mark["item_id"]] = mark  # older than those that were read
            continue
        if mark["verdict"] or theirs:
            merged[mark["item_id"]] = mark | {"sent": _stored(service, user_id, key, mark)}
    latest = sorted(merged.values(), key=lambda mark: mark["time"])[-MOST:]
    return visitor | {"marks": [mark for mark in latest if mark["verdict"]]}


def _stored(service: Service, user_id: str, key: str, mark: dict[str, Any]) -> bool:
    """Store a mark in the profile; returns whether it has it now."""
    try:
        return service.profiles.store_mark(user_id, key, mark["item_id"], mark["verdict"], mark["rating"])
    except (UnknownItem, BadInput) as error:
        log.info("A mark of a browser is not stored: %s", error)
        return False
