"""Split the lines of a list that a person wrote: the marks of a list, the title, and a rating after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_MARK = re.compile(r"(?:[-*•–+]|\[[ xX]?\]|\d{1,3}[.)]|[☐☑☒✓✔✅✗✘❌⬜]\ufe0f?)\s+")
_OPEN = re.compile(r"\[ ?\]|[☐✗✘❌⬜]")
_RATED = re.compile(r"(.*?\S)\s*(?:\s[-–—|]\s+|[:,]\s+|\s)\(?(\d{1,2}(?:[.,]\d)?/(?:5|10)|[★⭐]+½?☆*)\)?")
_HEADING = re.compile(r"#{1,6}\s")
_LINK = re.compile(r"\[([^\]]+)\]\(\S*\)")
_BOLD = re.compile(r"(\*\*|__|~~)(.+?)\1")
LONGEST_LINE = 500
"""Most characters of a line in which marks are looked for; no title is longer, and the patterns would take long."""
MARKS = 2
"""Most marks before a title, such as `- [x] `."""


class Line(NamedTuple):
    """A line of a list: its title, its rating or "", and whether it is a task that is not done."""

    title: str
    rating: str = ""
    is_open: bool = False


def parts(lines: Sequence[str]) -> list[Line]:
    """Return the parts of each line.

    Marks of a list are left out if all lines but headings have one; only ratings that state their scale are read.

    >>> [line[:2] for line in parts(["1. Heat (1995) - 9/10", "2. Fahrenheit 9/11", "3. **Her** ★★★★"])]
    [('Heat (1995)', '9/10'), ('Fahrenheit 9/11', ''), ('Her', '★★★★')]
    >>> [line.title for line in parts(["1. FC", "Alien"])]
    ['1. FC', 'Alien']
    >>> [line.is_open for line in parts(["- [ ] Heat", "- [x] Alien"])]
    [True, False]
    """
    lines = [line for line in lines if line]
    below = [line for line in lines if not _HEADING.match(line)]
    lines = below if all(map(_MARK.match, below)) else lines
    are_open = [False] * len(lines)
    for _ in range(MARKS):
        if len(lines) > 1 and all(map(_MARK.match, lines)):
            are_open = [before or bool(_OPEN.match(line)) for before, line in zip(are_open, lines, strict=True)]
            lines = [_MARK.sub("", line, count=1) for line in lines]
    return [Line(*_rated(line), is_open) for line, is_open in zip(lines, are_open, strict=True)]


def _rated(line: str) -> tuple[str, str]:
    if len(line) > LONGEST_LINE:
        return line, ""
    line = _BOLD.sub(r"\2", _LINK.sub(r"\1", line))
    found = _RATED.fullmatch(line)
    return (found[1], found[2]) if found else (line, "")
