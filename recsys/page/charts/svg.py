"""Building blocks of SVG drawings: escaped text, lines, and the frame that maps values to coordinates."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from recsys.page.charts.values import Label, brief

WIDTH = 400  # width of all drawings in units, about the width in pixels, so that text keeps its size
LETTER = 6.6  # mean width of a letter
# Gradio evaluates a component's text as a JavaScript template, so characters with a meaning there are escaped.
TEMPLATE_CHARACTERS = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;", "\\": "&#92;"})
Point = tuple[float, float]


def safe(value: object) -> str:
    """Escape text for HTML and SVG, in content and in quoted attributes. Characters that XML forbids are removed.

    >>> safe("<b> & ${x}")
    '&lt;b&gt; &amp; &#36;&#123;x&#125;'
    """
    legal = "".join(
        one
        for one in str(value)
        if one in "\t\n" or " " <= one < "\ud800" or "\ue000" <= one < "\ufffe" or one > "\uffff"
    )
    return html.escape(legal).translate(TEMPLATE_CHARACTERS)


def cut(text: str, width: float) -> str:
    """Shorten a text to about `width` units."""
    most = max(3, int(width / LETTER))
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def line(points: Iterable[Point | None]) -> str:
    """Path commands of a line through points; None interrupts the line."""
    commands, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        commands.append(f"{pen}{point[0]:g} {point[1]:g}")
        pen = "L"
    return "".join(commands)


def text(x: float, y: float, content: str, *, kind: str = "", anchor: str = "") -> str:
    """A text element; `kind` is its class, `anchor` the end of the text at x ("start", "middle" or "end")."""
    attributes = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{safe(content)}</text>'


@dataclass(frozen=True)
class Frame:
    """The plot area of a drawing, and the values at its edges."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    left: float = 44
    right: float = 12
    top: float = 14
    bottom: float = 40
    height: float = 240

    @property
    def width(self) -> float:
        """Width of the plot area in units."""
        return WIDTH - self.left - self.right

    @property
    def base(self) -> float:
        """Vertical coordinate of the bottom edge."""
        return self.height - self.bottom

    def x(self, value: float) -> float:
        """Horizontal coordinate of a value."""
        share = (value - self.x_low) / ((self.x_high - self.x_low) or 1)
        return round(self.left + share * self.width, 1)

    def y(self, value: float) -> float:
        """Vertical coordinate of a value."""
        share = (value - self.y_low) / ((self.y_high - self.y_low) or 1)
        return round(self.base - share * (self.base - self.top), 1)

    def rows(self, values: Iterable[float], label: Label = brief) -> str:
        """Horizontal grid lines with their values on the left."""
        return "".join(
            f'<path class="rs-grid-line" d="M{self.left} {self.y(value)}H{WIDTH - self.right}"/>'
            + text(self.left - 6, self.y(value) + 4, label(value), anchor="end")
            for value in values
        )

    def foot(self, values: Sequence[float], labels: Sequence[str], title: str = "") -> str:
        """Labels at values along the bottom edge, and the title of the axis."""
        marks = "".join(
            text(self.x(value), self.base + 17, label, anchor="middle")
            for value, label in zip(values, labels, strict=True)
        )
        middle = (self.left + WIDTH - self.right) / 2
        return marks + (text(middle, self.height - 5, title, kind="rs-axis", anchor="middle") if title else "")

    def side(self, title: str, x: float = 12) -> str:
        """The title of the vertical axis, rotated by 90 degrees."""
        middle = (self.top + self.base) / 2
        return (
            f'<text class="rs-axis" x="{x:g}" y="{middle:g}" text-anchor="middle" '
            f'transform="rotate(-90 {x:g} {middle:g})">{safe(title)}</text>'
        )

    def diagonal(self) -> str:
        """The dashed line from the lower left to the upper right corner."""
        return f'<path class="rs-dashed" d="M{self.left} {self.base}L{WIDTH - self.right} {self.top}"/>'

    def area(self, points: Sequence[Point]) -> str:
        """The area between a line and the bottom edge."""
        return (
            f'<path class="rs-area" d="{line(points)}L{points[-1][0]:g} {self.base:g}'
            f'L{points[0][0]:g} {self.base:g}Z"/>'
        )

    def fitting(self, labels: Sequence[str], spacing: int = 10) -> list[int]:
        """Indices of the labels that fit along the bottom edge without overlap: all, every second, …"""
        longest = max(map(len, labels)) * 7 + spacing
        every = max(1, -(-longest * len(labels) // int(self.width)))
        return list(range(0, len(labels), every))
