"""Event log: rows of shown lists and feedback in the visitors' database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast

from sqlite_utils import Database

FIELDS = ("user_id", "session", "model", "version", "source", "endpoint", "verdict")


class StoredEvent(TypedDict):
    """A row of the event log; texts are "" if missing.

    Attributes:
        number: number of the row, increasing.
        time: seconds since 1970.
        kind: "list" or "verdict".
        items: JSON text; see `positions`.
    """

    number: int
    time: float
    kind: str
    items: str
    user_id: str
    session: str
    model: str
    version: str
    source: str
    endpoint: str
    verdict: str


class Position(TypedDict):
    """An item and its place in a list, from 1."""

    item_id: str
    position: int


def add(db: Database, catalogue: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Insert events; the caller holds the transaction.

    Args:
        events: `time` (seconds since 1970), `kind` ("list" or "verdict"), FIELDS (text, "" if missing), and `items`:
            the ids of a list in order, or for a verdict one `{"item_id", "position"}`.
    """
    db.table("events").insert_all(
        {
            "time": event["time"],
            "kind": event["kind"],
            "catalogue": catalogue,
            "items": json.dumps(event["items"], ensure_ascii=False),
            **{name: event.get(name, "") for name in FIELDS},
        }
        for event in events
    )


def read(
    db: Database,
    catalogue: str,
    *,
    after: int = 0,
    kind: str | None = None,
    model: str | None = None,
    verdict: str | None = None,
    since: float | None = None,
    until: float | None = None,
    limit: int = -1,
    newest: bool = False,
) -> Iterator[StoredEvent]:
    """Read stored events in the order of their numbers, with `items` as JSON text; see `positions`.

    Args:
        after: only events with a greater number.
        kind, model, verdict: only events with this value.
        since, until: seconds since 1970, the end excluded.
        limit: largest number of events, -1 for all.
        newest: whether the newest come first.
    """
    wanted = {"kind = ?": kind, "model = ?": model, "verdict = ?": verdict, "time >= ?": since, "time < ?": until}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    rows = db.table("events").rows_where(
        " AND ".join(["catalogue = ?", "number > ?", *given]),
        [catalogue, after, *given.values()],
        order_by=f"number {'DESC' if newest else 'ASC'}",
        select=", ".join(("number", "time", "kind", "items", *FIELDS)),
        limit=limit,
    )
    return cast(Iterator[StoredEvent], rows)  # the selected columns are its fields


def positions(items: str) -> list[Position]:
    """Stored items as `{"item_id", "position"}`, the positions of a list from 1.

    >>> positions('["7", "5"]')
    [{'item_id': '7', 'position': 1}, {'item_id': '5', 'position': 2}]
    """
    return with_positions(json.loads(items))


def with_positions(items: Sequence[str | Position]) -> list[Position]:
    """The items of an event as `{"item_id", "position"}`."""
    return [
        {"item_id": one, "position": place} if isinstance(one, str) else one for place, one in enumerate(items, start=1)
    ]


def forget(db: Database, catalogue: str, user_id: str, until: float) -> None:
    """Remove a user's name from events up to `until` (seconds since 1970); the caller holds the transaction."""
    db.execute(
        "UPDATE events SET user_id = '' WHERE catalogue = ? AND user_id = ? AND time <= ?", [catalogue, user_id, until]
    )


def without_deleted(db: Database, catalogue: str, events: Sequence[Mapping[str, Any]], prefix: str) -> list[dict]:
    """Copy events, and remove the ids of profiles (ids that begin with `prefix`) that no longer exist."""
    profiles = {event["user_id"] for event in events if event.get("user_id", "").startswith(prefix)}
    found = db.table("profiles").rows_where(
        "catalogue = ? AND user_id IN (SELECT value FROM json_each(?))",
        [catalogue, json.dumps(sorted(profiles))],
        select="user_id",
    )
    deleted = profiles - {row["user_id"] for row in found}
    return [{**event, "user_id": ""} if event.get("user_id") in deleted else dict(event) for event in events]
