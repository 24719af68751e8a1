"""MovieLens in its five layouts: the csv files, the `::` files, the u.* files, and RecBole's.

Harper & Konstan 2015, "The MovieLens Datasets: History and Context". The layout is told by the files
that are there, whatever the folder or zip is called.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from recsys.catalogue.sources.files import Files, folders
from recsys.catalogue.sources.ratings_file import RatingsFile
from recsys.catalogue.sources.raw import Raw
from recsys.catalogue.titles import fold, parse, split_year
from recsys.errors import BadData, SourceError

# SHA-256 of GroupLens's zip files, as several independent places state them.
PINS = {
    "ml-latest-small": "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
    "ml-100k": "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
    "ml-1m": "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    "ml-32m": "e4a68655d7386b8f95f2f2424b2ff975dfdd15ffd59e0d864a14dca43e99d6ee",
}
TITLES = {
    "ml-latest-small": "MovieLens latest-small",
    "ml-100k": "MovieLens 100K",
    "ml-1m": "MovieLens 1M",
    "ml-10m": "MovieLens 10M",
    "ml-20m": "MovieLens 20M",
    "ml-25m": "MovieLens 25M",
    "ml-32m": "MovieLens 32M",
    "ml-latest": "MovieLens latest",
}
NO_REDISTRIBUTION = frozenset({"ml-100k", "ml-1m", "ml-10m"})
NEEDED = {
    "csv": frozenset({"ratings.csv", "movies.csv"}),
    "dat": frozenset({"ratings.dat", "movies.dat"}),
    "u": frozenset({"u.data", "u.item"}),
}
# The order of the flags in u.item, for the copies that come without u.genre.
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
GENRE_NAMES = {"Children's": "Children", "(no genres listed)": "", "unknown": ""}
TAGS_PER_FILM = 10
# Tags that people set for themselves; they say nothing about the film.
PRIVATE_TAGS = re.compile(r"netflix|\bdvd|\bbd-|\bowned?\b|\bseen\b|to see|watch|library|\bvhs\b|\brent|\btumey")


@dataclass(frozen=True)
class Found:
    """A MovieLens data set on disk: its files and how they are laid out (csv, dat, u or recbole)."""

    files: Files
    layout: str

    @property
    def name(self) -> str:
        """Short name: the data set's own where folder, zip or README give it, else the folder's."""
        if self.layout == "u" or (self.layout == "recbole" and _stem(self.files) == "ml-100k"):
            return "ml-100k"
        if self.layout == "recbole":
            return _stem(self.files)
        folder = self.files.folder_name.lower()
        if folder in TITLES:
            return folder
        readme = next((name for name in self.files.members if name.lower().startswith("readme")), None)
        stated = re.search(r"\((ml-[a-z0-9-]+)\)", self.files.text(readme)[:2000]) if readme else None
        if stated and stated[1] in TITLES:
            return stated[1]
        return "ml-1m" if self.layout == "dat" and "users.dat" in self.files else self.files.folder_name

    @property
    def note_ids(self) -> str:
        """Which id of the film notes these files use."""
        return "ml100k_id" if self.name == "ml-100k" else "movielens_id"


def find(path: Path) -> Found:
    """The MovieLens files in a folder or zip.

    Raises:
        SourceError: nothing there, or no folder of it has the files of a known layout.
    """
    seen: list[str] = []
    for files in folders(path):
        seen += files.members
        for layout, needed in NEEDED.items():
            if needed <= files.members.keys():
                return Found(files, layout)
        if _stem(files):
            return Found(files, "recbole")
    raise SourceError(
        f"{path} holds no MovieLens files: needed are ratings.csv and movies.csv, ratings.dat and movies.dat, "
        f"u.data and u.item, or NAME.inter and NAME.item; found {', '.join(sorted(seen)[:8]) or 'nothing'}."
    )


def read(found: Found) -> Raw:
    """The films of a data set, and its ratings as a stream.

    Raises:
        BadData: a file is not what its layout says; names file, line and column.
    """
    items = {"csv": _csv_items, "dat": _dat_items, "u": _u_items, "recbole": _recbole_items}[found.layout](found.files)
    known = set()
    for item in items:
        if item["item_id"] in known:
            raise BadData(f"film id {item['item_id']!r} stands twice in {_item_file(found)}.")
        known.add(item["item_id"])
    name = found.name
    closed = name in NO_REDISTRIBUTION
    return Raw(
        dataset=name,
        title=TITLES.get(name, name),
        items=items,
        ratings=_ratings(found).chunks(known),
        licence=(
            "GroupLens: research use, no redistribution and no commercial use without permission"
            if closed
            else "GroupLens: research use, redistribution under the same terms, no commercial use without permission"
            if name in TITLES
            else "as its owner states"
        ),
        licence_url=f"https://files.grouplens.org/datasets/movielens/{name}-README.{'txt' if closed else 'html'}"
        if name in TITLES
        else "",
        redistributable=name in TITLES and not closed,
        source=found.files.path.name,
        fingerprint=found.files.fingerprint,
    )


def _ratings(found: Found) -> RatingsFile:
    files = found.files
    if found.layout == "csv":
        return RatingsFile(files, "ratings.csv", ",", ("userId", "movieId", "rating", "timestamp"))
    plain = ("user", "item", "rating", "timestamp")
    if found.layout == "dat":
        return RatingsFile(files, "ratings.dat", "::", plain, header=False)
    if found.layout == "u":
        return RatingsFile(files, "u.data", "\t", plain, header=False)
    name = _stem(files) + ".inter"
    columns = ("user_id:token", "item_id:token", "rating:float", "timestamp:float")
    return RatingsFile(files, name, "\t", columns, numeric_ids=False)


def _item_file(found: Found) -> str:
    return {"csv": "movies.csv", "dat": "movies.dat", "u": "u.item"}.get(found.layout) or _stem(found.files) + ".item"


def _csv_items(files: Files) -> list[dict]:
    links = {}
    if "links.csv" in files:
        for row in _rows(files, "links.csv", ("movieId", "imdbId", "tmdbId")):
            links[row["movieId"]] = {"imdb_id": _imdb(row["imdbId"]), "tmdb_id": row["tmdbId"] or ""}
    tags = _tags(files) if "tags.csv" in files else {}
    return [
        _film(row["movieId"], row["title"], row["genres"].split("|"), keywords=tags.get(row["movieId"], []))
        | links.get(row["movieId"], {})
        for row in _rows(files, "movies.csv", ("movieId", "title", "genres"))
    ]


def _dat_items(files: Files) -> list[dict]:
    items = []
    for number, line in enumerate(files.text("movies.dat").splitlines(), start=1):
        cells = line.split("::")
        if line.strip() and len(cells) < 3:
            raise BadData(
                f"movies.dat, line {number}, column {_missing(cells, ('movie', 'title', 'genres'))}: missing."
            )
        if line.strip():
            # A title may hold "::" itself; the id is first and the genres are last.
            items.append(_film(cells[0], "::".join(cells[1:-1]), cells[-1].split("|")))
    return items


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
        film = _film(cells[0], cells[1], flags)
        released = re.search(r"(\d{4})$", cells[2].strip())
        if film["year"] is None and released:
            film["year"] = int(released[1])
        items.append(film)
    return items


def _recbole_items(files: Files) -> list[dict]:
    name = _stem(files) + ".item"
    items = []
    for row in _rows(files, name, ("item_id:token", "movie_title:token_seq", "class:token_seq"), "\t"):
        text = row["movie_title:token_seq"]
        year = (row.get("release_year:token") or "").strip()
        # The year has a column of its own; one that is still in the title is then taken out.
        film = _film(row["item_id:token"], text, row["class:token_seq"].split())
        if film["year"] is None and year.isdecimal():
            film["year"] = split_year(f"({year})")[1]
        items.append(film)
    return items


def _rows(files: Files, name: str, needed: tuple[str, ...], separator: str = ",") -> list[dict]:
    quoting = csv.QUOTE_MINIMAL if separator == "," else csv.QUOTE_NONE
    reader = csv.DictReader(io.StringIO(files.text(name)), delimiter=separator, quoting=quoting)
    there = reader.fieldnames or []
    missing = [column for column in needed if column not in there]
    if missing:
        raise BadData(f"{name}, line 1: column {missing[0]} is missing; there are {', '.join(there) or 'none'}.")
    rows = []
    for row in reader:
        for column in needed:
            if row[column] is None or (column == needed[0] and not row[column].strip()):
                raise BadData(f"{name}, line {reader.line_num}, column {column}: missing; every row needs one.")
        rows.append(row)
    return rows


def _film(item_id: str, text: str, genres: list[str], keywords: list[str] | None = None) -> dict:
    title = parse(text)
    named = [GENRE_NAMES.get(genre.strip(), genre.strip()) for genre in genres]
    return {
        "item_id": item_id.strip(),
        "title": title.main or item_id.strip(),
        "alternatives": list(title.alternatives),
        "year": title.year,
        "genres": [genre for genre in named if genre],
        "keywords": keywords or [],
    }


def _imdb(number: str) -> str:
    number = (number or "").strip()
    return f"tt{int(number):07d}" if number.isdecimal() else number


def _tags(files: Files) -> dict[str, list[str]]:
    """The tags of each film that at least two people gave it, most given first."""
    counts: dict[str, Counter] = defaultdict(Counter)
    for row in _rows(files, "tags.csv", ("userId", "movieId", "tag")):
        counts[row["movieId"]][row["tag"].strip().lower()] += 1
    return {
        film: [
            tag
            for tag, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
            if count > 1 and fold(tag) and not PRIVATE_TAGS.search(tag)
        ][:TAGS_PER_FILM]
        for film, found in counts.items()
    }


def _stem(files: Files) -> str:
    stems = sorted(name[:-6] for name in files.members if name.endswith(".inter"))
    return next((stem for stem in stems if f"{stem}.item" in files), "")


def _missing(cells: list[str], names: tuple[str, ...]) -> str:
    return names[min(len(cells), len(names) - 1)]
