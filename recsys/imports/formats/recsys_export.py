"""Read the JSON that this program exports: a profile's ratings and lists, or any list of cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "recsys"
LISTS = ("ratings", "watched", "watchlist")
SITES = {"item": ("item_id",), "imdb": ("imdb_id",), "tmdb": ("tmdb_id",)}


def matches(document: Document) -> bool:
    """Whether it is an object with the format's name, or a list of objects with `title` and an id or year of ours.

    A list with ratings has our ids too: another program's ratings may be on any scale.
    """
    content = document.content
    if isinstance(content, dict):
        return content.get("format") == NAME
    first = next(iter(content), None) if isinstance(content, list) else None
    if not isinstance(first, dict) or "title" not in first:
        return False
    return "item_id" in first or ("release_year" in first and "rating" not in first)


def read(document: Document) -> Imported:
    """Read ratings on the scale that the export states; a list of cards is a watch-list unless its items are rated."""
    content = document.content
    found = Imported(NAME)
    lists = content if isinstance(content, dict) else {"watchlist": content}
    scale = lists.get("scale")
    best = float(scale[-1]) if isinstance(scale, list) and scale and isinstance(scale[-1], (int, float)) else 5.0
    for name in LISTS:
        for record in cells.records(lists.get(name)):
            _add(found, name, record, best)
    return found


def _add(found: Imported, name: str, record: Mapping[str, Any], best: float) -> None:
    title, year = cells.titled(cells.text(record, "title"))
    ids = cells.identifiers(record, SITES)
    if not title and not ids:
        found.skipped.append(Skipped("", "The record has neither a title nor an identifier."))
        return
    rating = found.share(title, record.get("rating"), best)
    liked = record.get("verdict") == "like"
    released = cells.year(cells.text(record, "year", "release_year")) or year
    entry = Entry(title, released, rating, liked, ids, cells.date(record.get("date", "")))
    if rating is not None or liked:
        found.ratings.append(entry)
    else:
        (found.watched if name == "watched" else found.watchlist).append(entry)
