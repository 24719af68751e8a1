"""Values of the items of a release along directions: how funny, dark, new or well known each item is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from recsys.catalogue.titles import fold
from recsys.data.lru import LruCache
from recsys.models.content_based.terms import words as stems
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.table import Direction, directions

STEP = {"year": 12.0, "popularity": 1.2, "rating": 0.1, "minutes": 25.0}
"""Difference that counts as about three quarters of a whole direction; for ratings, a share of the scale."""
PRIOR_RATINGS = 10  # number of ratings at which the mean rating of an item counts half
CACHED = 64
HALF = 20.0  # place in a search of descriptions that counts half of the first
Trait = tuple[str, float]


class ItemValues:
    """What the items of a release are like, from their genres, themes, titles and numbers.

    Values are made lazily and cached, because a release does not change.

    Attributes:
        themes: the items by keyword.
    """

    def __init__(self, models: ReleasedModels):
        self._models, self._features, self.themes = models, models.features, models.themes
        self._cached: LruCache[str, np.ndarray] = LruCache(CACHED)

    def along(self, name: str) -> np.ndarray | None:
        """(n_items,) float32 values along a direction; None if the catalogue does not tell.

        From -1 to 1 for weights. For measures, differences of the number from any item are in units of `STEP`; NaN if
        the number is unknown.
        """
        direction = directions()[name]
        if direction.measure == "minutes":  # may become known later
            return self._measured("minutes")
        found = self._cached.get_many([name])
        if name not in found:
            values = self._measured(direction.measure) if direction.measure else self._weighed(direction)
            found = {name: np.empty(0, np.float32) if values is None else values}
            self._cached.put_many(found)
        return found[name] if len(found[name]) else None

    def traits(self, name: str, number: int) -> list[Trait]:
        """The genres, themes and words of the title that give an item its value, with their weights."""
        direction = directions()[name]
        genres = [
            (genre.lower(), direction.genres[genre])
            for genre in self._of("genres", number)
            if genre in direction.genres
        ]
        themes = [
            (theme, weight) for theme in self.themes.of(number) if (weight := _weight(fold(theme), direction.themes))
        ]
        title = f" {fold(self._features.titles[number])} "
        titles = [(word.strip(), weight) for word, weight in direction.titles.items() if word in title]
        return sorted([*genres, *themes, *titles], key=lambda trait: -abs(trait[1]))

    def excluded(self, name: str) -> np.ndarray:
        """(n_items,) bool: the items that "no WORD" of a direction leaves out."""
        direction, found = directions()[name], np.zeros(len(self._features.ids), dtype=bool)
        for genre in direction.no_genres:
            if genre in self._models.facets.genres:
                found |= self._models.facets.genres[genre]
        for theme, numbers in self.themes.by_name.items():
            if any(one in f" {theme} " for one in direction.no_themes):
                found[numbers] = True
        return found

    def about(self, words: str) -> np.ndarray:
        """(n_items,) float32 from 0 to 1: how early an item comes in a search of descriptions.

        A model of the meaning of texts searches if the release has one and there are enough words.
        """
        found = np.zeros(len(self._features.ids), dtype=np.float32)
        numbers = self._models.release.items.numbers(self._models.described(words, len(found)))
        found[numbers] = 1.0 / (1.0 + np.arange(len(numbers), dtype=np.float32) / HALF)
        return found

    def describes(self, word: str) -> bool:
        """Whether the word occurs in descriptions."""
        content = self._models.content
        known = stems(word)
        return content is not None and bool(known) and bool(content.search(known[0], 1))

    @cached_property
    def popularity(self) -> np.ndarray:
        """(n_items,) float32 from 0 to 1: logarithm of the number of ratings."""
        counts = np.log1p(self._models.rating_counts)
        return (counts / (counts.max(initial=0.0) or 1.0)).astype(np.float32)

    # -- making ---------------------------------------------------------------------------------

    def _weighed(self, direction: Direction) -> np.ndarray | None:
        total = np.zeros(len(self._features.ids), dtype=np.float32)
        for genre, weight in direction.genres.items():
            if genre in self._models.facets.genres:
                total += np.float32(weight) * self._models.facets.genres[genre]
        for theme, numbers in self.themes.by_name.items():
            if weight := _weight(theme, direction.themes):
                total[numbers] += np.float32(weight)
        if direction.titles:
            for number, title in enumerate(self._features.titles):
                folded = f" {fold(title)} "
                total[number] += sum(weight for word, weight in direction.titles.items() if word in folded)
        total = np.clip(total, -1.0, 1.0)
        return total if total.max(initial=0.0) > total.min(initial=0.0) else None

    def _measured(self, measure: str) -> np.ndarray | None:
        """The number in units of STEP; None if it is the same for all items or unknown."""
        if measure == "year":
            numbers = self._models.facets.years.astype(np.float64)
        elif measure == "minutes":
            numbers = self._models.facets.facts.runtimes
        elif measure == "popularity":
            numbers = np.log1p(self._models.rating_counts.astype(np.float64))
        else:
            numbers = self._mean_ratings()
        known = numbers[np.isfinite(numbers)]
        if not len(known) or known.min() == known.max():
            return None
        return (numbers / STEP[measure]).astype(np.float32)

    def _mean_ratings(self) -> np.ndarray:
        """(n_items,) share of the scale, drawn to the mean of all items if there are few ratings."""
        catalogue, counts = self._models.catalogue, self._models.rating_counts
        low, high = catalogue.info["scale"]
        if not self._models.rated or not catalogue.info["rated"] or high <= low:
            return np.full(len(counts), np.nan)
        numbers = catalogue.ids.numbers(self._models.release.items.ids)
        means = np.where(numbers >= 0, catalogue.mean_ratings()[numbers], np.nan)
        shares = np.nan_to_num((means - low) / (high - low))
        overall = float((shares * counts).sum() / max(1, counts.sum()))
        return (shares * counts + overall * PRIOR_RATINGS) / (counts + PRIOR_RATINGS)

    def _of(self, facet: str, number: int) -> list[str]:
        lists = self._features.tags.get(facet, [])
        return lists[number] if lists else []


def _weight(theme: str, weights: Mapping[str, float]) -> float:
    """The weight of the longest entry whose words a folded keyword contains; 0 if there is none.

    Args:
        weights: by folded entry between spaces.
    """
    padded = f" {theme} "
    held = [entry for entry in weights if entry in padded]
    return weights[max(held, key=len)] if held else 0.0
