"""Read tables in which each whole line is in quotes, as a spreadsheet saves a table whose rows are in one column."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from recsys.data.tables.encoding import parts, text_of

NOTE = "each line is in quotes as a whole, and is read without them"
_LINE = re.compile(r'"((?:[^"]|"")*+)"\s*')


def is_quoted(lines: Sequence[str]) -> bool:
    """Whether each of these first lines of a text is in quotes and has several cells without them.

    >>> is_quoted(['"id,title,year"', '"7,""Emma, again"",2020"']), is_quoted(['"id","title"', '"7","Emma"'])
    (True, False)
    """
    filled = [line for line in lines if line.strip()]
    inner = [found[1].replace('""', '"') for line in filled if (found := _LINE.fullmatch(line))]
    if len(inner) < max(2, len(filled)):
        return False
    plain = [re.sub(r'"[^"]*"', "", line) for line in inner]
    mark = max(",;\t|", key=plain[0].count)
    return mark in plain[0] and len({line.count(mark) for line in plain}) == 1


def unquoted(text: str) -> str:
    r"""A text of whole lines without the quotes around each line.

    >>> unquoted('"id,title,year"\n"7,""Emma, again"",2020"\n')
    'id,title,year\n7,"Emma, again",2020\n'
    """
    lines = text.split("\n")
    found = [_LINE.fullmatch(line) for line in lines]
    return "\n".join(one[1].replace('""', '"') if one else line for one, line in zip(found, lines, strict=True))


def open_unquoted(text: io.TextIOWrapper) -> io.TextIOWrapper:
    """An open text without the quotes around each line."""
    rest: Iterator[bytes] = (unquoted(part).encode("utf-8") for part in parts(text))
    return text_of(rest, text.close, "strict")
