"""Themes of catalogues without keywords: the words that two titles have in common, such as "Data Science".

A single word that occurs in two descriptions, such as "started" or "first", seldom reads as a theme.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recsys.models.content_based.terms import BAG, FILLER, STOP, fold
from recsys.models.reason import TITLE

TOKEN = re.compile(r"[\w+#]+")
SMALL = STOP | FILLER | frozenset("a an as at by in is it of on or part to vol volume i ii iii iv v".split())
SMALL |= frozenset("building checking consuming enabling getting running started".split())
MOST = 2  # themes of two titles


def themes(one: str, other: str) -> list[str]:
    """The runs of words that two titles have in common, as the second writes them, longest first.

    Small and general words at the ends of a run, and numbers, do not count.

    >>> themes("Introduction to Data Science", "Data Science with Python"), themes("Big Data 101", "Spark 101")
    (['Data Science'], [])
    """
    mine, written = [_key(token) for token in TOKEN.findall(one)], TOKEN.findall(other)
    keys = [_key(token) for token in written]
    found: list[tuple[int, int]] = []  # the first and one past the last word of a run
    start = 0
    while start < len(keys):
        length = max((_common(mine[place:], keys[start:]) for place in range(len(mine))), default=0)
        if run := _trimmed(keys, start, start + length):
            found.append(run)
        start += max(1, length)
    texts = [" ".join(written[first:last]) for first, last in sorted(found, key=lambda run: run[0] - run[1])]
    return list(dict.fromkeys(texts))[:MOST]


def as_themes(pairs: Sequence[tuple[str, str]], one: str, other: str) -> list[tuple[str, str]]:
    """Shared (block, term) pairs with the themes of two titles in place of single words of descriptions."""
    if not any(block == BAG for block, _ in pairs):
        return list(pairs)
    return [(TITLE, theme) for theme in themes(one, other)] + [pair for pair in pairs if pair[0] != BAG]


def _key(token: str) -> str:
    """A word in lower case without accents and without a plural s."""
    folded = fold(token)
    return folded[:-1] if len(folded) > 3 and folded.endswith("s") else folded


# Words that read as a theme only beside another one, as in "Machine Learning" or "Big Data".
VAGUE = frozenset(
    map(
        _key,
        "access advanced analysis app application art business case client computing conference capstone data day deep "
        "deploy driven edition engine essential guide hand history lab language life machine man model night open "
        "operation playing power practice predicting production project programming science series service side story "
        "study system task text time tool university version web woman world".split(),
    )
)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    length = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            break
        length += 1
    return length


def _trimmed(keys: Sequence[str], first: int, last: int) -> tuple[int, int] | None:
    while first < last and _is_small(keys[first]):
        first += 1
    while first < last and _is_small(keys[last - 1]) and keys[last - 1] != "learning":
        last -= 1
    is_theme = last - first > 1 or (last - first == 1 and keys[first] not in VAGUE)
    return (first, last) if is_theme else None


def _is_small(key: str) -> bool:
    return key in SMALL or key.isdigit()
