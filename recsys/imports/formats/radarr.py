"""Read the films of Radarr and of programs that list films as it does: JSON objects with `tmdbId` and no rating."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.data.tables.objects import rows_of
from recsys.imports import cells, names
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document, column

NAME = "radarr"
SITES = {"imdb": ("imdbId",), "tmdb": ("tmdbId",)}
SERIES = ("tvdbId", "seasons", "seriesType")
SAID = (
    "The file lists the films of a collection, not whether they were watched or liked; they are read as the watch-list."
)


def matches(document: Document) -> bool:
    """Whether it is a list of objects with `tmdbId`, or with `tvdbId` and seasons, without ratings of a person."""
    records = _records(document.content)
    rated = any(column(str(name)) in names.RATINGS for record in records for name in record)
    return bool(records) and not rated and all("tmdbId" in one or "tvdbId" in one for one in records)


def read(document: Document) -> Imported:
    """Read films as the watch-list: to have a film does not say that it was watched, and hides no recommendation.

    The `ratings` of an object are those of other people.
    """
    found = Imported(NAME, said=[SAID])
    for record in _records(document.content):
        title, year = cells.titled(cells.text(record, "title"))
        if any(name in record for name in SERIES):
            found.skipped.append(Skipped(title, "This is not a film but a series."))
            continue
        ids = cells.identifiers(record, SITES)
        if not title and not ids:
            found.skipped.append(Skipped("", "The record has neither a title nor an identifier."))
            continue
        original = cells.text(record, "originalTitle")
        released = cells.year(record.get("year")) or year
        found.watchlist.append(Entry(title, released, ids=ids, original_title=original))
    return found


def _records(content: Any) -> list[Mapping[str, Any]]:
    return cells.records(content if isinstance(content, list) else rows_of(content))
