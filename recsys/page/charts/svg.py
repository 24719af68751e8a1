"""Drawing by hand: safe text, scales with round numbers, and the figure that every chart comes in."""

from __future__ import annotations

import html
import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 400  # units of every drawing; figures are shown about as wide as that, so that text keeps its size
LETTER = 6.6  # mean width of a letter of our text
# Gradio reads a component's text as a template of JavaScript: what would mean something there is spelt out.
SPELT_OUT = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;", "\\": "&#92;"})
Number = float | int | None


def safe(value: object) -> str:
    """Text for HTML and SVG, in content and in quoted attributes; characters XML forbids are left out.

    >>> safe("<b> & ${x}")
    '&lt;b&gt; &amp; &#36;&#123;x&#125;'
    """
    legal = "".join(
        one
        for one in str(value)
        if one in "\t\n" or " " <= one < "\ud800" or "\ue000" <= one < "\ufffe" or one > "\uffff"
    )
    return html.escape(legal).translate(SPELT_OUT)


def finite(value: object) -> float | None:
    """The value as a number, None where it is none."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def known(values: Iterable[object]) -> list[float]:
    """The values that are numbers."""
    return [number for value in values if (number := finite(value)) is not None]


def brief(value: Number) -> str:
    """A number as short as a label wants it.

    >>> brief(1234567), brief(20000), brief(0.25), brief(3.0), brief(None)
    ('1.2M', '20k', '0.25', '3', '–')
    """
    number = finite(value)
    if number is None:
        return "–"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            scale = 1e3 if letter == "k" else size
            return f"{number / scale:.1f}".removesuffix(".0") + letter
    return f"{number:,.0f}" if abs(number) >= 100 or number.is_integer() else f"{number:.3g}"


def cut(text: str, width: float) -> str:
    """Text shortened to about so many units."""
    most = max(3, int(width / LETTER))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def ticks(low: float, high: float, n: int = 4) -> list[float]:
    """Round numbers from at most `low` to at least `high`, about n steps apart.

    >>> ticks(0, 87)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    if not high > low:
        high = low + (abs(low) or 1.0)
    raw = (high - low) / n
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


@dataclass(frozen=True)
class Frame:
    """Where the data lies in a drawing, and which values its edges stand for."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    left: float = 44
    right: float = 12
    top: float = 14
    bottom: float = 40
    height: float = 240

    def x(self, value: float) -> float:
        """Place of a value from left to right."""
        share = (value - self.x_low) / ((self.x_high - self.x_low) or 1)
        return round(self.left + share * (WIDTH - self.left - self.right), 1)

    def y(self, value: float) -> float:
        """Place of a value from bottom to top."""
        share = (value - self.y_low) / ((self.y_high - self.y_low) or 1)
        return round(self.height - self.bottom - share * (self.height - self.top - self.bottom), 1)

    def rows(self, values: Sequence[float], label=brief) -> str:
        """Horizontal lines with their values at the left."""
        return "".join(
            f'<path class="rs-grid-line" d="M{self.left} {self.y(value)}H{WIDTH - self.right}"/>'
            f'<text x="{self.left - 6}" y="{self.y(value) + 4}" text-anchor="end">{safe(label(value))}</text>'
            for value in values
        )

    def foot(self, values: Sequence[float], labels: Sequence[str] | None = None, title: str = "") -> str:
        """Values under the bottom edge, and what they are."""
        labels = [brief(value) for value in values] if labels is None else labels
        base = self.height - self.bottom
        marks = "".join(
            f'<text x="{self.x(value)}" y="{base + 17}" text-anchor="middle">{safe(label)}</text>'
            for value, label in zip(values, labels, strict=True)
        )
        middle = (self.left + WIDTH - self.right) / 2
        name = (
            f'<text class="rs-axis" x="{middle}" y="{self.height - 5}" text-anchor="middle">{safe(title)}</text>'
            if title
            else ""
        )
        return marks + name


def path(points: Iterable[tuple[float, float] | None]) -> str:
    """Commands of a line through points, broken where there is none."""
    commands, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        commands.append(f"{pen}{point[0]:g} {point[1]:g}")
        pen = "L"
    return "".join(commands)


def figure(
    title: str,
    note: str,
    drawing: str,
    height: float,
    says: str,
    head: Sequence[str] = (),
    rows: Sequence[Sequence[object]] = (),
    *,
    wide: bool = False,
) -> str:
    """A chart: heading, one sentence, drawing with its text alternative, and the numbers as a table.

    Args:
        drawing: SVG elements.
        says: what the drawing shows, for those who cannot see it.
        head, rows: the table; no table where there are no rows.
        wide: whether it may take the width of two.
    """
    mark = f"c{zlib.crc32(f'{title}{says}{drawing}'.encode()):08x}"
    columns = "".join(f'<th scope="col">{safe(one)}</th>' for one in head)
    lines = "".join(
        f'<tr><th scope="row">{safe(row[0])}</th>' + "".join(f"<td>{safe(cell)}</td>" for cell in row[1:]) + "</tr>"
        for row in rows
    )
    table = (
        f'<details><summary>Numbers<span class="rs-hidden"> of {safe(title)}</span></summary><div class="rs-table" '
        f'tabindex="0" role="region" aria-label="Numbers of {safe(title)}"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></details>"
    )
    return (
        f'<figure class="rs-chart{" rs-wide" if wide else ""}">'
        f"<figcaption><h3>{safe(title)}</h3><p>{safe(note)}</p></figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{mark}t {mark}d">'
        f'<title id="{mark}t">{safe(title)}</title><desc id="{mark}d">{safe(says)}</desc>{drawing}</svg>'
        f"{table if rows else ''}</figure>"
    )


def nothing(title: str, why: str) -> str:
    """What stands where a chart has nothing to show."""
    return (
        f'<figure class="rs-chart"><figcaption><h3>{safe(title)}</h3></figcaption><p '
        f'class="rs-empty">{safe(why)}</p></figure>'
    )
