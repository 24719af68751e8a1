"""Read the column of times of a table of ratings; a rating whose time is missing stays."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.rating_rows import Rows
from recsys.catalogue.sources.tables.report import FILE, shown
from recsys.data.tables import dates
from recsys.data.tables.cells import is_missing

_ZEROS = str.maketrans("", "", "0-/:. ")
"""What is left out of times such as 0000-00-00, of which nothing is left then."""
_TIME_OF_DAY = re.compile(r"(?:[01]?\d|2[0-3])[:.h][0-5]\d(?:[:.]\d\d(?:\.\d+)?)?(?: ?[ap]\.?m\.?)?", re.IGNORECASE)
DAY_S = 86_400
FIRST_YEAR, FIRST_S = 1901, -2_177_452_800
"""Earliest plausible year of a rating, and its beginning in seconds since 1970."""


def read_times(rows: Rows, options: Options, users: np.ndarray) -> dict[str, np.ndarray] | None:
    """The column of seconds since 1970, or none if most cells are empty; None if the column cannot be read.

    A row without a time gets the median time of its user, or of all rows if the user has no other.
    """
    assert rows.times is not None
    found, example = rows.times.read(options.dates)
    if found.refused:
        stated = " or ".join(f'"dates": "{order}"' for order in found.orders) if rows.report.described else ""
        choice = f", or put {stated} into {FILE}" if stated else ", such as 2024-05-31"
        rows.report.add_fatal(rows.file, 0, "timestamp", f"{found.refused}; write all in one form{choice}")
        return None
    if found.note:
        rows.report.note(rows.file, "timestamp", found.note)
    if found.order and not options.dates:
        rows.report.set_option("dates", value=found.order)
    places = np.flatnonzero(np.isnan(found.seconds) & rows.usable)
    if len(places):
        counts = Counter(example(int(place)).strip() for place in places)
        if why := _why_unused(counts, int(rows.usable.sum())):
            rows.report.note(rows.file, "timestamp", why)
            return {}
        misread = next((text for text in counts if _is_misread(text, options)), "")
        if misread or 2 * len(places) > rows.usable.sum():
            _refuse(rows, np.isnan(found.seconds), misread or next(iter(counts)), options)
        else:
            _say_lost(rows, places, example)
    _note_odd(rows, found.seconds, example)
    return {"timestamp": _with_medians(found.seconds, rows.usable, users).astype(np.int64)}


def _why_unused(lost: Mapping[str, int], rows: int) -> str:
    """Why the column is not used, judged by how often each text occurs that is no time; "" if it is used."""
    empty = sum(count for text, count in lost.items() if is_missing(text.translate(_ZEROS)))
    if 2 * empty > rows:
        return f"{empty:,} of {rows:,} cells are empty, so the times are not used"
    if sum(lost.values()) == rows and all(map(_TIME_OF_DAY.fullmatch, lost)):
        return "times of day without a date are not used"
    return ""


def _is_misread(text: str, options: Options) -> bool:
    """Whether a text is a date, but not in the order that the owner has stated."""
    return bool(options.dates) and dates.read([text]).order not in ("", options.dates)


def _refuse(rows: Rows, lost: np.ndarray, first: str, options: Options) -> None:
    what = "is not a time; give whole seconds since 1970 or a date such as 2024-05-31"
    if _is_misread(first, options):
        what = f"is not a date with the {options.dates}, as {FILE} states; correct one of them"
    elif lost[rows.usable].all():
        what += ", or leave out the column"
    rows.refuse("timestamp", lost, what, shown(first.strip()))


def _say_lost(rows: Rows, places: np.ndarray, example: Callable[[int], str]) -> None:
    many, get = ("1 cell is", "rating gets") if len(places) == 1 else (f"{len(places):,} cells are", "ratings get")
    what = f"{many} not a time {rows.examples(places, example)}"
    what += f"; the {get} the median time of the user, or of all users if the user has no other"
    rows.report.note(rows.file, "timestamp", what)


def _with_medians(seconds: np.ndarray, usable: np.ndarray, users: np.ndarray) -> np.ndarray:
    """The times, where missing the median of the user's other times, or of all."""
    known = pd.Series(np.where(usable, seconds, np.nan))
    lost = np.isnan(seconds)
    if not lost.any():
        return seconds
    medians = known.groupby(users).median().reindex(users[lost]).fillna(known.median()).fillna(0)
    filled = seconds.copy()
    filled[lost] = medians.to_numpy()
    return filled


def _note_odd(rows: Rows, seconds: np.ndarray, example: Callable[[int], str]) -> None:
    """Note times in the future and before 1901, such as the zero of a spreadsheet; they are used as written."""
    future = seconds > time.time() + DAY_S
    for odd, when in ((future, "in the future"), (seconds < FIRST_S, f"before {FIRST_YEAR}")):
        places = np.flatnonzero(odd & rows.usable)
        if not len(places):
            continue
        many = "1 time is" if len(places) == 1 else f"{len(places):,} times are"
        rows.report.note(
            rows.file, "timestamp", f"{many} {when} {rows.examples(places, example)}; correct the year if it is wrong"
        )
