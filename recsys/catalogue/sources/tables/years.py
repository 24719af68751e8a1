"""Read the year in a cell."""

from __future__ import annotations

import re

from recsys.data.tables.date_parts import take_apart

FIRST_YEAR, LAST_YEAR = -5000, 2100
_YEAR_IN_TEXT = re.compile(r"(?<![\d.,])(1\d{3}|20\d{2}|2100)(?!\d)", re.ASCII)


def year(text: str) -> int | None:
    """Return the year in a cell: a number, a date, or the first year in a text; None if there is no year.

    >>> year("1999.0"), year("1,999"), year("12-Jan-95"), year("Apr 3, 1998 to Apr 24, 1999"), year("19th c.")
    (1999, 1999, 1995, 1998, None)
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
    place = max(written.parts)
    return (written.parts[0] or None) if written.fixed else (place if place > 31 else None)
