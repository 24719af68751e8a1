"""Make texts of other people safe to show: no control characters, no formulas of spreadsheets."""

from __future__ import annotations

import re

CONTROL = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f"
"""C0 and C1 control characters except tab and ends of lines, as part of a regular expression."""
DIRECTION = "\u202a-\u202e\u2066-\u2069"
"""Characters that reverse the text after them; the marks U+200E and U+200F are not among them."""
UNSEEN = re.compile(f"[{CONTROL}{DIRECTION}]")
_FORMULA = re.compile(r"[=+\-@\t\r]")
_GUARDED = re.compile(r"'(?=[=+\-@])")


def printable(text: str) -> str:
    """Return a text for a terminal or a log, with control characters and changes of direction shown as `\\\\x1b`.

    >>> printable("Heat\\x1b[31m"), printable("two\\nlines")
    ('Heat\\\\x1b[31m', 'two\\nlines')
    """
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def guarded(cell: str) -> str:
    """Return a cell of a CSV file that a spreadsheet does not run as a formula, with an apostrophe before it.

    >>> guarded("=1+1"), guarded("Heat")
    ("'=1+1", 'Heat')
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Return a cell without the apostrophe of `guarded`.

    >>> unguarded("'=1+1"), unguarded("'Salem's Lot")
    ('=1+1', "'Salem's Lot")
    """
    return _GUARDED.sub("", cell, count=1) if cell[:1] == "'" else cell
