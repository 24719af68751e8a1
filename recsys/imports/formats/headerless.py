"""Tell the columns of a table without a header apart by their cells."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import NamedTuple

from recsys.catalogue.sources.tables.report import joined
from recsys.data.tables.cells import is_missing
from recsys.errors import BadInput
from recsys.imports import cells
from recsys.imports.files import Document

SEPARATORS = ("\t", ";", "|", ",")
TITLE, YEAR, RATING, DATE, IMDB, IGNORED = "title", "year", "rating", "date", "imdb id", ""
WRONG_SHARE = 0.1  # largest share of cells of a column that may be of another kind
COUNTED = 3  # fewest rows whose numbers 1, 2, 3 are not ratings but count the rows
YEARS_AHEAD = 10  # films that are announced
SHORTENED = 60
ADVICE = "Add a first line that names the columns, such as title,year,rating."
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?")
_OTHER_DATE = re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2})|\d{1,2}:\d\d(?::\d\d)?")
_IMDB = re.compile(r"(?:https?://\S*/)?tt\d{5,10}/?\S*")
_OTHERS = (re.compile(r"[+-]?\d+(?:[.,]\d+)?"), _OTHER_DATE, re.compile(r"https?://\S+"))
_WITH_YEAR = re.compile(r".*\(\d{4}\)")


class Table(NamedTuple):
    """Rows by the standard names of their columns, and a sentence about how the columns were decided."""

    rows: list[dict[str, str]]
    names: list[str]
    said: str


def table_of(document: Document) -> Table | None:
    """The table of a text whose first line names no known column; None if its lines are titles.

    Raises:
        BadInput: the text is a table, but it is not clear what its columns mean.
    """
    for separator in SEPARATORS:
        lines = _lines(document, separator)
        if not lines:
            continue
        is_few = separator == "," and len(lines) < COUNTED and len(lines[0]) == 2
        if is_few and _fits(lines[0][0], RATING):
            continue  # the comma of 10,000 BC separates no cells
        if table := of_rows(lines, document.name, is_sure=separator == "\t"):
            return table
    return None


def _lines(document: Document, separator: str) -> list[list[str]]:
    """The lines as rows of one width; empty if the separator does not separate them.

    A row may lack its last cells. Commas belong to titles too, so with commas the first cell takes what is too many.
    """
    lines = document.lines(separator)
    widths = [len(line) for line in lines if len(line) > 1]
    if not widths or 2 * len(widths) < len(lines):
        return []
    width = min(widths) if separator == "," else max(widths)
    if separator == ",":
        surplus = [(line, max(len(line) - width, 0)) for line in lines]
        lines = [[", ".join(line[: more + 1]), *line[more + 1 :]] for line, more in surplus]
    elif 2 * widths.count(width) < len(lines):
        return []
    return [line + [""] * (width - len(line)) for line in lines]


def of_rows(lines: list[list[str]], name: str, is_sure: bool = True) -> Table | None:
    """The table with these rows of equal length, whose first may be a header with unknown names.

    Args:
        is_sure: whether it is a table even if no column has ratings or years; if not, the result is None then.

    Raises:
        BadInput: it is not clear what the columns mean.
    """
    kinds, name = _kinds(lines), name or "The file"
    header: list[str] = []
    if len(lines) > 1:
        below = _kinds(lines[1:])
        named = [at for at, kind in enumerate(below) if kind in (RATING, YEAR) and not _fits(lines[0][at], kind)]
        if named and all(lines[0][at] for at in named):
            kinds, header, lines = below, lines[0], lines[1:]
    if not is_sure and RATING not in kinds and YEAR not in kinds:
        return None
    kinds = _decided(kinds, lines, name)
    read = [kind for kind in kinds if kind != IGNORED]
    columns = f"its columns are read as {joined(read)}"
    first = ", ".join(cell for cell in header if cell)[:SHORTENED]
    why = f"The first line ({first}) names no column that is known" if header else "The file has no header"
    rows = [{kind: cell for kind, cell in zip(kinds, line, strict=True) if kind != IGNORED} for line in lines]
    return Table(rows, read, f"{why}; {columns}, by their cells.")


def _decided(kinds: list[str], lines: list[list[str]], name: str) -> list[str]:
    """The kinds with one column of each; dates that may be those of the release are ignored.

    Raises:
        BadInput: several columns may be the title, the year or the rating, or no column has titles.
    """
    kinds = list(kinds)
    columns = list(zip(*lines, strict=True))
    if kinds.count(RATING) > 1 and kinds[0] == RATING and counts(columns[0]):
        kinds[0] = IGNORED
    titles = [at for at, kind in enumerate(kinds) if kind == TITLE]
    dated = [at for at in titles if all(_WITH_YEAR.fullmatch(cell) for cell in columns[at])]
    if len(titles) > 1 and len(dated) == 1:
        kinds = [IGNORED if kind == TITLE and at not in dated else kind for at, kind in enumerate(kinds)]
    elif not titles and IMDB not in kinds:
        raise BadInput(f"{name} has no header, and all its columns are numbers, so its titles are not known. {ADVICE}")
    for kind in (TITLE, YEAR, RATING, IMDB):
        places = [str(at) for at, one in enumerate(kinds, start=1) if one == kind]
        if len(places) > 1:
            of = f"each of its columns {joined(places)} may be the {kind}"
            raise BadInput(f"{name} has no header, and {of}. {ADVICE}")
    if kinds.count(DATE) > 1 or not (YEAR in kinds or dated):
        kinds = [IGNORED if kind == DATE else kind for kind in kinds]
    return kinds


def _kinds(lines: list[list[str]]) -> list[str]:
    return [_kind([cell for cell in column if cell]) for column in zip(*lines, strict=True)]


def _kind(filled: Sequence[str]) -> str:
    if not filled:
        return IGNORED
    for kind in (IMDB, DATE, YEAR, RATING):
        fitting = sum(_fits(cell, kind) for cell in filled)
        if fitting >= (1 - WRONG_SHARE) * len(filled) and any(_is_one(cell, kind) for cell in filled):
            return kind
    return IGNORED if any(all(map(one.fullmatch, filled)) for one in _OTHERS) else TITLE


def _is_one(cell: str, kind: str) -> bool:
    return not is_missing(cell) and (kind != RATING or cells.share(cell, 100.0) is not None)


def _fits(cell: str, kind: str) -> bool:
    """Whether a cell may be of a kind; one that means "missing" may be of each."""
    if is_missing(cell):
        return True
    if kind == IMDB:
        return bool(_IMDB.fullmatch(cell))
    if kind == DATE:
        return bool(_DATE.fullmatch(cell))
    if kind == YEAR:
        newest = datetime.date.today().year + YEARS_AHEAD
        return bool(re.fullmatch(r"\d{4}(?:\.0)?", cell)) and (cells.year(cell) or newest + 1) <= newest
    return cells.share(cell, 100.0) is not None or not cells.is_unusable(cell, 100.0)


def counts(column: Sequence[str]) -> bool:
    """Return whether the cells count the rows, from 0 or 1."""
    numbers = [int(cell) if cell.isdecimal() else -1 for cell in column]
    return len(numbers) >= COUNTED and numbers in (
        list(range(len(numbers))),
        list(range(1, len(numbers) + 1)),
    )
