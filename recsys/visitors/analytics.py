"""Analytics over the event log: counts by item, model, position and day."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from recsys.errors import BadInput
from recsys.visitors import event_log
from recsys.visitors.event_counting import DAY_S, VERDICTS, EventCounter
from recsys.visitors.event_counts import DayCounts, EventCounts
from recsys.visitors.store.base import Store

WINDOW = 50_000  # largest number of events that are read to rank items within some days
AT_ONCE, AT_ONCE_S = 2_000, 0.3  # events that are counted at once before an answer, and how long that may take
SETTLED_S = 5.0  # age in seconds from which events are counted in the background
POSITIONS = 50  # number of positions in the report
MOST_DAYS, LEAST_DAYS = 366, 7  # largest and smallest number of days in the report


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


class Analytics:
    """Counts over all events of a catalogue. They are in the store, so that each event is read once by one replica.

    Items are ranked over all time, or within some days by the latest WINDOW events of these days.
    """

    def __init__(self, store: Store, catalogue: str):
        self._store, self._catalogue = store, catalogue
        self._counts = EventCounts(store, catalogue)

    def advance(self) -> bool:
        """Count events that are not counted yet, in the background; return whether there may be more."""
        return self._counts.advance(until=time.time() - SETTLED_S)

    def summary(self, limits: Limits = Limits(), top: int = 12) -> dict[str, Any]:
        """Return all counts within the limits.

        Args:
            limits: filters of the events.
            top: length of the lists of items.

        Returns:
            `totals` (lists, shown, like, dislike, seen); `most_recommended`, `most_liked` [(item_id, times)]; `ranked`,
            the number of events by which they are ranked if there were too many, else None; `by_model` and
            `by_position` lines of shown, verdicts, like, dislike, seen, rate (verdicts per shown item) with its 95 %
            interval low, high (Wilson 1927), None if nothing was shown; `by_day` lines, days without events included;
            `models` that have events; `behind`, whether there are events that are not counted yet.
        """
        until = time.monotonic() + AT_ONCE_S
        while (is_behind := self._counts.advance(AT_ONCE)) and time.monotonic() < until:
            continue
        first, last = limits.days
        verdicts = [limits.verdict] if limits.verdict else list(VERDICTS)
        found = _report(self._counts.days(first, last, limits.model), verdicts)
        return found | self._ranked(limits, top) | {"models": self._counts.models(), "behind": is_behind}

    def _ranked(self, limits: Limits, top: int) -> dict[str, Any]:
        liked = limits.verdict or "like"
        if not (limits.first or limits.last):
            shown, marked = (self._counts.items(column, top, limits.model) for column in ("shown", liked))
            return {"most_recommended": shown, "most_liked": marked, "ranked": None}
        since, until = limits.times.values()
        events = event_log.latest(self._store, self._catalogue, WINDOW, since=since, until=until)
        counter = EventCounter()
        counter.add(events)
        chosen = [sums for (_, model), sums in counter.sums.items() if not limits.model or model == limits.model]
        return {
            "most_recommended": _top(sum((sums.shown for sums in chosen), Counter()), top),
            "most_liked": _top(sum((sums.verdicts[liked] for sums in chosen), Counter()), top),
            "ranked": WINDOW if len(events) == WINDOW else None,
        }


def _report(days: Sequence[DayCounts], verdicts: Sequence[str]) -> dict[str, Any]:
    """The values of `Analytics.summary` that do not depend on items."""
    lengths, places = Counter(), {verdict: Counter() for verdict in verdicts}
    by_model: dict[str, Counter] = {}
    by_day: dict[int, Counter] = {}
    for one in days:
        counts = Counter(shown=one.shown, lists=sum(one.lengths.values()))
        counts |= {verdict: one.verdicts.get(verdict, 0) for verdict in verdicts}
        lengths.update(one.lengths)
        for verdict in verdicts:
            places[verdict].update(one.places.get(verdict, {}))
        by_model.setdefault(one.model, Counter()).update(counts)
        by_day.setdefault(one.day, Counter()).update(counts)
    totals = sum(by_model.values(), Counter())
    lines = [{"model": model, **_rates(counts)} for model, counts in by_model.items()]
    return {
        "totals": {name: totals[name] for name in ("lists", "shown", *VERDICTS)},
        "by_model": sorted(lines, key=lambda line: (-line["shown"], line["model"])),
        "by_position": _by_position(lengths, places),
        "by_day": _by_day(by_day),
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
