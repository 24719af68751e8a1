"""Files of ratings, read in chunks; a row that cannot be used is named by file, line and column."""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import pandas as pd

from recsys.catalogue.sources.files import Files
from recsys.errors import BadData, SourceError, listing

CHUNK = 1_000_000
FIELDS = ("user_id", "item_id", "rating", "timestamp")


@dataclass(frozen=True)
class RatingsFile:
    """How one file of ratings is laid out.

    Attributes:
        files, name: where it is.
        separator: what stands between two cells.
        columns: the name in the file of user, item, rating and time, in this order; shorter where the file has less.
        header: whether the first line names the columns (otherwise they stand in this order).
        numeric_ids: whether user and item ids are whole numbers.
        scale: lowest and highest rating that can be right, or None.
    """

    files: Files
    name: str
    separator: str
    columns: tuple[str, ...]
    header: bool = True
    numeric_ids: bool = True
    scale: tuple[float, float] | None = (0.0, 5.0)

    def chunks(self, known: Set[str]) -> Iterator[pd.DataFrame]:
        """Frames of user_id, item_id, rating[, timestamp], at most a million rows each.

        Args:
            known: the item ids of the catalogue.

        Raises:
            BadData: a column is missing, or a row has a bad number or an unknown item; names line and column.
            SourceError: the file is damaged.
        """
        try:
            yield from self._chunks(known)
        except SourceError:
            raise
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceError(f"{self.name} of {self.files.path} is damaged ({error}); get the file again.") from error

    def _chunks(self, known: Set[str]) -> Iterator[pd.DataFrame]:
        names, places = FIELDS[: len(self.columns)], self._places()
        # "::" is read as ":" with every second column left out, which lets the fast parser do it.
        wide = len(self.separator)
        ids = np.int64 if self.numeric_ids else str
        types = {0: ids, 1: ids, 2: np.float32, 3: np.float64}
        known_numbers = np.array(sorted(int(item) for item in known if item.isdecimal())) if self.numeric_ids else None
        try:
            with self.files.open(self.name) as stream:
                reader = pd.read_csv(
                    stream,
                    sep=self.separator[0],
                    header=0 if self.header else None,
                    usecols=[place * wide for place in places],
                    dtype={place * wide: types[field] for field, place in enumerate(places)}
                    if not self.header
                    else {self.columns[field]: types[field] for field in range(len(places))},
                    encoding="utf-8-sig" if self.header else "latin-1",
                    quoting=csv.QUOTE_MINIMAL if self.separator == "," else csv.QUOTE_NONE,
                    na_values=[""],
                    keep_default_na=False,
                    chunksize=CHUNK,
                )
                for chunk in reader:
                    order = list(self.columns) if self.header else [place * wide for place in places]
                    frame = chunk[order].set_axis(names, axis=1)
                    if not self._usable(frame, known, known_numbers):
                        self._point_out(known)
                    if "timestamp" in frame:
                        frame["timestamp"] = frame["timestamp"].astype(np.int64)
                    yield frame
        except (ValueError, pd.errors.ParserError) as error:
            if isinstance(error, BadData):
                raise
            self._point_out(known, str(error))

    def _places(self) -> list[int]:
        if not self.header:
            return list(range(len(self.columns)))
        with self.files.open(self.name) as stream:
            first = io.TextIOWrapper(stream, "utf-8-sig", errors="replace").readline()
        there = next(csv.reader([first], delimiter=self.separator), [])
        missing = [column for column in self.columns if column not in there]
        if missing:
            raise BadData(
                f"{self.name}, line 1: column {listing(missing)} is missing; there are {listing(there) or 'none'}."
            )
        return [there.index(column) for column in self.columns]

    def _usable(self, frame: pd.DataFrame, known: Set[str], known_numbers: np.ndarray | None) -> bool:
        rating = frame["rating"].to_numpy()
        low, high = self.scale or (-np.inf, np.inf)
        fine = np.isfinite(rating).all() and (not rating.size or (rating.min() >= low and rating.max() <= high))
        if "timestamp" in frame:
            fine = fine and np.isfinite(frame["timestamp"].to_numpy()).all()
        if known_numbers is not None:
            return bool(fine and np.isin(frame["item_id"].to_numpy(), known_numbers).all())
        return bool(fine and frame["user_id"].notna().all() and frame["item_id"].isin(known).all())

    def _point_out(self, known: Set[str], otherwise: str = "a row cannot be read") -> NoReturn:
        """Raise for the first row that is wrong: slow, so only called once something is."""
        places = self._places()
        with self.files.open(self.name) as stream:
            lines = io.TextIOWrapper(stream, "utf-8-sig" if self.header else "latin-1", errors="replace", newline="")
            for number, cells in self._rows(lines):
                if not cells or (number == 1 and self.header):
                    continue
                for field, column, place in zip(FIELDS, self.columns, places, strict=False):
                    value = cells[place].strip() if place < len(cells) else ""
                    wrong = self._wrong(field, value, known)
                    if wrong:
                        raise BadData(f"{self.name}, line {number}, column {column}: {value!r} {wrong}.")
        raise BadData(f"{self.name}: {otherwise}.")

    def _rows(self, lines: io.TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        if len(self.separator) == 1 and self.separator == ",":
            reader = csv.reader(lines)
            for cells in reader:
                yield reader.line_num, cells
        else:
            for number, line in enumerate(lines, start=1):
                yield number, line.rstrip("\r\n").split(self.separator) if line.strip() else []

    def _wrong(self, field: str, value: str, known: Set[str]) -> str:
        if not value:
            return "is empty; every row needs one"
        if field in ("user_id", "item_id"):
            if self.numeric_ids and not value.lstrip("-").isdecimal():
                return "is not a whole number"
            unknown = field == "item_id" and (str(int(value)) if self.numeric_ids else value) not in known
            return "is not among the items" if unknown else ""
        try:
            number = float(value)
        except ValueError:
            return "is not a number"
        if not math.isfinite(number):
            return "is not a finite number"
        if field == "rating" and self.scale and not self.scale[0] <= number <= self.scale[1]:
            return f"is outside the scale from {self.scale[0]:g} to {self.scale[1]:g}"
        return ""
