"""Recognize a ratings table that has a column for each item or for each user instead of a row for each rating."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from recsys.catalogue.sources.tables.meaning import KNOWN, candidates
from recsys.data.tables import ids, numbers
from recsys.data.tables.table import Table

FEWEST = 2  # columns of items or users
MATRIX = 8  # fewest columns of a matrix of ratings without names
MOST = 100  # largest rating in such a column
_IS_ID = re.compile(r"\w*(?:[a-z]I[dD]|[ _]id)|id", re.ASCII)
SHARE = 0.5  # lowest share of the columns, or of the cells of one, that must be items


def why_wide(table: Table, items: Mapping[str, Sequence[str]]) -> str:
    """Return why a table does not have one row for each rating, and the next step; "" if it may have.

    Args:
        table: the table of ratings.
        items: the cells of each column of the table of items.
    """
    first, *rows = ([table.names, *table.sample] if table.has_names else table.sample) or [[]]
    known = [{ids.loose(ids.clean(cell)) for cell in cells} - {""} for cells in items.values()]
    free = [name for name in first if not any(candidates("ratings", one, [name]) for one in KNOWN["ratings"])]
    others = [name for name in first if name not in free]
    of_items = _items_among(free, known)
    named = table.has_names or any(not _is_number(name) for name in first if name not in of_items)
    if named and len(of_items) >= max(FEWEST, SHARE * len(first)):
        return _advice("item", of_items, [name for name in first if name not in of_items])
    columns = dict(zip(first, zip(*[row for row in rows if len(row) == len(first)], strict=True), strict=False))
    if not table.has_names and _is_matrix([row for row in table.sample if len(row) == len(first)]):
        return _advice("item", list(table.names)[1:], list(table.names)[:1])
    one_each = [name for name, cells in columns.items() if len(set(cells)) == len(cells) and not _is_rating(*cells)]
    of_rows = [
        name for name in (*others, *one_each) if len(_items_among(columns.get(name, ()), known)) > SHARE * len(rows)
    ]
    users = [name for name in free if name not in of_rows]
    if any(map(_IS_ID.fullmatch, users)):
        return ""  # a table of baskets, with a column such as order_id
    is_wide = bool(of_rows) and set(others) <= set(of_rows) and len(users) > FEWEST
    if is_wide and all(_is_rating(*columns.get(name, ())) for name in users):
        return _advice("user", users, list(dict.fromkeys(of_rows)))
    return ""


def _items_among(cells: Sequence[str], known: Sequence[Collection[str]]) -> list[str]:
    """The cells that one column of the items has, for the column that has most of them."""
    found = [[cell for cell in cells if ids.loose(ids.clean(cell)) in column] for column in known]
    return max(found, key=len, default=[])


def _is_number(*cells: str) -> bool:
    """Whether all cells that are not empty are numbers, and there are some."""
    filled = [cell for cell in cells if cell.strip()]
    return bool(filled) and bool(np.isfinite(numbers.read(filled).values).all())


def _is_rating(*cells: str) -> bool:
    """Whether all cells that are not empty are numbers up to `MOST`."""
    filled = [cell for cell in cells if cell.strip()]
    return _is_number(*filled) and bool(np.abs(numbers.read(filled).values).max() <= MOST)


def _is_matrix(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all columns have ratings, and most of them such that are no whole numbers, as ids are."""
    columns = list(zip(*rows, strict=True))
    if len(columns) < MATRIX:
        return False
    fractions = sum(any("." in cell for cell in cells) for cells in columns)
    return 2 * fractions > len(columns) and all(_is_rating(*cells) for cells in columns)


def _advice(what: str, names: Sequence[str], others: Sequence[str]) -> str:
    shown = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
    rest = ", ".join(repr(name or "Unnamed: 0") for name in others)  # pandas's name for a column without one
    return (
        f"there is a column for each {what} ({shown}); give one row for each rating, with the columns user_id, item_id "
        f"and rating. pandas does that: table.melt([{rest}], var_name='{what}_id', value_name='rating').dropna()"
    )
