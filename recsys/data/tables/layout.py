"""Detect the layout of a delimited text: its separator, and whether the first line names the columns."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from recsys.data.tables.cells import is_missing
from recsys.data.tables.other_lines import BOX, is_footer, is_no_row, is_rule

SEPARATORS = (",", ";", "\t", "::", "|", "^", "~", "\x1f", "\x01", *BOX)
LINES = 100
"""Number of lines that are examined."""
TITLE_LINES = 3
"""Most lines of a title above a table."""
_DATA = re.compile(r"https?://\S+|\[(?:[\[{\"'\d].*)?\]|\{.*\}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
"""A cell that is no name of a column: an address, a list or object, or a date with a time."""
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)?", re.ASCII)


class Layout(NamedTuple):
    """How a delimited text is laid out.

    Attributes:
        separator: between cells; " " for any number of spaces.
        quoted: whether a cell in quotes may contain the separator.
        skipped: lines before the first row or the line of names.
        first: the cells of the first line that is not skipped.
        title: text of the lines above the table, which are skipped; "" if there are none.
    """

    separator: str
    quoted: bool
    skipped: int
    first: list[str]
    title: str = ""


def sniff(lines: Sequence[str], separator: str = "", may_have_title: bool = True) -> Layout:
    """Detect the layout from the first lines of a text.

    Args:
        separator: the separator if it is known, otherwise "".
        may_have_title: whether lines with a title may stand above the names of the columns.

    >>> sniff(["id;title", "1;Low Tide, part one", "2;Sun"]).separator
    ';'
    """
    skipped = 0
    if lines and (stated := re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\ufeff\r\n "), re.IGNORECASE)):
        separator, skipped = separator or stated[1], 1  # a line that spreadsheets write above the names
    skipped = _after_remarks(lines, skipped)
    in_remark = _names_in_remark(lines, skipped, separator)
    skipped -= in_remark
    if lines and lines[0].startswith("%%MatrixMarket"):
        skipped += 1  # the numbers of rows, columns and values
    title = ""
    may_have_title = may_have_title and not in_remark
    if may_have_title and (below := _below_title(lines, skipped, separator)):
        title = " ".join(cell for line in lines[skipped:below] for cell in [line.strip(' ,;\t|"\n')] if cell)
        skipped = below
    elif may_have_title and (below := _below_groups(lines, skipped, separator)):
        title, skipped = lines[skipped].strip(), below
    rest = [line.rstrip("\n") for line in lines[skipped : skipped + LINES] if line.strip() and not is_rule(line)]
    if in_remark:
        rest[0] = rest[0].lstrip("# ")
    while len(rest) > 1 and rest[0].count('"') % 2 and separator != "::":  # a name of a column with a line end
        rest[:2] = ["\n".join(rest[:2])]
    if not separator:
        separator = _separator(rest)
    quoted = separator != "::"
    first = cells(rest[0], separator, quoted) if rest else []
    return Layout(separator, quoted, skipped, first, title)


def _after_remarks(lines: Sequence[str], start: int) -> int:
    """The first line that is neither empty, as spreadsheets write it with separators too, nor a comment."""
    while start < len(lines):
        is_empty = not lines[start].strip(' ,;\t|"\r\n')
        if not (is_empty or is_no_row(lines[start].strip()) or re.match(r"%|#(?=\s|$)", lines[start])):
            break
        start += 1
    return start


def _names_in_remark(lines: Sequence[str], below: int, separator: str) -> bool:
    """Whether the remark right above the rows names their columns, as `# user<tab>item<tab>rating`."""
    rows = [line.rstrip("\n") for line in lines[below : below + LINES] if line.strip() and not is_rule(line)]
    if not below or not rows or not lines[below - 1].startswith("#"):
        return False
    mark = separator or _separator(rows)
    first, names = cells(rows[0], mark), cells(lines[below - 1].rstrip("\n").lstrip("# "), mark)
    if len(names) != len(first) or len(names) < 2 or not all(names) or len(set(names)) < len(names):
        return False
    return not any(map(_NUMBER.fullmatch, names)) and looks_like_data(first, [cells(row, mark) for row in rows])


def _below_groups(lines: Sequence[str], start: int, separator: str) -> int:
    """The line below one with headings of groups of columns, which a spreadsheet writes as cells with empty cells after
    them; 0 if there is none.

    It has a name for each column, also for one that has only numbers below it.
    """
    if start + 2 >= len(lines):
        return 0
    head, names, *rows = [line.rstrip("\n") for line in lines[start : start + LINES] if line.strip()][:LINES]
    mark = separator or _separator([names, *rows])
    split = [[cell.strip() for cell in cells(line, mark)] for line in (head, names, *rows)]
    if len({len(row) for row in split}) > 1 or len(split) < 3:
        return 0
    groups, second, *below = split
    is_grouped = any(groups) and any(one and not other for one, other in zip(groups, groups[1:], strict=False))
    if not is_grouped or not all(second) or len(set(second)) < len(second) or any(map(_NUMBER.fullmatch, second)):
        return 0
    numbers = [all(_NUMBER.fullmatch(row[at]) for row in below) for at in range(len(second))]
    return start + 1 if any(numbers) and not any(map(_NUMBER.fullmatch, groups)) else 0


def _below_title(lines: Sequence[str], start: int, separator: str) -> int:
    """The first line below lines of a title, such as "Ratings of 2024", that a program wrote above a table; 0 if none.

    A title is one cell of several words. The lines below it all have the same number of cells, and the first of them
    names the columns.
    """
    below = start
    for _ in range(TITLE_LINES):
        if below >= len(lines) or " " not in lines[below].strip(' ,;\t|"\n'):
            return 0
        below = _after_remarks(lines, below + 1)
        rest = [line.rstrip("\n") for line in lines[below : below + LINES] if line.strip() and not is_rule(line)]
        mark = separator or (_separator(rest) if rest else " ")
        if mark == " " or any(sum(bool(one.strip()) for one in cells(line, mark)) > 1 for line in lines[start:below]):
            return 0
        widths = {len(cells(line, mark)) for line in rest}
        names = [name.strip() for name in cells(rest[0], mark)]
        if len(rest) > 1 and len(widths) == 1 and all(names) and not any(map(_NUMBER.fullmatch, names)):
            return below
    return 0


def cells(line: str, separator: str, quoted: bool = True) -> list[str]:
    """The cells of one line; a line that is no row of CSV is split at every separator."""
    if separator == " " and not (quoted and '"' in line):
        return line.split()
    if separator == " ":  # several spaces, which the reader skips, or tabs between two cells
        line = line.replace("\t", " ").strip()
    if len(separator) == 1 and quoted:
        try:
            return next(csv.reader([unescaped(line, separator)], delimiter=separator, skipinitialspace=True), [])
        except csv.Error:  # such as a cell that is longer than the reader allows
            return line.split(separator)
    return line.split(separator)


def unescaped(line: str, separator: str) -> str:
    r"""Return a line of CSV with quotes inside cells doubled, where another program wrote a backslash before them.

    A backslash before the quote that ends its cell belongs to the cell.

    >>> unescaped(r'"the \"Real\" one";"C:\"', ";")
    '"the ""Real"" one";"C:\\"'
    """
    if '\\"' not in line:
        return line
    end = rf"(?:{re.escape(separator)}|\r?\n|$)"
    return re.sub(rf'(?<!\\)\\"(?!"(?!{end}))(?!{end})', '""', line)


def looks_like_data(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first line of a table is a row of data instead of the names of its columns.

    Names are not numbers: if no cell of the first line is a number, it names the columns.

    >>> looks_like_data(["151", "36", "4.0"], [["9", "36", "5.0"]]), looks_like_data(["user", "item"], [["1", "2"]])
    (True, False)
    """
    data = [place for place, cell in enumerate(first) if _DATA.fullmatch(cell.strip())]
    columns = [[row[place].strip() for row in rows if len(row) == len(first)] for place in data]
    if any(cells and all(_DATA.fullmatch(cell) or is_missing(cell) for cell in cells) for cells in columns):
        return True
    if not first or len(set(first)) < len(first) - 1:
        return bool(first) and any(map(_NUMBER.fullmatch, first))
    numbers = [place for place, cell in enumerate(first) if _NUMBER.fullmatch(cell.strip())]
    if not numbers:
        return False
    below = [row for row in rows if len(row) == len(first)]
    alike = [at for at in numbers if all(_NUMBER.fullmatch(row[at].strip()) or is_missing(row[at]) for row in below)]
    # The names of columns may be years, 1990 to 2000; then the other cells are names.
    return bool(alike) and (len(numbers) * 2 >= len(first) or not any(_like_a_name(cell) for cell in first))


