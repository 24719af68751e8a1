"""Counts of the event log in the store, so that no replica has to read all events: by day and model, and by item."""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice, takewhile
from typing import NamedTuple

from recsys.visitors import event_log
from recsys.visitors.event_counting import DAY_S, VERDICTS, EventCounter, Sums
from recsys.visitors.store.base import Store, Transaction

BATCH, PAGE = 100_000, 20_000  # events that are counted in one transaction in the background, and read at once
CONTEXT = 5_000  # number of events before a batch in which the lists of its verdicts are searched
ALL = "*"  # stands for all models in the counts by item
ITEM_COLUMNS = ("shown", *VERDICTS)


class DayCounts(NamedTuple):
    """Counts of one model on one day.

    Attributes:
        day: days since 1970.
        shown: number of shown items.
        lengths: number of lists by length.
        verdicts: number of verdicts by kind.
        places: number of verdicts by kind and position.
    """

    day: int
    model: str
    shown: int
    lengths: Counter[int]
    verdicts: Mapping[str, int]
    places: Mapping[str, Counter[int]]


class EventCounts:
    """Counts of one catalogue's events; thread-safe. One replica at a time counts, all read.

    Args:
        store: the database.
        catalogue: the catalogue of the events.
    """

    def __init__(self, store: Store, catalogue: str):
        self._store, self._catalogue = store, catalogue
        self._counter = EventCounter()
        self._known_to: int | None = None  # number of the last event that the counter has seen; None if it is unusable
        self._counting = threading.Lock()

    def advance(self, most: int = BATCH, until: float = math.inf) -> bool:
        """Count the next events; return whether there may be more.

        If another thread or replica counts now, nothing is done.

        Args:
            most: largest number of events.
            until: time in seconds since 1970 of the events at which to stop, because a list may be stored a second
                after the verdict on it.
        """
        if not self._counting.acquire(blocking=False):
            return False
        try:
            number = self._counted()
            if self._newest() == number:
                return False
            with self._store.exclusive(f"counting events of {self._catalogue}") as is_mine:
                return is_mine and self._count_batch(most, until)
        finally:
            self._counting.release()

    def days(self, first: int, last: int, model: str = "") -> list[DayCounts]:
        """Counts from the first to the last day, of one model or of all ("")."""
        only, values = (" AND model = ?", [model]) if model else ("", [])
        with self._store.reading() as tx:
            rows = tx.rows(
                "SELECT day, model, shown, lengths, verdicts, places FROM event_days "
                f"WHERE catalogue = ? AND day >= ? AND day <= ?{only} ORDER BY day, model",
                [self._catalogue, first, last, *values],
            )
        return [_day_counts(row) for row in rows]

    def models(self) -> list[str]:
        """Models that have events, by name."""
        with self._store.reading() as tx:
            rows = tx.rows("SELECT DISTINCT model FROM event_days WHERE catalogue = ?", [self._catalogue])
        return sorted(row["model"] for row in rows)

    def items(self, column: str, n: int, model: str = "") -> list[tuple[str, int]]:
        """The n items with the largest counts of all time.

        Args:
            column: "shown" or a verdict.
            model: only counts of this model; "" for all.
        """
        if column not in ITEM_COLUMNS:
            raise ValueError(column)
        with self._store.reading() as tx:
            rows = tx.rows(
                f'SELECT item_id, "{column}" AS n FROM event_items '
                f'WHERE catalogue = ? AND model = ? AND "{column}" > 0 ORDER BY n DESC, item_id LIMIT ?',
                [self._catalogue, model or ALL, n],
            )
        return [(row["item_id"], row["n"]) for row in rows]

    def _counted(self) -> int:
        with self._store.reading() as tx:
            row = tx.row("SELECT number FROM event_progress WHERE catalogue = ?", [self._catalogue])
        return row["number"] if row else 0

    def _newest(self) -> int:
        """Number of the latest event; 0 if there are no events."""
        with self._store.reading() as tx:
            row = tx.row(
                "SELECT number FROM events WHERE catalogue = ? ORDER BY number DESC LIMIT 1", [self._catalogue]
            )
        return row["number"] if row else 0

    def _count_batch(self, most: int, until: float) -> bool:
        number = self._counted()
        if self._newest() < number:
            number = 0  # SQLite numbers events from 1 again when all have expired
        if number != self._known_to:
            self._counter = EventCounter()
            earlier = self._events(after=max(number - CONTEXT, 0), limit=CONTEXT)
            self._counter.add(event for event in earlier if event["number"] <= number)
            self._counter.take()
        self._known_to = None  # unless the transaction succeeds
        n, last = 0, number
        events = takewhile(lambda event: event["time"] <= until, self._events(after=number, limit=most))
        while page := list(islice(events, PAGE)):
            self._counter.add(page)
            n, last = n + len(page), page[-1]["number"]
        if not n:
            self._known_to = number
            return False
        with self._store.writing() as tx:
            tx.without_time_limit()
            self._add(tx, self._counter.take())
            tx.execute(
                "INSERT INTO event_progress (catalogue, number) VALUES (?, ?) "
                "ON CONFLICT (catalogue) DO UPDATE SET number = excluded.number",
                [self._catalogue, last],
            )
        self._known_to = last
        return n == most

    def _events(self, after: int, limit: int) -> Iterator[event_log.StoredEvent]:
        return event_log.read(self._store, self._catalogue, after=after, limit=limit)

    def _add(self, tx: Transaction, found: Mapping[tuple[int, str], Sums]) -> None:
        items: dict[tuple[str, str], list[int]] = {}
        for (day, model), sums in found.items():
            self._add_day(tx, day, model, sums)
            for place, counts in enumerate((sums.shown, *(sums.verdicts[verdict] for verdict in VERDICTS))):
                for item, count in counts.items():
                    for name in (model, ALL):
                        items.setdefault((name, item), [0] * len(ITEM_COLUMNS))[place] += count
        rows = ([self._catalogue, model, item, *counts] for (model, item), counts in items.items())
        tx.add_numbers("event_items", ("catalogue", "model", "item_id"), ITEM_COLUMNS, rows)

    def _add_day(self, tx: Transaction, day: int, model: str, sums: Sums) -> None:
        key = [self._catalogue, day, model]
        row = tx.row(
            "SELECT day, model, shown, lengths, verdicts, places FROM event_days "
            "WHERE catalogue = ? AND day = ? AND model = ?",
            key,
        )
        before = _day_counts(row) if row else DayCounts(day, model, 0, Counter(), {}, {})
        verdicts = {kind: before.verdicts.get(kind, 0) + sum(sums.verdicts[kind].values()) for kind in VERDICTS}
        places = {kind: before.places.get(kind, Counter()) + sums.places[kind] for kind in VERDICTS}
        tx.execute(
            "INSERT INTO event_days (catalogue, day, model, shown, lengths, verdicts, places) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (catalogue, day, model) DO UPDATE SET "
            "shown = excluded.shown, lengths = excluded.lengths, verdicts = excluded.verdicts, "
            "places = excluded.places",
            [
                *key,
                before.shown + sum(sums.shown.values()),
                *map(json.dumps, (before.lengths + sums.lengths, verdicts, places)),
            ],
        )


def expire(tx: Transaction, catalogue: str, before: float) -> None:
    """Delete the counts of days that ended before a time; counts by item stay, because they name nobody."""
    if before > 0:
        tx.execute("DELETE FROM event_days WHERE catalogue = ? AND day < ?", [catalogue, int(before // DAY_S)])


def _day_counts(row: Mapping) -> DayCounts:
    places = {kind: _numbered(found) for kind, found in json.loads(row["places"]).items()}
    lengths, verdicts = _numbered(json.loads(row["lengths"])), json.loads(row["verdicts"])
    return DayCounts(row["day"], row["model"], row["shown"], lengths, verdicts, places)


def _numbered(found: Mapping[str, int]) -> Counter[int]:
    return Counter({int(number): count for number, count in found.items()})
