"""Read films in the file layouts of MovieLens (csv, `::`, u.*), MovieTweetings, RecBole and the Netflix Prize.

A layout is recognized by the names of its files; the name of the folder or zip file does not matter.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.films.classic import (
    SCALE,
    TWEETS_SCALE,
    add,
    dat,
    has_dat_files,
    has_imdb_ids,
    tweets,
    u,
)
from recsys.catalogue.sources.films.film import film, imdb_id, whole_number
from recsys.catalogue.sources.tables.columns import Columns, decide
from recsys.catalogue.sources.tables.finding import COMBINED, find_table, fitting_tables, named_rows, opened
from recsys.catalogue.sources.tables.items import read_items
from recsys.catalogue.sources.tables.known import Ratings, note_file
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import Report
from recsys.catalogue.titles import fold, split_year
from recsys.data.tables.table import Form

TAGS_PER_FILM = 10
# Tags that users set for their own use; they do not describe the film.
PRIVATE_TAGS = re.compile(r"netflix|\bdvd|\bbd-|\bowned?\b|\bseen\b|to see|watch|library|\bvhs\b|\brent|\btumey")
MOVIES = {"item_id": "movieId", "title": "title", "genres": "genres"}
RATINGS = {"user_id": "userId", "item_id": "movieId", "rating": "rating", "timestamp": "timestamp"}
RECBOLE = {
    "user_id": "user_id:token",
    "item_id": "item_id:token",
    "rating": "rating:float",
    "timestamp": "timestamp:float",
}


@dataclass(frozen=True)
class Layout:
    """How the files of a data set are laid out.

    Attributes:
        name: csv, dat, tweets, u or recbole.
        fits: whether a folder has the files of this layout.
        read: reads the films, and returns them with the location of the ratings.
        wording: fields of the catalogue's wording that the layout implies.
    """

    name: str
    fits: Callable[[Files], bool]
    read: Callable[[Files, Report], tuple[list[dict], Ratings]]
    wording: Mapping[str, Any] = field(default_factory=dict)


def recbole_name(files: Files) -> str:
    """NAME of RecBole's `NAME.inter` and `NAME.item`, "" if there is no such pair."""
    names = sorted(name[:-6] for name in files.members if name.endswith(".inter"))
    return next((name for name in names if f"{name}.item" in files), "")


def _movies(files: Files) -> str:
    return find_table(files, ("movies", "movie_titles"))


def _ratings(files: Files) -> str:
    return find_table(files, ("ratings", COMBINED))


def _csv(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    links = {}
    if "links.csv" in files:
        for _, row in named_rows(files, "links.csv", ("movieId", "imdbId", "tmdbId"), report):
            links[row["movieId"].strip()] = {"imdb_id": imdb_id(row["imdbId"]), "tmdb_id": whole_number(row["tmdbId"])}
    tags = _tags(files, report) if "tags.csv" in files else {}
    columns, ratings = Columns.of(opened(files, _movies(files)), report), opened(files, _ratings(files))
    note_file(columns.table, report)
    stated = {"items": _present(MOVIES, columns.table.names), "ratings": _present(RATINGS, ratings.names)}
    of_items, of_ratings = decide(columns, ratings, stated, report)
    more = [name for name in fitting_tables(files, (COMBINED,)) if name != ratings.name]
    where = Ratings(ratings.name, columns=of_ratings, scale=SCALE, more=more)
    if report.fatal:
        return [], where
    return [_enriched(item, tags, links) for item in read_items(columns, of_items, Options(), report)], where


def _present(columns: Mapping[str, str], names: list[str]) -> dict[str, str]:
    return {ours: theirs for ours, theirs in columns.items() if theirs in names}


def _enriched(item: dict, tags: Mapping[str, list[str]], links: Mapping[str, dict]) -> dict:
    """Make a film of a row of movies.csv, with additional columns such as directors if the table has them."""
    key = item["item_id"]
    made = film(key, item["title"], item.get("genres", []), tags.get(key) or item.get("keywords"))
    made["alternatives"] += [name for name in item.get("alternatives", []) if name not in made["alternatives"]]
    return item | made | {"year": made["year"] or item.get("year")} | links.get(key, {})


def _recbole(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    name, form = f"{recbole_name(files)}.item", Form(separator="\t", quoted=False)
    items: list[dict] = []
    seen: dict[str, int] = {}
    needed = ("item_id:token", "movie_title:token_seq", "class:token_seq")
    for number, row in named_rows(files, name, needed, report, form):
        year = (row.get("release_year:token") or "").strip()
        # The year has its own column, but a year in the title takes precedence.
        item = film(row["item_id:token"], row["movie_title:token_seq"], row["class:token_seq"].split())
        if item["year"] is None and year.isdecimal():
            item["year"] = split_year(f"({year})")[1]
        add(items, seen, item, name, number, report)
    return items, Ratings(f"{recbole_name(files)}.inter", form, RECBOLE, SCALE)


def _tags(files: Files, report: Report) -> dict[str, list[str]]:
    """Tags of each film that at least two users gave it, most frequent first."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for _, row in named_rows(files, "tags.csv", ("movieId", "userId", "tag"), report):
        counts[row["movieId"].strip()][row["tag"].strip().lower()] += 1
    return {
        film: [
            tag
            for tag, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
            if count > 1 and fold(tag) and not PRIVATE_TAGS.search(tag)
        ][:TAGS_PER_FILM]
        for film, found in counts.items()
    }


LAYOUTS = (
    Layout("csv", lambda files: bool(_movies(files) and _ratings(files)) and not has_dat_files(files), _csv),
    # Three quarters of the scale, as 4 on MovieLens's scale.
    Layout("tweets", has_imdb_ids, tweets, wording={"scale": TWEETS_SCALE, "liked_at": 8.0}),
    Layout("dat", has_dat_files, dat),
    Layout("u", lambda files: "u.data" in files and "u.item" in files, u),
    Layout("recbole", lambda files: bool(recbole_name(files)), _recbole),
)
