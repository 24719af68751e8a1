"""Find rows that are headings: names that are repeated or come in a second language, drawn lines, and types."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recsys.catalogue.sources.tables.meaning import KNOWN, rank
from recsys.data.tables.table import Table

SAID = "is a heading (names or types of the columns, or a drawn line)"
_DRAWN = re.compile(r"[:+]?[-=]{2,}[:+]?")
_TYPE = re.compile(
    r"(?:n?var)?char|str(?:ing)?|text|[iuf](?:8|16|32|64)|u?int(?:eger)?(?:8|16|32|64)?|bigint|smallint|long|float(?:32|64)?"
    r"|double(?: precision)?|number|numeric|decimal|real|dates?|datetime(?:64)?|timestamp|time|bool(?:ean)?|object"
    r"|category|factor|texte|texto|testo|zahl|ganzzahl|nombre|entier|número|entero|datum|fecha|uuid|token|token_seq|<?(?:chr|dbl|int|lgl|fct|date|dttm)>?",
    re.IGNORECASE,
)


def headings(table: Table, texts: Mapping[str, Sequence[str]]) -> list[int]:
    """Return the rows of a table that name its columns or their types, or draw lines below the names.

    Args:
        texts: the cells of each column.
    """
    if len(texts) < 2 or table.numbered or len(texts) < len(table.names):
        return []
    names = [name.strip() for name in table.names]
    found = []
    for row, first in enumerate(texts[table.names[0]]):
        if row > 1 and first.strip("\ufeff \t") != names[0] and not _DRAWN.fullmatch(first.strip()):
            continue
        cells = [column[row].strip("\ufeff \t") for column in texts.values()]
        is_drawn = any(cells) and all(map(_DRAWN.fullmatch, filter(None, cells)))
        if cells == names or is_drawn or (row == len(found) and is_second_heading(cells)):
            found.append(row)
    return found


def is_second_heading(cells: Sequence[str]) -> bool:
    """Whether the cells of a first row name columns in another language, or the types of the columns.

    >>> is_second_heading(["item_id", "title", "year"]), is_second_heading(["varchar(20)", "text", ""])
    (True, True)
    >>> is_second_heading(["7", "Title"]), is_second_heading(["a1", "Text"])
    (False, False)
    """
    filled = [cell for cell in cells if cell]
    if len(filled) < 2:
        return False
    if all(_TYPE.fullmatch(re.sub(r"\([\d, ]*\)$", "", cell).rstrip()) for cell in filled):
        return True
    fitting = [
        {(table, one) for table in KNOWN for one in KNOWN[table] if rank(table, one, cell) is not None}
        for cell in filled
    ]
    known = set.union(*fitting)
    return all(fitting) and any(
        {(table, "item_id"), (table, other)} <= known for table, other in (("items", "title"), ("ratings", "user_id"))
    )
