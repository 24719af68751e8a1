"""Open a table again if its first line is not understood: in the other table's encoding, or as a row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from recsys.catalogue.sources.own.folder import OwnFiles
from recsys.catalogue.sources.tables.finding import opened
from recsys.catalogue.sources.tables.meaning import guess
from recsys.data.tables import code_pages, latin_pages
from recsys.data.tables.encoding import note_on_page
from recsys.data.tables.table import Form, Table

CODE_PAGES = (*latin_pages.CODE_PAGES, *code_pages.COMMON, *code_pages.WITHOUT_CAPITALS)
_ID = re.compile(r"(?=.*[A-Za-z])(?=.*\d)[\w-]+", re.ASCII)
_NUMBERED = re.compile(r"(\D+)\d+", re.ASCII)


def reopen(found: OwnFiles, tables: dict[str, Table], form: Form, stated: Mapping[str, Mapping[str, str]]) -> None:
    """Replace tables whose columns are not recognized, if they are in another form.

    Args:
        tables: both tables by name.
        form: what the owner has stated about the files.
        stated: names of columns that the owner has stated, by table.
    """
    for name, other in (("items", "ratings"), ("ratings", "items")):
        theirs = stated.get(name, {})
        if not form.encoding:
            tables[name] = _in_other_encoding(found, name, tables[name], tables[other], form, theirs)
        table = tables[name]
        if table.has_names and not theirs and not guess(name, table.names, {}) and is_row(table.names, table.sample):
            # The encoding of the table stays the one that was found.
            page = table.encoding.page if table.encoding else ""
            again = opened(found.files, found.names[name], replace(form, encoding=form.encoding or page, names=()))
            tables[name] = replace(again, notes=table.notes, encoding=table.encoding)


def _in_other_encoding(
    found: OwnFiles, name: str, table: Table, other: Table, form: Form, stated: Mapping[str, str]
) -> Table:
    """The table in another code page, if more names of its columns make sense in it: the one of the other table first.

    A few letters in the names of columns do not suffice to detect an encoding.
    """
    if not table.encoding or not table.encoding.page or not _odd_names(name, table, stated):
        return table
    theirs = other.encoding.page if other.encoding else ""
    best, most = table, _understood(name, table, stated)
    for page in dict.fromkeys([theirs, *CODE_PAGES] if theirs else CODE_PAGES):
        again = opened(found.files, found.names[name], replace(form, encoding=page))
        if again.encoding is not None and (count := _understood(name, again, stated)) > most:
            encoding = again.encoding._replace(is_guess=True, page=page)
            best, most = replace(again, encoding=encoding, notes=[note_on_page(page), *again.notes]), count
    return best


def _odd_names(name: str, table: Table, stated: Mapping[str, str]) -> bool:
    """Whether a name of a column that is not known has letters that another code page may change."""
    known = {*guess(name, table.names, {}).values(), *stated.values()}
    return bool(_unknown(table, stated)) or any(not one.isascii() for one in table.names if one not in known)


def _understood(name: str, table: Table, stated: Mapping[str, str]) -> int:
    """How many names of columns are known or are those that the owner has stated."""
    return len(guess(name, table.names, {})) - len(_unknown(table, stated))


def _unknown(table: Table, stated: Mapping[str, str]) -> set[str]:
    return set(stated.values()) - set(table.names)


def is_row(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a first line without known names is a row: one of its cells is an id like all cells below it.

    >>> is_row(["p1", "Alpha"], [["p20", "Beta"]]), is_row(["B00X", "Alpha"], [["B0Y1", "Beta"]])
    (True, True)
    >>> is_row(["col1", "col2"], [["p1", "Alpha"]]), is_row(["code", "label"], [["p1", "Alpha"]])
    (False, False)
    """
    columns = zip(first, *[row for row in rows if len(row) == len(first)], strict=False)
    return bool(rows) and any(len(column) > 1 and _are_alike([cell.strip() for cell in column]) for column in columns)


def _are_alike(cells: Sequence[str]) -> bool:
    """Whether all cells are ids of letters and digits that begin with the same letters, or have the same form."""
    if not all(map(_ID.fullmatch, cells)):
        return False
    forms = {(len(cell), cell.upper() == cell, cell.lower() == cell) for cell in cells}
    beginnings = {found[1] if (found := _NUMBERED.fullmatch(cell)) else cell for cell in cells}
    return len(forms) == 1 or len(beginnings) == 1
