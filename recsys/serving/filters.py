"""What a visitor narrows a list by, and how a list is re-ranked for taste in popularity and variety."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recsys.data import ItemFeatures
from recsys.errors import BadInput, listing

POOL = 200  # candidates that a re-ranking chooses from


@dataclass(frozen=True)
class Filters:
    """Limits and dials of a list; the defaults change nothing.

    Attributes:
        genres_in: an item must have one of these.
        genres_out: an item must have none of these.
        year_from, year_to: inclusive; items without a year pass only where neither is set.
        languages: an item must be in one of these (codes such as "en").
        popularity: -1 hidden gems … 0 as the model ranks … 1 well-known.
        diversity: 0 as ranked … 1 as varied as possible.
    """

    genres_in: tuple[str, ...] = ()
    genres_out: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    languages: tuple[str, ...] = ()
    popularity: float = 0.0
    diversity: float = 0.0

    def __post_init__(self) -> None:
        for name in ("genres_in", "genres_out", "languages"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not -1 <= self.popularity <= 1:
            raise BadInput(f"popularity is {self.popularity!r}: give a number from -1 (hidden gems) to 1 (well-known).")
        if not 0 <= self.diversity <= 1:
            raise BadInput(f"diversity is {self.diversity!r}: give a number from 0 to 1.")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise BadInput(f"year_from {self.year_from} is after year_to {self.year_to}: swap them.")

    @property
    def narrows(self) -> bool:
        """Whether any item is left out."""
        return bool(self.genres_in or self.genres_out or self.languages) or (self.year_from, self.year_to) != (
            None,
            None,
        )

    @property
    def reranks(self) -> bool:
        """Whether the order is changed."""
        return self.popularity != 0 or self.diversity != 0


class Facets:
    """Genres, years and languages of the catalogue as arrays, ready to be filtered by."""

    def __init__(self, features: ItemFeatures):
        self.years = features.years if len(features.years) else np.full(len(features.ids), np.nan)
        self.genres = _memberships(features.tags.get("genres", []), len(features.ids))
        self.languages = _memberships(features.tags.get("language", []), len(features.ids))

    def mask(self, filters: Filters) -> np.ndarray:
        """(n_items,) bool: the items that pass.

        Raises:
            BadInput: a genre or language the catalogue does not have.
        """
        passed = np.ones(len(self.years), dtype=bool)
        if filters.genres_in:
            passed &= self._any(self.genres, filters.genres_in, "genre")
        if filters.genres_out:
            passed &= ~self._any(self.genres, filters.genres_out, "genre")
        if filters.languages:
            passed &= self._any(self.languages, filters.languages, "language")
        with np.errstate(invalid="ignore"):
            if filters.year_from is not None:
                passed &= self.years >= filters.year_from
            if filters.year_to is not None:
                passed &= self.years <= filters.year_to
        return passed

    @staticmethod
    def _any(members: dict[str, np.ndarray], wanted: tuple[str, ...], kind: str) -> np.ndarray:
        unknown = [value for value in wanted if value not in members]
        if unknown:
            raise BadInput(f"no {kind} {listing(map(repr, unknown))}; there are {listing(sorted(members), 40)}.")
        return np.logical_or.reduce([members[value] for value in wanted])


def _memberships(lists: list[list[str]], size: int) -> dict[str, np.ndarray]:
    members: dict[str, np.ndarray] = {}
    for row, values in enumerate(lists):
        for value in values:
            members.setdefault(value, np.zeros(size, dtype=bool))[row] = True
    return members


def rerank(
    numbers: np.ndarray,
    scores: np.ndarray,
    n: int,
    filters: Filters,
    popularity: np.ndarray,
    likeness: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """Places in `numbers` of the n picks, best first, under the popularity and diversity dials.

    Relevance is the score scaled to 0..1 over the pool; the popularity dial adds its share of the item's
    popularity rank (negative: takes it); diversity picks by maximal marginal relevance (Carbonell and
    Goldstein 1998): argmax (1 - d) relevance_j - d max over picked i of likeness_ij.

    Args:
        numbers: (pool,) items, best first.
        scores: (pool,) their scores.
        popularity: (n_items,) in 0..1.
        likeness: items -> (k, k) likeness in 0..1; without it diversity changes nothing.
    """
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    relevance = (scores - low) / (high - low) if high > low else np.ones(len(scores))
    if filters.popularity:
        known = popularity[numbers].argsort(kind="stable").argsort(kind="stable") / max(1, len(numbers) - 1)
        dial = abs(filters.popularity)
        relevance = (1 - dial) * relevance + dial * (known if filters.popularity > 0 else 1 - known)
    if not filters.diversity or likeness is None:
        return np.argsort(-relevance, kind="stable")[:n]
    alike = likeness(numbers)
    alike = alike / max(float(alike.max(initial=0)), 1e-9)
    picked: list[int] = []
    nearest = np.zeros(len(numbers))
    left = np.ones(len(numbers), dtype=bool)
    for _ in range(min(n, len(numbers))):
        value = (1 - filters.diversity) * relevance - filters.diversity * nearest
        best = int(np.where(left, value, -np.inf).argmax())
        picked.append(best)
        left[best] = False
        nearest = np.maximum(nearest, alike[best])
    return np.array(picked, dtype=np.int64)
