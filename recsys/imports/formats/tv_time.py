"""Read TV Time's tracking tables and the JSON of its backup tools; films have no ratings."""

from __future__ import annotations

from typing import Any

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "tv_time"
WANTED = ("follow", "towatch", "to-watch", "want_to_watch")
WATCHED = ("watch", "rewatch", "watched")
SITES = {"imdb": ("imdb", "imdb_id"), "tmdb": ("tmdb", "tmdb_id")}


def matches(document: Document) -> bool:
    """Whether it is a table with `movie_name`, or a list of objects with `is_watched`."""
    content = document.content
    if content is not None:
        first = next(iter(content), None) if isinstance(content, list) else None
        return isinstance(first, dict) and "is_watched" in first
    return "movie_name" in document.header


def read(document: Document) -> Imported:
    """Read watched films and films to watch, one entry for each film; rows about series are skipped."""
    content = document.content
    return _table(document) if content is None else _list(content)


def _table(document: Document) -> Imported:
    found, seen = Imported(NAME), set()
    for row in document.rows:
        title, kind = cells.text(row, "movie_name"), cells.text(row, "type", "action").casefold()
        if not title:
            continue  # a row about a series or an episode
        released = cells.year(cells.text(row, "release_date", "year"))
        entry = Entry(title, released, date=cells.date(cells.text(row, "watch_date", "created_at")))
        wanted = kind in WANTED
        if (title, released, wanted) in seen or not (wanted or kind in WATCHED or not kind):
            continue
        seen.add((title, released, wanted))
        (found.watchlist if wanted else found.watched).append(entry)
    watched = {(entry.title, entry.year) for entry in found.watched}
    found.watchlist[:] = [entry for entry in found.watchlist if (entry.title, entry.year) not in watched]
    return found


def _list(content: list[Any]) -> Imported:
    found = Imported(NAME)
    for record in cells.records(content):
        title = cells.text(record, "title", "name")
        if "seasons" in record:
            found.skipped.append(Skipped(title, "This is not a film but a series."))
            continue
        ids = cells.part(record, "id")
        known = cells.identifiers(ids, SITES)
        if not title and not known:
            found.skipped.append(Skipped("", "The record has neither a title nor an identifier."))
            continue
        entry = Entry(title, cells.year(record.get("year")), ids=known, date=cells.date(record.get("watched_at")))
        (found.watched if record.get("is_watched") is True else found.watchlist).append(entry)
    return found
