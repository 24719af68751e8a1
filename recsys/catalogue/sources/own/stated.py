"""Apply what the owner of tables has stated about their columns in description.json."""

from __future__ import annotations

import re
from dataclasses import replace

from recsys.catalogue.sources.own.description import Description
from recsys.catalogue.sources.own.folder import OwnFiles
from recsys.catalogue.sources.tables.finding import opened
from recsys.catalogue.sources.tables.meaning import REQUIRED, facet, guess
from recsys.catalogue.sources.tables.report import FILE, Report
from recsys.data.tables.table import Form, Table
from recsys.errors import listing

_NUMBER = re.compile(r"column ([1-9]\d{0,5})")


def open_stated(found: OwnFiles, name: str, form: Form, stated: dict[str, str]) -> Table:
    """Open the table `name` of which the owner has stated some columns.

    If columns are stated by number, the first line is a row, unless it has the names that the table needs; then the
    names take the place of the numbers in `stated`.

    Raises:
        BadData, SourceError, MissingExtra: the file cannot be read.
    """
    file = found.names[name]
    numbers = {ours: int(number[1]) for ours, theirs in stated.items() if (number := _NUMBER.fullmatch(theirs))}
    table = opened(found.files, file, form)
    if not numbers:
        return table
    if not table.has_names or not set(REQUIRED[name]) <= guess(name, table.names, {}).keys():
        return opened(found.files, file, replace(form, names=()))
    for ours, number in numbers.items():
        if number <= len(table.names):
            stated[ours] = table.names[number - 1]
    return table


def say_unknown(items: Table, words: Description, report: Report) -> None:
    """Note fields of the description that name columns which the items do not have."""
    options, known = words.options, {*items.names, *map(facet, items.names)}
    text_facet = [one] if (one := words.wording.get("text_facet")) else []
    fields = {"values": options.values, "ignore": options.ignore, "keep": options.keep, "text_facet": text_facet}
    for field, columns in fields.items():
        if unknown := [one for one in columns if one not in known]:
            what = f"{field} names {listing(map(repr, unknown), 5)}, and {items.name} has no such column"
            report.note(FILE, "", f"{what}; there are {listing(items.names)}")
