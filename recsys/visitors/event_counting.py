"""Count events by model and day, and find for each verdict the list that it answers."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from recsys.visitors import event_log
from recsys.visitors.event_log import StoredEvent

VERDICTS = ("like", "dislike", "seen")
DAY_S = 86_400
VISITORS = 5000  # visitors whose latest lists are kept in memory
LISTS = 5  # latest lists of each visitor

Visitor = tuple[str, str]
"""("session", session) or ("user", user id)."""


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


class EventCounter:
    """Counts of the events that were added since the last `take`.

    A verdict belongs to the latest list of the same session (or else the same user) that contained the item. The list
    determines the position of the item, and the model if the verdict has none.
    """

    def __init__(self) -> None:
        self.sums: dict[tuple[int, str], Sums] = {}
        self._latest: dict[Visitor, deque[tuple[str, str]]] = {}

    def add(self, events: Iterable[StoredEvent]) -> None:
        """Count events."""
        # A verdict may be stored before the list that it answers, so events are ordered by time.
        for event in sorted(events, key=lambda event: (event["time"], event["number"])):
            self._add(event)

    def take(self) -> dict[tuple[int, str], Sums]:
        """Return the counts by day and model, and start again; the latest lists stay known."""
        taken, self.sums = self.sums, {}
        return taken

    def _add(self, event: StoredEvent) -> None:
        day, model = int(event["time"] // DAY_S), event["model"] or ""
        visitors = [who for who in (("session", event["session"]), ("user", event["user_id"])) if who[1]]
        if event["kind"] == "list":
            ids = _ids(event["items"])
            sums = self.sums.setdefault((day, model), Sums())
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
        sums = self.sums.setdefault((day, model), Sums())
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


def _ids(items: str) -> list[str]:
    found = json.loads(items)
    return [one["item_id"] for one in found] if found and isinstance(found[0], dict) else found
