"""Ranking of names against what somebody typed: case, accents, word order and small typos are forgiven."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from recsys.catalogue.titles import ARTICLES, FIRST_YEAR, LAST_YEAR, bare, fold, split_year

SMALL_WORDS = ARTICLES | {"and", "of", "in", "on", "at", "to", "for", "s"}
SMALL = 0.25
"""Weight of a letter in a small word, against 1 in others."""
POPULAR = 0.08
"""What the most rated item gains over one that nobody rated."""
CLOSE = 0.72
"""Score from which on a name counts as the one that was meant."""
EXACT = 1.09
"""Score from which on a name fits to the letter and the year as well: no other can have been meant."""


@dataclass(frozen=True)
class Query:
    """A typed text, folded once."""

    text: str

    @cached_property
    def folded(self) -> str:
        """The text as names are stored."""
        return fold(self.text)

    @cached_property
    def words(self) -> list[str]:
        """The words to find, without a year at the end."""
        return self._without_year[0].split()

    @property
    def year(self) -> int | None:
        """The year at the end of the text."""
        return self._without_year[1]

    @cached_property
    def _without_year(self) -> tuple[str, int | None]:
        rest, year = split_year(self.text)
        if year is not None:
            return fold(rest), year
        head, _, last = self.folded.rpartition(" ")
        if head and len(last) == 4 and last.isdecimal() and FIRST_YEAR <= int(last) <= LAST_YEAR:
            return head, int(last)
        return self.folded, None

    @cached_property
    def trigrams(self) -> list[str]:
        """Runs of three characters of each word with a space before and after it."""
        padded = [f" {word} " for word in (self.words or self.folded.split())]
        return list(dict.fromkeys(word[i : i + 3] for word in padded for i in range(len(word) - 2)))

    def score(self, name: str, year: int | None) -> float:
        """How well a folded name of an item of that year fits, 0 to about 1.1: 1 for the name itself."""
        best = self._plain.fit(name)
        if self.year is not None:
            # The last number may be part of the name after all: "Blade Runner 2049".
            best = max(self._whole.fit(name), best + (0.05 if year == self.year else -0.08))
        return best

    @cached_property
    def _plain(self) -> _Wanted:
        return _Wanted(self.words)

    @cached_property
    def _whole(self) -> _Wanted:
        return _Wanted(self.folded.split())


def rank(query: Query, candidates: Iterable[tuple[int, str, int | None, int]], most: int) -> list[tuple[float, int]]:
    """Items by how well their best name fits, then by popularity: [(score, item)].

    Args:
        query: what was typed.
        candidates: (item, folded name, year, number of ratings), an item once for each of its names.
        most: the highest number of ratings an item has.
    """
    best: dict[int, tuple[float, float]] = {}
    scale = math.log1p(max(most, 1))
    for item, name, year, count in candidates:
        fit = query.score(name.strip(), year)
        value = (fit + POPULAR * math.log1p(count) / scale, fit)
        if item not in best or value > best[item]:
            best[item] = value
    order = sorted(best, key=lambda item: (-best[item][0], item))
    return [(best[item][1], item) for item in order]


def _weight(word: str) -> float:
    return len(word) * (SMALL if word in SMALL_WORDS else 1.0)


class _Wanted:
    """Words to find, with what is asked of each of a hundred names worked out once."""

    def __init__(self, words: list[str]):
        self.text = " ".join(words)
        self.bare, self.squeezed = bare(self.text), "".join(words)
        self.words = [(word, _weight(word)) for word in words]
        self.total = sum(weight for _, weight in self.words)

    def fit(self, name: str) -> float:
        """How well a folded name fits, from 0; 1.05 for the name itself."""
        if not self.words:
            return 0.0
        if self.text == name:
            return 1.05
        if self.bare == bare(name):
            return 1.03
        if self.squeezed == name.replace(" ", ""):
            return 1.0
        named = name.split()
        found = 0.0
        used: dict[int, float] = {}
        for word, weight in self.words:
            place, alike = _closest(word, named)
            found += weight * alike
            if alike:
                used[place] = max(alike, used.get(place, 0.0))
        sizes = [_weight(word) for word in named]
        covered = sum(sizes[place] * alike for place, alike in used.items()) / (sum(sizes) or 1.0)
        start = 0.03 if name.startswith(self.text) else 0.0
        return found / self.total * (0.85 + 0.12 * covered) + start


def _closest(word: str, named: list[str]) -> tuple[int, float]:
    best = (0, 0.0)
    for place, other in enumerate(named):
        alike = similarity(word, other)
        if alike > best[1]:
            best = (place, alike)
    return best


# Whoever types asks for the same words again with every letter.
@lru_cache(maxsize=1 << 15)
def similarity(word: str, other: str) -> float:
    """0 to 1 for two words: equal, a beginning, or few typos apart (insertions, deletions, swaps).

    >>> similarity("toy", "toy"), similarity("stroy", "story") > 0.7, similarity("cat", "dog")
    (1.0, True, 0.0)
    """
    if word == other:
        return 1.0
    if other.startswith(word):
        return (0.85 if len(word) > 1 else 0.5) + 0.15 * len(word) / len(other)
    longest = max(len(word), len(other))
    allowed = 0 if longest < 4 else 1 if longest < 6 else 2 if longest < 10 else 3
    # Words with so few typos share two letters in a row; most pairs do not, and need no table.
    if not allowed or not any(word[place : place + 2] in other for place in range(len(word) - 1)):
        return 0.0
    distance = edits(word, other, allowed)
    return 0.0 if distance > allowed else 1.0 - 1.2 * distance / longest


def edits(word: str, other: str, limit: int) -> int:
    """Optimal string alignment distance, or `limit` + 1 where it is more (Damerau 1964)."""
    if abs(len(word) - len(other)) > limit or len(set(word) - set(other)) > limit:
        return limit + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, char in enumerate(word, start=1):
        row = [i]
        for j, against in enumerate(other, start=1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (char != against))
            if i > 1 and j > 1 and char == other[j - 2] and word[i - 2] == against:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]
