"""Find items of one series by their titles: Toy Story and Toy Story 2, Kill Bill: Vol. 1 and Vol. 2."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import takewhile

import numpy as np

from recsys.catalogue.titles import ARTICLES, fold

SAME_HEAD, WHOLE_TITLE, FIRST_WORDS = 1.0, 0.7, 0.5  # confidence of a series by the kind of common beginning
COMMON = 12  # largest number of items with the same first words for which the confidence is not reduced
LONG_WORD = 5  # fewest letters of a single shared word that can name a series
CACHED = 10_000  # titles whose head is cached
_SUBTITLE = re.compile(r":| - ")
_INSTALMENT = re.compile(r"\d{1,2}|[ivx]+|part|vol|volume|episode|chapter|one|two|three|3d|d")
# Words that do not indicate a series when two titles begin with them.
_WEAK = ARTICLES | set("and at by for from i in is it my of on to with you introduction".split())


class Series:
    """Confidence that two items belong to one series, from the first words of their titles.

    It is highest for titles with the same part before a colon, apart from the number of an instalment (Saw, Saw II,
    Saw: The Final Chapter). It is lower if only the first words agree (Alien, Alien Resurrection), and lower still if
    many titles begin with these words.

    >>> series = Series(["Toy Story", "Toy Story 2", "The Story of Us", "Alien", "Aliens", "Heat"])
    >>> series.likeness(0).tolist()
    [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    >>> series.likeness(3).round(1).tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    """

    def __init__(self, titles: Sequence[str]):
        self._words = [_words(title) for title in titles]
        self._titles = titles
        self._starting: dict[str, list[int]] = {}
        for number, found in enumerate(self._words):
            if found:
                self._starting.setdefault(found[0], []).append(number)

    def likeness(self, number: int) -> np.ndarray:
        """Confidence of a series with each item, (n_items,) float32 from 0 to 1; 0 for the item itself."""
        row = np.zeros(len(self._words), dtype=np.float32)
        mine = self._words[number]
        if not mine:
            return row
        shared = {other: _shared(mine, self._words[other]) for other in self._starting[mine[0]] if other != number}
        for other, length in shared.items():
            sure = self._sureness(number, other, length)
            if sure:
                alike = sum(more >= length for more in shared.values())
                row[other] = sure / (1 + max(0, alike - COMMON) / COMMON)
        return row

    def _sureness(self, one: int, other: int, length: int) -> float:
        telling = [word for word in self._words[one][:length] if word not in _WEAK]
        if not telling:
            return 0.0
        mine, others = _head(self._titles[one]), _head(self._titles[other])
        if mine == others:
            return SAME_HEAD
        whole = length >= min(len(mine), len(others))
        if whole and (len(telling) > 1 or len(telling[0]) >= LONG_WORD):
            return WHOLE_TITLE
        return FIRST_WORDS if len(telling) > 1 else 0.0


def have_same_title(one: str, other: str) -> bool:
    """Whether two titles are equal apart from case, accents, punctuation and a leading article.

    Such items are remakes or have nothing in common; they are not parts of one series.

    >>> have_same_title("Frozen", "The Frozen"), have_same_title("Alien", "Aliens")
    (True, False)
    """
    return _plain(one) == _plain(other)


def _plain(title: str) -> list[str]:
    found = fold(title).split()
    return found[1:] if len(found) > 1 and found[0] in ARTICLES else found


def _words(title: str) -> list[str]:
    """Folded words without a plural s and without a leading article."""
    found = [_singular(word) for word in fold(title).split()]
    return found[1:] if len(found) > 1 and found[0] in ARTICLES else found


@lru_cache(CACHED)
def _head(title: str) -> tuple[str, ...]:
    """The words before a subtitle, without the number of an instalment."""
    found = _words(_SUBTITLE.split(title)[0])
    while len(found) > 1 and _INSTALMENT.fullmatch(found[-1]):
        found.pop()
    return tuple(found)


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _shared(one: list[str], other: list[str]) -> int:
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))))
