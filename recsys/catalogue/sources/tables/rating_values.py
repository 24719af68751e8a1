"""Read the column of ratings: the format of its numbers, and values that may mean "not rated"."""

from __future__ import annotations

import numpy as np

from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import FILE, Report
from recsys.data.tables import numbers
from recsys.data.tables.coded import CodedTexts

LARGEST_RATING = 1e9
SUSPICIOUS = 0.2
"""Lowest share of rows with the rating 0 at which 0 may mean "not rated"."""


def read_values(column: CodedTexts, options: Options, report: Report, file: str) -> tuple[np.ndarray, str]:
    """The rating of each row as float64 (NaN if it is not a number), and why the column cannot be read or ""."""
    counts = column.counts()
    found = numbers.read(column.texts, options.decimal, options.scale, counts.tolist())
    if found.refused:
        choice = '"decimal": "comma" or "decimal": "point"'
        return np.empty(0), f"{found.refused}; write all in one form, or put {choice} into {FILE}"
    if found.note:
        report.note(file, "rating", found.note)
        if f"decimal {numbers.COMMA}s" in found.note and not options.decimal:
            report.set_option("decimal", value=numbers.COMMA)
    values = np.where(np.abs(found.values) < LARGEST_RATING, found.values, np.nan)
    if not options.not_rated:
        _say_suspicious(values, counts, report, file)
    return (values[column.codes] if len(values) else np.empty(0)), ""


def _say_suspicious(values: np.ndarray, counts: np.ndarray, report: Report, file: str) -> None:
    """Note a lowest rating that may mean "not rated": -1, or 0 in many rows below a scale from 1."""
    known = np.isfinite(values)
    values, counts = values[known], counts[known]
    if len(values) < 3:
        return
    lowest, share = values.min(), counts[values == values.min()].sum() / counts.sum()
    others = values[values > lowest]
    if (lowest == -1 and len(others) and others.min() >= 0) or (
        lowest == 0 and share >= SUSPICIOUS and others.min() >= 1
    ):
        what = f'{lowest:g} is in {share:.0%} of the rows; if it means "not rated", put "not_rated": [{lowest:g}]'
        report.note(file, "rating", f"{what} into {FILE}")
