"""Serialize and parse records of the change log, one JSON object per change, for backup files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from recsys.visitors.event_log import FIELDS
from recsys.visitors.list_rows import LISTS

Record = dict[str, Any]
Person = tuple[str, str]
"""Catalogue and user id."""
ENTRY_KINDS = {kind: (name, kind != name) for name in LISTS for kind in (name, f"un{name}")}
"""Name of the list and whether the entry was removed, by the kind of a record."""
TEXT = {
    "profile": ("salt", "hash"),
    "rating": ("item_id",),
    "unrating": ("item_id",),
    **dict.fromkeys(ENTRY_KINDS, ("item_id",)),
    "forget": (),
    "event": ("what", *FIELDS[1:]),
}
"""The text fields of a record by kind, besides `id`, `kind`, `catalogue` and `user_id`."""
NUMBERS = {"rating": ("rating",), **dict.fromkeys(ENTRY_KINDS, ("made",))}
"""The numbers of a record by kind, besides `time`."""
LARGEST = 1e15


def to_line(record: Record) -> str:
    """Return a record as one line of a JSONL file."""
    return json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n"


def parse(line: str) -> Record | None:
    """Return the record in a line of a JSONL file, or None if the line is not a valid record."""
    try:
        record = json.loads(line)
        kind = record["kind"]
        text = [record[name] for name in ("id", "catalogue", "user_id", *TEXT[kind])]
        numbers = [record["time"], *(record[name] for name in NUMBERS.get(kind, ()))]
        if kind == "profile":
            for name in TEXT[kind]:
                bytes.fromhex(record[name])
        if kind == "event":
            text += _item_ids(record["what"], record["items"])
        # SQLite stores neither lone surrogates nor infinite numbers
        "".join(text).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    usable = all(type(value) in (int, float) and abs(value) < LARGEST for value in numbers)
    return record if usable else None


def _item_ids(what: str, items: list[Any]) -> list[str]:
    """The ids of an event's items.

    Raises:
        ValueError, KeyError, TypeError: the items are invalid for an event of this kind.
    """
    if not isinstance(items, list):
        raise TypeError
    if what == "list":
        return items
    (item,) = items
    if item["position"] is not None and type(item["position"]) is not int:
        raise TypeError
    return [item["item_id"]]


def person(record: Mapping[str, Any]) -> Person:
    """Catalogue and user id of a record."""
    return record["catalogue"], record["user_id"]


class Deletions:
    """Deletions among many records, which determine which records belong to a deleted profile.

    An account that signs in after its profile was deleted gets the same id again. Records after the deletion then
    belong to the new profile.
    """

    def __init__(self, records: Iterable[Record]):
        deleted: dict[Person, float] = {}
        joined: dict[Person, float] = {}
        for record in records:
            if record["kind"] in ("forget", "profile"):
                latest = deleted if record["kind"] == "forget" else joined
                latest[person(record)] = max(record["time"], latest.get(person(record), record["time"]))
        # all records of a profile whose id is not in use again are covered
        self._until = {who: when if joined.get(who, when) > when else float("inf") for who, when in deleted.items()}

    def cover(self, record: Record) -> bool:
        """Whether the record belongs to a deleted profile; the deletion itself does not."""
        return record["kind"] != "forget" and record["time"] <= self._until.get(person(record), float("-inf"))


def without_deleted_profiles(texts: Mapping[str, str], events_since: float = -math.inf) -> dict[str, str]:
    """Remove data of deleted profiles, and events before `events_since` (seconds since 1970), from JSONL texts;
    return only the texts that change, by name.

    Key hashes and ratings are removed, and the user id is removed from events. Records of deletions stay, so that other
    copies cannot restore the data.
    """
    # split only at "\n": str.splitlines would split records at other line separators inside a text field
    parsed = {name: [(line, parse(line)) for line in text.split("\n") if line] for name, text in texts.items()}
    deletions = Deletions(record for lines in parsed.values() for _, record in lines if record is not None)
    changed = {}
    for name, lines in parsed.items():
        left = [
            None if record is not None and is_expired(record, events_since) else _left_of(line, record, deletions)
            for line, record in lines
        ]
        if left != [line for line, _ in lines]:
            changed[name] = "".join(f"{line}\n" for line in left if line is not None)
    return changed


def is_expired(record: Record, events_since: float) -> bool:
    """Whether the record is an event before `events_since` (seconds since 1970)."""
    return record["kind"] == "event" and record["time"] < events_since


def _left_of(line: str, record: Record | None, deletions: Deletions) -> str | None:
    """The line without personal data of deleted profiles; None if the whole line is removed."""
    if record is None or not deletions.cover(record):
        return line
    if record["kind"] == "event":
        return json.dumps(record | {"user_id": ""}, ensure_ascii=False)
    return None
