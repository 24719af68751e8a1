"""Read MovieLens's CSV export of a person's ratings or wish-list; ratings from 0.5 to 5 stars."""

from __future__ import annotations

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "movielens"
BEST = 5.0
SITES = {"movielens": ("movie_id", "movieid"), "imdb": ("imdb_id",), "tmdb": ("tmdb_id",)}


def matches(document: Document) -> bool:
    """Whether there is a column `movie_id` or `movieId`."""
    return bool({"movie_id", "movieid"} & set(document.header))


def read(document: Document) -> Imported:
    """Read titles with a rating as ratings, and the others as the watch-list."""
    found = Imported(NAME)
    header = document.header
    people = {row.get("userid") for row in document.rows} if "userid" in header else set()
    if len(people) > 1:
        found.skipped.append(Skipped("", f"The table has ratings of {len(people):,} users; import those of one."))
        return found
    for row in document.rows:
        title, year = cells.titled(cells.text(row, "title"))
        ids = cells.identifiers(row, SITES)
        if not title and not ids:
            found.skipped.append(Skipped("", "The row has neither a title nor an identifier."))
            continue
        rating = found.share(title, row.get("rating"), BEST)
        entry = Entry(title, year, rating, ids=ids)
        (found.watchlist if rating is None else found.ratings).append(entry)
    return found
