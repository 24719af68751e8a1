"""Read a column of dates of an export; the whole column tells whether the day or the month comes first."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from recsys.data.tables.date_parts import full_year
from recsys.imports import cells

_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?!\d)", re.ASCII)


def days(texts: Sequence[str]) -> tuple[list[str], str]:
    """Return the dates as `YYYY-MM-DD`, with "" for a text that is not a date, and a note, "" if all dates can be used.

    >>> days(["05/03/2024", "20/03/2024", "2024-04-01", "soon"])
    (['2024-03-05', '2024-03-20', '2024-04-01', ''], '')
    >>> days(["05/03/2024"])
    ([''], "Dates such as '05/03/2024' may have the day or the month first, so they are not used.")
    """
    found = [cells.date(text) for text in texts]
    written = {at: one for at, text in enumerate(texts) if not found[at] and (one := _NUMBERS.match(text.strip()))}
    if not written:
        return found, ""
    first, second = (max(int(one[place]) for one in written.values()) for place in (1, 3))
    dotted = all(one[2] == "." for one in written.values())
    is_day_first = dotted or first > 12
    if not dotted and (first > 12) == (second > 12):
        example = next(iter(written.values()))[0]
        what = "may have the day or the month first" if first <= 12 else "do not all have the day first"
        return found, f"Dates such as {example!r} {what}, so they are not used."
    for at, one in written.items():
        day, month = (int(one[1]), int(one[3])) if is_day_first else (int(one[3]), int(one[1]))
        found[at] = _iso(full_year(int(one[4]), len(one[4])), month, day)
    return found, ""


def _iso(year: int, month: int, day: int) -> str:
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:  # such as the 31st of February
        return ""
