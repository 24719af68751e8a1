"""Render sections, tables and single figures around charts as HTML, and cache expensive ones."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from recsys.page.charts.svg import safe

Value = TypeVar("Value")
Cell = tuple[str, str] | str  # text, or text and class


def section(title: str, lead: str, *parts: str, level: int = 2) -> str:
    """Section of the page with a heading and an introduction."""
    head = f"<h{level}>{safe(title)}</h{level}>" if title else ""
    about = f'<p class="rs-lead">{safe(lead)}</p>' if lead else ""
    return f"<section>{head}{about}{''.join(parts)}</section>"


def grid(charts: Iterable[str]) -> str:
    """Charts side by side, as many as fit."""
    return f'<div class="rs-charts">{"".join(charts)}</div>'


def facts(pairs: Iterable[tuple[str, object, str]]) -> str:
    """Single figures: name, value, and an optional note."""
    lines = "".join(
        f"<div><dt>{safe(name)}</dt><dd>{safe(value)}{f'<small>{safe(note)}</small>' if note else ''}</dd></div>"
        for name, value, note in pairs
    )
    return f'<dl class="rs-facts">{lines}</dl>'


def table(
    caption: str, head: Sequence[Cell], rows: Iterable[Sequence[Cell]], notes: Sequence[str] = (), *, log: bool = False
) -> str:
    """Table in which the first cell of each row is its heading, with the row's note below.

    Args:
        caption: name of the table for screen readers.
        head, rows: cells; text cells made by `words` are left-aligned and wrap, others are right-aligned numbers.
        notes: notes on the first rows.
        log: whether the table is long and scrolls independently.
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
    """A highlighted sentence."""
    return f'<p class="rs-why">{safe(text)}</p>'


class CachedValue(Generic[Value]):
    """Cache one result and recompute it when its key changes. Thread-safe: concurrent callers share one computation."""

    def __init__(self, make: Callable[[], Value], key: Callable[[], object]):
        self._make, self._key = make, key
        self._lock = threading.Lock()
        self._kept: tuple[object, Value] | None = None

    def __call__(self) -> Value:
        with self._lock:
            key = self._key()
            if self._kept is None or self._kept[0] != key:
                self._kept = key, self._make()
            return self._kept[1]


def words(text: str) -> Cell:
    """A cell of text, left-aligned."""
    return text, "rs-words"


def _cell(cell: Cell, tag: str = "td") -> str:
    kind = f' class="{safe(cell[1])}"' if isinstance(cell, tuple) and cell[1] else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{scope}{kind}>{safe(_text(cell))}</{tag}>"


def _text(cell: Cell) -> str:
    return cell[0] if isinstance(cell, tuple) else cell
