"""Read a file of ratings in chunks; name file, line and column of a row that cannot be used."""

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
    """Layout of one file of ratings.

    Attributes:
        files, name: where it is.
        separator: between two cells.
        columns: the names of user, item, rating and time in the file, in this order. The last is optional: a file
            without times is read without them.
        header: whether the first line names the columns; otherwise they are in this order.
        numeric_ids: whether user and item ids are whole numbers, so that `07` and `7` are the same.
        scale: lowest and highest valid rating, or None.
    """

    files: Files
    name: str
    separator: str
    columns: tuple[str, ...]
    header: bool = True
    numeric_ids: bool = True
    scale: tuple[float, float] | None = (0.0, 5.0)

    def chunks(self, known: Set[str], notes: list[str]) -> Iterator[pd.DataFrame]:
        """Yield frames of user_id, item_id, rating[, timestamp] with up to a million rows each.

        Ratings of unknown items are left out and counted in `notes` at the end.

        Args:
            known: the item ids of the catalogue.

        Raises:
            BadData: a column is missing, a row has a bad number, or most items are unknown; names line and column.
            SourceError: the file is damaged.
        """
        try:
            yield from self._chunks(known, notes)
        except SourceError:
            raise
        except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise SourceError(f"{self.name} of {self.files.path} is damaged ({error}). Get the file again.") from error

    def _chunks(self, known: Set[str], notes: list[str]) -> Iterator[pd.DataFrame]:
        places = self._places()
        known_ids = [int(item) for item in known if item.isdecimal()] if self.numeric_ids else list(known)
        rows = unknown = 0
        try:
            for frame in self._frames(places):
                if not self._usable(frame):
                    self._raise_for_row(places)
                has_item = frame["item_id"].isin(known_ids).to_numpy()
                rows, unknown = rows + len(frame), unknown + int((~has_item).sum())
                yield frame if has_item.all() else frame.loc[has_item]
        except pd.errors.EmptyDataError:
            return
        except (ValueError, pd.errors.ParserError) as error:
            if isinstance(error, BadData):
                raise
            self._raise_for_row(places, otherwise=str(error))
        if 2 * unknown > rows:
            self._raise_for_row(places, known)
        if unknown:
            ratings = "1 rating is" if unknown == 1 else f"{unknown:,} ratings are"
            notes.append(f"{self.name}: {ratings} left out, because the item is unknown.")

    def _places(self) -> dict[str, int]:
        """Index of each field's cell in a row."""
        with self.files.open(self.name) as stream:
            first = io.TextIOWrapper(stream, "utf-8-sig", errors="replace").readline().rstrip("\r\n")
        if not self.header:
            cells = len(first.split(self.separator))
            return {field: place for place, field in enumerate(FIELDS[: max(3, min(cells, len(self.columns)))])}
        header = next(csv.reader([first], delimiter=self.separator), [])
        missing = [column for column in self.columns[:3] if column not in header]
        if missing:
            raise BadData(
                f"{self.name}, line 1: column {listing(missing)} is missing; "
                f"the columns are {listing(header) or 'none'}."
            )
        named = zip(FIELDS, self.columns, strict=False)
        return {field: header.index(column) for field, column in named if column in header}

    def _frames(self, places: dict[str, int]) -> Iterator[pd.DataFrame]:
        # "::" is read as ":" with every second column left out, because the fast parser needs a single letter.
        width = len(self.separator)
        id_type = np.int64 if self.numeric_ids else str
        types = {"user_id": id_type, "item_id": id_type, "rating": np.float32, "timestamp": np.float64}
        with self.files.open(self.name) as stream:
            reader = pd.read_csv(
                stream,
                sep=self.separator[0],
                header=None,
                skiprows=1 if self.header else 0,
                usecols=[place * width for place in places.values()],
                dtype={place * width: types[field] for field, place in places.items()},
                encoding="utf-8-sig" if self.header else "latin-1",
                quoting=csv.QUOTE_MINIMAL if self.separator == "," else csv.QUOTE_NONE,
                na_values=[""],
                keep_default_na=False,
                chunksize=CHUNK,
            )
            for chunk in reader:
                frame = chunk[[place * width for place in places.values()]].set_axis(list(places), axis=1)
                if "timestamp" in frame and np.isfinite(frame["timestamp"].to_numpy()).all():
                    frame["timestamp"] = frame["timestamp"].astype(np.int64)
                yield frame

    def _usable(self, frame: pd.DataFrame) -> bool:
        rating = frame["rating"].to_numpy()
        low, high = self.scale or (-np.inf, np.inf)
        usable = np.isfinite(rating).all() and (not rating.size or (rating.min() >= low and rating.max() <= high))
        usable = usable and ("timestamp" not in frame or frame["timestamp"].dtype == np.int64)
        return bool(usable and frame.notna().to_numpy().all())

    def _raise_for_row(
        self, places: dict[str, int], known: Set[str] | None = None, otherwise: str = "a row cannot be read"
    ) -> NoReturn:
        """Raise for the first bad row: slow, so it is called only when there is one.

        Args:
            known: the item ids of the catalogue if an unknown item is an error, otherwise None.
        """
        columns: dict[str, str] = dict(zip(FIELDS, self.columns, strict=False))
        with self.files.open(self.name) as stream:
            lines = io.TextIOWrapper(stream, "utf-8-sig" if self.header else "latin-1", errors="replace", newline="")
            for number, cells in self._rows(lines):
                if not cells or (number == 1 and self.header):
                    continue
                for field, place in places.items():
                    value = cells[place].strip() if place < len(cells) else ""
                    if wrong := self._wrong(field, value, known):
                        raise BadData(f"{self.name}, line {number}, column {columns[field]}: {value!r} {wrong}.")
        raise BadData(f"{self.name}: {otherwise}.")

    def _rows(self, lines: io.TextIOWrapper) -> Iterator[tuple[int, list[str]]]:
        if self.separator == ",":
            reader = csv.reader(lines)
            for cells in reader:
                yield reader.line_num, cells
        else:
            for number, line in enumerate(lines, start=1):
                yield number, line.rstrip("\r\n").split(self.separator) if line.strip() else []

    def _wrong(self, field: str, value: str, known: Set[str] | None) -> str:
        """What is wrong with a cell, or ""."""
        if not value:
            return "is empty; every row needs one"
        if field in ("user_id", "item_id"):
            if self.numeric_ids and not value.lstrip("-").isdecimal():
                return "is not a whole number"
            if known is None or field == "user_id" or (str(int(value)) if self.numeric_ids else value) in known:
                return ""
            return "is not among the items, and neither are most others of this file"
        try:
            number = float(value)
        except ValueError:
            return "is not a number"
        if not math.isfinite(number):
            return "is not a finite number"
        if field == "rating" and self.scale and not self.scale[0] <= number <= self.scale[1]:
            return f"is outside the scale from {self.scale[0]:g} to {self.scale[1]:g}"
        return ""
