"""Analytics over the event log: counts by item, model, position and day."""

from __future__ import annotations

import json
import math
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from typing import Any

from recsys.errors import BadInput
from recsys.visitors import event_log
from recsys.visitors.event_log import StoredEvent

VERDICTS = ("like", "dislike", "seen")
DAY_S = 86_400
VISITORS = 5000  # visitors whose latest lists are kept in memory
LISTS = 5  # latest lists of each visitor
CHUNK = 20_000  # events read at once
POSITIONS = 50  # number of positions in the report
MOST_DAYS, LEAST_DAYS = 366, 7  # largest and smallest number of days in the report

Visitor = tuple[str, str]
"""("session", session) or ("user", user id)."""


@dataclass(frozen=True)
class Limits:
    """Filters of the events that are counted.

    Attributes:
        model: only events of this model, "" for all.
        verdict: only this verdict, "" for all.
        first, last: first and last day in UTC, in the form 2026-11-24; "" for no limit.

    Raises:
        BadInput: a day is not a date, or the verdict does not exist.
    """

    model: str = ""
    verdict: str = ""
    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        if self.verdict and self.verdict not in VERDICTS:
            raise BadInput(f"verdict is {self.verdict!r}. Use {', '.join(VERDICTS)}, or leave it empty.")
        for day in (self.first, self.last):
            if day:
                _ordinal(day)

    @property
    def days(self) -> tuple[int, int]:
        """First and last day as whole days since 1970."""
        return _ordinal(self.first) if self.first else -(10**9), _ordinal(self.last) if self.last else 10**9

    @property
    def times(self) -> dict[str, float | None]:
        """`since` and `until` in seconds, for `event_log.read`."""
        first, last = self.days
        return {
            "since": float(first * DAY_S) if self.first else None,
            "until": float((last + 1) * DAY_S) if self.last else None,
        }


def _by_verdict() -> dict[str, Counter]:
    return {verdict: Counter() for verdict in VERDICTS}


@dataclass
class Sums:
    """Counts of one model on one day.

    Attributes:
        shown: number of times each item was shown.
        lengths: number of lists, by length.
        verdicts: number of verdicts, by verdict and item.
        places: number of verdicts, by verdict and position in the list, if the list is known.
    """

    shown: Counter = field(default_factory=Counter)
    lengths: Counter = field(default_factory=Counter)
    verdicts: dict[str, Counter] = field(default_factory=_by_verdict)
    places: dict[str, Counter] = field(default_factory=_by_verdict)


