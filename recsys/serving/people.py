"""Find directors and actors of a catalogue by name, and their items."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recsys.catalogue.titles import fold
from recsys.data import ItemFeatures
from recsys.errors import listing

ROLES = {"director": "director", "cast": "actor"}  # facet of the catalogue -> role of its people
SHORTEST_LAST_NAME = 4
CLOSE = 0.85  # lowest similarity, from 0 to 1, at which a misspelt full name is accepted
NEAREST = 3


@dataclass(frozen=True)
class Person:
    """A director or actor of items of the catalogue.

    Attributes:
        name: name as the catalogue writes it.
        roles: roles of the person, the most frequent first.
        numbers: (k,) items, the most rated first.
        namesakes: other people with the requested last name, the most rated first.
    """

    name: str
    roles: tuple[str, ...]
    numbers: np.ndarray
    namesakes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Who a last name was taken for if several people have it, "" otherwise."""
        others = listing(self.namesakes, NEAREST)
        return f"The name is taken for {self.name}; there are also {others}." if others else ""


class People:
    """All people of a catalogue by name; case and accents do not matter.

    Args:
        popularity: (n_items,) number of ratings.
    """

    def __init__(self, features: ItemFeatures, popularity: np.ndarray):
        self._features, self._popularity = features, popularity

    def named(self, text: str) -> Person | None:
        """Find a person by full name, last name, or a name with few typos; None if no name matches.

        A name with typos is only found if its first or its last letter is right. Of several people with one
        last name, the one with the most rated items is returned.
        """
        wanted = fold(text)
        if same := self._called(wanted):
            first, *others = same
            return replace(self._person(first), namesakes=tuple(self._written[name] for name in others))
        if " " not in wanted:
            return None
        near = process.extractOne(
            wanted, self._resembling(wanted), scorer=OSA.normalized_similarity, score_cutoff=CLOSE
        )
        return self._person(near[0]) if near else None

    @property
    def any_known(self) -> bool:
        """Whether the catalogue has any directors or actors."""
        return bool(self._by_name)

    def no_such(self, name: str) -> str:
        """Return the error message for an unknown name, with the most similar known names."""
        near = process.extract(fold(name), self._names, scorer=OSA.normalized_similarity, limit=NEAREST)
        named = listing(self._written[name] for name, _, _ in near)
        found = f"The nearest are {named}." if named else "No directors and actors are known here."
        return f"No director or actor is called {name!r}. {found}"

    def numbers(self, name: str) -> np.ndarray | None:
        """Items of the person with exactly this name, None if there is no such person."""
        found = self._by_name.get(fold(name))
        return None if found is None else np.array(sorted(found), dtype=np.int64)

    def numbers_of_any(self, text: str) -> np.ndarray | None:
        """Items of the person with this full name, or of everybody with this last name; None if the name is unknown."""
        found: set[int] = set().union(*(self._by_name[name] for name in self._called(fold(text))))
        return np.array(sorted(found), dtype=np.int64) if found else None

    def full_name(self, text: str) -> str:
        """The folded full name of the most rated person with this full or last name; "" if there is nobody."""
        return next(iter(self._called(fold(text))), "")

    def written(self, folded: str) -> str:
        """A name as the catalogue writes it."""
        return self._written[folded]

    def _called(self, wanted: str) -> list[str]:
        """The folded full name itself, or else all full names with this last name, the most rated first."""
        if wanted in self._by_name:
            return [wanted]
        same = self._by_last_name.get(wanted, []) if len(wanted) >= SHORTEST_LAST_NAME else []
        return sorted(same, key=lambda name: (self._weight(name), name), reverse=True)

    def _resembling(self, wanted: str) -> list[str]:
        """Names that may be close to a name: of a similar length, with the same first or the same last letter.

        Comparing with all names takes milliseconds, and hardly any misspelling changes both letters.
        """
        first, last = self._by_end
        shortest, longest = CLOSE * len(wanted), len(wanted) / CLOSE
        names = dict.fromkeys([*first.get(wanted[0], ()), *last.get(wanted[-1], ())])
        return [name for name in names if shortest <= len(name) <= longest]

    def _person(self, folded: str) -> Person:
        roles = self._by_name[folded]
        counts = Counter(role for of_item in roles.values() for role in of_item)
        numbers = np.array(sorted(roles, key=lambda number: (-self._popularity[number], number)), dtype=np.int64)
        return Person(self._written[folded], tuple(role for role, _ in counts.most_common()), numbers)

    def _weight(self, folded: str) -> float:
        return float(sum(self._popularity[number] for number in self._by_name[folded]))

    @cached_property
    def _read(self) -> tuple[dict[str, dict[int, list[str]]], dict[str, str]]:
        """Roles by folded name and item number, and the first spelling of each name."""
        found: dict[str, dict[int, list[str]]] = {}
        written: dict[str, str] = {}
        for facet, role in ROLES.items():
            for number, names in enumerate(self._features.tags.get(facet, [])):
                for name in names:
                    folded = fold(name)
                    written.setdefault(folded, name)
                    found.setdefault(folded, {}).setdefault(number, []).append(role)
        return found, written

    @property
    def _by_name(self) -> dict[str, dict[int, list[str]]]:
        return self._read[0]

    @property
    def _written(self) -> dict[str, str]:
        return self._read[1]

    @cached_property
    def _names(self) -> list[str]:
        return list(self._by_name)

    @cached_property
    def _by_end(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        """Names by first and by last letter."""
        first: dict[str, list[str]] = {}
        last: dict[str, list[str]] = {}
        for name in filter(None, self._by_name):
            first.setdefault(name[0], []).append(name)
            last.setdefault(name[-1], []).append(name)
        return first, last

    @cached_property
    def _by_last_name(self) -> dict[str, list[str]]:
        """Names by each of their ends that may be a last name: "robert de niro" by "de niro" and by "niro"."""
        found: dict[str, list[str]] = {}
        for name in self._by_name:
            _, _, end = name.partition(" ")
            while end:
                found.setdefault(end, []).append(name)
                _, _, end = end.partition(" ")
        return found
