"""Find columns whose cells show that they are not what their names suggest, such as counts in a column `stars`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from recsys.catalogue.sources.tables.meaning import KNOWN, YEAR_ITSELF, rank
from recsys.catalogue.sources.tables.years import year
from recsys.data.tables import dates, numbers
from recsys.data.tables.cells import is_missing

PEOPLE = ("director", "cast")
FIRST_YEAR = 1000
MOST = 0.5
"""Lowest share of times in a column of them."""
FIRST_RATING = 315_532_800
"""1980 in seconds since 1970."""
EXAMINED = 1000
"""Cells of a column that are examined."""


def unlike(table: str, columns: Mapping[str, Sequence[str]]) -> dict[str, set[str]]:
    """Return by standard name the columns of a table that have its name but cannot be it.

    >>> unlike("items", {"published": ["1", "0"], "stars": ["4.5", "3"], "year": ["7", "9"]})
    {'year': {'published'}, 'director': set(), 'cast': {'stars'}}
    """
    filled = {name: [cell for cell in cells[:EXAMINED] if not is_missing(cell)] for name, cells in columns.items()}
    filled = {name: cells for name, cells in filled.items() if cells}
    if table == "ratings":
        foreign = len(KNOWN[table]["timestamp"])  # such as "data", which is a date in Italian
        vague = {name for name in filled if (rank(table, "timestamp", name) or 0) >= foreign - 1}
        return {"timestamp": {name for name in vague if not _may_be_times(filled[name])}}
    named = [name for name in filled if (rank(table, "year", name) or 0) >= YEAR_ITSELF]
    found = {"year": {name for name in named if not any((year(cell) or 0) >= FIRST_YEAR for cell in filled[name])}}
    for standard in PEOPLE:
        fitting = [name for name in filled if rank(table, standard, name) is not None]
        found[standard] = {name for name in fitting if np.isfinite(numbers.read(filled[name]).values).all()}
    return found


def _may_be_times(cells: Sequence[str]) -> bool:
    found = dates.read(cells)
    return bool(found.refused and found.orders) or are_recent(found.seconds)


def are_recent(seconds: np.ndarray) -> bool:
    """Whether most cells of a column are times, and most of these after 1980; counts would be earlier times."""
    return bool(np.isfinite(seconds).mean() > MOST and np.nanmedian(seconds) >= FIRST_RATING)
