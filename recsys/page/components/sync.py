"""Synchronize the marks and lists of a profile between its devices; the latest change of each entry is used."""

from __future__ import annotations

import logging
from typing import Any

from recsys.errors import BadInput, RecsysError, UnknownItem
from recsys.page.components import profile_lists
from recsys.page.components.keys import key_of
from recsys.page.components.visitor import MOST
from recsys.serving.service import Service

log = logging.getLogger(__name__)


def arrived(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """Return the visitor of a page that was just loaded, with the changes of other devices.

    After an error the visitor stays as in the browser; the page is shown anyway, and the next load tries again.
    """
    if not (visitor["user_id"] and visitor["key"]):
        return visitor
    try:
        return synced(service, visitor)
    except RecsysError as error:
        log.info("Marks of a profile are not synchronized: %s", error)
        return visitor


def synced(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """Merge the marks and lists of a browser with those of its profile, and store the missing ones in the profile.

    A mark that the profile no longer has was removed on another device. A mark that it never had is stored.

    Raises:
        UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        TooManyRequests: this address has sent too many changes.
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
            merged[mark["item_id"]] = mark  # older than the ratings that were read
            continue
        if mark["verdict"] or theirs:
            merged[mark["item_id"]] = mark | {"sent": _stored(service, user_id, key, mark)}
    latest = sorted(merged.values(), key=lambda mark: mark["time"])[-MOST:]
    marks = [mark for mark in latest if mark["verdict"]]
    return visitor | {"marks": marks} | profile_lists.merged(service, visitor, user_id, key)


def _stored(service: Service, user_id: str, key: str, mark: dict[str, Any]) -> bool:
    """Store a mark in the profile; return whether it is stored now."""
    try:
        return service.profiles.store_mark(user_id, key, mark["item_id"], mark["verdict"], mark["rating"])
    except (UnknownItem, BadInput) as error:
        log.info("A mark of a browser is not stored: %s", error)
        return False
