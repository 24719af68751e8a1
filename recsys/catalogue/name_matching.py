"""Rank names by how well they match a query, ignoring case, accents and word order and tolerating small typos."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from recsys.catalogue.titles import ARTICLES, FIRST_YEAR, LAST_YEAR, bare, fold, split_year

SMALL_WORDS = ARTICLES | {"and", "of", "in", "on", "at", "to", "for", "s"}
SMALL = 0.25
"""Weight of a letter in a short common word; letters of other words have weight 1."""
POPULAR = 0.08
"""Score added to the most rated item; unrated items get 0."""
CLOSE = 0.72
"""Lowest score at which a name is accepted as the intended one."""
EXACT = 1.09
"""Lowest score at which name and year match exactly."""
FULL_NAME, NAME_WITHOUT_ARTICLE, NAME_WITHOUT_SPACES = 1.05, 1.03, 1.0
RIGHT_YEAR, WRONG_YEAR = 0.05, -0.08
MOST_TYPOS = 3


class Candidate(NamedTuple):
    """One name of an item; an item with several names has a candidate for each."""

    item: int
    name: str
    year: int | None
    ratings: int


@dataclass(frozen=True)
class Query:
    """A search text with its folded form, words, year and trigrams."""

    text: str

    @cached_property
    def folded(self) -> str:
        """The text in the form in which names are stored."""
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


def rank(
    query: Query, candidates: Iterable[Candidate], most: int, others: Iterable[Query] = ()
) -> list[tuple[float, int]]:
    """Rank items by how well their best name matches, then by popularity: [(score, item)], best first.

    A score is from 0 to about 1.1: 1.05 for the exact name, more if the year matches.

    Args:
        most: the highest number of ratings of an item.
        others: the query in other forms, of which the best counts.
    """
    candidates = list(dict.fromkeys(candidates))
    vocabulary = {word for candidate in candidates for word in candidate.name.split()}
    whole, forms = query.folded.split(), [query.words, *(other.words for other in others)]
    alike = similar_words({word for words in (whole, *forms) for word in words}, vocabulary)
    plain, with_year = [_Wanted(words, alike) for words in forms], _Wanted(whole, alike)
    best: dict[int, tuple[float, float]] = {}
    scale = math.log1p(max(most, 1))
    for item, name, year, ratings in candidates:
        name = name.strip()
        fit = max(wanted.fit(name) for wanted in plain)
        if query.year is not None:
            # The last number may be part of the name: "Blade Runner 2049".
            fit = max(with_year.fit(name), fit + (RIGHT_YEAR if year == query.year else WRONG_YEAR))
        value = (fit + POPULAR * math.log1p(ratings) / scale, fit)
        if item not in best or value > best[item]:
            best[item] = value
    order = sorted(best, key=lambda item: (-best[item][0], item))
    return [(best[item][1], item) for item in order]


def similar_words(words: Collection[str], vocabulary: Collection[str]) -> dict[str, dict[str, float]]:
    """Find for each word the similar words of the vocabulary, with a similarity above 0 and up to 1.

    Similar are equal words (1), words that begin with it, and words within a few typos: optimal string alignment
    distance (Damerau 1964) of at most one from 4 letters on, two from 6 and three from 10.

    >>> similar_words(["stroy", "toy", "cat"], ["story", "toy", "dog"])
    {'stroy': {'story': 0.76}, 'toy': {'toy': 1.0}, 'cat': {}}
    """
    words, vocabulary = list(words), list(vocabulary)
    if not words or not vocabulary:
        return {word: {} for word in words}
    # uint8 and one call for all pairs: a distance beyond MOST_TYPOS is reported as MOST_TYPOS + 1.
    table = process.cdist(words, vocabulary, scorer=OSA.distance, score_cutoff=MOST_TYPOS, dtype=np.uint8)
    found: dict[str, dict[str, float]] = {}
    for word, distances in zip(words, table, strict=True):
        alike: dict[str, float] = {}
        for place in np.flatnonzero(distances <= MOST_TYPOS).tolist():
            other, distance = vocabulary[place], int(distances[place])
            longest = max(len(word), len(other))
            if distance <= _typos_allowed(longest):
                alike[other] = 1.0 - 1.2 * distance / longest
        for other in vocabulary:
            if other.startswith(word) and other != word:
                alike[other] = (0.85 if len(word) > 1 else 0.5) + 0.15 * len(word) / len(other)
        found[word] = alike
    return found


def _typos_allowed(letters: int) -> int:
    return 0 if letters < 4 else 1 if letters < 6 else 2 if letters < 10 else MOST_TYPOS


def _weight(word: str) -> float:
    return len(word) * (SMALL if word in SMALL_WORDS else 1.0)


class _Wanted:
    """The words of a query, prepared for comparison with many names."""

    def __init__(self, words: list[str], alike: Mapping[str, Mapping[str, float]]):
        self.text = " ".join(words)
        self.bare, self.squeezed = bare(self.text), "".join(words)
        self.words = [(alike[word], _weight(word)) for word in words]
        self.total = sum(weight for _, weight in self.words)

    def fit(self, name: str) -> float:
        """How well a folded name matches, from 0 to FULL_NAME."""
        if not self.words:
            return 0.0
        if self.text == name:
            return FULL_NAME
        if self.bare == bare(name):
            return NAME_WITHOUT_ARTICLE
        if self.squeezed == name.replace(" ", ""):
            return NAME_WITHOUT_SPACES
        named = name.split()
        found = 0.0
        used: dict[int, float] = {}
        for alike, weight in self.words:
            place, score = 0, 0.0
            for at, other in enumerate(named):
                if alike.get(other, 0.0) > score:
                    place, score = at, alike[other]
            if score:
                found += weight * score
                used[place] = max(score, used.get(place, 0.0))
        sizes = [_weight(word) for word in named]
        covered = sum(sizes[place] * score for place, score in used.items()) / (sum(sizes) or 1.0)
        start = 0.03 if name.startswith(self.text) else 0.0
        return found / self.total * (0.85 + 0.12 * covered) + start
