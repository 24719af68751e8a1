"""Read plain tables with a title in each row and optionally a year, a rating and identifiers."""

from __future__ import annotations

from collections.abc import Mapping

from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "csv"
TITLES = ("title", "name", "film", "movie", "movie title", "film title", "movie name", "primary title", "item")
YEARS = ("year", "release year", "release_year", "released", "release date", "release_date")
RATINGS = (
    "rating",
    "my rating",
    "your rating",
    "user rating",
    "score",
    "my score",
    "stars",
    "rating10",
    "vote",
    "grade",
)
SITES = {
    "imdb": ("imdb_id", "imdb", "imdbid", "imdb id", "tconst", "const", "url"),
    "tmdb": ("tmdb_id", "tmdb", "tmdbid", "tmdb id"),
    "item": ("item_id", "item id"),
}
SCALES = (1.0, 5.0, 10.0, 100.0)


def matches(document: Document) -> bool:
    """Whether the text is not JSON."""
    return document.content is None


def read(document: Document) -> Imported:
    """Read rows with a rating as ratings, and the others as watched, or as the watch-list in a file of that name.

    The scale is the smallest of 1, 5, 10 and 100 that contains all ratings, unless a rating states its scale (`7/10`).
    If the first line names no known column, each line is read as a title.
    """
    header = set(document.header)
    if header & {*TITLES, *(name for names in SITES.values() for name in names if name != "url")}:
        return _table(document)
    return _lines(document)


def _table(document: Document) -> Imported:
    rows, found = document.rows, Imported(NAME)
    # A column of this name, as in Letterboxd's import format, states its scale.
    ten = "rating10" in document.header and not {*RATINGS[: RATINGS.index("rating10")]} & set(document.header)
    best = 10.0 if ten else _scale([cells.text(row, *RATINGS) for row in rows])
    unrated = found.watchlist if "watchlist" in document.name.lower().replace("-", "") else found.watched
    for row in rows:
        title, year = cells.titled(cells.text(row, *TITLES))
        ids = cells.identifiers(row, SITES)
        if not title and not ids:
            found.skipped.append(Skipped("", "The row has neither a title nor an identifier."))
            continue
        entry = Entry(
            title,
            cells.year(cells.text(row, *YEARS)) or year,
            _rating(row, best),
            ids=ids,
            date=cells.date(cells.text(row, "date", "watched date", "watcheddate", "watched_at", "rated_at")),
            original_title=cells.text(row, "original title", "original_title"),
        )
        (unrated if entry.rating is None else found.ratings).append(entry)
    return found


def _rating(row: Mapping[str, str], best: float) -> float | None:
    return cells.share(cells.text(row, *RATINGS), best)


def _lines(document: Document) -> Imported:
    found = Imported(NAME)
    for cells_of_line in document.cells(document.text.lstrip("\ufeff"), ","):
        line = ",".join(cells_of_line).strip()
        title, year = cells.titled(line)
        if title:
            found.watched.append(Entry(title, year))
    return found


def _scale(texts: list[str]) -> float:
    """The smallest usual scale that contains all ratings; if all are whole numbers up to 1, the scale is 5 stars."""
    numbers = []
    for written in texts:
        try:
            numbers.append(float(written.replace(",", ".")))
        except ValueError:
            continue
    highest = max(numbers, default=5.0)
    if highest <= 1 and all(number == int(number) for number in numbers):
        return 5.0
    return next((scale for scale in SCALES if highest <= scale), highest)
