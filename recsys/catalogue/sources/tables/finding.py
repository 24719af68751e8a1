"""Find tables among files by their names, and open them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.tables.meaning import folded
from recsys.catalogue.sources.tables.report import FILE, Report
from recsys.data.tables.table import KINDS, Form, Table, open_table
from recsys.errors import BadData, listing

COMBINED = r"combined_data(?:_\d+)?"
"""Names of the files of ratings of the Netflix Prize."""
STEMS: Mapping[str, tuple[str, ...]] = {
    "items": (
        "items?",
        r"movies?|films?|books?|products?|songs?|tracks?|musics?|artists?|albums?|animes?|mangas?|games?|apps?|courses?"
        r"|places?|venues?|restaurants?|recipes?|dishes|beers?|wines?|articles?|news|papers?|posts?|videos?|shows?|series"
        r"|titles?|podcasts?|jokes?|jobs?|hotels?|catalog(?:ue)?|metadata|meta|content",
        "movie_?titles",
        r"\w*(?:_|-|\b)(?:items?|movies?|books?|products?|songs?|artists?|anime|games?|catalog(?:ue)?|metadata|meta)",
    ),
    "ratings": (
        "ratings?",
        "interactions?|reviews?|events?|views?|purchases?|orders?|plays?|listens?|clicks?|likes?|votes?|scores?|history"
        "|transactions?|enrolments?|enrollments?|user_?ratings?|user_?items?|watch_?history|viewing_?history|loans?",
        COMBINED,
        r"\w*(?:_|-|\b)(?:ratings?|interactions?|reviews?|events?|purchases?|history)|ratings?(?:_|-)\w*",
    ),
}
"""For each table, patterns of file names without extension, in order of preference."""


def kind(name: str) -> str:
    """Return the file name extension that determines how a file is read, or "" if it is not a table."""
    return next((one for one in KINDS if name.lower().endswith(one)), "")


def find_table(files: Files, stems: tuple[str, ...]) -> str:
    """Return the name of the file that fits the patterns best, or "" if none fits."""
    return next(iter(fitting_tables(files, stems)), "")


def fitting_tables(files: Files, stems: tuple[str, ...]) -> list[str]:
    """Return the names of the files that fit the patterns, best first."""
    fitting = []
    for name in files.members:
        ending = kind(name)
        stem = name[: len(name) - len(ending)].lower()
        rank = next((place for place, one in enumerate(stems) if re.fullmatch(one, stem)), None)
        if ending and rank is not None and name.lower() != FILE:
            fitting.append((rank, KINDS.index(ending), name))
    return [name for _, _, name in sorted(fitting)]


def same_tables(files: Files, name: str) -> list[str]:
    """Return the names of other files that may be the same table in another form, such as `items.tsv`."""
    stem = name[: len(name) - len(kind(name))].lower()
    return [one for one in fitting_tables(files, (re.escape(stem),)) if files.members[one] != files.members[name]]


def opened(files: Files, name: str, form: Form | None = None) -> Table:
    """Open a table.

    Raises:
        BadData, SourceError, MissingExtra: the file cannot be read.
    """
    return open_table(name, kind(name) or ".csv", lambda: files.open(name), form)


def named_rows(
    files: Files, name: str, needed: tuple[str, ...], report: Report, form: Form | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, cells by column) for the rows of a table with known columns, of which the first is an id.

    The result uses the names in `needed`, even if the file writes them in another way.

    Raises:
        BadData: a column is missing.
    """
    table = opened(files, name, form)
    ours = {folded(one): one for one in needed}
    names = [ours.get(folded(one), one) for one in table.names]
    if missing := [one for one in needed if one not in names]:
        raise BadData(
            f"{name}, line 1: column {missing[0]} is missing; the columns are {listing(table.names) or 'none'}."
        )
    key = names.index(needed[0])
    for block in table.rows(lambda line, what: report.add(name, line, "", what)):
        for line, *cells in zip(block.lines, *block.columns, strict=True):
            if cells[key].strip():
                yield line, dict(zip(names, cells, strict=True))
            else:
                report.add(name, line, needed[0], "missing; every row needs one")
