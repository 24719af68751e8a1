"""The watch-list and “Less of” of a visitor with a profile: merge a browser with the profile, and store one change."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.card_list import sentence
from recsys.page.components.keys import key_of
from recsys.page.components.visitor import clean
from recsys.serving.profile_lists import LISTS, Entry
from recsys.serving.service import Service

Lists = dict[str, list[dict[str, Any]]]
BY_ID = "id:"
MS = 1000


def merged(service: Service, visitor: dict[str, Any], user_id: str, key: str) -> Lists:
    """Merge the lists of a browser with those of its profile, and store the newer entries in the profile.

    An entry that was removed stays as a record of its removal, so that a list of an older copy does not restore it.

    Raises:
        UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
    """
    stored = {(one.list, one.item_id): one for one in service.profiles.lists.entries(user_id)}
    ours = {(name, one["item_id"]): one for name in LISTS for one in visitor[name]}
    newer = {
        place: Entry(*place, one["time"] / MS, one["gone"])
        for place, one in ours.items()
        if place not in stored or one["time"] / MS > stored[place].time
    }
    if newer:
        service.profiles.change_lists(user_id, key, list(newer.values()))
    entries = sorted((stored | newer).values(), key=lambda one: one.time)
    return {name: _shown(service, [one for one in entries if one.list == name]) for name in LISTS}


def changed(service: Service, given: object) -> dict[str, Any]:
    """Store the lists that a browser sent in its profile, for the scripts.

    Returns:
        `{"stored": True}`, or `{"error"}` with the reason.
    """
    visitor = clean(given)
    user_id = visitor["user_id"]
    try:
        key = key_of(service, user_id, visitor["key"])
        entries = [
            Entry(name, one["item_id"], one["time"] / MS, one["gone"]) for name in LISTS for one in visitor[name]
        ]
        service.profiles.change_lists(user_id, key, entries)
    except RecsysError as error:
        return {"error": sentence(error)}
    return {"stored": True}


def _shown(service: Service, entries: list[Entry]) -> list[dict[str, Any]]:
    """Entries as the browser stores them; items that this catalogue does not have are left out."""
    ids = [one.item_id.removeprefix(BY_ID) for one in entries]
    items = {item["item_id"]: item for item in service.cards(service.known(ids))}
    shown = []
    for one, item_id in zip(entries, ids, strict=True):
        item = items.get(item_id)
        if item is None and ":" not in one.item_id:
            continue
        title = item["title"] if item else one.item_id.partition(":")[2]
        facts = {"item_id": one.item_id, "title": title, "year": item["year"] if item else None}
        link = {"url": item["url"] if item else ""} if one.list == "watch" else {}
        shown.append({**facts, **link, "time": round(one.time * MS), "gone": one.gone})
    return shown
