"""Rows of text from a CSV or Parquet file, with the line where each begins."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.catalogue.sources.own.description import FILE
from recsys.catalogue.sources.own.report import Report
from recsys.errors import MissingExtra, SourceError, listing

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

LONGEST_LINE = 1_000_000
LONGEST_ID = 200
SEPARATORS = (",", ";", "\t")
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Table:
    """One file of rows."""

    path: Path

    @property
    def name(self) -> str:
        """The name of the file without its folder."""
        return self.path.name

    @property
    def _parquet(self) -> bool:
        return self.path.suffix == ".parquet"

    def header(self, report: Report) -> list[str]:
        """Return the names of the columns; empty, with a problem in the report, if the file is not a table."""
        if self._parquet:
            return [str(name) for name in self._file().schema_arrow.names]
        with self.path.open("rb") as file:
            start = file.read(LONGEST_LINE)
        names, column, problem = _csv_header(start)
        if problem:
            report.stop(self.name, 1, column, problem)
            return []
        return names

    def rows(self, report: Report) -> Iterator[tuple[int, list[str]]]:
        """Yield (line, cells) of every readable row; the others go into the report."""
        yield from self._parquet_rows() if self._parquet else self._csv_rows(report)

    def _csv_rows(self, report: Report) -> Iterator[tuple[int, list[str]]]:
        with self.path.open("rb") as binary:
            # newline="" leaves line ends inside quoted cells to the csv module.
            file = io.TextIOWrapper(binary, "utf-8-sig", errors="replace", newline="")
            first = file.readline(LONGEST_LINE)
            reader = csv.reader(self._lines(file, report), delimiter=_separator(first))
            while True:
                line = reader.line_num + 2
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    what = f"the row cannot be read ({error}); correct its quotes or remove it"
                    report.add(self.name, line, "", what)
                    continue
                if any(UNREADABLE in cell for cell in cells):
                    what = "the row has bytes that are not UTF-8; save the table as CSV in UTF-8"
                    report.add(self.name, line, "", what)
                elif cells:
                    yield line, cells

    def _lines(self, file: io.TextIOWrapper, report: Report) -> Iterator[str]:
        number = 1
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                what = f"a line of more than {LONGEST_LINE:,} letters; this is not a CSV file"
                report.stop(self.name, number, "", what)
                return
            yield line.replace("\0", UNREADABLE)

    def _parquet_rows(self) -> Iterator[tuple[int, list[str]]]:
        line = 0
        for batch in self._file().iter_batches():
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line += 1
                yield line, [_cell(value) for value in values]

    def _file(self) -> ParquetFile:
        try:
            from pyarrow import ArrowInvalid, parquet
        except ImportError:
            raise MissingExtra(f"reading {self.name} needs pyarrow: pip install pyarrow, or save it as CSV.") from None
        try:
            return parquet.ParquetFile(self.path)
        except (ArrowInvalid, OSError) as error:
            raise SourceError(f"{self.name} is not a usable Parquet file: {error}.") from error


def open_table(folder: Path, name: str) -> Table:
    """Return the table `name` of a folder, as CSV or Parquet.

    Raises:
        SourceError: the folder has neither.
    """
    for ending in (".csv", ".parquet"):
        if (folder / f"{name}{ending}").is_file():
            return Table(folder / f"{name}{ending}")
    files = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    raise SourceError(
        f"{folder} has no {name}.csv or {name}.parquet; it has {', '.join(files[:8]) or 'no files'}. Needed: "
        "items with item_id and title, and ratings with user_id and item_id."
    )


def named_rows(
    table: Table, named: dict[str, str], needed: tuple[str, ...], report: Report
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, stripped cells by column) until the report is full.

    Args:
        named: the standard name of a column by the name that the table uses.
        needed: columns that the table must have.
    """
    theirs = table.header(report)
    header = [named.get(name, name) for name in theirs]
    missing = [column for column in needed if column not in header]
    twice = next((name for place, name in enumerate(header) if name in header[:place]), None)
    if header and missing:
        what = f"the column is missing; there are {listing(theirs)}; needed: {', '.join(needed)}"
        report.stop(table.name, 1, missing[0], f"{what} (or give the table's name for it in {FILE})")
    if twice:
        what = f"two columns are called {twice}; name one of them in {FILE}, or rename one"
        report.stop(table.name, 1, twice, what)
    if not header or missing or twice:
        return
    for line, cells in table.rows(report):
        if report.full:
            return
        if len(cells) == len(header):
            yield line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}
        else:
            what = f"{len(cells)} cells where the header has {len(header)}; quote cells that contain commas"
            report.add(table.name, line, "", what)


def bad_id(value: str) -> str:
    """What is wrong with an id, or ""."""
    if not value:
        return "the cell is empty; every row needs an id"
    return f"an id of {len(value)} letters; at most {LONGEST_ID} are allowed" if len(value) > LONGEST_ID else ""


def _csv_header(start: bytes) -> tuple[list[str], str, str]:
    """Names of the columns at the start of a file; or the column and text of what is wrong."""
    if not start.strip():
        return [], "", "the file is empty; begin it with a line of column names"
    first = start.partition(b"\n")[0]
    if b"\0" in start[:65536] or (len(start) == LONGEST_LINE and b"\n" not in start):
        return [], "", "this is not a CSV file; save the table as CSV in UTF-8"
    try:
        line = first.decode("utf-8-sig")
    except UnicodeDecodeError:
        return [], "", "the column names are not UTF-8; save the table as CSV in UTF-8"
    names = [name.strip() for name in next(csv.reader([line], delimiter=_separator(line)), [])]
    repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
    return (names, "", "") if repeated is None else ([], repeated, "two columns have this name; rename one")


def _separator(line: str) -> str:
    return max(SEPARATORS, key=line.count)


def _cell(value: object) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, (list, tuple)):
        return "|".join(str(one) for one in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
