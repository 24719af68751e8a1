"""Event log: rows of shown lists and feedback in the visitors' database."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypedDict, cast

from recsys.visitors.store.base import Store, Transaction, placeholders

PAGE = 10_000  # number of events read at once
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


def add(tx: Transaction, catalogue: str, events: Iterable[Mapping[str, Any]]) -> None:
    """Insert events; the caller holds the transaction.

    Args:
        events: `time` (seconds since 1970), `kind` ("list" or "verdict"), FIELDS (text, "" if missing), and `items`:
            the ids of a list in order, or for a verdict one `{"item_id", "position"}`.
    """
    tx.number_events_in_order()
    columns = ("time", "kind", "catalogue", "items", *FIELDS)
    tx.execute_many(
        f"INSERT INTO events ({', '.join(columns)}) VALUES ({placeholders(columns)})",
        (
            [
                event["time"],
                event["kind"],
                catalogue,
                json.dumps(event["items"], ensure_ascii=False),
                *(event.get(name, "") for name in FIELDS),
            ]
            for event in events
        ),
    )


def read(
    store: Store,
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

    They are read in pages, so that neither memory nor a connection is used for all of them.

    Args:
        after: only events with a greater number.
        kind, model, verdict: only events with this value.
        since, until: only events in this period in seconds since 1970, the end excluded.
        limit: largest number of events, -1 for all.
        newest: whether the newest come first.
    """
    wanted = {"kind = ?": kind, "model = ?": model, "verdict = ?": verdict, "time >= ?": since, "time < ?": until}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    order, beyond = ("DESC", "number < ?") if newest else ("ASC", "number > ?")
    last, left = (None if newest else after), math.inf if limit < 0 else limit
    while left > 0:
        conditions = {"catalogue = ?": catalogue, "number > ?": after, **given}
        if last is not None:
            conditions[beyond] = last
        size = int(min(left, PAGE))
        with store.reading() as tx:
            page = tx.rows(
                f"SELECT {', '.join(('number', 'time', 'kind', 'items', *FIELDS))} FROM events "
                f"WHERE {' AND '.join(conditions)} ORDER BY number {order} LIMIT ?",
                [*conditions.values(), size],
            )
        yield from cast(list[StoredEvent], page)  # the selected columns are its fields
        if len(page) < size:
            return
        last, left = page[-1]["number"], left - size


def latest(
    store: Store,
    catalogue: str,
    n: int,
    *,
    model: str | None = None,
    verdict: str | None = None,
    since: float | None = None,
    until: float | None = None,
) -> list[StoredEvent]:
    """The n latest events by their time, newest first, found by an index of times whatever the number of events.

    Args:
        model, verdict, since, until: as for `read`.
    """
    wanted = {"model = ?": model, "verdict = ?": verdict, "time >= ?": since, "time < ?": until}
    given = {condition: value for condition, value in wanted.items() if value is not None}
    found: list[StoredEvent] = []
    for kind in ("verdict",) if verdict is not None else ("list", "verdict"):
        conditions = {"catalogue = ?": catalogue, "kind = ?": kind, **given}
        with store.reading() as tx:
            rows = tx.rows(
                f"SELECT {', '.join(('number', 'time', 'kind', 'items', *FIELDS))} FROM events "
                f"WHERE {' AND '.join(conditions)} ORDER BY time DESC LIMIT ?",
                [*conditions.values(), n],
            )
        found += cast(list[StoredEvent], rows)
    return sorted(found, key=lambda event: (event["time"], event["number"]), reverse=True)[:n]


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


def forget(tx: Transaction, catalogue: str, user_id: str, until: float) -> None:
    """Remove a user's name from events up to `until` (seconds since 1970); the caller holds the transaction."""
    tx.execute(
        "UPDATE events SET user_id = '' WHERE catalogue = ? AND user_id = ? AND time <= ?", [catalogue, user_id, until]
    )


def without_deleted(
    tx: Transaction, catalogue: str, events: Sequence[Mapping[str, Any]], prefix: str
) -> list[dict[str, Any]]:
    """Copy events, and remove the ids of profiles (ids that begin with `prefix`) that no longer exist."""
    profiles = sorted({event["user_id"] for event in events if event.get("user_id", "").startswith(prefix)})
    if not profiles:
        return [dict(event) for event in events]
    # A profile must not be deleted before these events are stored, because the deletion removes its id from them. Rows
    # are locked in one order, so that two transactions cannot wait for each other.
    found = tx.rows(
        f"SELECT user_id FROM profiles WHERE catalogue = ? AND user_id IN ({placeholders(profiles)}) "
        f"ORDER BY user_id{tx.for_share}",
        [catalogue, *profiles],
    )
    deleted = set(profiles) - {row["user_id"] for row in found}
    return [{**event, "user_id": ""} if event.get("user_id") in deleted else dict(event) for event in events]
