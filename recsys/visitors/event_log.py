"""The rows of events: lists that were shown, and what was said of items."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlite_utils import Database

FIELDS = ("user_id", "session", "model", "version", "source", "endpoint", "verdict")
KINDS = ("list", "verdict")


def add(db: Database, catalogue: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Insert events; the caller holds the transaction.

    Args:
        events: `time` (seconds since 1970), `kind`, FIELDS (text, "" where absent), and `items`: ids of a list in
            order of position, or for a verdict one `{"item_id", "position"}`.
    """
    names = ("time", "kind", "catalogue", "items", *FIELDS)
    rows = (
        [event["time"], event["kind"], catalogue, json.dumps(event["items"], ensure_ascii=False)]
        + [event.get(name, "") for name in FIELDS]
        for event in events
    )
    db.conn.executemany(f"INSERT INTO events ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows)


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
) -> Iterator[dict[str, Any]]:
    """Events by number, the columns as stored and `items` still as text; see `positions`.

    Args:
        after: only those with a greater number.
        kind, model, verdict: only these.
        since, until: seconds since 1970, the end left out.
        limit: at most so many, -1 for all.
        newest: newest first.
    """
    wanted = {"kind = ?": kind, "model = ?": model, "verdict = ?": verdict, "time >= ?": since, "time < ?": until}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    where = " AND ".join(["catalogue = ?", "number > ?", *given])
    return db.query(
        f"SELECT number, time, kind, items, {', '.join(FIELDS)} FROM events WHERE {where} "
        f"ORDER BY number {'DESC' if newest else 'ASC'} LIMIT ?",
        [catalogue, after, *given.values(), limit],
    )


def positions(items: str) -> list[dict[str, Any]]:
    """The stored items as `{"item_id", "position"}`, positions of a list from 1.

    >>> positions('["7", "5"]')
    [{'item_id': '7', 'position': 1}, {'item_id': '5', 'position': 2}]
    """
    found = json.loads(items)
    return [
        one if isinstance(one, dict) else {"item_id": one, "position": place}
        for place, one in enumerate(found, start=1)
    ]


def without_deleted(db: Database, catalogue: str, events: Sequence[Mapping[str, Any]], prefix: str) -> list[dict]:
    """The events, those of profiles that are gone by now under no name."""
    people = {event["user_id"] for event in events if event.get("user_id", "").startswith(prefix)}
    found = db.execute(
        "SELECT user_id FROM profiles WHERE catalogue = ? AND user_id IN (SELECT value FROM json_each(?))",
        [catalogue, json.dumps(sorted(people))],
    )
    gone = people - {row[0] for row in found}
    return [{**event, "user_id": ""} if event.get("user_id") in gone else dict(event) for event in events]
