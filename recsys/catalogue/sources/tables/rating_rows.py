"""The rows of a table of ratings while they are read: their cells by column, and which of them can still be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from recsys.catalogue.sources.tables.report import LINES_SHOWN, Report, shown
from recsys.data.tables.coded import CodedTexts, Lines, TimeTexts


@dataclass
class Rows:
    """The rows of a file by column, and which of them are still usable."""

    file: str
    report: Report
    lines: Lines = field(default_factory=Lines)
    texts: dict[str, CodedTexts] = field(default_factory=dict)
    times: TimeTexts | None = None
    usable: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=bool))

    def refuse(self, column: str, rows: np.ndarray, what: str, lead: str = "") -> None:
        """Mark rows as unusable and add those that were usable so far to the report."""
        rows = rows & self.usable
        if rows.any():
            self.report.add(self.file, self.lines.of(np.flatnonzero(rows)), column, what, lead)
            self.usable &= ~rows

    def first(self, column: str, rows: np.ndarray) -> str:
        """The cell of the first of some rows that are usable so far."""
        places = np.flatnonzero(rows & self.usable)
        return self.texts[column].text(int(places[0])).strip() if len(places) else ""

    def examples(self, places: np.ndarray, text: Callable[[int], str]) -> str:
        """The cells of a few rows with their lines, in parentheses."""
        few = [int(place) for place in places[:LINES_SHOWN]]
        lines = self.lines.of(np.array(few))
        some = [f"{shown(text(place).strip())} in line {line}" for place, line in zip(few, lines, strict=True)]
        return f"({', '.join([*some, '…'] if len(places) > LINES_SHOWN else some)})"
