"""Report on own tables: what is wrong, line by line, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple


class Problem(NamedTuple):
    """One problem: where it is and what to do. Line 0 and column "" mean the whole file."""

    file: str
    line: int
    column: str
    what: str

    def __str__(self) -> str:
        place = self.file
        place += f", line {self.line}" if self.line else ""
        place += f", column {self.column}" if self.column else ""
        return f"{place}: {self.what}."


@dataclass
class Report:
    """Problems found in a folder of tables.

    Attributes:
        folder: the folder.
        limit: how many problems end the reading (None: any number is read).
        problems: the first `SHOWN` of them.
        total: how many there were.
        fatal: whether the tables are unusable even without the bad rows.
        counts: usable items and ratings.
        notes: decisions that are no errors.
        names: the owner's name of a column by file and standard name, if they differ.
    """

    LIMIT: ClassVar[int] = 1000
    SHOWN: ClassVar[int] = 50

    folder: str
    limit: int | None = LIMIT
    problems: list[Problem] = field(default_factory=list)
    total: int = 0
    fatal: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    names: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.total

    @property
    def full(self) -> bool:
        """Whether to stop reading."""
        return self.fatal or (self.limit is not None and self.total >= self.limit)

    def add(self, file: str, line: int, column: str, what: str) -> None:
        """Add a row that cannot be used."""
        self.total += 1
        if len(self.problems) < self.SHOWN:
            self.problems.append(Problem(file, line, self.names.get((file, column), column), what))

    def stop(self, file: str, line: int, column: str, what: str) -> None:
        """Add a problem that makes the whole table unusable."""
        self.add(file, line, column, what)
        self.fatal = True

    def lines(self) -> list[str]:
        """Every problem and note on a line of its own."""
        lines = [str(problem) for problem in self.problems] + self.notes
        if self.total > len(self.problems):
            lines.append(
                f"… and {self.total - len(self.problems):,} more" + (", reading stopped there." if self.full else ".")
            )
        return lines

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON."""
        problems = [problem._asdict() for problem in self.problems]
        plain = {name: getattr(self, name) for name in ("folder", "ok", "total", "counts", "notes")}
        return plain | {"problems": problems}

    def text(self) -> str:
        """The whole report as text."""
        if self.ok:
            counted = " and ".join(f"{count:,} {what}" for what, count in self.counts.items())
            return "\n".join([f"{self.folder} can be used: {counted}.", *self.notes])
        fix = "Correct the files" if self.fatal else "Correct the files, or leave the bad rows out with --skip-bad"
        many = f"{self.total:,} problems" if self.total > 1 else "a problem"
        return "\n".join([f"{self.folder} has {many}. {fix}.", *self.lines()])
