"""Report on tables: problems grouped with line numbers and remedies, what was detected, and description.json lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from recsys.data.tables import ids
from recsys.errors import cut

FILE = "description.json"
LINES_SHOWN = 3
"""Number of further lines that a group of equal problems names."""


MOST_NAMED, LONGEST = 20, 80
"""Number of texts in a list of a sentence, and of letters of each."""


class Problem(NamedTuple):
    """A group of equal problems in one column. Line 0 and column "" mean the whole file.

    Attributes:
        file, line, column: location of the first row.
        what: what is wrong with it and what to do.
        rows: number of rows with this problem.
        more: line numbers of some of the other rows.
    """

    file: str
    line: int
    column: str
    what: str
    rows: int = 1
    more: tuple[int, ...] = ()

    def __str__(self) -> str:
        place = self.file
        place += f", line {self.line}" if self.line else ""
        place += _of_column(self.column)
        text = f"{place}: {self.what}"
        if self.rows > 1:
            rows = "row" if self.rows == 2 else "rows"
            lines = f"line{'' if len(self.more) == 1 else 's'} {', '.join(map(str, self.more))}"
            lines += ", …" if self.rows > 1 + len(self.more) else ""
            text += f" ({self.rows - 1:,} more such {rows}: {lines})"
        return f"{text}."


@dataclass
class Report:
    """Problems and notes on a folder of tables.

    Attributes:
        folder: the folder.
        strict: whether bad rows are an error; otherwise they are left out.
        fatal: whether the tables are unusable even without the bad rows.
        counts: usable items and ratings.
        notes: what was detected without an error, and cells that were left empty.
        names: the owner's name of a column by file and standard name, if they differ.
        options: fields of description.json that state what was detected.
        refused: ids of items whose rows cannot be used.
        described: whether description.json beside the tables is read, so that a remedy may name it.
    """

    folder: str
    strict: bool = True
    fatal: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    described: bool = True
    _problems: dict[tuple[str, str, str], Problem] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether there are no problems."""
        return not self._problems

    @property
    def problems(self) -> list[Problem]:
        """Groups of equal problems, in the order in which they were found."""
        return list(self._problems.values())

    @property
    def total(self) -> int:
        """Number of rows with a problem."""
        return sum(problem.rows for problem in self._problems.values())

    def add(self, file: str, lines: int | Sequence[int] | np.ndarray, column: str, what: str, lead: str = "") -> None:
        """Add rows that cannot be used.

        Args:
            lines: their line numbers.
            what: text of the problem; rows with the same text form one group.
            lead: text before `what` for the first row of a group, such as its cell.
        """
        count = 1 if isinstance(lines, int) else len(lines)
        shown_lines = (lines,) if isinstance(lines, int) else tuple(int(line) for line in lines[: 1 + LINES_SHOWN])
        key = (file, column, what)
        if known := self._problems.get(key):
            more = (known.more + shown_lines)[:LINES_SHOWN]
            self._problems[key] = known._replace(rows=known.rows + count, more=more)
        elif count:
            text = f"{lead} {what}" if lead else what
            first, more = shown_lines[0], shown_lines[1:]
            self._problems[key] = Problem(file, first, self.column_name(file, column), text, count, more)

    def add_fatal(self, file: str, line: int, column: str, what: str) -> None:
        """Add a problem that makes the whole table unusable."""
        self.add(file, line, column, what)
        self.fatal = True

    def note(self, file: str, column: str, what: str) -> None:
        """Add a note on a column, or with column "" on a file."""
        place = file + _of_column(self.column_name(file, column))
        line = f"{place}: {what}."
        if line not in self.notes:
            self.notes.append(line)

    def note_shortened(self, file: str, column: str, texts: Iterable[str]) -> None:
        """Note that a spreadsheet has rounded ids, if it has: several of them may have become one."""
        if text := ids.shortened(texts):
            what = f"{shown(text)} is an id that a spreadsheet has rounded, so that several may have become one"
            self.note(file, column, f"{what}; save the column as text")

    def note_empty_cells(self, file: str, column: str, cells: Mapping[int, str], what: str) -> None:
        """Add a note on optional cells with invalid contents, which are left empty; `cells` maps lines to contents."""
        if not cells:
            return
        some = [f"{shown(cell)} in line {line}" for line, cell in list(cells.items())[:LINES_SHOWN]]
        some += ["…"] if len(cells) > LINES_SHOWN else []
        many = f"{len(cells):,} cells that are {what} are" if len(cells) > 1 else f"1 cell that is {what} is"
        self.note(file, column, f"{many} left empty ({', '.join(some)})")

    def set_option(self, *path: str, value: Any) -> None:
        """Add a field of description.json, below the keys `path`, that states what was detected."""
        place = self.options
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value

    def column_name(self, file: str, column: str) -> str:
        """The owner's name of a column."""
        return self.names.get((file, column), column)

    def lines(self) -> list[str]:
        """Every group of problems and every note, one per line."""
        return [str(problem) for problem in self.problems] + self.notes

    def description(self) -> list[str]:
        """The lines of description.json that state what was detected; empty if there is nothing to state."""
        if not self.options:
            return []
        text = json.dumps(self.options, ensure_ascii=False, indent=2)
        return [f"To state this yourself, or to change it, put these lines into {FILE}:", text]

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        problems = [problem._asdict() | {"more": list(problem.more)} for problem in self.problems]
        plain = {name: getattr(self, name) for name in ("folder", "ok", "total", "counts", "notes")}
        return plain | {"problems": problems, "description": self.options}

    def text(self) -> str:
        """The whole report as text."""
        if self.ok:
            counted = " and ".join(_counted(count, what) for what, count in self.counts.items())
            return "\n".join([f"{self.folder} can be used: {counted}.", *self.notes, *self.description()])
        fix = "Correct the files" if self.fatal else "Correct the files, or leave the bad rows out with --skip-bad"
        many = f"{self.total:,} problems" if self.total > 1 else "a problem"
        return "\n".join([f"{self.folder} has {many}. {fix}.", *self.lines(), *self.description()])

    def sentence(self) -> str:
        """The problems in one line."""
        return " ".join(map(str, self.problems))


def _of_column(name: str) -> str:
    """Text for a column in a message; the names of unnamed columns, such as `column 2`, already contain "column"."""
    return "" if not name else f", {name}" if name.startswith("column ") else f", column {name}"


def shown(value: str) -> str:
    """A cell in an error text."""
    return repr(cut(value, LONGEST))


def _counted(count: int, what: str) -> str:
    return f"1 {what[:-1]}" if count == 1 else f"{count:,} {what}"


def joined(values: Iterable[str]) -> str:
    """Texts as a list in a sentence, which names at most MOST_NAMED of them.

    >>> joined(["a", "b", "c"]), joined(map(str, range(100)))[-26:]
    ('a, b and c', '16, 17, 18, 19 and 80 more')
    """
    values = [cut(value, LONGEST) for value in values]
    if len(values) > MOST_NAMED + 1:
        values = [*values[:MOST_NAMED], f"{len(values) - MOST_NAMED:,} more"]
    *head, last = values
    return f"{', '.join(head)} and {last}" if head else last
