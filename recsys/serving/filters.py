"""Filters of a list: limits by genre, year and language, and dials for popularity and diversity."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import ItemFeatures
from recsys.errors import BadInput, listing
from recsys.serving.film_facts import CERTIFICATE, RUNTIME, FilmFacts
from recsys.serving.people import People

POOL = 200  # number of candidates from which a re-ranked or filtered list is chosen
MAX_VALUES = 500  # largest number of texts in one filter
MAX_IDS = 20_000  # largest number of ids in one filter, such as a whole history
MAX_LENGTH = 200  # largest number of characters of each text
LAST_YEAR = 9999
MAX_MINUTES = 10_000


LISTS = ("genres_in", "genres_out", "languages", "people", "only", "hide", "certificates")  # limits with values
MOST_LESS = 50  # largest number of rejections, because each compares all items


@dataclass(frozen=True)
class Filters:
    """Limits and dials of a list; the defaults change nothing.

    Attributes:
        genres_in: an item must have one of these; case does not matter.
        genres_out: an item must have none of these.
        year_from, year_to: inclusive; items without a year pass only if neither is set.
        languages: an item must be in one of these (codes such as "en").
        popularity: from -1 (hidden gems) over 0 (as the model ranks) to 1 (well-known).
        diversity: from 0 (as ranked) to 1 (as varied as possible).
        people: an item must have one of these directors or actors, by full name, or by a last name of one or several
            people; case and accents do not matter.
        only: ids of items; others are left out. Unknown ids are ignored. Empty: no limit.
        hide: ids of items to leave out.
        runtime_to: longest running time in minutes; items whose running time is unknown are left out.
        certificates: an item must have one of these age certificates, such as "PG"; case does not matter.
        less: what to show less of: items (ids or titles), "person:NAME" and "theme:KEYWORD". Whoever keeps the
            rejections of a visitor sends them with each request.
        recency: weight of the latest ratings of a history, from 0 (all ratings count equally) to 1 (the most that the
            model supports), and for `hybrid` of what is popular lately; None for the model's default.
    """

    genres_in: tuple[str, ...] = ()
    genres_out: tuple[str, ...] = ()
    year_from: int | None = None
    year_to: int | None = None
    languages: tuple[str, ...] = ()
    popularity: float = 0.0
    diversity: float = 0.0
    people: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    runtime_to: int | None = None
    recency: float | None = None
    certificates: tuple[str, ...] = ()
    less: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, given: object) -> Filters:
        """Create filters from a caller's mapping.

        Raises:
            BadInput: it is not a mapping, a key is unknown, or a value has the wrong type or is out of range.
        """
        if given is None or given == "":
            return NO_FILTERS
        if not isinstance(given, Mapping):
            raise BadInput(f'Parameter filters is {given!r:.200}; use an object such as {{"genres_in": ["Drama"]}}.')
        unknown = [key for key in given if key not in FILTER_KEYS]
        if unknown:
            raise BadInput(f"Unknown filter {unknown[0]!r:.200}; use {listing(FILTER_KEYS)}.")
        return cls(**{name: _READERS[name](name, value) for name, value in given.items() if value is not None})

    def __post_init__(self) -> None:
        for name in (*LISTS, "less"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not -1 <= self.popularity <= 1:
            raise BadInput(f"Popularity is {self.popularity!r}; use a number from -1 (hidden gems) to 1 (well-known).")
        if not 0 <= self.diversity <= 1:
            raise BadInput(f"Diversity is {self.diversity!r}; use a number from 0 to 1.")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise BadInput(f"The first year, {self.year_from}, is after the last, {self.year_to}. Swap them.")
        if self.recency is not None and not 0 <= self.recency <= 1:
            raise BadInput(f"Recency is {self.recency!r}; use a number from 0 (all along) to 1 (lately).")

    @property
    def narrows(self) -> bool:
        """Whether the filters may remove items."""
        limits = (self.year_from, self.year_to, self.runtime_to)
        return any(getattr(self, name) for name in LISTS) or any(limit is not None for limit in limits)

    @property
    def reads_facts(self) -> bool:
        """Whether the filters read facts that may become known later."""
        return self.runtime_to is not None or bool(self.certificates)

    @property
    def reranks(self) -> bool:
        """Whether the filters change the order."""
        return self.has_dials or bool(self.less)

    @property
    def has_dials(self) -> bool:
        """Whether the order depends on the popularity or the diversity of the items."""
        return self.popularity != 0 or self.diversity != 0

    @property
    def calibrates(self) -> bool:
        """Whether a personal list may be calibrated to the history: nothing but single items is asked for or hidden."""
        return dataclasses.replace(self, hide=()) == NO_FILTERS


NO_FILTERS = Filters()
FILTER_KEYS = tuple(field.name for field in dataclasses.fields(Filters))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise BadInput(f"Filter {name} is {value!r:.200}; use a number.")
    return float(value) if abs(value) < 1e300 else float("inf")


def _year(name: str, value: object) -> int:
    number = _number(name, value)
    if not 0 <= number <= LAST_YEAR or number != int(number):
        raise BadInput(f"Filter {name} is {value!r:.200}; use a year such as 1995.")
    return int(number)


def _minutes(name: str, value: object) -> int:
    number = _number(name, value)
    if not 1 <= number <= MAX_MINUTES:
        raise BadInput(f"Filter {name} is {value!r:.200}; use minutes from 1 to {MAX_MINUTES:,}.")
    return int(number)


def _texts(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, (list, tuple)):
        raise BadInput(f"Filter {name} is {value!r:.200}; use a list of texts.")
    most = {"only": MAX_IDS, "hide": MAX_IDS, "less": MOST_LESS}.get(name, MAX_VALUES)
    if len(value) > most:
        raise BadInput(f"Filter {name} has {len(value):,} values; use at most {most:,}.")
    wrong = [one for one in value if isinstance(one, bool) or not isinstance(one, (str, int))]
    if wrong:
        raise BadInput(f"Filter {name} holds {wrong[0]!r:.200}; use texts only.")
    return tuple(str(one)[:MAX_LENGTH] for one in value)


_READERS: dict[str, Any] = {
    **dict.fromkeys((*LISTS, "less"), _texts),
    **dict.fromkeys(("year_from", "year_to"), _year),
    "runtime_to": _minutes,
    **dict.fromkeys(("popularity", "diversity", "recency"), _number),
}


@dataclass(frozen=True)
class FilterChoices:
    """The values by which lists can be filtered.

    Attributes:
        genres, languages: in alphabetical order; languages as codes such as "en".
        years: first and last year of an item; None if no year is known.
        runtimes: whether running times are known.
        certificates: age certificates in alphabetical order.
        people: whether directors or actors are known.
    """

    genres: list[str]
    languages: list[str]
    years: tuple[int, int] | None
    runtimes: bool = False
    certificates: list[str] = dataclasses.field(default_factory=list)
    people: bool = False


class Facets:
    """Index of the items by genre, year, language, person, running time and certificate, for filters.

    Args:
        features: titles, years, and the tags of FACETS.
        people: returns the directors and actors; called at the first filter by a person.
        facts: running times and certificates.
    """

    FACETS = ("genres", "language", RUNTIME, CERTIFICATE)

    def __init__(self, features: ItemFeatures, people: Callable[[], People], facts: FilmFacts | None = None):
        self.facts = facts or FilmFacts(features)
        self.years = features.years if len(features.years) else np.full(len(features.ids), np.nan)
        self.genres = _memberships(features.tags.get("genres", []), len(features.ids))
        self.languages = _memberships(features.tags.get("language", []), len(features.ids))
        self._features, self._people = features, people

    @property
    def choices(self) -> FilterChoices:
        """All genres and languages, and the range of years."""
        years = self.years[np.isfinite(self.years)]
        span = (int(years.min()), int(years.max())) if len(years) else None
        genres, languages = sorted(self.genres), sorted(code for code in self.languages if code)
        facts = self.facts
        return FilterChoices(genres, languages, span, facts.has_runtimes, facts.certificates, self._people().any_known)

    def mask(self, filters: Filters) -> np.ndarray:
        """(n_items,) bool: the items that pass the filters.

        Raises:
            BadInput: the catalogue does not have a genre, language, person or certificate, or no running times.
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
        if filters.runtime_to is not None:
            passed &= self.facts.at_most(filters.runtime_to)
        if filters.certificates:
            passed &= self.facts.rated(filters.certificates)
        if filters.people:
            passed &= self._by_people(filters.people)
        if filters.only:
            passed &= self._listed(filters.only)
        if filters.hide:
            passed &= ~self._listed(filters.hide)
        return passed

    def _by_people(self, names: tuple[str, ...]) -> np.ndarray:
        people = self._people()
        found = {name: people.numbers_of_any(name) for name in names}
        unknown = [name for name, numbers in found.items() if numbers is None]
        if unknown:
            raise BadInput(people.no_such(unknown[0]))
        return self._at(np.concatenate([numbers for numbers in found.values() if numbers is not None]))

    def _listed(self, item_ids: tuple[str, ...]) -> np.ndarray:
        numbers = self._features.ids.numbers(list(item_ids))
        return self._at(numbers[numbers >= 0])

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        found = np.zeros(len(self.years), dtype=bool)
        found[numbers] = True
        return found

    @staticmethod
    def _any(members: dict[str, np.ndarray], wanted: tuple[str, ...], kind: str) -> np.ndarray:
        folded = {value.casefold() for value in wanted}
        found = {value: mask for value, mask in members.items() if value.casefold() in folded}
        if unknown := folded - {value.casefold() for value in found}:
            named = listing(repr(value) for value in wanted if value.casefold() in unknown)
            legal = f"use {listing(sorted(members), 40)}" if members else f"nothing here has a {kind}"
            raise BadInput(f"Unknown {kind} {named}; {legal}.")
        return np.logical_or.reduce(list(found.values()))


def _memberships(lists: list[list[str]], size: int) -> dict[str, np.ndarray]:
    rows: dict[str, list[int]] = {}
    for row, values in enumerate(lists):
        for value in values:
            rows.setdefault(value, []).append(row)
    members = {value: np.zeros(size, dtype=bool) for value in rows}
    for value, found in rows.items():
        members[value][found] = True
    return members
