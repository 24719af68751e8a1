"""Read the table in a workbook: the sheet that has it, without the lines of text above it."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import IO

from recsys.data.tables.objects import as_text
from recsys.errors import BadData, MissingExtra, listing

Rows = list[tuple[int, list[str]]]
"""Rows of a sheet that are not empty, each with its number."""


def sheet_rows(file: IO[bytes], name: str) -> tuple[Rows, list[str]]:
    """Return the rows of the table in a workbook (.xlsx), of one width, and notes about what is not read.

    Raises:
        MissingExtra: openpyxl is not installed.
        BadData: the file is not a workbook, or it is empty.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtra(f"Reading {name} needs openpyxl: pip install openpyxl, or save the sheet as CSV.") from None
    try:
        book = load_workbook(io.BytesIO(file.read()), read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises errors of any type for a damaged file
        raise BadData(f"{name} is not a usable workbook: {error}. Save the sheet as CSV.") from error
    sheets = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets}
    rows, notes = chosen(sheets, name)
    if not rows:
        raise BadData(f"{name} has no rows; begin its first sheet with a line of column names.")
    rows, title = below_title(rows)
    return rows, [*notes, *([f"{title!r} is read as a title above the table"] if title else [])]


def chosen(sheets: Mapping[str, Sequence[Sequence[object]]], name: str) -> tuple[Rows, list[str]]:
    """Return the rows of the sheet that is called like the file, else of the first one with more than one column.

    >>> chosen({"Notes": [["See below"]], "Data": [[None], [7, "Emma"]]}, "items.xlsx")
    ([(2, ['7', 'Emma'])], ["the sheet 'Data' is read; the others are not (Notes)"])
    """
    filled = {}
    for title, sheet in sheets.items():
        texts = [(line, [as_text(value).strip() for value in row]) for line, row in enumerate(sheet, start=1)]
        if rows := [(line, cells) for line, cells in texts if any(cells)]:
            filled[title] = rows
    stem = name.rpartition("/")[2].partition(".")[0].casefold()
    same = [title for title in filled if title.strip().casefold() == stem]
    tables = [title for title, rows in filled.items() if any(_count(cells) > 1 for _, cells in rows)]
    read = next(iter([*same, *tables, *filled]), "")
    others = [title for title in filled if title != read]
    return filled.get(read, []), (
        [f"the sheet {read!r} is read; the others are not ({listing(others, 4)})"] if others else []
    )


def below_title(rows: Rows) -> tuple[Rows, str]:
    """Return the rows without empty columns at the edges, from the first one with several cells on, and the text above.

    >>> below_title([(1, ["My shop", ""]), (3, ["id", "title"]), (4, ["7", "Emma"])])
    ([(3, ['id', 'title']), (4, ['7', 'Emma'])], 'My shop')
    """
    first = next((place for place, (_, cells) in enumerate(rows) if _count(cells) > 1), 0)
    title = " ".join(cell for _, cells in rows[:first] for cell in cells if cell)
    rows = rows[first:]
    places = [place for _, cells in rows for place, cell in enumerate(cells) if cell]
    start, end = min(places), max(places) + 1
    return [(line, (cells + [""] * end)[start:end]) for line, cells in rows], title


def _count(cells: Sequence[str]) -> int:
    return sum(map(bool, cells))
