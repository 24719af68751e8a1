"""Find the columns with the ids of the items in both tables: by their names, or by the ids that they have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from recsys.catalogue.sources.tables.meaning import AS_THING, candidates, folded, rank
from recsys.catalogue.sources.tables.words import PRODUCTS
from recsys.data.tables import ids
from recsys.data.tables.table import Table

Form = Callable[[str], str]
"""The form in which ids are compared."""
SHARED = 0.5
"""Lowest share of the ids of some ratings that a column of items must contain to be their column of ids."""
NEARLY_ALL = 0.9
"""The same for columns whose names do not say that they are ids."""
_CODE = re.compile(r"\S*\d\S*|[a-z_-]+")
"""A cell that is more likely an id than a title: a word with a digit, or one in lower case."""


def find_ids(
    items: Mapping[str, Sequence[str]], ratings: Table, of_items: dict[str, str], of_ratings: dict[str, str]
) -> None:
    """Add the columns of item ids to the known columns of both tables.

    If names leave a choice, it is the pair with the most ids in common; if no name fits, a column of the items without
    repetitions that has nearly all cells of a column of the ratings.

    Args:
        items: the cells of each column of the table of items.
    """
    if "item_id" in of_items and "item_id" in of_ratings:
        return
    ours, theirs = list(items), ratings.names
    if "item_id" in ours and "item_id" in theirs:
        return
    if "item_id" not in of_items and "item_id" not in of_ratings:
        first = [candidates(table, "item_id", names)[:1] for table, names in (("items", ours), ("ratings", theirs))]
        # Prefer a name that both tables have, except `id`: it may number the rows of each table.
        if all(first) and folded(first[0][0]) == folded(first[1][0]) != "id":
            of_items["item_id"], of_ratings["item_id"] = first[0][0], first[1][0]
            return
    found = None
    for form in (ids.loose, ids.bare):
        pair = _by_names(items, ratings, of_items, of_ratings, form)
        if not ratings.numbered and (pair is None or pair[0] not in candidates("items", "item_id", ours)):
            pair = _by_contents(items, ratings, of_items, of_ratings, form) or pair
        found = found or pair
        if pair and (ratings.numbered or rank("items", "title", pair[0]) is None):
            found = pair
            break  # titles are the last resort
    if found is not None:
        of_items.setdefault("item_id", found[0])
        of_ratings.setdefault("item_id", found[1])


def are_titles(column: str, items: Mapping[str, Sequence[str]]) -> bool:
    """Whether the column of the ids has the titles too, though another one may be called a title: `title`, `artist`.

    >>> are_titles("title", {"title": ["Alpha"], "artist": ["X"]}), are_titles("item", {"item": ["P1"], "name": ["X"]})
    (True, False)
    """
    ranks = {name: place for name in items if (place := rank("items", "title", name)) is not None}
    others = [place for name, place in ranks.items() if name != column]
    if column not in ranks or not others or ranks[column] > min(others):
        return False
    # A description may be the title of an item, but not that of a title
    is_other_thing = min(others) <= AS_THING or ranks[column] < AS_THING
    return is_other_thing and not _are_codes(items[column])


def may_be_titles(column: str, items: Mapping[str, Sequence[str]]) -> bool:
    """Whether the column of the ids, of items without titles, has a name that titles may have."""
    is_product = folded(column) in PRODUCTS and not _are_codes(items[column])
    return is_product or rank("items", "title", column) is not None


def _are_codes(cells: Sequence[str]) -> bool:
    return 2 * sum(bool(_CODE.fullmatch(cell.strip())) for cell in cells) >= len(cells)


def _by_names(
    items: Mapping[str, Sequence[str]],
    ratings: Table,
    of_items: Mapping[str, str],
    of_ratings: Mapping[str, str],
    form: Form,
) -> tuple[str, str] | None:
    ours, theirs, taken = list(items), ratings.names, set(of_ratings.values())
    in_items = [of_items["item_id"]] if "item_id" in of_items else candidates("items", "item_id", ours)
    in_items += [name for name in candidates("items", "title", ours)[:1] if "item_id" not in of_items]
    in_ratings = [of_ratings["item_id"]] if "item_id" in of_ratings else candidates("ratings", "item_id", theirs)
    in_items = list(dict.fromkeys(in_items)) or list(ours)
    in_ratings = [name for name in in_ratings or theirs if name not in taken] or list(theirs)
    if ratings.numbered and len(in_ratings) > 1:
        in_ratings[:2] = reversed(in_ratings[:2])  # users mostly come before items
    wanted = _wanted(ratings, in_ratings, form)
    best, pair = 0.0, None
    known = {mine: _ids(items[mine], form) for mine in in_items}
    # A column that repeats its cells, as the artists of songs, is used only if no other one fits.
    in_items.sort(key=lambda mine: mine not in of_items.values() and _repeats(items[mine], known[mine]))
    for mine in in_items:
        for name in in_ratings:
            share = len(wanted[name] & known[mine]) / max(len(wanted[name]), 1)
            # A later pair must be clearly better: many columns of numbers contain the numbers from 1 on.
            if share > best + 0.1:
                best, pair = share, (mine, name)
    return pair if best >= SHARED else None


def _by_contents(
    items: Mapping[str, Sequence[str]],
    ratings: Table,
    of_items: Mapping[str, str],
    of_ratings: Mapping[str, str],
    form: Form,
) -> tuple[str, str] | None:
    """A pair of columns of one name, else of two names whose ids are not just numbers, as other columns have them."""
    in_items = [of_items["item_id"]] if "item_id" in of_items else list(items)
    in_items.sort(key=lambda mine: rank("items", "title", mine) is not None)  # several items may have one title
    in_ratings = [of_ratings["item_id"]] if "item_id" in of_ratings else list(ratings.names)
    users = set(candidates("ratings", "user_id", ratings.names)[:1])
    taken = (set(of_ratings.values()) - set(in_ratings)) | (users if "item_id" not in of_ratings else set())
    wanted = _wanted(ratings, [name for name in in_ratings if name not in taken], form)
    known = {mine: _ids(items[mine], form) for mine in in_items}
    for same in (True, False):
        for mine in in_items:
            if len(known[mine]) < len(items[mine]):
                continue
            for name, cells in wanted.items():
                are_ids = folded(mine).endswith("id") and bool(candidates("ratings", "item_id", [name]))
                is_telling = same or are_ids or not any(map(str.isdecimal, cells))
                is_shared = bool(cells) and len(cells & known[mine]) >= NEARLY_ALL * len(cells)
                if is_telling and is_shared and (folded(mine) == folded(name)) == same:
                    return mine, name
    return None


def _wanted(ratings: Table, names: Iterable[str], form: Form) -> dict[str, set[str]]:
    """The ids in some columns of the first ratings."""
    width = len(ratings.names)
    rows = zip(*[row for row in ratings.sample if len(row) == width], strict=True)
    columns = dict(zip(ratings.names, rows, strict=False))
    return {name: _ids(columns.get(name, ()), form) for name in names}


def _repeats(cells: Sequence[str], distinct: set[str]) -> bool:
    return len(distinct) < NEARLY_ALL * sum(bool(cell.strip()) for cell in cells)


def _ids(cells: Iterable[str], form: Form) -> set[str]:
    return {form(ids.clean(cell)) for cell in cells} - {""}
