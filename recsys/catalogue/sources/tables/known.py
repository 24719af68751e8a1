"""Read the ratings of a data set with a known layout, lazily."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from recsys.catalogue.sources.files import Files
from recsys.catalogue.sources.tables.finding import opened
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.ratings import read_ratings
from recsys.catalogue.sources.tables.report import Report
from recsys.data.progress import Progress
from recsys.data.tables.table import Form
from recsys.errors import BadData, listing

FIELDS = ("user_id", "item_id", "rating", "timestamp")


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
    table = opened(files, where.file, where.form)
    columns = {ours: theirs for ours, theirs in where.columns.items() if theirs in table.names}
    missing = [theirs for ours, theirs in where.columns.items() if ours not in columns and ours != "timestamp"]
    if missing:
        raise BadData(
            f"{where.file}, line 1: column {missing[0]} is missing; the columns are {listing(table.names) or 'none'}."
        )
    report.names |= {(where.file, ours): theirs for ours, theirs in columns.items()}
    options = Options(scale=where.scale, leave_out_unknown=True)
    frame = read_ratings(table, columns, known, options, report, progress)
    refuse(report, skip_bad)
    report.notes += map(str, report.problems)
    if len(frame):
        yield frame


def refuse(report: Report, skip_bad: bool) -> None:
    """Raise an error if a report has problems that cannot be skipped.

    Raises:
        BadData: the tables cannot be used, or have bad rows and `skip_bad` is false.
    """
    if report.fatal:
        raise BadData(report.sentence())
    if not report.ok and not skip_bad:
        raise BadData(f"{report.sentence()} Correct the files, or leave the bad rows out with --skip-bad.")
