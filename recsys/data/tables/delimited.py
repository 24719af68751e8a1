"""Read the rows of a delimited text file in blocks of columns, with the line number of each row."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TextIO

import numpy as np
import pandas as pd

from recsys.data.tables import layout as layouts
from recsys.data.tables.layout import Layout
from recsys.data.tables.other_lines import BOX, is_no_row

BLOCK = 1 << 22
"""Characters read at once."""
ROWS = 100_000
"""Rows of a block that is read cell by cell."""
LONGEST_CELL = 1_000_000
DRAWN = (" ", *BOX)
"""Separators of tables that have lines of dashes below or around the names."""
PADDING = "\0\x1a"
"""Characters that old programs write at the end of a file."""
TEXT, WHOLE = "object", "int64"
"""How a column is read: as text, or as whole numbers if all its cells are whole numbers."""
Bad = Callable[[int, str], None]
"""Callback for a row that cannot be used, with its line number and what is wrong with it."""
Kinds = Mapping[int, str]
"""The columns to read by position, each with how it is read."""
Cells = list[str] | np.ndarray
"""The cells of a column: texts, as a list or an array of objects, or whole numbers as int64."""


class Block(NamedTuple):
    """Some rows of a table.

    Attributes:
        lines: (n,) the line of each row.
        columns: (n,) cells of each column: texts, or int64 if whole numbers were requested and all cells are; empty
            for a column that was not requested.
    """

    lines: Sequence[int]
    columns: Sequence[Cells]


def blocks(text: TextIO, layout: Layout, width: int, has_names: bool, bad: Bad, kinds: Kinds) -> Iterator[Block]:
    """Yield the rows of an open text.

    Blocks of lines with the same number of separators and without quotes are read as a whole, which is several times
    faster than line by line. From the first other block on, the text is read cell by cell.

    Args:
        width: number of cells in a row.
        has_names: whether the first row names the columns; it is left out.
        bad: called for each row that has another number of cells.
        kinds: the columns to read and how; if empty, all as text.
    """
    line = 1 + layout.skipped
    for _ in range(layout.skipped):
        text.readline()
    if has_names:
        # The names may be quoted and span several lines.
        line += _skip_row(text, layout)
    while chunk := text.read(BLOCK):
        chunk += text.readline()
        filled, numbers = _filled(chunk, line)
        columns = None
        if _uniform(filled, len(numbers), layout, width):
            read = partial(_wanted, kinds=kinds) if kinds else _texts
            columns = read(filled, len(numbers), layout, width)
        if columns is None:
            yield from _cell_by_cell(itertools.chain(_lines(chunk), text), line, layout, width, bad)
            return
        yield Block(numbers, columns)
        line += chunk.count("\n")


def _filled(chunk: str, first: int) -> tuple[str, Sequence[int]]:
    """A block without its empty lines, and the number of each other line."""
    if "\n\n" not in chunk and not chunk.startswith("\n"):
        return chunk, range(first, first + chunk.count("\n") + (not chunk.endswith("\n")))
    lines = chunk.split("\n")
    return "\n".join(filter(None, lines)) + "\n", [number for number, line in enumerate(lines, start=first) if line]


def _uniform(chunk: str, count: int, layout: Layout, width: int) -> bool:
    """Whether a block may be read as a whole: no quotes, no lines without content, enough separators in all."""
    separator = layout.separator
    if width < 2 or separator in DRAWN or "\0" in chunk or (layout.quoted and '"' in chunk):
        return False
    if chunk.count(separator) != count * (width - 1):
        return False
    empty = separator * (width - 1)
    return not chunk.startswith(f"{empty}\n") and f"\n{empty}\n" not in chunk and not chunk.endswith(f"\n{empty}")


def _texts(chunk: str, count: int, layout: Layout, width: int) -> list[Cells] | None:
    """The columns of a block as texts; None if its lines differ in their number of cells."""
    lines = chunk.removesuffix("\n").split("\n")
    if {line.count(layout.separator) for line in lines} != {width - 1}:
        return None
    cells = layout.separator.join(lines).split(layout.separator)
    return [cells[place::width] for place in range(width)] if len(cells) == width * count else None


def _wanted(chunk: str, count: int, layout: Layout, width: int, kinds: Kinds) -> list[Cells] | None:
    """The requested columns of a block; None if its lines differ in their number of cells."""
    # "::" is read as ":" with every second column left out, because the fast parser needs a single letter.
    step, mark = len(layout.separator), layout.separator[0]
    if step > 1 and (mark * step != layout.separator or chunk.count(mark) != step * chunk.count(layout.separator)):
        return None
    for types in (dict(kinds), dict.fromkeys(kinds, TEXT)):
        try:
            frame = pd.read_csv(
                io.StringIO(chunk),
                sep=mark,
                header=None,
                usecols=[place * step for place in kinds],
                dtype={place * step: kind for place, kind in types.items()},
                na_filter=False,
                quoting=csv.QUOTE_NONE,
            )
        except pd.errors.ParserError:
            return None
        except (ValueError, OverflowError):
            continue  # not all are whole numbers
        if len(frame) != count:
            return None
        columns: list[Cells] = [[] for _ in range(width)]
        for place in types:
            columns[place] = frame[place * step].to_numpy()
        return columns
    return None


def _cell_by_cell(lines: Iterable[str], first: int, layout: Layout, width: int, bad: Bad) -> Iterator[Block]:
    at: list[int] = []
    rows: list[list[str]] = []
    for line, cells in _rows(lines, first, layout, width, bad):
        if not any(cell.strip().strip(PADDING) for cell in cells):
            continue
        while len(cells) > width and not cells[-1].strip():
            cells.pop()  # a separator at the end of each line
        if (len(cells) != width or layout.separator in DRAWN) and is_no_row(layout.separator.join(cells)):
            continue
        if len(cells) != width:
            bad(line, _wrong_width(len(cells), width, layout.separator))
            continue
        at.append(line)
        rows.append(cells)
        if len(rows) == ROWS:
            yield Block(at, [list(column) for column in zip(*rows, strict=True)])
            at, rows = [], []
    if rows:
        yield Block(at, [list(column) for column in zip(*rows, strict=True)])


def _wrong_width(count: int, width: int, separator: str) -> str:
    mark = {",": "commas", ";": "semicolons", "\t": "tabs"}.get(separator, f"{separator!r}")
    cells = "1 cell" if count == 1 else f"{count} cells"
    return f"{cells} where the header has {width}; quote cells that contain {mark}"


def _rows(lines: Iterable[str], first: int, layout: Layout, width: int, bad: Bad) -> Iterator[tuple[int, list[str]]]:
    if len(layout.separator) > 1 or layout.separator == " " or not layout.quoted:
        for line, text in enumerate(lines, start=first):
            text = text.rstrip("\n")
            yield line, layouts.cells(text, layout.separator, layout.quoted)
        return
    csv.field_size_limit(LONGEST_CELL)
    source = _LineRecorder(layouts.unescaped(line, layout.separator) for line in lines)
    reader = csv.reader(source, delimiter=layout.separator, skipinitialspace=True)
    while True:
        line = first + reader.line_num
        source.lines.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if len(source.lines) < 2:
                bad(line, f"the row cannot be read ({error}); correct its quotes or remove it")
                continue
            cells = []
        if len(source.lines) > 1 and (len(cells) != width or sum(text.count('"') for text in source.lines) % 2):
            # An unclosed quote joined several lines into one row: read each line as a row.
            for place, text in enumerate(source.lines):
                yield line + place, layouts.cells(text.rstrip("\n"), layout.separator)
        else:
            yield line, cells


class _LineRecorder:
    """The lines that the current row was read from."""

    def __init__(self, lines: Iterable[str]):
        self._lines = iter(lines)
        self.lines: list[str] = []

    def __iter__(self) -> _LineRecorder:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.lines.append(line)
        return line


def _skip_row(text: TextIO, layout: Layout) -> int:
    """Read the row of names; return its number of lines."""
    first = text.readline()
    count = 1
    if layout.quoted and len(layout.separator) == 1:
        while first.count('"') % 2 and count < 100 and (more := text.readline()):
            first += more
            count += 1
    return count


def _lines(chunk: str) -> list[str]:
    """The lines of a text with their line ends; unlike `splitlines`, it splits at `\\n` only."""
    lines = [f"{line}\n" for line in chunk.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]