def is_numbered(rows: Sequence[list[str]], width: int, separator: str) -> bool:
    """Whether each row begins with its number, for which the first line has no name, as R and pandas write tables.

    Rows with a decimal comma between commas have one more cell too, but they do not begin with 1, 2, 3.
    """
    if not rows or width < 2 or any(len(row) != width + 1 or not row[0].strip().isdecimal() for row in rows):
        return False
    labels = [int(row[0]) for row in rows]
    steps = {later - earlier for earlier, later in pairwise(labels)}
    return labels[0] in (0, 1) and steps <= {1} if separator == "," else all(step > 0 for step in steps)


def _like_a_name(cell: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w .\-]{0,40}", cell.strip())) and cell.strip().casefold().replace("_", "") in {
        "userid",
        "itemid",
        "id",
        "title",
        "name",
        "user",
        "item",
        "rating",
        "timestamp",
        "year",
        "genres",
    }


def _separator(lines: Sequence[str]) -> str:
    """The separator that gives most lines the same number of cells, and most cells."""
    best, found = (0.0, 0.0), ","
    for separator in SEPARATORS:
        counts = Counter(len(cells(line, separator)) for line in lines)
        width, same = max(counts.items(), key=lambda pair: (pair[1] * (pair[0] > 1), pair[0]), default=(1, 0))
        in_first = len(cells(lines[0], separator)) if lines else 1
        if width < 2 or in_first < 2:
            continue
        # Use the first line, which has the names: it has no commas of titles and no | of lists of genres.
        score = (same / len(lines) + (in_first == width), in_first)
        if score > best:
            best, found = score, separator
    if best == (0.0, 0.0):
        first, *widths = [len(cells(line, " ")) for line in lines if not is_footer(line)] or [0]
        is_even = len(set(widths)) == 1 and widths[0] in (first, first + 1)  # or the rows are numbered
        return " " if is_even and 2 <= first <= 8 else ","
    return found
