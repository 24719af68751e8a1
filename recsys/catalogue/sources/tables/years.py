"""Read the year in a cell."""

from __future__ import annotations

import re
from datetime import date

from recsys.data.tables.date_parts import Written, full_year, take_apart

FIRST_YEAR, LAST_YEAR = -5000, 2100
AHEAD = 3
"""Years ahead in which things are announced, of years of two digits."""
_YEAR_IN_TEXT = re.compile(r"(?<![\d.,])(1\d{3}|20\d{2}|2100)(?!\d)", re.ASCII)


def year(text: str) -> int | None:
    """Return the year in a cell: a number, a date, or the first year in a text; None if there is no year.

    >>> year("1999.0"), year("1,999"), year("12-Jan-95"), year("Apr 3, 1998 to Apr 24, 1999"), year("19th c.")
    (1999, 1999, 1995, 1998, None)
    >>> year("10/15/99"), year("3/1/05"), year("31-12-45"), year("99-12-31"), year("05-03-10")
    (1999, 2005, 1945, 1999, None)
    """
    text = text.strip()
    if found := re.fullmatch(r"([+-]?\d{1,4})(?:\.0*)?", text):
        number = int(found[1])
        return number if number and FIRST_YEAR <= number <= LAST_YEAR else None
    if found := re.fullmatch(r"([12])[,. '](\d{3})", text):
        return int(found[1] + found[2])
    if found := _YEAR_IN_TEXT.search(text):
        return int(found[1])
    written = take_apart(text)
    if written is None:
        return None
    return _in_the_past(written.parts[0]) or None if written.fixed else _of_three(written)


def _of_three(written: Written) -> int | None:
    """The year of a date in three numbers: the one of four digits, else the last as in `3/1/05`, or 99 in `99-12-31`.

    Two digits before and after a hyphen, as in `05-03-10`, may be a year or a day.
    """
    first, _, last = written.parts
    if max(first, last) > 99:
        return max(first, last)
    if written.separator == "-" and (first > 31) == (last > 31):
        return None
    return _in_the_past(full_year(first if first > 31 else last, 2))


def _in_the_past(found: int) -> int:
    """A year of two digits in the last century if it would be ahead in this one."""
    return found - 100 if found > date.today().year + AHEAD else found
