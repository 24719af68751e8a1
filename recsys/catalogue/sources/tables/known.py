"""Read the ratings of a data set with a known layout, lazily."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.tables.finding import opened
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.ratings import read_ratings
from recsys.catalogue.sources.tables.report import Report
from recsys.data.progress import Progress
from recsys.data.tables.table import Form, Table
from recsys.errors import BadData, listing

FIELDS = ("user_id", "item_id", "rating", "timestamp")
REQUIRED = FIELDS[:3]
"""Columns of a file without names; the time may be missing."""


@dataclass(frozen=True)
class Ratings:
    """Location and form of the ratings of a data set.

    Attributes:
        file: name of the file.
        form: what is known of its format.
        columns: names of its columns, by standard name; the time may be missing.
        scale: lowest and highest valid rating.
        more: names of further files of the same form.
    """

    file: str
    form: Form = field(default_factory=Form)
    columns: Mapping[str, str] = field(default_factory=lambda: {name: name for name in FIELDS})
    scale: tuple[float, float] | None = None
    more: Sequence[str] = ()


def frames(
    files: Files, where: Ratings, known: Sequence[str], report: Report, progress: Progress, skip_bad: bool
) -> Iterator[pd.DataFrame]:
    """Yield the ratings of each file as a frame; add what was detected to the notes of the report.

    Args:
        known: the ids of the items. Ratings of other items are left out.
        skip_bad: leave out rows that cannot be used, instead of refusing the files.

    Raises:
        BadData: a column is missing, a row cannot be used, or most items are unknown; the text names line and column.
        SourceError: the file is damaged.
    """
    for name in (where.file, *where.more):
        yield from _frame(files, replace(where, file=name), known, report, progress, skip_bad)


def _frame(
    files: Files, where: Ratings, known: Sequence[str], report: Report, progress: Progress, skip_bad: bool
) -> Iterator[pd.DataFrame]:
    table = _opened(files, where, report)
    note_file(table, report)
    columns = {ours: theirs for ours, theirs in where.columns.items() if theirs in table.names}
    missing = [theirs for ours, theirs in where.columns.items() if ours not in columns and ours != "timestamp"]
    if missing:
        what = f"column {missing[0]} is missing; the columns are {listing(table.names) or 'none'}"
        if where.form.names:
            what = f"a rating has a user, an item and a rating, separated by {where.form.separator!r}; "
            what += f"there {'is 1 cell' if len(table.names) == 1 else f'are {len(table.names)} cells'}"
        raise BadData(f"{where.file}, line 1: {what}.")
    report.names |= {(where.file, ours): theirs for ours, theirs in columns.items()}
    options = Options(scale=where.scale, leave_out_unknown=True)
    frame = read_ratings(table, columns, known, options, report, progress)
    refuse(report, skip_bad)
    report.notes += map(str, report.problems)
    if len(frame):
        yield frame


def _opened(files: Files, where: Ratings, report: Report) -> Table:
    """The table of ratings; in a file without names, another separator is looked for if the usual one is not there."""
    table, form = opened(files, where.file, where.form), where.form
    if not form.names or len(table.names) > 1:
        return table
    other = opened(files, where.file, replace(form, separator=""))
    if len(other.names) < len(REQUIRED):
        return table
    report.note(
        where.file, "", f"its columns are not separated by {form.separator!r}; it is read as a table of another form"
    )
    return other


def note_file(table: Table, report: Report) -> None:
    """Note what was detected about a file of a data set; there is no description.json that could state it."""
    for note in table.notes:
        note_on_file(table.name, note, report)


def note_on_file(name: str, note: str, report: Report) -> None:
    """Add a note on a file of a data set without the remedies that name description.json."""
    report.note(name, "", re.sub(r" or put its encoding into \S+|; if they were right, put .*", "", note))


def refuse(report: Report, skip_bad: bool) -> None:
    """Raise an error if a report has problems that cannot be skipped.

    Raises:
        BadData: the tables cannot be used, or have bad rows and `skip_bad` is false.
    """
    if report.fatal:
        raise BadData(report.sentence())
    if not report.ok and not skip_bad:
        raise BadData(f"{report.sentence()} Correct the files, or leave the bad rows out with --skip-bad.")
