"""Read tables whose cells are in single quotes, as database programs write them, with double quotes instead."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from recsys.data.tables.encoding import parts, text_of

NOTE = "cells in single quotes are read without them"
_MARKS = ",;\t|"
_QUOTED = r"'(?:[^']|'')*'"


def is_single(lines: Sequence[str]) -> bool:
    """Whether the cells of each of these first lines are in single quotes or numbers, and no line has double quotes.

    >>> is_single(["'id','title'", "'7','Emma, again'"]), is_single(["id,title", "7,'Tis Pity"])
    (True, False)
    """
    filled = [line.strip() for line in lines if line.strip()]
    if len(filled) < 2 or any('"' in line for line in filled):
        return False
    cell = rf"(?:{_QUOTED}|[+-]?[\d.]*|NULL)"
    forms = [re.compile(rf"{_QUOTED}(?:{re.escape(mark)}{cell})+") for mark in _MARKS]
    return any(all(map(form.fullmatch, filled)) for form in forms)


def requoted(text: str) -> str:
    r"""A text whose cells are in single quotes, with double quotes.

    >>> requoted("'7','Emma''s, again'\\n'8',9\\n")
    '"7","Emma\'s, again"\\n"8",9\\n'
    """
    return re.sub(_QUOTED, lambda found: '"' + found[0][1:-1].replace("''", "'") + '"', text)


def open_requoted(text: io.TextIOWrapper) -> io.TextIOWrapper:
    """An open text with double quotes for single ones."""
    rest: Iterator[bytes] = (requoted(part).encode("utf-8") for part in parts(text))
    return text_of(rest, text.close, "strict")
