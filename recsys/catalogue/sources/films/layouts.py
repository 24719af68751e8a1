"""File layouts of films and ratings: MovieLens's csv, `::` and u.* files, MovieTweetings' and RecBole's.

A layout is recognized by the files that are there, whatever the folder or zip file is called.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recsys.catalogue.sources.files import Files, csv_rows
from recsys.catalogue.sources.ratings_file import RatingsFile
from recsys.catalogue.titles import fold, parse, split_year
from recsys.errors import BadData

# The order of the flags in u.item, for copies that come without u.genre.
U_GENRES = (
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
)
GENRE_NAMES = {"Children's": "Children", "Family": "Children", "(no genres listed)": "", "unknown": ""}
TAGS_PER_FILM = 10
# Tags that users set for themselves; they say nothing about the film.
PRIVATE_TAGS = re.compile(r"netflix|\bdvd|\bbd-|\bowned?\b|\bseen\b|to see|watch|library|\bvhs\b|\brent|\btumey")
FIELDS = ("user", "item", "rating", "timestamp")
TWEETS_SCALE = (0.0, 10.0)


@dataclass(frozen=True)
class Layout:
    """How the files of a data set are laid out.

    Attributes:
        name: csv, dat, tweets, u or recbole.
        fits: whether a folder has the files of this layout.
        item_file: name of the file with the films.
        items: reads the films.
        ratings: describes the file with the ratings.
        wording: fields of the catalogue's wording that the layout implies.
    """

    name: str
    fits: Callable[[Files], bool]
    item_file: Callable[[Files], str]
    items: Callable[[Files], list[dict]]
    ratings: Callable[[Files], RatingsFile]
    wording: Mapping[str, Any] = field(default_factory=dict)


def recbole_name(files: Files) -> str:
    """NAME of RecBole's `NAME.inter` and `NAME.item`, "" if there is no such pair."""
    names = sorted(name[:-6] for name in files.members if name.endswith(".inter"))
    return next((name for name in names if f"{name}.item" in files), "")


def _csv_items(files: Files) -> list[dict]:
    links = {}
    if "links.csv" in files:
        for row in csv_rows(files, "links.csv", ("movieId", "imdbId", "tmdbId")):
            links[row["movieId"]] = {"imdb_id": imdb_id(row["imdbId"]), "tmdb_id": row["tmdbId"] or ""}
    tags = _tags(files) if "tags.csv" in files else {}
    return [
        film(row["movieId"], row["title"], row["genres"].split("|"), keywords=tags.get(row["movieId"], []))
        | links.get(row["movieId"], {})
        for row in csv_rows(files, "movies.csv", ("movieId", "title", "genres"))
    ]


def _dat_items(files: Files) -> list[dict]:
    items = []
    for number, line in enumerate(files.text("movies.dat").splitlines(), start=1):
        if not line.strip():
            continue
        cells = line.split("::")
        if len(cells) < 3:
            column = ("movie", "title", "genres")[len(cells)]
            raise BadData(f"movies.dat, line {number}, column {column}: missing.")
        # A title may contain "::" itself; the id is first and the genres are last.
        items.append(film(cells[0], "::".join(cells[1:-1]), cells[-1].split("|")))
    return items


def _has_dat_files(files: Files) -> bool:
    return "ratings.dat" in files and "movies.dat" in files


def _has_imdb_ids(files: Files) -> bool:
    """Whether movies.dat numbers the films as IMDb does, in seven digits or more; MovieLens's own ids are shorter."""
    if not _has_dat_files(files):
        return False
    with files.open("movies.dat") as stream:
        return re.match(rb"(\xef\xbb\xbf)?\d{7,10}::", stream.readline(1000)) is not None


def _tweets_items(files: Files) -> list[dict]:
    return [item | {"imdb_id": imdb_id(item["item_id"])} for item in _dat_items(files)]


