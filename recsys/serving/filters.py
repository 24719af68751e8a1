"""Filters of a list: limits by genre, year and language, and dials for popularity and diversity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.data import ItemFeatures
from recsys.errors import BadInput, listing

POOL = 200  # candidates from which a re-ranked or filtered list is chosen


@dataclass(frozen=True)
class Filters:
    """Limits and dials of a list; the defaults change nothing.

    Attributes:
        genres_in: an item must have one of these.
        genres_out: an item must have none of these.
        year_from, year_to: inclusive; items without a year pass only if neither is set.
        languages: an item must be in one of these (codes such as "en").
        popularity: from -1 (hidden gems) over 0 (as the model ranks) to 1 (well-known).
        diversity: from 0 (as ranked) to 1 (as varied as possible).
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
            raise BadInput(f"Popularity is {self.popularity!r}; use a number from -1 (hidden gems) to 1 (well-known).")
        if not 0 <= self.diversity <= 1:
            raise BadInput(f"Diversity is {self.diversity!r}; use a number from 0 to 1.")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise BadInput(f"The first year, {self.year_from}, is after the last, {self.year_to}. Swap them.")

    @property
    def narrows(self) -> bool:
        """Whether items may be left out."""
        return bool(self.genres_in or self.genres_out or self.languages) or (self.year_from, self.year_to) != (
            None,
            None,
        )

    @property
    def reranks(self) -> bool:
        """Whether the order is changed."""
        return self.popularity != 0 or self.diversity != 0


NO_FILTERS = Filters()


@dataclass(frozen=True)
class FilterChoices:
    """What a list can be filtered by.

    Attributes:
        genres, languages: in alphabetical order; languages as codes such as "en".
        years: first and last year of an item; None if no year is known.
    """

    genres: list[str]
    languages: list[str]
    years: tuple[int, int] | None


class Facets:
    """Genres, years and languages of the items as arrays, to filter by."""

    def __init__(self, features: ItemFeatures):
        self.years = features.years if len(features.years) else np.full(len(features.ids), np.nan)
        self.genres = _memberships(features.tags.get("genres", []), len(features.ids))
        self.languages = _memberships(features.tags.get("language", []), len(features.ids))

    @property
    def choices(self) -> FilterChoices:
        """Every genre, language and the span of years."""
        years = self.years[np.isfinite(self.years)]
        span = (int(years.min()), int(years.max())) if len(years) else None
        return FilterChoices(sorted(self.genres), sorted(code for code in self.languages if code), span)

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
            raise BadInput(f"Unknown {kind} {listing(map(repr, unknown))}; use {listing(sorted(members), 40)}.")
        return np.logical_or.reduce([members[value] for value in wanted])


def _memberships(lists: list[list[str]], size: int) -> dict[str, np.ndarray]:
    members: dict[str, np.ndarray] = {}
    for row, values in enumerate(lists):
        for value in values:
            members.setdefault(value, np.zeros(size, dtype=bool))[row] = True
    return members
