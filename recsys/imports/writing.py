"""Write ratings and lists in the layouts that other sites import; the readers in `formats` read them back.

The columns for Letterboxd are those of its import format, for IMDb those of its export, for Trakt those of its backups,
for Radarr those of a custom list, and for Jellyfin those of a list of MDBList, which its plugin Collection Import reads
(https://github.com/lostb1t/jellyfin-plugin-collection-import, `MdbItem`).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recsys.data.plain_text import guarded
from recsys.errors import BadInput, listing

OWN = "json"  # the only format that has all that we store
TEN = 10  # Letterboxd's Rating10, IMDb and Trakt rate from 1 to 10
CSV, JSON = "text/csv", "application/json"


@dataclass(frozen=True)
class Title:
    """One title to export.

    Attributes:
        item: the item in full, with `item_id`, `title`, `year`, `imdb_id`, `tmdb_id`, `director` and `genres`.
        rating: on the catalogue's scale, None in a list without ratings.
        date: day of the rating as YYYY-MM-DD, "" if unknown.
    """

    item: Mapping[str, Any]
    rating: float | None = None
    date: str = ""

    def field(self, name: str) -> str:
        """A field of the item as text, "" if it is unknown."""
        value = self.item.get(name)
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value if value is not None else "")

    def out_of_ten(self, best: float) -> str:
        """The rating converted to a scale from 1 to 10, as text; "" if there is no rating."""
        return "" if self.rating is None else str(max(1, round(TEN * self.rating / best)))


def write(
    titles: Sequence[Title], format: str, scale: tuple[float, float], less: Sequence[str] = ()
) -> tuple[str, str]:
    """Return the text of a file and its media type.

    Args:
        titles: titles with a rating become ratings, the others the watch-list.
        format: one of FORMATS.
        scale: lowest and highest rating of the catalogue.
        less: what to show less of; only our own format has it.

    Raises:
        BadInput: the format is unknown, or it cannot hold ratings and a list in one file.
    """
    if format not in FORMATS:
        raise BadInput(f"Format {format!r} is unknown; use {listing(FORMATS)}.")
    if format in TABLES and len({title.rating is None for title in titles}) > 1:
        raise BadInput(f"A file for {format} holds either ratings or a list. Export them one after the other.")
    return _own(titles, scale, less) if format == OWN else FORMATS[format](titles, scale)


def _letterboxd(titles: Sequence[Title], scale: tuple[float, float]) -> tuple[str, str]:
    rows = [
        {
            "tmdbID": title.field("tmdb_id"),
            "imdbID": title.field("imdb_id"),
            "Title": title.item["title"],
            "Year": title.field("year"),
            "Directors": title.field("director"),
            "Rating10": title.out_of_ten(scale[1]),
            "WatchedDate": title.date,
        }
        for title in titles
    ]
    if all(title.rating is None for title in titles):
        rows = [{name: row[name] for name in ("tmdbID", "imdbID", "Title", "Year", "Directors")} for row in rows]
    return _table(rows), CSV


def _imdb(titles: Sequence[Title], scale: tuple[float, float]) -> tuple[str, str]:
    def row(title: Title) -> dict[str, str]:
        imdb_id = title.field("imdb_id")
        return {
            "Const": imdb_id,
            "Your Rating": title.out_of_ten(scale[1]),
            "Date Rated": title.date,
            "Title": title.item["title"],
            "URL": f"https://www.imdb.com/title/{imdb_id}/" if imdb_id else "",
            "Title Type": "Movie",
            "Year": title.field("year"),
            "Genres": title.field("genres"),
            "Directors": title.field("director"),
        }

    return _table([row(title) for title in titles]), CSV


def _trakt(titles: Sequence[Title], scale: tuple[float, float]) -> tuple[str, str]:
    def record(title: Title) -> dict[str, Any]:
        when = f"{title.date or '2000-01-01'}T00:00:00.000Z"
        ids = {"imdb": title.field("imdb_id") or None, "tmdb": _number(title.field("tmdb_id"))}
        movie = {"title": title.item["title"], "year": title.item.get("year"), "ids": ids}
        if title.rating is None:
            return {"listed_at": when, "type": "movie", "movie": movie}
        return {"rated_at": when, "rating": int(title.out_of_ten(scale[1])), "type": "movie", "movie": movie}

    return _json([record(title) for title in titles]), JSON


def _radarr(titles: Sequence[Title], scale: tuple[float, float]) -> tuple[str, str]:
    def record(title: Title) -> dict[str, Any]:
        tmdb_id = _number(title.field("tmdb_id"))
        ids = {"id": tmdb_id, "tmdb_id": tmdb_id, "imdb_id": title.field("imdb_id") or None}
        known = {name: value for name, value in ids.items() if value}
        return {"title": title.item["title"], "release_year": title.field("year"), **known}

    return _json([record(title) for title in titles]), JSON


def _jellyfin(titles: Sequence[Title], scale: tuple[float, float]) -> tuple[str, str]:
    def record(rank: int, title: Title) -> dict[str, Any]:
        return {
            "id": _number(title.field("tmdb_id")),
            "rank": rank,
            "adult": 0,
            "title": title.item["title"],
            "imdb_id": title.field("imdb_id") or None,
            "mediatype": "movie",
            "release_year": title.item.get("year"),
        }

    return _json([record(rank, title) for rank, title in enumerate(titles, 1)]), JSON


def _own(titles: Sequence[Title], scale: tuple[float, float], less: Sequence[str] = ()) -> tuple[str, str]:
    def record(title: Title) -> dict[str, Any]:
        names = ("item_id", "title", "year", "imdb_id", "tmdb_id")
        fields = {name: title.item.get(name) for name in names if title.item.get(name)}
        rated = {} if title.rating is None else {"rating": title.rating}
        return fields | rated | ({"date": title.date} if title.date else {})

    rated = [record(title) for title in titles if title.rating is not None]
    wanted = [record(title) for title in titles if title.rating is None]
    content = {"format": "recsys", "scale": list(scale), "ratings": rated, "watchlist": wanted}
    return _json(content | ({"less": list(less)} if less else {})), JSON


TABLES = ("letterboxd", "imdb")
FORMATS: dict[str, Callable[[Sequence[Title], tuple[float, float]], tuple[str, str]]] = {
    OWN: _own,
    "letterboxd": _letterboxd,
    "imdb": _imdb,
    "trakt": _trakt,
    "radarr": _radarr,
    "jellyfin": _jellyfin,
}


def _table(rows: Sequence[Mapping[str, str]]) -> str:
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows({name: guarded(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
