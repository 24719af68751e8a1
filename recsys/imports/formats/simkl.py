"""Read Simkl's JSON and CSV backups; ratings from 1 to 10."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "simkl"
BEST = 10.0
WANTED = ("plantowatch", "plan to watch", "plan-to-watch")
SITES = {"imdb": ("imdb",), "tmdb": ("tmdb",)}


def matches(document: Document) -> bool:
    """Whether it has lists `movies`, `shows` or `anime` of records with a status, or is a table with `SIMKL_ID`."""
    content = document.content
    if content is None:
        return bool({"simkl_id", "simkl"} & set(document.header))
    if not isinstance(content, dict):
        return False
    records = [record for kind in ("movies", "shows", "anime") for record in cells.records(content.get(kind))[:1]]
    return any("status" in record or "user_rating" in record for record in records)


def read(document: Document) -> Imported:
    """Read films; series and anime are skipped."""
    content = document.content
    found = Imported(NAME)
    if content is None:
        for row in document.rows:
            kind = cells.text(row, "type").casefold()
            if kind and kind not in ("movie", "movies", "film"):
                found.skipped.append(Skipped(cells.text(row, "title"), f"This is not a film but of type {kind}."))
            else:
                _add(found, row, row, cells.text(row, "watchlist", "status"), cells.text(row, "rating", "user_rating"))
        return found
    for record in cells.records(content.get("movies")):
        film = cells.part(record, "movie")
        _add(found, record, film, cells.text(record, "status"), cells.text(record, "user_rating"))
    for kind in ("shows", "anime"):
        for record in cells.records(content.get(kind)):
            show = cells.part(record, "show")
            found.skipped.append(Skipped(cells.text(show, "title"), "This is not a film but a series."))
    return found


def _add(found: Imported, record: Mapping[str, Any], film: Mapping[str, Any], status: str, rating: str) -> None:
    title = cells.text(film, "title")
    ids = cells.identifiers(cells.part(film, "ids"), SITES)
    if not title and not ids:
        found.skipped.append(Skipped("", "The record has neither a title nor an identifier."))
        return
    stars = found.share(title, rating, BEST)
    day = cells.date(cells.text(record, "user_rated_at", "last_watched_at", "watcheddate"))
    entry = Entry(title, cells.year(film.get("year")), stars, ids=ids, date=day)
    if stars is not None:
        found.ratings.append(entry)
    elif status.casefold() in WANTED:
        found.watchlist.append(entry)
    else:
        found.watched.append(entry)
