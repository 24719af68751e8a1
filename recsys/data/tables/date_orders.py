"""Read dates such as 05/03/2024 in the one order of day, month and year that fits a whole column."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

import numpy as np

from recsys.data.tables.date_parts import Written, full_year

DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
ORDERS = {DAY_FIRST: (2, 1, 0), MONTH_FIRST: (2, 0, 1), YEAR_FIRST: (0, 1, 2)}
"""Places of year, month and day."""
FEW = 0.01
"""Largest share of cells in another format that are treated as mistakes instead of as a contradiction."""
DAY_S, YEAR_S = 86_400, 31_557_600
EPOCH_DAY = date(1970, 1, 1).toordinal()


class Times(NamedTuple):
    """A column of times.

    Attributes:
        seconds: (n,) float64 since 1970, NaN for a text that is not a time.
        note: what was detected about the format of the column, "" if it is unambiguous.
        refused: why the column cannot be read, "" if it can.
        order: the order of day and month that was found, "" if every date is unambiguous.
        orders: orders of day, month and year of which the owner has to state one so that the column can be read.
    """

    seconds: np.ndarray
    note: str = ""
    refused: str = ""
    order: str = ""
    orders: tuple[str, ...] = ()


def in_order(texts: Sequence[str], written: Sequence[Written | None], order: str) -> Times:
    """Read dates in the one order that fits them; they are refused if several do, or none."""
    orders = [order] if order else list(ORDERS)
    open_ones = [place for place, one in enumerate(written) if one is not None and not one.fixed]
    tried = {one: [_seconds(cell, one) for cell in written] for one in orders}

    def fitting(one: str) -> int:
        return sum(tried[one][place] is not None for place in open_ones)

    best = max(orders, key=fitting)
    # An order does not fit if it reads fewer dates than the best one, apart from a few mistakes.
    fit = [one for one in orders if fitting(one) >= fitting(best) and fitting(one)] or [best]
    misfits = len(open_ones) - fitting(best)
    usable = [place for place in open_ones if any(tried[one][place] is not None for one in orders)]
    if open_ones and len(usable) - fitting(best) > FEW * len(usable):
        bad = next(place for place in usable if tried[best][place] is None)
        good = next(place for place in usable if tried[best][place] is not None)
        refused = f"{texts[good]!r} and {texts[bad]!r} do not have day and month in one order"
        possible = tuple(one for one in orders if fitting(one))
        return Times(np.empty(0), refused=refused, orders=() if order else possible)
    different = next((place for place in open_ones if len({tried[one][place] for one in fit}) > 1), None)
    if different is not None:
        plausible = _plausible(fit, tried, written, open_ones)
        if len(plausible) > 1:
            days = dict.fromkeys(found for one in plausible if (found := tried[one][different]) is not None)
            choices = " or ".join(map(in_words, days))
            return Times(np.empty(0), refused=f"{texts[different]!r} can be {choices}", orders=tuple(plausible))
        fit = plausible
    note = found = ""
    if open_ones and misfits < len(open_ones):
        found = fit[0]
        place = _telling(tried[fit[0]], written, open_ones)
        note = f"dates are read {fit[0]} ({texts[place]!r} is {in_words(tried[fit[0]][place] or 0.0)})"
    seconds = np.array([np.nan if one is None else one for one in tried[fit[0]]], dtype=np.float64)
    return Times(seconds, note, order=found)


def _plausible(
    fit: Sequence[str],
    tried: Mapping[str, Sequence[float | None]],
    written: Sequence[Written | None],
    places: Sequence[int],
) -> list[str]:
    """The orders, of those that fit, in which people write such dates.

    Dates with dots have the day first. Years of two digits come first only if none of them is then years ahead, as in
    `31-12-23`.
    """
    if _dotted(written, places):
        return [one for one in fit if one == DAY_FIRST] or list(fit)
    years_first = [tried[YEAR_FIRST][place] for place in places] if YEAR_FIRST in fit else []
    is_ahead = max((one for one in years_first if one is not None), default=0.0) > time.time() + YEAR_S
    return [one for one in fit if one != YEAR_FIRST or not is_ahead] or list(fit)


def _dotted(written: Sequence[Written | None], places: Sequence[int]) -> bool:
    """Whether all dates are written with dots; such dates are always written day first."""
    return all(one is not None and one.separator == "." for one in (written[place] for place in places))


def _telling(seconds: Sequence[float | None], written: Sequence[Written | None], places: Sequence[int]) -> int:
    """Index of the first date that determines the order: one with a day above 12."""
    readable = [place for place in places if seconds[place] is not None]
    return next((p for p in readable if (one := written[p]) and max(one.parts[:2]) > 12), readable[0])


def _seconds(one: Written | None, order: str) -> float | None:
    if one is None:
        return None
    year, month, day = one.parts if one.fixed else (one.parts[place] for place in ORDERS[order])
    if not one.fixed:
        if order == YEAR_FIRST and (one.separator != "-" or one.parts[2] > 31):
            return None  # years of two digits come first only in dates with hyphens
        if order != YEAR_FIRST or year < 100:
            year = full_year(year, 4 if year >= 100 else 2)
    try:
        return (date(year, month, day).toordinal() - EPOCH_DAY) * DAY_S + one.seconds
    except ValueError:
        return None


def in_words(seconds: float) -> str:
    found = datetime.fromtimestamp(seconds, UTC)
    return f"{found.day} {found:%B} {found.year}"
