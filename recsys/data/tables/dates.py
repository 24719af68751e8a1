"""Read a column of times and detect its format; one format is chosen for the whole column.

Numbers are seconds, milliseconds, microseconds or nanoseconds since 1970, the days of a spreadsheet, or dates without
separators. Dates such as 05/03/2024 are read day first or month first, whichever fits every cell; if both fit, the
column is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
import pandas as pd

from recsys.data.tables.date_orders import DAY_S, EPOCH_DAY, FEW, Times, in_order, in_words
from recsys.data.tables.date_parts import take_apart
from recsys.data.tables.numbers import plain

LATEST_S = 1e11
RECENT_S = 1e8
"""1973 in seconds: beside later times alone, 0 and -1 mean that the time is unknown."""
UNITS = ((1e17, 1e9, "nanoseconds"), (1e14, 1e6, "microseconds"), (1e11, 1e3, "milliseconds"))
"""For each unit: the lowest maximum of a column in it, units per second, and its name."""
OTHER_EPOCHS = (
    (1.2e17, 1.4e17, 1e7, -11_644_473_600, "steps of 100 nanoseconds since 1601"),
    (6.2e17, 6.6e17, 1e7, -62_135_596_800, "steps of 100 nanoseconds since the year 1"),
    (1.2e16, 1.4e16, 1e6, -11_644_473_600, "microseconds since 1601"),
)
"""Times of Windows, .NET and browsers: lowest and highest of a column, units per second, their zero, and their name."""
SERIALS = (20_000, 80_000)
"""Days since 1899-12-30, the form in which spreadsheets export dates: 1954 to 2119."""
_NUMBER = re.compile(r"[+-]?(?P<whole>\d+)(?:[.,](?P<fraction>\d+))?(?P<power>[eE]\+?\d{1,2})?", re.ASCII)
_DOT_NET = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/", re.ASCII)
"""Milliseconds as the JSON of .NET has them."""
_THOUSANDS = re.compile(r"\d{1,3}(?:([,.'’ \u00a0\u202f])\d{3})(?:\1\d{3})+", re.ASCII)
"""Seconds as spreadsheets show numbers."""
_SERIAL_0 = date(1899, 12, 30).toordinal() - EPOCH_DAY


def read(texts: Sequence[str], order: str = "") -> Times:
    """Read the texts of a column.

    Args:
        texts: the cells, or every distinct cell once.
        order: "day first", "month first" or "year first" if the owner has stated it.

    >>> times = read(["05/03/2024", "20/03/2024"])
    >>> times.seconds.tolist(), times.note
    ([1709596800.0, 1710892800.0], "dates are read day first ('20/03/2024' is 20 March 2024)")
    """
    cells = [plain(text) for text in texts]
    numbers = np.array([_number(cell) for cell in cells], dtype=np.float64)
    are_numbers = np.isfinite(numbers)
    if are_numbers.all():
        return from_numbers(numbers)
    seconds = np.full(len(cells), np.nan)
    left = np.flatnonzero(~are_numbers)
    column = pd.Series([cells[place] for place in left], dtype=object)
    iso = pd.to_datetime(column, format="ISO8601", utc=True, errors="coerce")
    known = iso.notna().to_numpy() & np.array([len(cells[place]) >= 8 and cells[place][4:5] == "-" for place in left])
    seconds[left[known]] = iso[known].to_numpy("datetime64[ms]").astype(np.int64) / 1000
    note = found_order = ""
    if not known.all():
        rest = left[~known]
        written = [take_apart(cells[place]) for place in rest]
        read = in_order([texts[int(place)] for place in rest], written, order)
        if read.refused:
            return read._replace(seconds=np.full(len(cells), np.nan))
        seconds[rest], found_order, note = read.seconds, read.order, read.note
    if not are_numbers.any():
        return Times(seconds, note, order=found_order)
    if not np.isfinite(seconds).any():
        return Times(*_with_numbers(seconds, numbers, from_numbers(numbers[are_numbers])))
    return _mixed(texts, seconds, numbers, note)


def from_numbers(values: np.ndarray) -> Times:
    """Read a column of numbers.

    >>> from_numbers(np.array([1709596800000.0])).seconds.tolist(), from_numbers(np.array([45356.0])).seconds.tolist()
    ([1709596800.0], [1709596800.0])
    """
    values = np.asarray(values, dtype=np.float64)
    nonzero = values[values != 0]
    if not nonzero.size:
        return Times(values)
    low, high = float(np.abs(nonzero).min()), float(np.abs(nonzero).max())
    for least, form, name in ((1e13, "%Y%m%d%H%M%S", "dates and times"), (1e11, "%Y%m%d%H%M", "dates and times")):
        if least <= low and high < 10 * 3 * least and (found := _calendar(nonzero, form)) is not None:
            return _with_note(values, found, f"numbers are {name} without separators", nonzero)
    for least, form in ((1e7, "%Y%m%d"), (1e5, "%Y%m")):
        if 1.8 * least <= low and high < 2.2 * least and (found := _calendar(nonzero, form)) is not None:
            return _with_note(values, found, "numbers are dates without separators", nonzero)
    if low >= 1e5 and high < 1e6 and (found := _calendar(nonzero, "%y%m%d")) is not None:
        return _with_note(values, found, "numbers are dates without separators, with years of two digits", nonzero)
    if low >= 1900 and high <= 2100 and (nonzero % 1 == 0).all():
        return _with_note(values, _calendar(nonzero, "%Y"), "numbers are years", nonzero)
    if SERIALS[0] <= low and high < SERIALS[1]:
        return _with_note(values, (nonzero + _SERIAL_0) * DAY_S, "numbers are the days of a spreadsheet", nonzero)
    for least, most, unit, zero, name in OTHER_EPOCHS:
        if least <= low and high < most:
            return _with_note(values, nonzero / unit + zero, f"numbers are {name}", nonzero)
    if (known := values > 0).any() and values[known].min() >= RECENT_S:
        values = np.where((values == 0) | (values == -1), np.nan, values)  # marks of an unknown time
    for least, unit, name in UNITS:
        if high >= least:
            # A valid time in seconds is not a valid time in a smaller unit, except in the first days of 1970.
            coarser = (np.abs(values) > 1e8) & (np.abs(values) < least)
            if coarser.sum() > FEW * len(values):
                some = float(values[coarser][0])
                refused = f"{high:.0f} is a time in {name} and {some:.0f} one in a larger unit"
                return Times(np.full(len(values), np.nan), refused=refused)
            seconds = np.where(coarser, np.nan, values / unit)
            return Times(_bounded(seconds), f"numbers are {name} since 1970")
    return Times(_bounded(values))


def _with_note(values: np.ndarray, found: np.ndarray | None, note: str, nonzero: np.ndarray) -> Times:
    """The times of the numbers; 0 means that the time is unknown."""
    assert found is not None
    seconds = np.full(len(values), np.nan)
    seconds[values != 0] = found
    return Times(seconds, f"{note} ({nonzero[0]:.15g} is {in_words(float(found[0]))})")


def _bounded(seconds: np.ndarray) -> np.ndarray:
    return np.where(np.abs(seconds) < LATEST_S, seconds, np.nan)


def _calendar(values: np.ndarray, form: str) -> np.ndarray | None:
    """Numbers such as 20240531 as dates; None if one of them is not a date or is not within the accepted years."""
    if (values % 1 != 0).any() or (values < 0).any():
        return None
    distinct, places = np.unique(values.astype(np.int64), return_inverse=True)
    read = pd.to_datetime(pd.Series(distinct.astype(str)), format=form, errors="coerce")
    years = read.dt.year
    if not (read.notna() & (years >= 1900) & (years <= 2100)).all():
        return None
    return (read.to_numpy("datetime64[s]").astype(np.int64).astype(np.float64))[places]


def _mixed(texts: Sequence[str], seconds: np.ndarray, numbers: np.ndarray, note: str) -> Times:
    """Read a column of dates and numbers; numbers are read only if all have one form and are clearly times."""
    values = numbers[np.isfinite(numbers)]
    forms: list[tuple[str, Callable[[np.ndarray], np.ndarray]]] = []
    if ((values >= 1e8) & (values < 1e11)).all():
        forms.append(("seconds since 1970", lambda read: read))
    if ((values >= 1e11) & (values < 1e14)).all():
        forms.append(("milliseconds since 1970", lambda read: read / 1000))
    if ((values >= SERIALS[0]) & (values < SERIALS[1])).all():
        forms.append(("the days of a spreadsheet", lambda read: (read + _SERIAL_0) * DAY_S))
    if forms:
        name, convert = forms[0]
        filled = np.where(np.isfinite(numbers), convert(numbers), seconds)
        return Times(filled, "; ".join(filter(None, [note, f"numbers among the dates are {name}"])))
    dated = int(np.isfinite(seconds).sum())
    if len(values) <= FEW * (dated + len(values)):
        return Times(seconds, note)
    number, text = int(np.isfinite(numbers).argmax()), int(np.isfinite(seconds).argmax())
    refused = f"{texts[number]!r} is a number and {texts[text]!r} a date"
    return Times(np.full(len(texts), np.nan), refused=refused)


def _with_numbers(seconds: np.ndarray, numbers: np.ndarray, found: Times) -> tuple[np.ndarray, str, str]:
    seconds = seconds.copy()
    seconds[np.isfinite(numbers)] = found.seconds
    return seconds, found.note, found.refused


def _number(text: str) -> float:
    """A text as a number with a decimal point or comma; NaN if it is not a number or may be a date: `12.05`."""
    if of_program := _DOT_NET.fullmatch(text):
        return float(of_program[1])
    if _THOUSANDS.fullmatch(text):
        text = re.sub(r"\D", "", text)
    found = _NUMBER.fullmatch(text)
    if not found or (len(found["whole"]) < 5 and (found["fraction"] or "0").strip("0") and not found["power"]):
        return np.nan
    return float(text.replace(",", "."))
