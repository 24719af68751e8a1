"""Similarity of two items by their content, makers, series, and the users who like both.

The weights are those of a logistic regression on similar films that film lovers name for eighty well-known films
(`tests/serving/companions.txt`), fitted on MovieLens latest-small. docs/accuracy.md compares its figures with those of
each source alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from recsys.catalogue.series import Series, have_same_title
from recsys.catalogue.titles import split_year
from recsys.models.base import Ranked, Recommender
from recsys.models.collaborative.als import Als
from recsys.models.collaborative.ease import Ease
from recsys.models.content_based.content import Content
from recsys.models.content_based.semantic import Semantic
from recsys.models.content_based.terms import BAG, MAKERS, MIX, TEXT, YEAR
from recsys.models.reason import SERIES, Kind, Reason, is_telling
from recsys.ranking.top_n import largest, top_n
from recsys.serving.released_models import ReleasedModels
from recsys.serving.reranking import diverse_order
from recsys.serving.title_themes import as_themes

NAME, TITLE = "likeness", "Content and ratings together"  # of this mixture, in the event log and on the page
# Weights of cosines by block of content.
BLOCKS = dict.fromkeys(MAKERS, 3.2) | {
    "cast": 3.6,
    "keywords": 4.3,
    TEXT: 2.9,
    "genres": 2.3,
    BAG: 8.0,
    MIX: 0.0,
    YEAR: 0.0,
}
OTHER_BLOCK = 0.7
PEOPLE = frozenset((*MAKERS, "cast"))
ONLY_MAKERS: dict[str, float] = dict.fromkeys(MAKERS, 1.0)
# Lower weights if there is a model of meaning, because it repeats much of the keywords and words.
BLOCKS_BESIDE_MEANING = BLOCKS | {"keywords": 2.5, TEXT: 1.5, "genres": 1.3}
SAME_MEANING, SAME_SERIES = 3.6, 2.0
RATINGS = {Ease.name: 2.7, Als.name: 2.9}  # item-item models and their weights, if the release has them
ONE_OF_RATINGS = 5.0  # weight of the only one of them, or of the best collaborative model if the release has neither
ITS_RATERS, OTHERS_RATERS = 10, 5  # number of ratings of the item and of others at which similarity by them counts half
FEW, FIRST = 5, 5  # an item with fewer than FEW ratings and other makers is not among the first FIRST
KEPT, DIVERSITY, DEPTH = 4, 0.15, 60  # first places that diversity does not change; its strength; candidates
MOST_SHARED = 12  # number of terms from which a reason chooses
SURE_SERIES = 1.0  # confidence from titles at which items are a series regardless of other features
TELLING = 0.25  # lowest share of the best similarity by ratings at which a reason may mention it


class Likeness:
    """Comparison of the items of one release by all of its models that can compare them."""

    def __init__(self, models: ReleasedModels):
        self._models = models

    def with_all(self, item_id: str) -> Comparison:
        """Compare one item with all others."""
        number = self._models.release.items.number(item_id)
        content, series = self._by_content(number), self._series.likeness(number)
        people, weight = self._by_people(number)
        known = (content > 0) | (people > 0) | (series > 0)
        total = content + SAME_SERIES * series + weight * people
        return Comparison(
            item_id=item_id,
            number=number,
            base=self.base,
            content=self._models.content,
            titles=self._models.release.titles,
            series=series,
            people=people,
            described=content > 0,
            total=np.where(known, total, np.nan).astype(np.float32),
            rare=self._rare(series),
        )

    def _by_content(self, number: int) -> np.ndarray:
        """(n_items,) float32: weighted cosines of all blocks, and of the meaning of texts if there is such a model."""
        content, meaning = self._models.content, self._row(Semantic.name, number)
        total = np.zeros(len(self._models.release.items), dtype=np.float32)
        if content is not None and content.described[number]:
            total += content.cosines(number, BLOCKS if meaning is None else BLOCKS_BESIDE_MEANING, OTHER_BLOCK)
        return total if meaning is None else total + SAME_MEANING * meaning

    def _by_people(self, number: int) -> tuple[np.ndarray, float]:
        """Similarity by ratings (n_items,) from 0 to 1, and its weight, which is lower for items with few ratings."""
        names = [name for name in RATINGS if name in self._models.release.names]
        best = self._models.best_collaborative
        if not names and self._models.rated and best in self._models.release.names:
            names = [best]
        weights = RATINGS if len(names) > 1 else dict.fromkeys(names, ONE_OF_RATINGS)
        rows = {name: row for name in names if (row := self._row(name, number)) is not None}
        mixed = np.zeros(len(self._models.release.items), dtype=np.float32)
        if not rows:
            return mixed, 0.0
        total = sum(weights[name] for name in rows)
        for name, row in rows.items():
            mixed += weights[name] / total * row
        count = self._models.rating_counts[number]
        return mixed * self._trust, float(total * count / (count + ITS_RATERS))

    def _row(self, name: str, number: int) -> np.ndarray | None:
        """Similarity by one model (n_items,) in units of the most similar item; None if the model has none."""
        if name not in self._models.release.names:
            return None
        # fmax replaces NaN
        row = np.fmax(self._models.model(name).similar_scores(number), np.float32(0.0))
        row[number] = 0.0
        best = float(row.max(initial=0.0))
        return row / best if best > 0 else None

    def _rare(self, series: np.ndarray) -> np.ndarray:
        """(n_items,) bool: items with fewer than FEW ratings that are of another series.

        If the mean number of ratings of rated items is lower than FEW, it is used instead.
        """
        if not self._models.rated:
            return np.zeros(len(series), dtype=bool)
        return self._little_known & (series == 0)

    @cached_property
    def _little_known(self) -> np.ndarray:
        counts = self._models.rating_counts
        return counts < min(FEW, counts.sum() / max(1, np.count_nonzero(counts)))

    @cached_property
    def _trust(self) -> np.ndarray:
        """(n_items,) from 0 to 1: how much the ratings of each item tell about its similarity to others."""
        counts = self._models.rating_counts
        return counts / (counts + OTHERS_RATERS)

    @property
    def base(self) -> Recommender:
        """Any model of the release, because all have the same items and popularity."""
        return self._models.content or self._models.model(self._models.release.names[0])

    @cached_property
    def _series(self) -> Series:
        return Series([split_year(title)[0] for title in self._models.release.titles])


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """The n largest values, the smallest of them first, the others in any order; minus infinity for missing ones."""
    values = values[np.isfinite(values)]
    if len(values) < n:
        return np.concatenate([np.full(n - len(values), -np.inf, dtype=np.float32), values])
    return largest(values, n)


def varied(content: Content | None, numbers: np.ndarray, scores: np.ndarray, n: int) -> np.ndarray:
    """Indices of n of the candidates: KEPT as ranked, then those of the first DEPTH by relevance and variety.

    All others follow as ranked, so a shorter list is the beginning of a longer one.

    Args:
        content: the content model; without it, the order stays.
        numbers, scores: (k,) the candidates, best first, and their scores.
    """
    count = min(n, len(numbers))
    if content is None or count <= KEPT:
        return np.arange(count)
    pool = scores[:DEPTH]
    low, high = float(pool[-1]), float(pool[0])
    relevance = (pool - low) / (high - low) if high > low else np.ones(len(pool))
    relevance[:KEPT] += 1 + np.arange(KEPT, 0, -1)  # keep these first, even if they are alike
    first = diverse_order(relevance, content.likeness(numbers[:DEPTH]), count, DIVERSITY)
    return np.concatenate([first, np.arange(len(first), count)])


@dataclass(frozen=True)
class Comparison:
    """One item compared with all others.

    Attributes:
        item_id, number: the item.
        base: any model of the release.
        content: the content model; None if it is not trained.
        titles: titles of all items.
        series, people: (n_items,) similarity from 0 to 1, by titles and by ratings.
        described: (n_items,) bool, items with something of their content in common.
        total: (n_items,) float32 similarity, NaN if unknown.
        rare: (n_items,) bool, items that may not be among the first FIRST unless they are by the same makers.
    """

    item_id: str
    number: int
    base: Recommender
    content: Content | None
    titles: Sequence[str]
    series: np.ndarray
    people: np.ndarray
    described: np.ndarray
    total: np.ndarray
    rare: np.ndarray

    def ranked(self, n: int, among: np.ndarray | None = None, varies: bool = True) -> Ranked:
        """The n items most similar to the item, varied after the first KEPT.

        Args:
            among: (n_items,) bool, the candidates; None for all items.
            varies: False for the order by similarity alone.
        """
        known = ~np.isnan(self.total) if among is None else among & ~np.isnan(self.total)
        known[self.number] = False
        row = np.where(known, self.total, np.float32(-np.inf))
        self._put_strangers_behind(row)
        top, scores = top_n(row, max(n, DEPTH), self.base.popularity_rank)
        if not len(top):
            return self.base.ranked_similar(self.item_id, n, among)
        places = varied(self.content, top, scores, n) if varies else np.arange(min(n, len(top)))
        return Ranked(top[places], scores[places], self.base.to_histories([]), row)

    def reasons(self, numbers: np.ndarray) -> list[Reason]:
        """What each of the items `numbers` has in common with the item, the most important first."""
        shared: list[list[tuple[str, str]]] = [[] for _ in numbers]
        if self.content is not None:
            shared = self.content.shared(self.number, numbers, MOST_SHARED)
        mine = self.titles[self.number]
        named = [as_themes(pairs, mine, self.titles[int(other)]) for other, pairs in zip(numbers, shared, strict=True)]
        found = [self._reason(int(other), pairs) for other, pairs in zip(numbers, named, strict=True)]
        return self._with_words(found, numbers)

    def _with_words(self, reasons: list[Reason], numbers: np.ndarray) -> list[Reason]:
        """The reasons; those that name no telling trait say whether the items share words of their texts."""
        plain = [
            place
            for place, one in enumerate(reasons)
            if one.kind is Kind.TRAITS and not any(map(is_telling, one.traits))
        ]
        if self.content is not None and plain:
            for place, words in zip(plain, self.content.share_words(self.number, numbers[plain]), strict=True):
                reasons[place] = replace(reasons[place], traits=(*reasons[place].traits, *words))
        return reasons

    def _put_strangers_behind(self, row: np.ndarray) -> None:
        """Lower the scores (n_items,) of rare items by other makers below those of the first FIRST of the others."""
        first = _largest(np.where(self.rare, np.float32(-np.inf), row), FIRST)
        # Only rare items above the first others matter, so few items have to be compared by their makers.
        high = np.flatnonzero(self.rare & (row >= first[0]))
        by_same = self._by_same_makers(high)
        limit = _largest(np.concatenate([first, row[high[by_same]]]), FIRST)[0]
        strangers = high[~by_same]
        if np.isfinite(limit):
            row[strangers[row[strangers] >= limit]] = np.nextafter(limit, np.float32(-np.inf))

    def _by_same_makers(self, numbers: np.ndarray) -> np.ndarray:
        """Whether each of some items (n,) has a maker of the item; without features none has."""
        if self.content is None or not len(numbers):
            return np.zeros(len(numbers), dtype=bool)
        return self.content.cosines(self.number, ONLY_MAKERS, among=numbers) > 0

    def _reason(self, other: int, pairs: list[tuple[str, str]]) -> Reason:
        if not self.total[other] > 0:
            return Reason(Kind.UNLIKE, (self.item_id,))
        genres = tuple(pair for pair in pairs if pair[0] == "genres")
        telling = [pair for pair in pairs if is_telling(pair)]
        # Titles that begin alike are no series (Ghost, Ghost Town), unless they agree up to a number or the same people
        # made the items. Items with the same title are remakes, or have only the title in common.
        by_same = any(block in PEOPLE for block, _ in telling)
        is_series = self.series[other] >= SURE_SERIES or (self.series[other] > 0 and by_same)
        if is_series and not have_same_title(*(split_year(self.titles[one])[0] for one in (self.number, other))):
            telling = [(SERIES, ""), *telling]
        if telling:
            return Reason(Kind.TRAITS, (self.item_id,), tuple(telling))
        if self.people[other] >= TELLING or (self.people[other] > 0 and not self.described[other]):
            kind = Kind.LIKED_TOGETHER if self.base.has_ratings else Kind.CHOSEN_TOGETHER
            return Reason(kind, (self.item_id,), genres)
        return Reason(Kind.TRAITS, (self.item_id,), genres)