def _u_items(files: Files) -> list[dict]:
    genres = list(U_GENRES)
    if "u.genre" in files:
        genres = [line.split("|")[0] for line in files.text("u.genre").splitlines() if line.strip()]
    items = []
    for number, line in enumerate(files.text("u.item").splitlines(), start=1):
        if not line.strip():
            continue
        cells = line.split("|")
        if len(cells) != 5 + len(genres) or set(cells[5:]) - {"0", "1"}:
            raise BadData(
                f"u.item, line {number}, column {min(len(cells), 5 + len(genres))}: a film has an id, a title, two "
                f"dates, an address and {len(genres)} genre flags of 0 or 1, separated by |; there are {len(cells)}."
            )
        flags = [genre for genre, flag in zip(genres, cells[5:], strict=True) if flag == "1"]
        item = film(cells[0], cells[1], flags)
        released = re.search(r"(\d{4})$", cells[2].strip())
        if item["year"] is None and released:
            item["year"] = int(released[1])
        items.append(item)
    return items


def _recbole_items(files: Files) -> list[dict]:
    needed = ("item_id:token", "movie_title:token_seq", "class:token_seq")
    items = []
    for row in csv_rows(files, f"{recbole_name(files)}.item", needed, "\t"):
        year = (row.get("release_year:token") or "").strip()
        # The year has its own column; a year that is still in the title counts first.
        item = film(row["item_id:token"], row["movie_title:token_seq"], row["class:token_seq"].split())
        if item["year"] is None and year.isdecimal():
            item["year"] = split_year(f"({year})")[1]
        items.append(item)
    return items


def _recbole_ratings(files: Files) -> RatingsFile:
    columns = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    return RatingsFile(files, f"{recbole_name(files)}.inter", "\t", columns, numeric_ids=False)


def film(item_id: str, text: str, genres: list[str], keywords: list[str] | None = None) -> dict:
    """Return an item from an id, a title with year such as `Usual Suspects, The (1995)`, and genres."""
    title = parse(text)
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
    """Return an IMDb id such as `tt0114814` for its number, with or without zeros in front.

    >>> imdb_id("114814"), imdb_id("0114814"), imdb_id("")
    ('tt0114814', 'tt0114814', '')
    """
    number = (number or "").strip()
    return f"tt{int(number):07d}" if number.isdecimal() else number


def _tags(files: Files) -> dict[str, list[str]]:
    """The tags of each film that at least two users gave it, most frequent first."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for row in csv_rows(files, "tags.csv", ("userId", "movieId", "tag")):
        counts[row["movieId"]][row["tag"].strip().lower()] += 1
    return {
        film: [
            tag
            for tag, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
            if count > 1 and fold(tag) and not PRIVATE_TAGS.search(tag)
        ][:TAGS_PER_FILM]
        for film, found in counts.items()
    }


LAYOUTS = (
    Layout(
        "csv",
        lambda files: "ratings.csv" in files and "movies.csv" in files,
        lambda files: "movies.csv",
        _csv_items,
        lambda files: RatingsFile(files, "ratings.csv", ",", ("userId", "movieId", "rating", "timestamp")),
    ),
    Layout(
        "tweets",
        _has_imdb_ids,
        lambda files: "movies.dat",
        _tweets_items,
        lambda files: RatingsFile(
            files, "ratings.dat", "::", FIELDS, header=False, numeric_ids=False, scale=TWEETS_SCALE
        ),
        # Three quarters up the scale, as 4 is on MovieLens's.
        wording={"scale": TWEETS_SCALE, "liked_at": 8.0},
    ),
    Layout(
        "dat",
        _has_dat_files,
        lambda files: "movies.dat",
        _dat_items,
        lambda files: RatingsFile(files, "ratings.dat", "::", FIELDS, header=False),
    ),
    Layout(
        "u",
        lambda files: "u.data" in files and "u.item" in files,
        lambda files: "u.item",
        _u_items,
        lambda files: RatingsFile(files, "u.data", "\t", FIELDS, header=False),
    ),
    Layout(
        "recbole",
        lambda files: bool(recbole_name(files)),
        lambda files: f"{recbole_name(files)}.item",
        _recbole_items,
        _recbole_ratings,
    ),
)
