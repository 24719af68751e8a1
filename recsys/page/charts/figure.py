"""Render a chart as a figure: heading, note, drawing with a description, and its numbers as a table."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from recsys.page.charts.svg import WIDTH, safe

NOTHING = "There is nothing to show yet."


@dataclass(frozen=True)
class Caption:
    """Texts of a chart.

    Attributes:
        title, note: heading, and a sentence on the chart.
        of: name of the values, such as "ratings"; heading of their column.
        by: name of the independent variable, such as "year"; title of the horizontal axis.
    """

    title: str
    note: str = ""
    of: str = ""
    by: str = ""


@dataclass(frozen=True)
class Drawing:
    """SVG elements with their height and a description for screen readers."""

    elements: str
    height: float
    description: str


@dataclass(frozen=True)
class Numbers:
    """The numbers of a chart as a table."""

    head: Sequence[str]
    rows: Sequence[Sequence[object]]


def figure(caption: Caption, drawing: Drawing, numbers: Numbers) -> str:
    """Render the chart as HTML, with all texts escaped."""
    # Ids must be different for the charts of a page, and stable for each chart.
    content = f"{caption.title}{drawing.description}{drawing.elements}"
    mark = f"c{zlib.crc32(content.encode()):08x}"
    return (
        f'<figure class="rs-chart"><figcaption><h3>{safe(caption.title)}</h3><p>{safe(caption.note)}</p></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {drawing.height:g}" role="img" aria-labelledby="{mark}t {mark}d">'
        f'<title id="{mark}t">{safe(caption.title)}</title><desc id="{mark}d">{safe(drawing.description)}</desc>'
        f"{drawing.elements}</svg>{_table(caption.title, numbers) if numbers.rows else ''}</figure>"
    )


def empty(title: str, why: str = NOTHING) -> str:
    """Render a figure without a drawing, with the reason."""
    return (
        f'<figure class="rs-chart"><figcaption><h3>{safe(title)}</h3></figcaption>'
        f'<p class="rs-empty">{safe(why)}</p></figure>'
    )


def _table(title: str, numbers: Numbers) -> str:
    columns = "".join(f'<th scope="col">{safe(one)}</th>' for one in numbers.head)
    lines = "".join(
        f'<tr><th scope="row">{safe(first)}</th>{"".join(f"<td>{safe(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in numbers.rows
    )
    return (
        f'<details><summary>Numbers<span class="rs-hidden"> of {safe(title)}</span></summary><div class="rs-table" '
        f'tabindex="0" role="region" aria-label="Numbers of {safe(title)}"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></details>"
    )
