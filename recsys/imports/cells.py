"""Parse the cells of exports: years, dates, ratings on any scale, and identifiers."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Mapping
from typing import Any

from recsys.catalogue.titles import natural, split_year
from recsys.data.tables.cells import UNRATED, is_missing, tidy
from recsys.data.tables.numbers import OUT_OF, STARS

FIRST_YEAR, LAST_YEAR = 1870, 2100
_IMDB = re.compile(r"\btt\d{5,10}\b")
_DATE = re.compile(r"\b(\d{4})-(\d{2})-(\d{2})")
_STARS = re.compile(r"^(★*)(½?)☆*$")
_AS_TEXT = re.compile(r'=\s*"([^"]*)"')  # what spreadsheets write around a number that is shown as text
_STARS_IN_WORDS = re.compile(rf"(?<=\d|½)\s*(?:{STARS}|\*)$", re.IGNORECASE)
_OF = re.compile(rf"(?<=\d|½)\s*{OUT_OF}\s*(?=\d)", re.IGNORECASE)
_HALF = re.compile(r"^(\d+)(?:\s*½| 1/2)")
_UNRATED = UNRATED | {"not seen", "unseen", "n", "no", "false"}


def text(row: Mapping[str, Any], *names: str) -> str:
    """Return the first non-empty one of these cells, as text without surrounding spaces and control characters."""
    cells = (row.get(name) for name in names)
    return next(
        (found for cell in cells if not isinstance(cell, (list, dict)) and (found := tidy(str(cell or "")))), ""
    )


def part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object under a name, or the record itself if there is no such object."""
    inner = record.get(name)
    return inner if isinstance(inner, dict) else record


def records(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a parsed list; empty if the value is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def year(value: Any) -> int | None:
    """Return a year of release from `1999`, `1999.0` or a date that begins with it; None if there is no year.

    >>> year("1999.0"), year("1999-03-31"), year("soon")
    (1999, 1999, None)
    """
    match = re.match(r"\s*(\d{4})(?!\d)", str(value))
    number = int(match[1]) if match else 0
    return number if FIRST_YEAR <= number <= LAST_YEAR else None


def date(value: Any) -> str:
    """Return the date in ISO form, or "" if the text has no date."""
    match = _DATE.search(str(value))
    try:
        return datetime.date.fromisoformat(match[0]).isoformat() if match else ""
    except ValueError:  # such as the 31st of February
        return ""


def share(value: Any, best: float) -> float | None:
    """Return a rating out of `best` as a share from 0 to 1, or None if the cell has no rating.

    >>> share("7", 10), share("3,5", 5), share("4/5", 10), share("★★★½", 5), share("80 %", 5), share("", 5)
    (0.7, 0.7, 0.8, 0.7, 0.8, None)
    >>> share("3½", 5), share("4 out of 5 stars", 10), share("****", 5), share('="4"', 5)
    (0.7, 0.8, 0.8, 0.8)
    """
    written = str(value if value is not None else "").strip().replace(",", ".")
    written = _AS_TEXT.sub(r"\1", written).replace("⭐", "★").replace("\ufe0f", "")
    if re.fullmatch(r"\*+", written):
        written = "★" * len(written)
    written = _HALF.sub(r"\1.5", _OF.sub("/", _STARS_IN_WORDS.sub("", written)))
    if written.endswith("%"):
        written, best = written[:-1], 100.0
    stars = _STARS.match(written)
    if stars and written:
        number, best = len(stars[1]) + 0.5 * len(stars[2]), 5.0
    else:
        top, slash, bottom = written.partition("/")
        try:
            number = float(top)
            best = float(bottom) if slash else best
        except ValueError:
            return None
    if not (math.isfinite(number) and math.isfinite(best) and 0 < number <= best):
        return None
    return number / best


def is_unusable(value: Any, best: float) -> bool:
    """Whether a cell has a rating that is not on a scale up to `best`; 0 and texts such as `n/a` mean "not rated".

    >>> is_unusable("11", 10), is_unusable("-3", 10), is_unusable("0.0", 10), is_unusable("", 10)
    (True, True, False, False)
    """
    written = str(value if value is not None else "").strip()
    if share(value, best) is not None or is_missing(written) or written.casefold() in _UNRATED:
        return False
    return not re.fullmatch(r"[+-]?0+([.,]0*)?(/\d+)?", written, re.ASCII)


def identifiers(row: Mapping[str, Any], names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Return identifiers by site from the cells named for each site; cells without a valid identifier are left out.

    >>> identifiers({"imdb_id": "https://imdb.example/title/tt0114709/", "tmdb": "862.0"},
    ...             {"imdb": ("imdb_id",), "tmdb": ("tmdb",)})
    {'imdb': 'tt0114709', 'tmdb': '862'}
    """
    found = {}
    for site, columns in names.items():
        value = text(row, *columns)
        if site == "imdb":
            match = _IMDB.search(value)
            value = match[0] if match else (f"tt{value:0>7}" if value.isdecimal() and int(value) else "")
        elif site in ("tmdb", "movielens"):
            value = value.removesuffix(".0")
            value = str(int(value)) if value.isdecimal() and int(value) else ""
        if value:
            found[site] = value
    return found


def titled(value: str) -> tuple[str, int | None]:
    """Split `Heat (1995)` into title and year; an article after a comma moves to the front.

    >>> titled("Usual Suspects, The (1995)"), titled("Heat")
    (('The Usual Suspects', 1995), ('Heat', None))
    """
    title, released = split_year(" ".join(value.split()))
    return natural(title), released
