"""Map the columns of two tables to standard names: as stated by the owner, by their names, or by their contents."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recsys.catalogue.sources.tables.doubts import are_recent, unlike
from recsys.catalogue.sources.tables.headings import SAID, headings
from recsys.catalogue.sources.tables.joining import are_titles, find_ids, may_be_titles
from recsys.catalogue.sources.tables.meaning import KNOWN, REQUIRED, guess
from recsys.catalogue.sources.tables.rating_values import verdicts, without_labels
from recsys.catalogue.sources.tables.report import FILE, Report, joined
from recsys.catalogue.sources.tables.wide import why_wide
from recsys.catalogue.sources.tables.words import folded
from recsys.data.tables import dates, numbers
from recsys.data.tables.cells import is_missing
from recsys.data.tables.table import Table
from recsys.errors import LONGEST, listing

LARGEST_RATING = 1000
_NO_RATING = re.compile(
    r"(?i:(?:^|[_ -])(?:id|ids|no|nr|number|code|sku|isbn|price|preis|prix|year|date|time|zip|lat|lon|latitude"
    r"|longitude)$)"
    r"|[a-z](?:ID|Id|No|Nr|Price|Code)$|id$"
)
"""Names of columns that have no ratings, though they have numbers."""


@dataclass(frozen=True)
class Columns:
    """All rows of a table in memory, by column."""

    table: Table
    lines: Sequence[int]
    texts: Mapping[str, list[str]]

    @classmethod
    def of(cls, table: Table, report: Report) -> Columns:
        """Read a whole table; add rows that cannot be read to the report.

        Rows that repeat the names of the columns, and lines drawn below them, are left out.
        """
        lines: list[int] = []
        texts: dict[str, list[str]] = {name: [] for name in table.names}
        for block in table.rows(lambda line, what: report.add(table.name, line, "", what)):
            lines.extend(block.lines)
            for name, cells in zip(table.names, block.columns, strict=True):
                texts[name] += cells
        if drawn := headings(table, texts):
            at = f"line {lines[drawn[0]]}" + (f" and {len(drawn) - 1:,} more" if len(drawn) > 1 else "")
            report.note(table.name, "", f"{at} {SAID}, and is left out")
            left = sorted(set(range(len(lines))) - set(drawn))
            lines = [lines[row] for row in left]
            texts = {name: [cells[row] for row in left] for name, cells in texts.items()}
        return cls(table, lines, texts)


def decide(
    items: Columns, ratings: Table, stated: Mapping[str, Mapping[str, str]], report: Report
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the owner's names of the columns of both tables, by standard name.

    A required column that is missing, two columns with one name, or a column for each item or user make the report
    fatal.
    """
    usable = True
    for name, table in (("items", items.table), ("ratings", ratings)):
        usable &= _check(name, table, stated.get(name, {}), report)
    if not usable:
        return {}, {}
    if not stated.get("ratings") and (why := why_wide(ratings, items.texts)):
        report.add_fatal(ratings.name, 1, "", why)
        return {}, {}
    of_items = dict(stated.get("items", {}))
    of_ratings = dict(stated.get("ratings", {}))
    find_ids(items.texts, ratings, of_items, of_ratings)
    if items.table.numbered:
        of_items = _items_by_content(items, of_items)
    if ratings.numbered:
        of_ratings = _ratings_by_content(ratings, of_ratings)
    if (one := of_items.get("item_id")) and "title" not in of_items and are_titles(one, items.texts):
        of_items["title"] = one
    doubtful = {"items": unlike("items", items.texts), "ratings": unlike("ratings", _sample(ratings))}
    of_items = guess("items", items.table.names, of_items, doubtful["items"])
    of_ratings = guess("ratings", ratings.names, of_ratings, doubtful["ratings"])
    # One column may be both id and title: titles without ids, or ids that are names.
    if "title" in of_items:
        of_items = {"item_id": of_items["title"]} | of_items
    elif (one := of_items.get("item_id")) and may_be_titles(one, items.texts):
        of_items = {"item_id": one, "title": one} | of_items
    for name, table, found in (("items", items.table, of_items), ("ratings", ratings, of_ratings)):
        if missing := [column for column in REQUIRED[name] if column not in found]:
            other, its = ("ratings", ratings) if name == "items" else ("items", items.table)
            is_rated = bool({"rating", "timestamp"} & found.keys()) and name == "ratings"
            what = "" if is_rated else _mistaken(other, table, its)
            what = what or _missing(name, table, found, missing, report.described)
            report.add_fatal(table.name, 1, missing[0], what)
        else:
            _say(name, table, found, stated.get(name, {}), report)
    return of_items, of_ratings


