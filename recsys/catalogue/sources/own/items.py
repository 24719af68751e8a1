"""The table of items of an own catalogue."""

from __future__ import annotations

from recsys.catalogue.sources.own.report import Report
from recsys.catalogue.sources.own.rows import Table, bad_id, named_rows

FIELD_OF = {
    "text": "overview",
    "overview": "overview",
    "description": "overview",
    "director": "director",
    "language": "language",
    "image": "image",
    "url": "url",
}
"""Fields with one value, by the name of their column."""
LISTS = ("genres", "keywords", "cast", "alternatives")
"""Columns with several values, separated by `|`."""


def read_items(table: Table, named: dict[str, str], report: Report) -> list[dict]:
    """Read the usable rows as items; the others go into the report.

    Args:
        named: the standard name of a column by the name that the table uses.
    """
    items: dict[str, dict] = {}
    lines: dict[str, int] = {}
    for line, row in named_rows(table, named, ("item_id", "title"), report):
        item_id, title = row.pop("item_id"), row.pop("title")
        item = {"item_id": item_id, "title": title, "facets": {}}
        column, wrong = "item_id", bad_id(item_id)
        if not wrong and not title:
            column, wrong = "title", f"item {item_id!r} has none; give it one"
        if not wrong and item_id in items:
            wrong = f"{item_id!r} is in line {lines[item_id]} too; keep one of them"
        if not wrong:
            column, wrong = _fill(item, row)
        if wrong:
            report.add(table.name, line, column, wrong)
            continue
        items[item_id], lines[item_id] = item, line
    return list(items.values())


def _fill(item: dict, row: dict[str, str]) -> tuple[str, str]:
    """Put a row's optional cells into an item; return the first bad column and what is wrong with it, or "", ""."""
    for column, cell in row.items():
        if not cell:
            continue
        if column == "year":
            try:
                item["year"] = int(float(cell))
            except (ValueError, OverflowError):
                return column, f"{cell!r} is not a year; give four digits or leave the cell empty"
        elif column in ("image", "url") and not cell.startswith(("https://", "http://")):
            return column, f"{cell[:80]!r} is not a web address; begin it with https:// or leave the cell empty"
        elif column in FIELD_OF:
            item[FIELD_OF[column]] = cell
        else:
            values = [part.strip() for part in cell.split("|") if part.strip()]
            (item if column in LISTS else item["facets"])[column] = values
    return "", ""
