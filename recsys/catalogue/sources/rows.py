"""Rows of text from a CSV or Parquet file, with the line each began in, whatever the file holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recsys.catalogue.sources.report import Report
from recsys.errors import MissingExtra, SourceError

LONGEST_LINE = 1_000_000
SEPARATORS = (",", ";", "\t")
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Table:
    """One file of rows.

    Attributes:
        path: the file.
    """

    path: Path

    @property
    def name(self) -> str:
        """The file's plain name."""
        return self.path.name

    @property
    def _parquet(self) -> bool:
        return self.path.suffix == ".parquet"

    def header(self, report: Report) -> list[str]:
        """Names of the columns; empty, and said in the report, where the file is no table."""
        if self._parquet:
            return [str(name) for name in self._file().schema_arrow.names]
        with self.path.open("rb") as file:
            start = file.read(LONGEST_LINE)
        if not start.strip():
            report.stop(self.name, 1, "", "the file is empty; begin it with a line of column names")
            return []
        first = start.partition(b"\n")[0]
        if b"\0" in start[:65536] or (len(start) == LONGEST_LINE and b"\n" not in start):
            report.stop(self.name, 1, "", "this is no CSV file; save the table as CSV in UTF-8")
            return []
        try:
            line = first.decode("utf-8-sig")
        except UnicodeDecodeError:
            report.stop(self.name, 1, "", "the column names are not UTF-8; save the table as CSV in UTF-8")
            return []
        names = [name.strip() for name in next(csv.reader([line], delimiter=_separator(line)), [])]
        repeated = next((name for place, name in enumerate(names) if name in names[:place]), None)
        if repeated is not None:
            report.stop(self.name, 1, repeated, "two columns have this name; rename one")
            return []
        return names

    def rows(self, report: Report) -> Iterator[tuple[int, list[str]]]:
        """(line, cells) of every row that can be read; the others go into the report."""
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
                    report.add(self.name, line, "", f"the row cannot be read ({error}); mend its quotes or take it out")
                    continue
                if not cells:
                    continue
                if any(UNREADABLE in cell for cell in cells):
                    report.add(
                        self.name, line, "", "the row holds bytes that are not UTF-8; save the table as CSV in UTF-8"
                    )
                    continue
                yield line, cells

    def _lines(self, file: io.TextIOWrapper, report: Report) -> Iterator[str]:
        number = 1
        while line := file.readline(LONGEST_LINE):
            number += 1
            if len(line) >= LONGEST_LINE:
                report.stop(self.name, number, "", f"a line of more than {LONGEST_LINE:,} letters; this is no CSV file")
                return
            yield line.replace("\0", UNREADABLE)

    def _parquet_rows(self) -> Iterator[tuple[int, list[str]]]:
        line = 0
        for batch in self._file().iter_batches():
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                line += 1
                yield line, [_cell(value) for value in values]

    def _file(self):
        try:
            from pyarrow import ArrowInvalid, parquet
        except ImportError:
            raise MissingExtra(f"reading {self.name} needs pyarrow: pip install pyarrow, or save it as CSV.") from None
        try:
            return parquet.ParquetFile(self.path)
        except (ArrowInvalid, OSError) as error:
            raise SourceError(f"{self.name} is not a usable Parquet file: {error}.") from error


def open_table(folder: Path, name: str) -> Table:
    """The table `name` of a folder, as CSV or Parquet.

    Raises:
        SourceError: it has neither.
    """
    for ending in (".csv", ".parquet"):
        if (folder / f"{name}{ending}").is_file():
            return Table(folder / f"{name}{ending}")
    there = sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []
    raise SourceError(
        f"{folder} has no {name}.csv or {name}.parquet; it has {', '.join(there[:8]) or 'no files'}. Needed: "
        "items with item_id and title, and ratings with user_id and item_id."
    )


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