def _check(name: str, table: Table, stated: Mapping[str, str], report: Report) -> bool:
    """Whether the names of a table and the owner's statements about them can be used."""
    repeated = next((one for place, one in enumerate(table.names) if one and one in table.names[:place]), None)
    if repeated is not None:
        report.add_fatal(table.name, 1, repeated, "two columns have this name; rename one")
        return False
    unknown = [theirs for ours, theirs in stated.items() if ours in KNOWN[name] and theirs not in table.names]
    if unknown:
        what = f"the column is missing; there are {listing(table.names)}. {FILE} names it"
        report.add_fatal(table.name, 1, unknown[0], what)
    return not unknown


def _mistaken(other: str, table: Table, its: Table) -> str:
    """Why a table without a required column is the other one, "" if it does not seem to be."""
    if any(column not in guess(other, table.names, {}) for column in REQUIRED[other]):
        return ""
    if table.names == its.names:
        return f"the column is missing; {its.name} has the same columns, and this seems to be a copy of it"
    return f"the column is missing; this seems to be the table of {other}; check the names of the two files"


def _missing(name: str, table: Table, found: Mapping[str, str], missing: Sequence[str], described: bool) -> str:
    needed = ", ".join(REQUIRED[name])
    free = [column for column in table.names if column and column not in found.values()]
    free.sort(key=lambda column: _is_row_number(column, missing[0]))
    what = f"the column is missing; there are {listing(table.names)}; needed: {needed}. "
    if len(free) < len(missing) or max(map(len, table.names)) > LONGEST:
        return what + "Add it to the table"
    if not described:
        return f"{what}If {free[0]} is this column, call it {missing[0]}"
    lines = {"columns": {name: dict(found) | dict(zip(missing, free, strict=False))}}
    lines = json.dumps(lines, ensure_ascii=False)
    return f"{what}If {free[0]} is this column, put into {FILE} (numbers of columns if they have no names): {lines}"


def _is_row_number(column: str, standard: str) -> bool:
    """Whether a column with this name seems to number the rows, and not the users."""
    return standard == "user_id" and bool(re.fullmatch(r"id|pk|(?:rating|review|vote|event|row)id", folded(column)))


def _say(name: str, table: Table, found: Mapping[str, str], stated: Mapping[str, str], report: Report) -> None:
    """Add to the report which columns were guessed."""
    report.names |= {(table.name, ours): theirs for ours, theirs in found.items() if ours != theirs}
    unused = [column for column in table.names if column and column not in found.values()]
    if name == "ratings" and unused:
        verb = "is" if len(unused) == 1 else "are"
        report.note(
            table.name, "", f"{joined(unused)} {verb} not used{_may_be(table, unused, found, report.described)}"
        )
    guessed = {ours: theirs for ours, theirs in found.items() if ours not in stated and ours != theirs}
    if not guessed:
        return
    if table.numbered:
        report.note(table.name, "", "the first line seems to be data; the columns are chosen by their contents")
    pairs = joined(f"{theirs} as {ours}" for ours, theirs in guessed.items())
    report.note(table.name, "", f"read {pairs}")
    values = {ours: table.names.index(theirs) + 1 if table.numbered else theirs for ours, theirs in found.items()}
    report.set_option("columns", name, value=values)


