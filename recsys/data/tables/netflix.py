"""Read the forms of the Netflix Prize: ratings below the id of their item, and titles with commas without quotes."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from recsys.data.tables.encoding import parts, text_of

NAMES, TIME = "item_id,user_id,rating", ",timestamp"
NOTE = "lines such as '123:' are read as the item of the ratings below them"
NOTE_ON_TITLES = "all after the second comma of a line is read as its title"
_HEADING = re.compile(r"(\d{1,9}):\s*")
_RATING = re.compile(r"\d{1,9},\d(?:\.\d+)?(?:,\d{4}-\d\d-\d\d)?\s*", re.ASCII)
_DATE = re.compile(r"\d,\d{4}-\d\d-\d\d")
_TITLE = re.compile(r"(\d{1,9},(?:\d{4}|NULL)),(.+)", re.ASCII)


def has_headings(lines: Sequence[str]) -> bool:
    """Whether these first lines of a text are ids such as `123:`, each above `user,rating,date`.

    >>> has_headings(["1:", "1488844,3,2005-09-06"]), has_headings(["1:", "30878"])
    (True, False)
    """
    filled = [line for line in lines if line.strip()]
    if len(filled) < 2 or not _HEADING.fullmatch(filled[0]):
        return False
    return all(_RATING.fullmatch(line) or _HEADING.fullmatch(line) for line in filled) and any(
        map(_RATING.fullmatch, filled)
    )


def open_headed(text: io.TextIOWrapper) -> io.TextIOWrapper:
    """An open text of ratings below ids, as a table with names in which each row has its id and its old line."""

    def rewritten() -> Iterator[bytes]:
        item, names = "", ""
        for part in parts(text):
            rows = []
            names = names or NAMES + (TIME if _DATE.search(part) else "")
            for line in part.split("\n"):
                if heading := _HEADING.fullmatch(line):
                    line, item = "" if item else names, heading[1]
                elif line.strip():
                    line = f"{item},{line.rstrip()}"
                rows.append(line)
            yield "\n".join(rows).encode("utf-8")

    return text_of(rewritten(), text.close, "strict")


def has_open_titles(lines: Sequence[str]) -> bool:
    """Whether these first lines of a text are `id,year,title`, and a title has commas without quotes.

    >>> has_open_titles(["1,2003,Dinosaur Planet", "72,1974,At Home, A Stranger"]), has_open_titles(["1,2003,Heat"])
    (True, False)
    """
    filled = [line for line in lines if line.strip()]
    found = [_TITLE.fullmatch(line.rstrip()) for line in filled]
    return all(found) and any(one and "," in one[2] for one in found) and not any('"' in line for line in filled)


def open_titles(text: io.TextIOWrapper) -> io.TextIOWrapper:
    """An open text of `id,year,title` with its titles in quotes."""
    rewritten = ("\n".join(map(_quoted, part.split("\n"))).encode("utf-8") for part in parts(text))
    return text_of(rewritten, text.close, "strict")


def _quoted(line: str) -> str:
    found = _TITLE.fullmatch(line.rstrip())
    if not found:
        return line
    title = found[2].replace('"', '""')
    return f'{found[1]},"{title}"'
