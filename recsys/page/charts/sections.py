"""HTML around charts: sections, tables and single figures; and a cache for what is expensive to draw."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from recsys.page.charts.svg import safe

Cell = tuple[str, str] | str  # text, or text and class


def section(title: str, lead: str, *parts: str, level: int = 2) -> str:
    """A part of the page under its heading, with a sentence or two that say what it is about."""
    head = f"<h{level}>{safe(title)}</h{level}>" if title else ""
    about = f'<p class="rs-lead">{safe(lead)}</p>' if lead else ""
    return f"<section>{head}{about}{''.join(parts)}</section>"


def grid(charts: Iterable[str]) -> str:
    """Charts side by side, as many as there is room for."""
    return f'<div class="rs-charts">{"".join(charts)}</div>'


def facts(pairs: Iterable[tuple[str, object, str]]) -> str:
    """Figures that stand for themselves: name, value, and a note that may be empty."""
    lines = "".join(
        f"<div><dt>{safe(name)}</dt><dd>{safe(value)}{f'<small>{safe(note)}</small>' if note else ''}</dd></div>"
        for name, value, note in pairs
    )
    return f'<dl class="rs-facts">{lines}</dl>'


def table(
    caption: str, head: Sequence[Cell], rows: Iterable[Sequence[Cell]], notes: Sequence[str] = (), *, log: bool = False
) -> str:
    """A table with its caption for screen readers; the first cell of a row names it, with a note of `notes` below.

    Columns of words (class `rs-words`) are set to the left and may break, numbers stand to the right. A `log` is so
    long that it scrolls in itself.
    """
    columns = "".join(_cell(one, "th") for one in head)
    lines = []
    for place, row in enumerate(rows):
        note = f"<small>{safe(notes[place])}</small>" if place < len(notes) and notes[place] else ""
        lines.append(f'<tr><th scope="row"><b>{safe(_text(row[0]))}</b>{note}</th>{"".join(map(_cell, row[1:]))}</tr>')
    return (
        f'<div class="rs-table {"rs-log" if log else "rs-tall"}" tabindex="0" '
        f'role="region" aria-label="{safe(caption)}"><table>'
        f'<caption class="rs-hidden">{safe(caption)}</caption><thead><tr>{columns}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def notice(text: str) -> str:
    """One sentence that asks for attention."""
    return f'<p class="rs-why">{safe(text)}</p>'


class Kept:
    """The latest answer of a computation, made anew when what it depends on changes; asked by many, made once."""

    def __init__(self, make: Callable[[], Any], key: Callable[[], Any]):
        self._make, self._key = make, key
        self._lock = threading.Lock()
        self._kept: tuple[Any, Any] | None = None

    def __call__(self) -> Any:
        with self._lock:
            key = self._key()
            if self._kept is None or self._kept[0] != key:
                self._kept = key, self._make()
            return self._kept[1]


def words(text: str) -> Cell:
    """A cell of words."""
    return text, "rs-words"


def _cell(cell: Cell, tag: str = "td") -> str:
    kind = f' class="{safe(cell[1])}"' if isinstance(cell, tuple) and cell[1] else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{kind}>{safe(_text(cell))}</{tag}>"


def _text(cell: Cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell
