"""What was shown and what was said of it: the log, and sums by item, model, position and day."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from recsys.errors import BadInput
from recsys.visitors import event_log

VERDICTS = ("like", "dislike", "seen")
DAY_S = 86_400
REMEMBERED = 5000  # people whose latest lists are known
LATEST = 5  # lists known to each
CHUNK = 20_000
POSITIONS = 50
DAYS, WEEK = 366, 7  # at most and at least so many days
COLUMNS = ("time", "kind", "verdict", "model", "version", "endpoint", "who", "source", "item_ids")


@dataclass(frozen=True)
class Limits:
    """Which events are asked about.

    Attributes:
        model: only this model's, "" for all.
        verdict: only this verdict, "" for all.
        first, last: days in UTC as 2026-11-24, both included, "" where open.

    Raises:
        BadInput: a day is not written so, or the verdict is none.
    """

    model: str = ""
    verdict: str = ""
    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        if self.verdict and self.verdict not in VERDICTS:
            raise BadInput(f"verdict is {self.verdict!r}: use {', '.join(VERDICTS)}, or leave it empty.")
        for day in (self.first, self.last):
            if day:
                _ordinal(day)

    @property
    def days(self) -> tuple[int, int]:
        """First and last day as whole days since 1970."""
        return _ordinal(self.first) if self.first else -(10**9), _ordinal(self.last) if self.last else 10**9

    @property
    def times(self) -> dict[str, float | None]:
        """`since` and `until` in seconds, for the journal."""
        first, last = self.days
        return {
            "since": float(first * DAY_S) if self.first else None,
            "until": float((last + 1) * DAY_S) if self.last else None,
        }


@dataclass
class Sums:
    """What one model did on one day.

    Attributes:
        shown: item -> times shown.
        lengths: length of a list -> lists of that length.
        said: verdict -> item -> times.
        places: verdict -> position in the list -> times, where the list is known.
    """

    shown: Counter = field(default_factory=Counter)
    lengths: Counter = field(default_factory=Counter)
    said: dict[str, Counter] = field(default_factory=lambda: {verdict: Counter() for verdict in VERDICTS})
    places: dict[str, Counter] = field(default_factory=lambda: {verdict: Counter() for verdict in VERDICTS})


class Activity:
    """Sums over all events of a catalogue, brought up to date with what was added since they were last asked for.

    A verdict belongs to the latest list of the same session (or else the same user) that held the item: that gives
    its position, and its model where the verdict came without one.
    """

    def __init__(self, events: Callable[..., Iterable[dict[str, Any]]]):
        """`events` gives stored events by number from `after` on, as `Visitors.events` does."""
        self._events = events
        self._lock = threading.Lock()
        self._sums: dict[tuple[int, str], Sums] = {}
        self._latest: dict[tuple[str, str], deque[tuple[str, str]]] = {}
        self._number = 0

    def refresh(self) -> None:
        """Add what was stored since the last time."""
        with self._lock:
            stored = iter(self._events(after=self._number))
            while chunk := list(islice(stored, CHUNK)):
                # a verdict may be stored before the list it answers, so the time decides
                for event in sorted(chunk, key=lambda event: (event["time"], event["number"])):
                    self._add(event)
                self._number = chunk[-1]["number"]

    def summary(self, limits: Limits = Limits(), top: int = 12) -> dict[str, Any]:
        """All analytics under the limits.

        Returns:
            `totals` (lists, shown, like, dislike, seen); `most_recommended`, `most_liked` [(item_id, times)];
            `by_model` and `by_position` lines of shown, verdicts, like, dislike, seen, rate (verdicts for an item
            shown) with its 95 % interval low, high (Wilson 1927), None where nothing was shown; `by_day` lines,
            days without events included; `models` that have events at all.
        """
        self.refresh()
        with self._lock:
            first, last = limits.days
            chosen = {
                key: sums
                for key, sums in self._sums.items()
                if first <= key[0] <= last and (not limits.model or key[1] == limits.model)
            }
            verdicts = [limits.verdict] if limits.verdict else list(VERDICTS)
            shown, liked = Counter(), Counter()
            by_model: dict[str, Counter] = {}
            by_day: dict[int, Counter] = {}
            lengths, places = Counter(), {verdict: Counter() for verdict in verdicts}
            for (day, model), sums in chosen.items():
                shown.update(sums.shown)
                liked.update(sums.said[limits.verdict or "like"])
                lengths.update(sums.lengths)
                counts = Counter(shown=sum(sums.shown.values()), lists=sum(sums.lengths.values()))
                for verdict in verdicts:
                    counts[verdict] = sum(sums.said[verdict].values())
                    places[verdict].update(sums.places[verdict])
                by_model.setdefault(model, Counter()).update(counts)
                by_day.setdefault(day, Counter()).update(counts)
            models = sorted({model for _, model in self._sums})
        totals = Counter()
        for counts in by_model.values():
            totals.update(counts)
        lines = [{"model": model, **_rates(counts)} for model, counts in by_model.items()]
        return {
            "totals": {name: totals[name] for name in ("lists", "shown", *VERDICTS)},
            "most_recommended": _top(shown, top),
            "most_liked": _top(liked, top),
            "by_model": sorted(lines, key=lambda line: (-line["shown"], line["model"])),
            "by_position": _by_position(lengths, places),
            "by_day": _by_day(by_day),
            "models": models,
        }

    def _add(self, event: Mapping[str, Any]) -> None:
        day, model = int(event["time"] // DAY_S), event["model"] or ""
        people = [("session", event["session"]), ("user", event["user_id"])]
        people = [one for one in people if one[1]]
        if event["kind"] == "list":
            ids = _ids(event["items"])
            sums = self._of(day, model)
            sums.shown.update(ids)
            sums.lengths[len(ids)] += 1
            for person in people:
                self._remember(person, model, event["items"])
        elif event["verdict"] in VERDICTS:
            said = event_log.positions(event["items"])[0]
            item, place = said["item_id"], said["position"]
            for person in people:
                known = self._shown_to(person, item, model)
                if known is not None:
                    model, place = known[0], place or known[1]
                    break
            sums = self._of(day, model)
            sums.said[event["verdict"]][item] += 1
            if place:
                sums.places[event["verdict"]][place] += 1

    def _of(self, day: int, model: str) -> Sums:
        key = day, model
        if key not in self._sums:
            self._sums[key] = Sums()
        return self._sums[key]

    def _remember(self, person: tuple[str, str], model: str, items: str) -> None:
        lists = self._latest.pop(person, None) or deque(maxlen=LATEST)
        lists.append((model, items))
        self._latest[person] = lists
        if len(self._latest) > REMEMBERED:
            del self._latest[next(iter(self._latest))]

    def _shown_to(self, person: tuple[str, str], item: str, model: str) -> tuple[str, int] | None:
        """Model and position of the latest list that held the item, of this model where one is named."""
        for known, items in reversed(self._latest.get(person, ())):
            if not model or known == model:
                ids = _ids(items)
                if item in ids:
                    return known, ids.index(item) + 1
        return None


def log_lines(events: Iterable[Mapping[str, Any]], is_public: Callable[[str], bool]) -> list[dict[str, Any]]:
    """Events as lines for people: time in UTC, who without telling who, and item ids in order.

    Args:
        events: as stored.
        is_public: whether a user id may be shown, as those of the data set; others get a short name of their own.
    """
    lines = []
    for event in events:
        when = datetime.fromtimestamp(event["time"], UTC).isoformat(timespec="seconds")
        ids = [one["item_id"] for one in event_log.positions(event["items"])]
        line = {name: event[name] or "" for name in ("kind", "verdict", "model", "version", "endpoint", "source")}
        lines.append(line | {"time": when, "who": who(event["user_id"], event["session"], is_public), "item_ids": ids})
    return lines


def who(user_id: str, session: str, is_public: Callable[[str], bool]) -> str:
    """A name for the log that tells people apart and gives nobody away."""
    if user_id and is_public(user_id):
        return f"user {user_id}"
    if user_id:
        return f"profile {_short(user_id)}"
    return f"visitor {_short(session)}" if session else ""


def as_csv(lines: Iterable[Mapping[str, Any]]) -> str:
    """Log lines as CSV; a cell that a spreadsheet would calculate is made plain text."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in lines:
        cells = [" ".join(line[name]) if name == "item_ids" else str(line[name]) for name in COLUMNS]
        writer.writerow([f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell for cell in cells])
    return text.getvalue()


