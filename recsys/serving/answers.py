"""What the models of one release answer, as item ids with scores, chances and reasons; asked again, from memory."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from recsys.models.base import Ranked, Recommender
from recsys.models.reason import Reason
from recsys.ranking.top_n import top_n
from recsys.serving.blend import Blend
from recsys.serving.filters import POOL, Filters
from recsys.serving.released_models import Serving

REMEMBERED = 20_000  # picks of past answers, some 10 MB
LEAST, MOST = 0.005, 20  # share from which an item of a history is named, and how many are
AT_ONCE = 2  # answers worked out at the same time: more threads than cores only take Python's lock from each other


class Picks(NamedTuple):
    """A list of items, best first.

    Attributes:
        model: who made it.
        item_ids, scores: (k,) the items.
        matches: (k,) calibrated chances in per cent, None where there is none.
        reasons: (k,) one sentence each.
        parts: (k,) of a blend, what speaks most for each item; empty else.
    """

    model: str
    item_ids: list[str]
    scores: list[float]
    matches: list[int | None]
    reasons: list[str]
    parts: list[str]


class Explanation(NamedTuple):
    """Why an item fits a history.

    Attributes:
        model: who says so.
        score: the item's, None where the model cannot say.
        reason: one sentence.
        history: (item_id, rating, share of the score) of what speaks most for it, by falling share.
        shared: traits that the item has in common with the first of these.
    """

    model: str
    score: float | None
    reason: str
    history: list[tuple[str, float, float]]
    shared: list[str]


class Taste(NamedTuple):
    """A history that is read only where it is needed.

    Attributes:
        key: the same for the same ratings.
        read: gives the ratings by item id, oldest first.
    """

    key: Hashable
    read: Callable[[], Mapping[str, float]]

    @classmethod
    def of(cls, history: Mapping[str, float]) -> Taste:
        """A history that is there."""
        said = repr(list(history.items())).encode()
        return cls(hashlib.blake2b(said, digest_size=16).digest(), lambda: history)


class Picking:
    """Lists of one release over one catalogue, neither of which changes: an answer holds as long as this does."""

    def __init__(self, serving: Serving):
        self.serving = serving
        self._memory = _Memory(REMEMBERED)

    def search(self, query: str, n: int) -> list[str]:
        """Ids of items whose title fits, typos forgiven; then of items that fit the words as a description."""
        return self._memory.get(("search", query, n), lambda: self._search(query, n))

    def similar(self, item_id: str, n: int, model: str, filters: Filters) -> Picks:
        """Items like one item; where its own model knows too little of it, by who chose it."""
        recommender = self.serving.model(model)  # read from disk before a turn is taken: others need not wait for that
        return self._memory.get(
            ("similar", item_id, n, model, filters), lambda: self._similar(item_id, n, recommender, filters)
        )

    def personal(self, taste: Taste, n: int, model: str, filters: Filters, exclude: Sequence[str] = ()) -> Picks:
        """Items for a history, without those in it or in `exclude`."""
        recommender = self.serving.model(model)
        return self._memory.get(
            ("personal", taste.key, n, model, filters, tuple(exclude)),
            lambda: self._personal(taste.read(), n, recommender, filters, exclude),
        )

    def blended(self, taste: Taste, near: str | None, n: int, balance: float, filters: Filters) -> Picks:
        """Items for a history, near an item, or both, from all content (0) to all collaborative (1)."""
        return self._memory.get(
            ("blended", taste.key, near, n, balance, filters),
            lambda: self._blended(taste.read(), near, n, balance, filters),
        )

    def explained(self, taste: Taste, item_id: str, model: str) -> Explanation:
        """What of a history speaks for an item."""
        recommender = self.serving.model(model)
        return self._memory.get(
            ("explained", taste.key, item_id, model), lambda: self._explained(taste.read(), item_id, recommender)
        )

    def _search(self, query: str, n: int) -> list[str]:
        found = self.serving.catalogue.named(query, n)
        if len(found) < n:
            known = set(found)
            found += [item_id for item_id in self.serving.described(query, n) if item_id not in known]
        return found[:n]

    def _similar(self, item_id: str, n: int, recommender: Recommender, filters: Filters) -> Picks:
        asked = (item_id, _depth(n, filters), self.serving.among(filters))
        found = recommender.ranked_similar(*asked)
        if found.fallback and self.serving.rated:
            # little is known of the item, but who chose it may say more
            other = self.serving.model(self.serving.best_collaborative)
            if not (again := other.ranked_similar(*asked)).fallback:
                recommender, found = other, again
        number = recommender.items.number(item_id)
        return self._picks(
            recommender, found, n, filters, lambda numbers: recommender.similar_reasons(found, number, numbers)
        )

    def _personal(
        self, history: Mapping[str, float], n: int, recommender: Recommender, filters: Filters, exclude: Sequence[str]
    ) -> Picks:
        found = recommender.ranked(history, _depth(n, filters), exclude, self.serving.among(filters))
        return self._picks(recommender, found, n, filters, lambda numbers: recommender.reasons(found, numbers))

    def _blended(
        self, history: Mapping[str, float], near: str | None, n: int, balance: float, filters: Filters
    ) -> Picks:
        # without ratings there is nothing but content to blend
        balance = balance if self.serving.rated else 0.0
        blend = Blend(self.serving.model, self.serving.best_collaborative, history, near, balance)
        base, among = blend.base, self.serving.among(filters)
        exclude = [near] if near else []
        mixture = blend.mixture(base.masked(blend.histories, exclude, among))
        top, values = top_n(mixture.scores, _depth(n, filters), base.popularity_rank)
        if not len(top):
            found = base.ranked(history, _depth(n, filters), exclude, among)
            return self._picks(base, found, n, filters, lambda numbers: base.reasons(found, numbers))
        found = Ranked(top, values, blend.histories, mixture.scores)
        picks = self._picks(base, found, n, filters, lambda numbers: blend.reasons(mixture, numbers))
        numbers = base.items.numbers(picks.item_ids).tolist()
        return picks._replace(parts=[mixture.leading(number) for number in numbers])

    def _explained(self, history: Mapping[str, float], item_id: str, recommender: Recommender) -> Explanation:
        shares = [(other, share) for other, share in recommender.explain(history, item_id) if share > LEAST][:MOST]
        found = recommender.ranked(history, 1)
        number = recommender.items.number(item_id)
        score = float(found.row[number])
        return Explanation(
            recommender.name,
            score if np.isfinite(score) else None,
            self.serving.sentences(recommender.reasons(found, np.array([number])))[0],
            [(other, history[other], round(share, 4)) for other, share in shares],
            self.serving.shared(item_id, [other for other, _ in shares[:5]]),
        )

    def _picks(
        self,
        recommender: Recommender,
        found: Ranked,
        n: int,
        filters: Filters,
        reasons: Callable[[np.ndarray], list[Reason]],
    ) -> Picks:
        numbers, scores = self.serving.picks(recommender, found, n, filters)
        return Picks(
            recommender.name,
            recommender.items.ids[numbers].tolist(),
            [float(score) for score in scores],
            self.serving.match(recommender, found, numbers),
            self.serving.sentences(reasons(numbers)),
            [],
        )


class _Memory:
    """Answers by question, the longest unasked forgotten first; safe from many threads."""

    def __init__(self, capacity: int):
        self._capacity, self._held = capacity, 0
        self._lock = threading.Lock()
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, question: Hashable, answer: Callable[[], Any]) -> Any:
        with self._lock:
            known = self._answers.get(question)
            if known is not None:
                self._answers.move_to_end(question)
                return known
        with self._turns:
            found = answer()
        with self._lock:
            if question not in self._answers:
                self._answers[question] = found
                self._held += _size(found)
            while self._held > self._capacity:
                self._held -= _size(self._answers.popitem(last=False)[1])
        return found


def _size(answer: Picks | Explanation | list[str]) -> int:
    if isinstance(answer, Picks):
        return 1 + len(answer.item_ids)
    return 1 + len(answer.history if isinstance(answer, Explanation) else answer)


def _depth(n: int, filters: Filters) -> int:
    return POOL if filters.reranks else n
