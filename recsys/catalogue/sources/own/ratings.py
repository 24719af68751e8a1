"""The table of ratings of an own catalogue, held as machine numbers so that millions of rows need little memory."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from recsys.catalogue.sources.own.description import FILE
from recsys.catalogue.sources.own.report import Report
from recsys.catalogue.sources.own.rows import Table, bad_id, named_rows
from recsys.data.progress import Progress

REPORT_EVERY = 1_000_000
"""Rows between two progress reports."""
LARGEST_RATING = 1e9
LATEST_S = 1e11


@dataclass
class _Columns:
    """The usable rows by column; users and items as numbers in the order in which they first occur."""

    users: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    user: array[int] = field(default_factory=lambda: array("q"))
    item: array[int] = field(default_factory=lambda: array("q"))
    rating: array[float] = field(default_factory=lambda: array("f"))
    time: array[int] = field(default_factory=lambda: array("q"))
    line: array[int] = field(default_factory=lambda: array("q"))

    def add(self, line: int, row: dict[str, str], rating: float, time: float) -> None:
        self.user.append(self.users.setdefault(row["user_id"], len(self.users)))
        self.item.append(self.items.setdefault(row["item_id"], len(self.items)))
        self.rating.append(rating)
        self.time.append(int(time))
        self.line.append(line)


def read_ratings(
    table: Table,
    named: dict[str, str],
    known: Collection[str],
    scale: Sequence[float] | None,
    report: Report,
    progress: Progress,
) -> pd.DataFrame:
    """Read the usable rows as user_id, item_id[, rating][, timestamp]; the others go into the report.

    Args:
        named: the standard name of a column by the name that the table uses.
        known: the ids of the items.
        scale: lowest and highest rating allowed, or None.
    """
    columns, rated, timed = _Columns(), False, False
    for line, row in named_rows(table, named, ("user_id", "item_id"), report):
        if line % REPORT_EVERY == 0:
            progress(f"{table.name}: {line:,} rows read")
        column, wrong = _wrong_ids(row, known)
        rating, time = 1.0, 0.0
        if not wrong and "rating" in row:
            rated, column = True, "rating"
            rating, wrong = _rating(row["rating"], scale)
        if not wrong and "timestamp" in row:
            timed, column = True, "timestamp"
            time, wrong = _time(row["timestamp"])
        if wrong:
            report.add(table.name, line, column, wrong)
        else:
            columns.add(line, row, rating, time)
    return _frame(table.name, columns, rated, timed, report)


def _wrong_ids(row: dict[str, str], known: Collection[str]) -> tuple[str, str]:
    user, item = row["user_id"], row["item_id"]
    if wrong := bad_id(user):
        return "user_id", wrong
    if item in known:
        return "", ""
    return "item_id", f"{item!r} is not among the items; add it there or remove the row" if item else bad_id(item)


def _rating(cell: str, scale: Sequence[float] | None) -> tuple[float, str]:
    """The number in a cell, and what is wrong with it or ""."""
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not abs(value) < LARGEST_RATING:
        return 0.0, f"{cell!r} is not a number; give one"
    if scale and not scale[0] <= value <= scale[1]:
        return (
            0.0,
            f"{value:g} is off the scale from {scale[0]:g} to {scale[1]:g} that {FILE} gives; correct one of them",
        )
    return value, ""


def _time(cell: str) -> tuple[float, str]:
    """Seconds since 1970 of a number of seconds or a date, and what is wrong with the cell or ""."""
    try:
        value = float(cell)
    except ValueError:
        value = _date(cell)
    if abs(value) < LATEST_S:
        return value, ""
    return 0.0, f"{cell!r} is no time; give whole seconds since 1970 or a date such as 2024-05-31"


def _date(cell: str) -> float:
    try:
        date = datetime.fromisoformat(cell)
    except ValueError:
        date = pd.to_datetime(cell, errors="coerce", utc=True)
        if pd.isna(date):
            return np.nan
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _frame(name: str, columns: _Columns, rated: bool, timed: bool, report: Report) -> pd.DataFrame:
    keep = _first_of_duplicates(name, columns, report)
    users, items = np.array(columns.user, np.int64)[keep], np.array(columns.item, np.int64)[keep]
    frame = pd.DataFrame(
        {
            "user_id": np.array(list(columns.users) or [""], dtype=object)[users],
            "item_id": np.array(list(columns.items) or [""], dtype=object)[items],
        }
    )
    if rated:
        frame["rating"] = np.array(columns.rating, np.float32)[keep]
    if timed:
        frame["timestamp"] = np.array(columns.time, np.int64)[keep]
    return frame


def _first_of_duplicates(name: str, columns: _Columns, report: Report) -> np.ndarray:
    """Which rows to keep. The latest of several ratings of an item counts; if no time tells which, it is an error."""
    frame = pd.DataFrame({"user": np.array(columns.user, np.int64), "item": np.array(columns.item, np.int64)})
    times, lines = np.array(columns.time, np.int64), np.array(columns.line, np.int64)
    repeated = frame.assign(time=times).duplicated(keep="first").to_numpy()
    users, items = list(columns.users), list(columns.items)
    first: dict[tuple[int, int, int], int] = {}
    if repeated.any():
        wanted = set(map(tuple, frame[repeated].to_numpy().tolist()))
        for row, (user, item) in enumerate(frame.to_numpy().tolist()):
            if (user, item) in wanted:
                first.setdefault((user, item, int(times[row])), int(lines[row]))
    for row in np.flatnonzero(repeated).tolist():
        user, item = columns.user[row], columns.item[row]
        report.add(
            name,
            int(lines[row]),
            "item_id",
            f"user {users[user]!r} and item {items[item]!r} are in line {first[user, item, int(times[row])]} too, and "
            "no timestamp tells which is later; keep one of them",
        )
    later = int(frame[~repeated].duplicated().sum())
    if later:
        rows = "row repeats" if later == 1 else "rows repeat"
        report.notes.append(f"{name}: {later:,} {rows} a user and item; the latest rating counts.")
    return ~repeated