def _may_be(table: Table, unused: Sequence[str], found: Mapping[str, str], described: bool) -> str:
    """What to do if an unused column is the rating or the time, which was not found."""
    sample = {name: [cell for cell in cells if not is_missing(cell)] for name, cells in _sample(table).items()}
    times = [one for one in unused if sample.get(one) and are_recent(dates.read(sample[one]).seconds)]
    times = [one for one in times if not re.search(r"(?i)year$", one)]
    values = [one for one in unused if one not in times and not _NO_RATING.search(one)]
    numeric = [one for one in values if sample.get(one) and _are_numbers(sample[one])]
    verbal = [one for one in values if sample.get(one) and verdicts(sample[one])]
    remedies = []
    for standard, what, fitting in (("rating", "rating", numeric or verbal), ("timestamp", "time", times)):
        if standard in found or not fitting or max(map(len, fitting)) > LONGEST:
            continue
        line = json.dumps({"columns": {"ratings": {standard: fitting[0]}}}, ensure_ascii=False)
        remedy = f"put into {FILE}: {line}" if described else f"call it {standard}"
        remedies.append(f"; if {fitting[0]} is the {what}, {remedy}")
    return "".join(remedies)


def _items_by_content(items: Columns, found: dict[str, str]) -> dict[str, str]:
    """Guess the columns of a table of items without names: ids first, then titles; years and URLs by their form."""
    free = [name for name in items.table.names if name not in found.values()]
    texts = {name: [cell.strip() for cell in items.texts[name] if not is_missing(cell.strip())] for name in free}
    if "item_id" not in found and free:
        found["item_id"] = free.pop(0)
    words = [name for name in free if not _share_of_numbers(texts[name]) > 0.5]
    if "title" not in found and (words or free):
        found["title"] = (words or free)[0]
        free.remove(found["title"])
    for name in free:
        cells = texts[name]
        if not cells:
            continue
        if "url" not in found and all(cell.startswith(("http://", "https://")) for cell in cells):
            found["url"] = name
        elif "year" not in found and all(
            len(cell) == 4 and cell.isdecimal() and "1000" < cell < "2101" for cell in cells
        ):
            found["year"] = name
        elif "genres" not in found and any("|" in cell for cell in cells):
            found["genres"] = name
    return found


def _may_be_ratings(cells: Sequence[str], values: np.ndarray) -> bool:
    """Whether a column without a name may have ratings; places on the earth have many decimals."""
    if not np.isfinite(values).all() or np.abs(values).max() > LARGEST_RATING or values.max() <= 0:
        return False
    return not all(re.search(r"[.,]\d{5}", cell) for cell in cells)


def _ratings_by_content(table: Table, found: dict[str, str]) -> dict[str, str]:
    """Guess the columns of a table of ratings without names: users, items, then ratings and times by their form."""
    free = [name for name in table.names if name not in found.values()]
    for standard in ("user_id", "item_id"):
        if standard not in found and free:
            found[standard] = free.pop(0)
    columns = _sample(table)
    for name in free:
        cells = [cell for cell in columns.get(name, ()) if not is_missing(cell)]
        if not cells:
            continue
        values = numbers.read(cells).values
        if "rating" not in found and _may_be_ratings(cells, values):
            found["rating"] = name
        elif "timestamp" not in found and are_recent(dates.read(cells).seconds):
            found["timestamp"] = name
    return found


def _sample(table: Table) -> dict[str, tuple[str, ...]]:
    """The first cells of each column; empty for a table without rows."""
    rows = [row for row in table.sample if len(row) == len(table.names)]
    return dict(zip(table.names, zip(*rows, strict=True), strict=False))


def _are_numbers(cells: Sequence[str]) -> bool:
    return bool(np.isfinite(numbers.read(without_labels(cells, [False] * len(cells))).values).all())


def _share_of_numbers(cells: Sequence[str]) -> float:
    return float(np.isfinite(numbers.read(list(cells)).values).mean()) if cells else 1.0
