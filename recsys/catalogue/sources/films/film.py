"""Make the item of a film from the cells of MovieLens files."""

from __future__ import annotations

from recsys.catalogue.titles import parse
from recsys.data.tables.cells import one_line
from recsys.data.tables.ids import whole

GENRE_NAMES = {"Children's": "Children", "Family": "Children", "(no genres listed)": "", "unknown": ""}


def film(item_id: str, text: str, genres: list[str], keywords: list[str] | None = None) -> dict:
    """Return an item from an id, a title with year such as `Usual Suspects, The (1995)`, and genres."""
    title = parse(one_line(text))
    named = [GENRE_NAMES.get(genre.strip(), genre.strip()) for genre in genres]
    return {
        "item_id": item_id.strip(),
        "title": title.main or item_id.strip(),
        "alternatives": list(title.alternatives),
        "year": title.year,
        "genres": list(dict.fromkeys(genre for genre in named if genre)),
        "keywords": keywords or [],
    }


def imdb_id(number: str) -> str:
    """Return an IMDb id such as `tt0114814` for its number, with or without leading zeros.

    >>> imdb_id("114814"), imdb_id("0114814"), imdb_id("")
    ('tt0114814', 'tt0114814', '')
    """
    number = whole_number(number or "")
    return f"tt{int(number):07d}" if number.isdecimal() else number


def whole_number(text: str) -> str:
    """A number that pandas has written as a decimal because others in its column are missing, as a whole number."""
    return whole(text.strip()) or text.strip()
