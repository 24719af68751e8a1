"""Read films in the file layouts of MovieLens (csv, `::`, u.*), MovieTweetings, RecBole and the Netflix Prize.

A layout is recognized by the names of its files; the name of the folder or zip file does not matter.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.tables.columns import Columns, decide
from recsys.catalogue.sources.tables.finding import COMBINED, find_table, fitting_tables, named_rows, opened
from recsys.catalogue.sources.tables.items import read_items
from recsys.catalogue.sources.tables.known import FIELDS, Ratings
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import Report
from recsys.catalogue.titles import fold, parse, split_year
from recsys.data.tables.cells import one_line
from recsys.data.tables.ids import whole
from recsys.data.tables.table import Form

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
# Tags that users set for their own use; they do not describe the film.
PRIVATE_TAGS = re.compile(r"netflix|\bdvd|\bbd-|\bowned?\b|\bseen\b|to see|watch|library|\bvhs\b|\brent|\btumey")
MOVIES = {"item_id": "movieId", "title": "title", "genres": "genres"}
RATINGS = {"user_id": "userId", "item_id": "movieId", "rating": "rating", "timestamp": "timestamp"}
SCALE, TWEETS_SCALE = (0.0, 5.0), (0.0, 10.0)
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
            links[row["movieId"].strip()] = {"imdb_id": imdb_id(row["imdbId"]), "tmdb_id": _whole(row["tmdbId"])}
    tags = _tags(files, report) if "tags.csv" in files else {}
    columns, ratings = Columns.of(opened(files, _movies(files)), report), opened(files, _ratings(files))
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


def _dat(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    items: list[dict] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(files.text("movies.dat").split("\n"), start=1):
        if not line.strip():
            continue
        cells = line.split("::")
        if len(cells) < 3:
            report.add("movies.dat", number, ("movie", "title", "genres")[len(cells)], "missing")
            continue
        # A title may contain "::", so take the id from the start and the genres from the end.
        _add(items, seen, film(cells[0], "::".join(cells[1:-1]), cells[-1].split("|")), "movies.dat", number, report)
    return items, Ratings("ratings.dat", Form(separator="::", quoted=False, names=FIELDS), scale=SCALE)


def _add(items: list[dict], seen: dict[str, int], item: dict, file: str, line: int, report: Report) -> None:
    """Add a film if its id is new."""
    if (first := seen.setdefault(item["item_id"], line)) == line:
        items.append(item)
    else:
        report.add(
            file, line, "movie", "keep one of the rows of a film", f"{item['item_id']!r} is in line {first} too;"
        )


def _has_dat_files(files: Files) -> bool:
    return "ratings.dat" in files and "movies.dat" in files


def _has_imdb_ids(files: Files) -> bool:
    """Whether the ids in movies.dat are IMDb's, with seven digits or more; MovieLens's own ids are shorter."""
    if not _has_dat_files(files):
        return False
    with files.open("movies.dat") as stream:
        return re.match(rb"(\xef\xbb\xbf)?\d{7,10}::", stream.readline(1000)) is not None


def _tweets(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    items, ratings = _dat(files, report)
    return [item | {"imdb_id": imdb_id(item["item_id"])} for item in items], replace(ratings, scale=TWEETS_SCALE)


def _u(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    genres = list(U_GENRES)
    if "u.genre" in files:
        genres = [line.split("|")[0] for line in files.text("u.genre").split("\n") if line.strip()]
    items: list[dict] = []
    seen: dict[str, int] = {}
    for number, line in enumerate(files.text("u.item").split("\n"), start=1):
        if not line.strip():
            continue
        cells = line.split("|")
        if len(cells) != 5 + len(genres) or set(cells[5:]) - {"0", "1"}:
            what = (
                f"a film has an id, a title, two dates, an address and {len(genres)} genre flags of 0 or 1, separated "
                f"by |; there are {len(cells)} cells"
            )
            report.add("u.item", number, str(min(len(cells), 5 + len(genres))), what)
            continue
        flags = [genre for genre, flag in zip(genres, cells[5:], strict=True) if flag == "1"]
        item = film(cells[0], cells[1], flags)
        released = re.search(r"(\d{4})$", cells[2].strip())
        if item["year"] is None and released:
            item["year"] = int(released[1])
        _add(items, seen, item, "u.item", number, report)
    return items, Ratings("u.data", Form(separator="\t", quoted=False, names=FIELDS), scale=SCALE)


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
        _add(items, seen, item, name, number, report)
    return items, Ratings(f"{recbole_name(files)}.inter", form, RECBOLE, SCALE)


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
    number = _whole(number or "")
    return f"tt{int(number):07d}" if number.isdecimal() else number


def _whole(text: str) -> str:
    """A number that pandas has written as a decimal because others in its column are missing, as a whole number."""
    return whole(text.strip()) or text.strip()


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
    Layout("csv", lambda files: bool(_movies(files) and _ratings(files)) and not _has_dat_files(files), _csv),
    # Three quarters of the scale, as 4 on MovieLens's scale.
    Layout("tweets", _has_imdb_ids, _tweets, wording={"scale": TWEETS_SCALE, "liked_at": 8.0}),
    Layout("dat", _has_dat_files, _dat),
    Layout("u", lambda files: "u.data" in files and "u.item" in files, _u),
    Layout("recbole", lambda files: bool(recbole_name(files)), _recbole),
)
