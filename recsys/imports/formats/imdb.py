"""Read IMDb's CSV exports of ratings, lists and the watch-list; ratings from 1 to 10."""

from __future__ import annotations

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "imdb"
BEST = 10.0
OTHER_KINDS = ("tvseries", "tvminiseries", "tvepisode", "videogame", "podcastseries", "podcastepisode", "musicvideo")


def matches(document: Document) -> bool:
    """Whether there are a column `Const` with identifiers and a column `Title`."""
    return {"const", "title"} <= set(document.header)


def read(document: Document) -> Imported:
    """Read rows with a rating as ratings, and other rows as the watch-list."""
    found = Imported(NAME)
    for row in document.rows:
        title = cells.text(row, "title", "original title")
        ids = cells.identifiers(row, {"imdb": ("const", "url")})
        kind = cells.text(row, "title type").casefold().replace(" ", "").replace("-", "")
        if kind in OTHER_KINDS:
            found.skipped.append(Skipped(title, f"This is not a film but a {cells.text(row, 'title type')}."))
            continue
        if not title and not ids:
            found.skipped.append(Skipped("", "The row has neither a title nor an identifier."))
            continue
        rating = cells.share(cells.text(row, "your rating", "you rated"), BEST)
        day = cells.date(cells.text(row, "date rated", "created"))
        original = cells.text(row, "original title")
        entry = Entry(title, cells.year(row.get("year")), rating, ids=ids, date=day, original_title=original)
        (found.watchlist if rating is None else found.ratings).append(entry)
    return found
