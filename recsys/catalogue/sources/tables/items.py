"""Convert the rows of a table to items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from recsys.catalogue.sources.tables.columns import Columns
from recsys.catalogue.sources.tables.facets import useless
from recsys.catalogue.sources.tables.meaning import facet
from recsys.catalogue.sources.tables.options import Options
from recsys.catalogue.sources.tables.report import Report, joined, shown
from recsys.catalogue.sources.tables.several import say_split
from recsys.catalogue.sources.tables.years import year
from recsys.data.tables import cells, ids

FIELDS = {"text": "overview", "director": "director", "language": "language", "image": "image", "url": "url"}
"""Fields with a single value, by the standard name of their column."""
LISTS = ("genres", "keywords", "cast", "alternatives")
LONGEST_ID = 200
LONGEST_TITLE = 500
FOUR_DIGITS = 1000
"""First year of four digits."""
PLACEHOLDER = 3
"""Fewest items with one picture URL for it to be a placeholder, if they are also PLACEHOLDER_SHARE of all items."""
PLACEHOLDER_SHARE = 0.02


def read_items(columns: Columns, named: Mapping[str, str], options: Options, report: Report) -> list[dict]:
    """Convert every usable row to an item; add the other rows to the report.

    Args:
        named: the owner's names of the columns, by standard name.
    """
    file, texts = columns.table.name, columns.texts
    written = [ids.clean(cell) for cell in texts[named["item_id"]]]
    report.note_shortened(file, "item_id", written)
    changed = ids.as_written(written)
    if changed:
        before, after = next(iter(changed.items()))
        report.note(file, "item_id", f"ids are whole numbers written as decimals ({shown(before)} is read as {after})")
    item_ids = [changed.get(one, one) for one in written]
    titles = _titles([cells.one_line(cell) for cell in texts[named["title"]]], columns.lines, file, report)
    rows = _usable(columns, item_ids, titles, report)
    items = [{"item_id": item_ids[row], "title": titles[row], "facets": {}} for row in rows]
    lines = [columns.lines[row] for row in rows]
    for standard, name in named.items():
        column = [texts[name][row] for row in rows]
        if standard == "year":
            _years(items, column, lines, file, report)
        elif standard in LISTS:
            _lists(items, standard, name, column, options, file, report)
        elif standard in FIELDS:
            _fields(items, standard, column, lines, file, report)
    used = set(named.values())
    others = {name: [cells[row] for row in rows] for name, cells in texts.items() if name and name not in used}
    _facets(items, others, options, file, report)
    return items


def bad_id(value: str) -> str:
    """Return what is wrong with an id, or "" if it is valid."""
    if not value:
        return "the cell is empty; every row needs an id"
    return f"an id of more than {LONGEST_ID} letters; shorten it" if len(value) > LONGEST_ID else ""


def _titles(titles: list[str], lines: Sequence[int], file: str, report: Report) -> list[str]:
    """The titles; a text that is too long for one is cut."""
    long = [row for row, title in enumerate(titles) if len(title) > LONGEST_TITLE]
    if long:
        many = "1 title is" if len(long) == 1 else f"{len(long):,} titles are"
        report.note(file, "title", f"{many} cut to {LONGEST_TITLE} letters (line {lines[long[0]]})")
    return [title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rstrip()}…" for title in titles]


def _usable(columns: Columns, item_ids: Sequence[str], titles: Sequence[str], report: Report) -> list[int]:
    """The rows with a unique id and a title."""
    file, first, rows, same = columns.table.name, {}, [], 0
    for row, (item_id, title) in enumerate(zip(item_ids, titles, strict=True)):
        line = columns.lines[row]
        if wrong := bad_id(item_id):
            report.add(file, line, "item_id", wrong)
        elif not title:
            report.refused.add(item_id)
            report.add(file, line, "title", "has no title; add one", f"item {shown(item_id)}")
        elif title.casefold() in cells.ERRORS:
            report.refused.add(item_id)
            what = f"has the error {title} of a spreadsheet as its title; correct it"
            report.add(file, line, "title", what, f"item {shown(item_id)}")
        elif item_id in first:
            earlier = first[item_id]
            if all(column[row] == column[earlier] for column in columns.texts.values()):
                same += 1
                continue
            lead = f"{shown(item_id)} is in line {columns.lines[earlier]} too;"
            report.add(file, line, "item_id", "keep one of the rows of an item", lead)
        else:
            first[item_id] = row
            rows.append(row)
    if same:
        report.note(file, "", f"{same:,} duplicate {'row' if same == 1 else 'rows'} ignored")
    return rows


def _years(items: list[dict], column: list[str], lines: list[int], file: str, report: Report) -> None:
    """Set the years; two digits say no century, unless other years show that the items may be so old."""
    given = {line: cell.strip() for cell, line in zip(column, lines, strict=True) if not cells.is_missing(cell)}
    short = {line: cell for line, cell in given.items() if re.fullmatch(r"\d\d", cell)}
    found = {line: one for line, cell in given.items() if (one := year(cell)) is not None}
    if all(one >= FOUR_DIGITS for line, one in found.items() if line not in short):
        report.note_empty_cells(file, "year", short, "a year without a century")
        found = {line: one for line, one in found.items() if line not in short}
        given = {line: cell for line, cell in given.items() if line not in short}
    for item, line in zip(items, lines, strict=True):
        if line in found:
            item["year"] = found[line]
    report.note_empty_cells(
        file, "year", {line: cell for line, cell in given.items() if line not in found}, "not a year"
    )


def _fields(items: list[dict], standard: str, column: list[str], lines: list[int], file: str, report: Report) -> None:
    lost, read = {}, cells.prose if standard == "text" else cells.joined
    values = ["" if cells.is_missing(cell) else read(cell) for cell in column]
    if standard in ("image", "url"):
        values = [f"https:{value}" if value.startswith("//") else value for value in values]
        for place, value in enumerate(values):
            if value and not value.lower().startswith(("https://", "http://")):
                lost[lines[place]], values[place] = value, ""
    report.note_empty_cells(file, standard, lost, "not a web address with https://")
    if standard == "image":
        values = _without_placeholders(values, file, report)
    for item, value in zip(items, values, strict=True):
        if value:
            item[FIELDS[standard]] = value


def _without_placeholders(values: list[str], file: str, report: Report) -> list[str]:
    counts = Counter(filter(None, values))
    shared = {one for one, count in counts.items() if count >= max(PLACEHOLDER, PLACEHOLDER_SHARE * len(values))}
    if shared:
        many = sum(counts[one] for one in shared)
        example = max(shared, key=lambda one: counts[one])
        report.note(file, "image", f"{many:,} items share a picture, which is left out ({shown(example)})")
    return ["" if value in shared else value for value in values]


def _lists(
    items: list[dict], standard: str, name: str, column: list[str], options: Options, file: str, report: Report
) -> None:
    splits_at_commas = standard != "alternatives"  # titles have commas
    found = cells.split(column, options.values.get(name, ""), commas=splits_at_commas)
    if name not in options.values:
        say_split(found, name, standard, file, report, says_unsplit=splits_at_commas)
    for item, values in zip(items, found.lists, strict=True):
        if values:
            item[standard] = values


def _facets(items: list[dict], columns: Mapping[str, list[str]], options: Options, file: str, report: Report) -> None:
    """Make facets of the other columns, except of those that are useless for comparing items."""
    reasons: dict[str, list[str]] = {}
    for name, column in columns.items():
        if name in options.ignore:
            continue
        found = cells.split(column, options.values.get(name, ""), commas=False)
        why = "" if name in options.keep else useless(column, found.lists)
        if why:
            reasons.setdefault(why, []).append(name)
            continue
        if name not in options.values:
            say_split(found, name, name, file, report)
        for item, values in zip(items, found.lists, strict=True):
            if values:
                item["facets"].setdefault(facet(name), []).extend(values)
    left_out = [name for names in reasons.values() for name in names]
    if left_out:
        explained = "; ".join(f"{joined(names)}: {why}" for why, names in reasons.items())
        report.note(file, "", f"columns that do not help to compare items are left out ({explained})")
        report.set_option("ignore", value=[*options.ignore, *left_out])
