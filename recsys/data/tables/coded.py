"""Dictionary-encoded columns: store each distinct text once and an integer code per row, to save memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import pandas as pd

from recsys.data.tables import dates
from recsys.data.tables.delimited import Cells


class CodedTexts:
    """A dictionary-encoded column of text that grows in blocks."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._blocks: list[np.ndarray] = []

    def add(self, cells: Cells) -> None:
        """Add the cells of a block."""
        codes, distinct = pd.factorize(cells if isinstance(cells, np.ndarray) else np.array(cells, dtype=object))
        known = self._numbers
        places = np.fromiter((known.setdefault(text, len(known)) for text in distinct), np.int32, len(distinct))
        self._blocks.append(places[codes])

    @cached_property
    def texts(self) -> list[str]:
        """Every distinct text; read after the last block."""
        return list(self._numbers)

    @cached_property
    def codes(self) -> np.ndarray:
        """(n,) int32: the index of each row's text in `texts`."""
        blocks, self._blocks = self._blocks, []
        return np.concatenate(blocks) if blocks else np.empty(0, dtype=np.int32)

    def text(self, row: int) -> str:
        """The text of a row."""
        return self.texts[self.codes[row]]

    def counts(self) -> np.ndarray:
        """How often each distinct text occurs."""
        return np.bincount(self.codes, minlength=len(self.texts))

    def where(self, wanted: Callable[[int], bool]) -> np.ndarray:
        """(n,) bool: the rows for whose code `wanted` returns true."""
        places = np.fromiter(map(wanted, range(len(self.texts))), bool, len(self.texts))
        return places[self.codes] if places.any() else np.zeros(len(self.codes), dtype=bool)


class TimeTexts:
    """A column of times that grows in blocks; blocks of whole numbers are stored as numbers."""

    def __init__(self) -> None:
        self._blocks: list[np.ndarray | list[str]] = []

    def add(self, cells: Cells) -> None:
        """Add the cells of a block."""
        if isinstance(cells, np.ndarray) and cells.dtype == np.int64:
            self._blocks.append(cells)
            return
        cells = list(cells)
        whole = (
            all(map(str.isdecimal, cells)) and max(map(len, cells), default=0) <= 18 and all(map(str.isascii, cells))
        )
        self._blocks.append(np.array(list(map(int, cells)), dtype=np.int64) if whole else cells)

    def read(self, order: str) -> tuple[dates.Times, Callable[[int], str]]:
        """The times of all rows, and a function that gives the text of a row."""
        if all(isinstance(block, np.ndarray) for block in self._blocks):
            values = np.concatenate(self._blocks) if self._blocks else np.empty(0, dtype=np.int64)
            self._blocks = []
            return dates.from_numbers(values), lambda row: str(values[row])
        column = CodedTexts()
        for block in self._blocks:
            column.add([str(value) for value in block.tolist()] if isinstance(block, np.ndarray) else block)
        found = dates.read(column.texts, order)
        if found.refused:
            return found, column.text
        return found._replace(seconds=found.seconds[column.codes]), column.text


class Lines:
    """The line number of each row of a file, stored in blocks."""

    def __init__(self) -> None:
        self._blocks: list[Sequence[int]] = []
        self.count = 0

    def add(self, lines: Sequence[int]) -> None:
        """Add the lines of a block."""
        self._blocks.append(lines)
        self.count += len(lines)

    def of(self, rows: np.ndarray) -> np.ndarray:
        """The line numbers of some rows. This expands all blocks, so call it only to report bad rows."""
        return np.concatenate([np.asarray(block, dtype=np.int64) for block in self._blocks])[rows]
