"""Convert items to the columns of a site's files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recsys.catalogue.titles import fold

Row = Mapping[str, Any]
EMPTY = 65_535  # fills the lists of items with few similar ones


def columns(items: Sequence[Row], names: Mapping[str, Sequence[str]] | None = None) -> dict[str, Any]:
    """What lists, search, filters and imports need of each item.

    Args:
        items: the items.
        names: folded names by item id; the folded title is added if it is missing.
    """
    genre_names, genres = _coded([list(item.get("genres") or []) for item in items])
    language_names, languages = _coded([[item.get("language") or ""] for item in items])
    return {
        "ids": [item["item_id"] for item in items],
        "titles": [item["title"] for item in items],
        "years": [item.get("year") or 0 for item in items],
        "genre_names": genre_names,
        "genres": genres,
        "language_names": language_names,
        "languages": [codes[0] for codes in languages],
        "urls": [item.get("url") or "" for item in items],
        "counts": [item.get("n_ratings") or 0 for item in items],
        "means": [_rounded(item.get("mean_rating")) for item in items],
        **{site: [item.get(site + "_id") or "" for item in items] for site in ("imdb", "tmdb")},
        "names": [_names(item, (names or {}).get(item["item_id"], ())) for item in items],
    }


def facts(items: Sequence[Row], spell: Callable[[str], str]) -> dict[str, Any]:
    """People and themes of each item; `spell` returns a theme with its capital letters."""
    return {
        "director": [item.get("director") or "" for item in items],
        "cast": [list(item.get("cast") or []) for item in items],
        "keywords": [[spell(keyword) for keyword in item.get("keywords") or []] for item in items],
    }


def texts(items: Sequence[Row]) -> list[str]:
    """The description of each item."""
    return [item.get("overview") or "" for item in items]


def packed_lists(lists: Sequence[Sequence[int]], length: int) -> bytes:
    """Lists of up to `length` numbers: the low bytes of all, then the high bytes."""
    table = np.full((len(lists), length), EMPTY, dtype=np.uint16)
    for row, numbers in enumerate(lists):
        table[row, : len(numbers)] = numbers
    return (table & 255).astype(np.uint8).tobytes() + (table >> 8).astype(np.uint8).tobytes()


def _coded(lists: Iterable[list[str]]) -> tuple[list[str], list[list[int]]]:
    """The distinct texts of lists, and the lists as their numbers."""
    numbers: dict[str, int] = {}
    return_lists = [[numbers.setdefault(text, len(numbers)) for text in texts] for texts in lists]
    return list(numbers), return_lists


def _names(item: Row, folded: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for name in (fold(item["title"]), *(one.strip() for one in folded)) if name))


def _rounded(mean: float | None) -> float | None:
    return None if mean is None else round(float(mean), 2)
