"""Restore the capital letters of tags: data sets write "new york city", the texts of items New York City."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_ENDS = '.!?:“"('  # after these every word begins with a capital letter
_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")  # keeps the length, unlike str.lower
CACHED = 10_000


class Spelling:
    """Spelling of lower-case tags as most of the texts of a catalogue write them.

    The first word of a sentence does not count.

    >>> spelling = Spelling(["A heist in Paris.", "Heist! He leaves New York City."])
    >>> [spelling.of(tag) for tag in ("paris", "heist", "new york city", "Noir")]
    ['Paris', 'heist', 'New York City', 'Noir']
    """

    def __init__(self, texts: Iterable[str]):
        self._text = "\n".join(texts)
        self._folded = self._text.translate(_LOWER)
        self.of = lru_cache(CACHED)(self._find)

    def _find(self, tag: str) -> str:
        if not tag or tag != tag.lower():
            return tag
        written: Counter[str] = Counter()
        for found in re.finditer(rf"(?<!\w){re.escape(tag)}(?!\w)", self._folded):
            before = self._text[max(0, found.start() - 3) : found.start()].rstrip(" ")
            if before and before[-1] not in _ENDS + "\n":
                written[self._text[found.start() : found.end()]] += 1
        return written.most_common(1)[0][0] if written else tag