def as_json(lines: Iterable[Mapping[str, Any]]) -> str:
    """Log lines as JSON."""
    return json.dumps([{name: line[name] for name in COLUMNS} for line in lines], ensure_ascii=False, indent=1)


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927).

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
    said = sum(counts.get(verdict, 0) for verdict in VERDICTS)
    shown = counts.get("shown", 0)
    rate: dict[str, Any] = {"rate": None, "low": None, "high": None}
    if shown:
        low, high = wilson(min(said, shown), shown)
        rate = {"rate": min(said / shown, 1.0), "low": low, "high": high}
    line = {name: counts.get(name, 0) for name in ("lists", "shown", *VERDICTS)}
    return line | {"verdicts": said} | rate


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
    lines = []
    for day in range(max(min(min(by_day), last - WEEK + 1), last - DAYS + 1), last + 1):
        counts = by_day.get(day, Counter())
        lines.append(
            {
                "day": (date(1970, 1, 1) + timedelta(days=day)).isoformat(),
                **{name: counts[name] for name in ("lists", "shown", *VERDICTS)},
            }
        )
    return lines


def _top(counts: Counter, n: int) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:n]


def _ordinal(day: str) -> int:
    try:
        return (date.fromisoformat(day) - date(1970, 1, 1)).days
    except (TypeError, ValueError):
        raise BadInput(f"the day is {day!r}: write it as 2026-11-24.") from None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