class Analytics:
    """Counts over all events of a catalogue; each event is read once, at the next request of the counts.

    A verdict belongs to the latest list of the same session (or else the same user) that contained the item. The list
    determines the position of the item, and the model if the verdict has none.
    """

    def __init__(self, events: Callable[..., Iterable[StoredEvent]]):
        """`events` returns the stored events with a number above `after`, like `Visitors.events`."""
        self._events = events
        self._lock = threading.Lock()
        self._sums: dict[tuple[int, str], Sums] = {}
        self._latest: dict[Visitor, deque[tuple[str, str]]] = {}
        self._number = 0

    def refresh(self) -> None:
        """Count the events stored since the last call."""
        with self._lock:
            stored = iter(self._events(after=self._number))
            while chunk := list(islice(stored, CHUNK)):
                # A verdict may be stored before the list that it answers, so events are ordered by time.
                for event in sorted(chunk, key=lambda event: (event["time"], event["number"])):
                    self._add(event)
                self._number = chunk[-1]["number"]

    def summary(self, limits: Limits = Limits(), top: int = 12) -> dict[str, Any]:
        """Return all counts within the limits.

        Args:
            limits: filters of the events.
            top: length of the lists of items.

        Returns:
            `totals` (lists, shown, like, dislike, seen); `most_recommended`, `most_liked` [(item_id, times)];
            `by_model` and `by_position` lines of shown, verdicts, like, dislike, seen, rate (verdicts per shown item)
            with its 95 % interval low, high (Wilson 1927), None if nothing was shown; `by_day` lines, days without
            events included; `models` that have events.
        """
        self.refresh()
        with self._lock:
            first, last = limits.days
            chosen = [
                (day, model, sums)
                for (day, model), sums in self._sums.items()
                if first <= day <= last and (not limits.model or model == limits.model)
            ]
            models = sorted({model for _, model in self._sums})
            found = _Totals([limits.verdict] if limits.verdict else list(VERDICTS))
            for day, model, sums in chosen:
                found.add(day, model, sums, limits.verdict or "like")
        return found.report(top) | {"models": models}

    def _add(self, event: StoredEvent) -> None:
        day, model = int(event["time"] // DAY_S), event["model"] or ""
        visitors = [who for who in (("session", event["session"]), ("user", event["user_id"])) if who[1]]
        if event["kind"] == "list":
            ids = _ids(event["items"])
            sums = self._sums.setdefault((day, model), Sums())
            sums.shown.update(ids)
            sums.lengths[len(ids)] += 1
            for visitor in visitors:
                self._remember(visitor, model, event["items"])
            return
        items = event_log.positions(event["items"])
        if event["verdict"] not in VERDICTS or not items:
            return
        item, place = items[0]["item_id"], items[0]["position"]
        for visitor in visitors:
            known = self._shown_to(visitor, item, model)
            if known is not None:
                model, place = known[0], place or known[1]
                break
        sums = self._sums.setdefault((day, model), Sums())
        sums.verdicts[event["verdict"]][item] += 1
        if place:
            sums.places[event["verdict"]][place] += 1

    def _remember(self, visitor: Visitor, model: str, items: str) -> None:
        lists = self._latest.pop(visitor, None) or deque(maxlen=LISTS)
        lists.append((model, items))
        self._latest[visitor] = lists
        if len(self._latest) > VISITORS:
            del self._latest[next(iter(self._latest))]

    def _shown_to(self, visitor: Visitor, item: str, model: str) -> tuple[str, int] | None:
        """Model and position of the latest list with the item; only lists of `model` if it is not ""."""
        for known, items in reversed(self._latest.get(visitor, ())):
            if not model or known == model:
                ids = _ids(items)
                if item in ids:
                    return known, ids.index(item) + 1
        return None


class _Totals:
    """Totals over several models and days."""

    def __init__(self, verdicts: list[str]):
        self._verdicts = verdicts
        self._shown, self._liked, self._lengths = Counter(), Counter(), Counter()
        self._places: dict[str, Counter] = {verdict: Counter() for verdict in verdicts}
        self._by_model: dict[str, Counter] = {}
        self._by_day: dict[int, Counter] = {}

    def add(self, day: int, model: str, sums: Sums, liked: str) -> None:
        """Add the sums of one model and day; `liked` is the verdict that ranks the items."""
        self._shown.update(sums.shown)
        self._liked.update(sums.verdicts[liked])
        self._lengths.update(sums.lengths)
        counts = Counter(shown=sum(sums.shown.values()), lists=sum(sums.lengths.values()))
        for verdict in self._verdicts:
            counts[verdict] = sum(sums.verdicts[verdict].values())
            self._places[verdict].update(sums.places[verdict])
        self._by_model.setdefault(model, Counter()).update(counts)
        self._by_day.setdefault(day, Counter()).update(counts)

    def report(self, top: int) -> dict[str, Any]:
        """The values of `Analytics.summary`."""
        totals = sum(self._by_model.values(), Counter())
        lines = [{"model": model, **_rates(counts)} for model, counts in self._by_model.items()]
        return {
            "totals": {name: totals[name] for name in ("lists", "shown", *VERDICTS)},
            "most_recommended": _top(self._shown, top),
            "most_liked": _top(self._liked, top),
            "by_model": sorted(lines, key=lambda line: (-line["shown"], line["model"])),
            "by_position": _by_position(self._lengths, self._places),
            "by_day": _by_day(self._by_day),
        }


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927).

    >>> tuple(round(end, 3) for end in wilson(5, 10))
    (0.237, 0.763)
    """
    z, share = 1.959964, hits / n
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n)), min(1.0, (middle + spread) / (1 + z * z / n))


def _ids(items: str) -> list[str]:
    found = json.loads(items)
    return [one["item_id"] for one in found] if found and isinstance(found[0], dict) else found


def _rates(counts: Mapping[str, int]) -> dict[str, Any]:
    verdicts = sum(counts.get(verdict, 0) for verdict in VERDICTS)
    shown = counts.get("shown", 0)
    rate: dict[str, Any] = {"rate": None, "low": None, "high": None}
    if shown:
        low, high = wilson(min(verdicts, shown), shown)
        rate = {"rate": min(verdicts / shown, 1.0), "low": low, "high": high}
    line = {name: counts.get(name, 0) for name in ("lists", "shown", *VERDICTS)}
    return line | {"verdicts": verdicts} | rate


def _by_position(lengths: Counter, places: Mapping[str, Counter]) -> list[dict[str, Any]]:
    longest = min(max(lengths, default=0), POSITIONS)
    lines = []
    for position in range(1, longest + 1):
        shown = sum(count for length, count in lengths.items() if length >= position)
        counts = {verdict: found[position] for verdict, found in places.items()}
        lines.append({"position": position, **_rates({"shown": shown, **counts})})
    return lines


def _by_day(by_day: Mapping[int, Counter]) -> list[dict[str, Any]]:
    if not by_day:
        return []
    last = max(by_day)
    first = max(min(min(by_day), last - LEAST_DAYS + 1), last - MOST_DAYS + 1)
    return [
        {
            "day": (date(1970, 1, 1) + timedelta(days=day)).isoformat(),
            **{name: by_day.get(day, Counter())[name] for name in ("lists", "shown", *VERDICTS)},
        }
        for day in range(first, last + 1)
    ]


def _top(counts: Counter, n: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n]


def _ordinal(day: str) -> int:
    try:
        return (date.fromisoformat(day) - date(1970, 1, 1)).days
    except (TypeError, ValueError):
        raise BadInput(f"The day is {day!r}. Write it as 2026-11-24.") from None
