"""Read Trakt's JSON backups of ratings, history and lists, and its CSV exports; ratings from 1 to 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "trakt"
BEST = 10.0
TIMES = ("rated_at", "watched_at", "last_watched_at", "listed_at", "collected_at", "last_updated_at", "liked_at")
WANTED = "listed_at"
SITES = {"imdb": ("imdb", "imdb_id", "imdbid"), "tmdb": ("tmdb", "tmdb_id", "tmdbid")}


def matches(document: Document) -> bool:
    """Whether it lists objects with `movie`, `show` or `episode` and a time of Trakt, or a table with these columns."""
    content = document.content
    if content is not None:
        first = next(iter(content), None) if isinstance(content, list) else None
        return isinstance(first, dict) and any(kind in first for kind in ("movie", "show", "episode")) and _timed(first)
    header = set(document.header)
    return bool(header & {"trakt_id", "trakt"}) and bool(header & {"title", "movie"})


def read(document: Document) -> Imported:
    """Read films; series and episodes are skipped."""
    content = document.content
    found = Imported(NAME)
    for record in cells.records(document.rows if content is None else content):
        film = cells.part(record, "movie")
        kind = str(record.get("type") or ("movie" if "movie" in record else "show" if "show" in record else "movie"))
        if kind.casefold() not in ("movie", "film"):
            show = cells.part(record, "show")
            found.skipped.append(Skipped(cells.text(show, "title"), f"This is not a film but a {kind.casefold()}."))
            continue
        _add(found, record, film)
    return found


def _add(found: Imported, record: Mapping[str, Any], film: Mapping[str, Any]) -> None:
    title = cells.text(film, "title", "movie")
    ids = cells.part(film, "ids")
    known = cells.identifiers(ids, SITES)
    if not title and not known:
        found.skipped.append(Skipped("", "The record has neither a title nor an identifier."))
        return
    rating = found.share(title, cells.text(record, "rating", "trakt_rating", "my_rating", "your_rating"), BEST)
    day = cells.date(cells.text(record, *TIMES))
    entry = Entry(title, cells.year(film.get("year")), rating, ids=known, date=day)
    if rating is not None:
        found.ratings.append(entry)
    elif cells.text(record, WANTED):
        found.watchlist.append(entry)
    else:
        found.watched.append(entry)


def _timed(record: Mapping[str, Any]) -> bool:
    return any(name in record for name in TIMES)
