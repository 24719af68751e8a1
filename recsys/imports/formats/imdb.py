"""Read IMDb's CSV exports of ratings, lists and the watch-list, in any language; ratings from 1 to 10."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recsys.catalogue.titles import fold
from recsys.imports import cells
from recsys.imports.entries import Entry, Imported, Skipped
from recsys.imports.files import Document

NAME = "imdb"
BEST = 10.0
# Whatever is no film, as English, German, French, Spanish, Italian, Portuguese and Polish exports name it.
_NO_FILM = re.compile(
    r"serie|serial|episod|epizod|odcinek|podcast|vid.?o ?(?:spiel|game|jue|jog)|jeu video|musi[ck]\w* ?vi"
)
_RATED = ("const", "your rating", "date rated", "title")
_TYPED = ("url", "title type", "imdb rating", "runtime (mins)", "year", "genres", "num votes", "release date")
_LISTED = ("position", "const", "created", "modified", "description", "title")
LAYOUTS: tuple[tuple[str, ...], ...] = (
    (*_RATED, "original title", *_TYPED, "directors"),
    (*_RATED, *_TYPED, "directors"),
    (*_LISTED, "original title", *_TYPED, "directors", "your rating", "date rated"),
    (*_LISTED, *_TYPED, "directors", "your rating", "date rated"),
)
"""Columns of exports since 2018 in their order, which is the same in each language."""
_TITLE = re.compile(r"tt\d{5,10}", re.ASCII)


def matches(document: Document) -> bool:
    """Whether there are a column `Const` with identifiers and a column `Title`, or columns in the order of IMDb."""
    return {"const", "title"} <= set(document.header) or bool(_translated(document))


def read(document: Document) -> Imported:
    """Read rows with a rating as ratings, and other rows as the watch-list."""
    found = Imported(NAME)
    for row in document.named(_translated(document) or document.header):
        title = cells.text(row, "title", "original title")
        ids = cells.identifiers(row, {"imdb": ("const", "url")})
        kind = cells.text(row, "title type")
        if _NO_FILM.search(fold(kind)):
            found.skipped.append(Skipped(title, f"This is not a film but a {kind}."))
            continue
        if not title and not ids:
            found.skipped.append(Skipped("", "The row has neither a title nor an identifier."))
            continue
        rating = found.share(title, cells.text(row, "your rating", "you rated"), BEST)
        day = cells.date(cells.text(row, "date rated", "created"))
        original = cells.text(row, "original title")
        entry = Entry(title, cells.year(row.get("year")), rating, ids=ids, date=day, original_title=original)
        (found.watchlist if rating is None else found.ratings).append(entry)
    return found


def _translated(document: Document) -> Sequence[str]:
    """The English names of the columns of an export in another language, which its cells tell; empty otherwise.

    Each row has an identifier, and at the place of the address one with the same identifier.
    """
    width = len(document.header)
    if not any(width == len(names) for names in LAYOUTS) or document.content is not None:
        return ()
    for names in LAYOUTS:
        rows = document.named(names) if len(names) == width else []
        if rows and all(map(_is_identified, rows)):
            return names
    return ()


def _is_identified(row: Mapping[str, str]) -> bool:
    name = row.get("const", "")
    return bool(_TITLE.fullmatch(name)) and f"/{name}" in row.get("url", "")
