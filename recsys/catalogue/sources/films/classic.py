"""Read films in the layouts whose files have no column names: `::` of MovieLens 1M, MovieTweetings, and u.* of 100K."""

from __future__ import annotations

import re
from dataclasses import replace

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.films.film import film, imdb_id
from recsys.catalogue.sources.tables.headings import SAID, is_second_heading
from recsys.catalogue.sources.tables.known import FIELDS, Ratings, note_on_file
from recsys.catalogue.sources.tables.report import Report
from recsys.catalogue.sources.tables.several import say_split
from recsys.data.tables.cells import split
from recsys.data.tables.encoding import WESTERN
from recsys.data.tables.table import Form
from recsys.errors import listing

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
SCALE, TWEETS_SCALE = (0.0, 5.0), (0.0, 10.0)


def has_dat_files(files: Files) -> bool:
    """Whether a folder has the files of MovieLens 1M or MovieTweetings."""
    return "ratings.dat" in files and "movies.dat" in files


def has_imdb_ids(files: Files) -> bool:
    """Whether the ids in movies.dat are IMDb's, with seven digits or more; MovieLens's own ids are shorter."""
    if not has_dat_files(files):
        return False
    with files.open("movies.dat") as stream:
        return re.match(rb"(\xef\xbb\xbf)?\d{7,10}::", stream.readline(1000)) is not None


def dat(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    """Read the films of `movies.dat`, and return them with the location of the ratings."""
    rows: list[tuple[int, str, str, str]] = []
    short: list[int] = []
    for number, line in enumerate(_decoded(files, "movies.dat", report).split("\n"), start=1):
        cells = line.split("::")
        if not line.strip() or _is_heading("movies.dat", number, cells, report):
            continue
        if len(cells) < 2:
            what = "a film has an id, a title and genres, separated by ::; there is 1 cell"
            report.add("movies.dat", number, "title", what)
            continue
        # A title may contain "::", so take the id from the start and the genres from the end.
        title, genres = ("::".join(cells[1:-1]), cells[-1]) if len(cells) > 2 else (cells[1], "")
        short += [number] if len(cells) == 2 else []
        rows.append((number, cells[0], title, genres))
    _note_without_genres("movies.dat", short, "are not there", report)
    found = split([genres for *_, genres in rows])
    say_split(found, "genres", "genres", "movies.dat", report)
    items: list[dict] = []
    seen: dict[str, int] = {}
    for (number, item_id, title, _), genres in zip(rows, found.lists, strict=True):
        add(items, seen, film(item_id, title, genres), "movies.dat", number, report)
    return items, Ratings("ratings.dat", Form(separator="::", quoted=False, names=FIELDS), scale=SCALE)


def _decoded(files: Files, name: str, report: Report) -> str:
    """The text of a file, with a note if it is not in UTF-8 or, as GroupLens's own files, in Latin-1."""
    text, encoding = files.decoded(name)
    if encoding.note and encoding.page != WESTERN:
        note_on_file(name, encoding.note, report)
    return text


def _is_heading(file: str, line: int, cells: list[str], report: Report) -> bool:
    """Whether the first line names the columns, as in copies; it is left out with a note."""
    found = line == 1 and is_second_heading([cell.strip() for cell in cells[:3]])
    if found:
        report.note(file, "", f"line 1 {SAID}, and is left out")
    return found


def _note_without_genres(file: str, lines: list[int], why: str, report: Report) -> None:
    if lines:
        films = "1 film is" if len(lines) == 1 else f"{len(lines):,} films are"
        which = f"line{'s' if len(lines) > 1 else ''} {listing(map(str, lines), 4)}"
        report.note(file, "", f"{films} read without genres, because these {why} ({which})")


def add(items: list[dict], seen: dict[str, int], item: dict, file: str, line: int, report: Report) -> None:
    """Add a film if its id is new."""
    if (first := seen.setdefault(item["item_id"], line)) == line:
        items.append(item)
    else:
        report.add(
            file, line, "movie", "keep one of the rows of a film", f"{item['item_id']!r} is in line {first} too;"
        )


def tweets(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    """Read the films of MovieTweetings, whose ids are IMDb's and whose ratings go up to 10."""
    items, ratings = dat(files, report)
    return [item | {"imdb_id": imdb_id(item["item_id"])} for item in items], replace(ratings, scale=TWEETS_SCALE)


def u(files: Files, report: Report) -> tuple[list[dict], Ratings]:
    """Read the films of `u.item`, and return them with the location of the ratings."""
    genres = list(U_GENRES)
    if "u.genre" in files:
        genres = [line.split("|")[0] for line in files.text("u.genre").split("\n") if line.strip()]
    items: list[dict] = []
    seen: dict[str, int] = {}
    short: list[int] = []
    for number, line in enumerate(_decoded(files, "u.item", report).split("\n"), start=1):
        cells = line.split("|")
        if not line.strip() or _is_heading("u.item", number, cells, report):
            continue
        if not 2 <= len(cells) <= 5 + len(genres):
            what = (
                f"a film has an id, a title, two dates, an address and {len(genres)} genre flags of 0 or 1, separated "
                f"by |; there are {len(cells)} cells"
            )
            report.add("u.item", number, str(min(len(cells), 5 + len(genres))), what)
            continue
        flagged = len(cells) == 5 + len(genres) and not set(cells[5:]) - {"0", "1"}
        short += [] if flagged else [number]
        flags = [genre for genre, flag in zip(genres, cells[5:], strict=True) if flag == "1"] if flagged else []
        item = film(cells[0], cells[1], flags)
        released = re.search(r"(\d{4})$", cells[2].strip()) if len(cells) > 2 else None
        if item["year"] is None and released:
            item["year"] = int(released[1])
        add(items, seen, item, "u.item", number, report)
    _note_without_genres("u.item", short, f"are not {len(genres)} flags of 0 or 1", report)
    return items, Ratings("u.data", Form(separator="\t", quoted=False, names=FIELDS), scale=SCALE)
