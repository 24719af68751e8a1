"""Remove quotes that begin a cell and are not closed, which would make one cell of all lines after them."""

from __future__ import annotations

import re


def without_open_quotes(text: str, delimiter: str) -> str:
    """The text of a table in which each cell that begins with a quote ends with one.

    A cell in quotes may span several lines if a separator or a line end follows its last quote, and if its row has no
    more cells than the first one. Any other line with an odd number of quotes is one row.

    >>> without_open_quotes('title,review\\nHeat,"Great\\nAlien,"Two\\nlines"', ",")
    'title,review\\nHeat,Great\\nAlien,"Two\\nlines"'
    """
    if '"' not in text:
        return text
    text = re.sub(r"\r\n?", "\n", text)
    cell = _cell(delimiter)
    place, width, kept = 0, 0, []
    while place <= len(text):
        end = text.find("\n", place) % (len(text) + 1)  # -1 is the end of the text
        if text.count('"', place, end) % 2:
            last, count = _row(text, place, cell, width)
        else:
            last, count = end, 0
        if last < 0:
            kept.append(_closed(text[place:end], delimiter, cell))
        else:
            kept.append(text[place:last])
        width = width or count or text.count(delimiter, place, end) + 1
        place = (end if last < 0 else last) + 1
    return "\n".join(kept)


def _cell(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    return re.compile(rf'"[^"]*+(?:""[^"]*+)*+" *+(?={mark}|\n|\Z)|(?! *")[^{mark}\n]*+')


def _row(text: str, place: int, cell: re.Pattern[str], width: int) -> tuple[int, int]:
    """The end of the row that begins at a place, and its number of cells; -1 if a quote is not closed.

    Args:
        width: most cells of a row, 0 for any number.
    """
    count = 0
    while found := cell.match(text, place):
        count += 1
        if width and count > width:
            break
        place = found.end() + 1
        if found.end() == len(text) or text[found.end()] == "\n":
            return found.end(), count
    return -1, 0


def _closed(line: str, delimiter: str, cell: re.Pattern[str]) -> str:
    """A line without the quotes that begin a cell and do not end it."""
    place, kept = 0, []
    while place <= len(line):
        found = cell.match(line, place)
        if found is None:
            place = line.index('"', place) + 1
        end = found.end() if found else line.find(delimiter, place) % (len(line) + 1)
        kept.append(line[place:end])
        place = end + 1
    return delimiter.join(kept)
