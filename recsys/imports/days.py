"""Read a column of dates of an export, as the dates of tables are read: the whole column tells their order."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from recsys.data.tables import dates
from recsys.imports import cells


def days(texts: Sequence[str]) -> tuple[list[str], str]:
    """Return the dates as `YYYY-MM-DD`, with "" for a text that is not a date, and a note, "" if all dates can be used.

    >>> days(["05/03/2024", "20/03/2024", "2024-04-01", "soon"])
    (['2024-03-05', '2024-03-20', '2024-04-01', ''], '')
    >>> days(["05/03/2024"])
    ([''], "'05/03/2024' can be 5 March 2024 or 3 May 2024, so dates in such a form are not used.")
    """
    found = [cells.date(text) for text in texts]
    others = [at for at, text in enumerate(texts) if text.strip() and not found[at]]
    if not others:
        return found, ""
    times = dates.read([texts[at] for at in others])
    if times.refused:
        return found, f"{times.refused}, so dates in such a form are not used."
    for at, seconds in zip(others, times.seconds.tolist(), strict=True):
        # Smaller numbers are no dates but an order.
        if seconds >= dates.RECENT_S:
            found[at] = datetime.datetime.fromtimestamp(seconds, datetime.UTC).date().isoformat()
    return found, ""
