"""Chart of a settings search: one small panel for each setting, with the gain of each trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recsys.page.charts.figure import Caption, Drawing, Numbers, empty, figure
from recsys.page.charts.svg import WIDTH, Point, safe, text
from recsys.page.charts.values import MISSING, Number, brief, finite, known, ticks

PANEL = 128  # height of a panel
GAP = 22  # horizontal distance of panels
BELOW = 24  # vertical distance of panels
LEFT = 40
FEW = 8  # largest number of different values that are drawn at equal distances; more are drawn on a scale
WORST = 0.25  # largest share of the trials below the scale
LISTED = 200  # number of trials in the table, the best


def trials(
    caption: Caption, settings: Mapping[str, Sequence[Number]], gains: Sequence[Number], defaults: int, chosen: int
) -> str:
    """Gain over the defaults against each setting. A ring marks the defaults, a full dot the chosen trial.

    Args:
        settings: name -> value of each trial.
        gains: gain of each trial, as a share.
        defaults, chosen: indices of trials.
    """
    scores = [finite(value) for value in gains]
    there = sorted(known(scores))
    if not there or not settings:
        return empty(caption.title)
    low, high = min(there[int(WORST * (len(there) - 1))], 0.0), max(there[-1], 0.0)
    marks = ticks(100 * low, 100 * high if high > low else 100 * low + 1, 3)
    width = (WIDTH - LEFT - GAP) / 2
    parts = []
    for number, (name, values) in enumerate(settings.items()):
        left, top = LEFT + (number % 2) * (width + GAP), 8 + (number // 2) * (PANEL + BELOW)
        numbers = [finite(value) for value in values]
        panel = Panel(left, top, width, marks[0] / 100, marks[-1] / 100, sorted(set(known(numbers))))
        parts += [panel.ground(name), panel.marks(marks) if number % 2 == 0 else "", panel.feet()]
        parts.append(panel.dots(numbers, scores, (defaults, chosen)))
    height = 8 + -(-len(settings) // 2) * (PANEL + BELOW) + 22
    parts.append(_legend(height - 8))
    picked = ", ".join(f"{name} {brief(values[chosen])}" for name, values in settings.items())
    description = (
        f"{len(scores)} trials by {', '.join(settings)}; the best gains {_percent(there[-1])} over the defaults; "
        f"chosen is {picked}."
    )
    order = sorted(range(len(scores)), key=lambda place: (scores[place] is None, -(scores[place] or 0.0)))
    rows = [
        (_percent(scores[place]), *(brief(values[place]) for values in settings.values())) for place in order[:LISTED]
    ]
    return figure(caption, Drawing("".join(parts), height, description), Numbers(["gain", *settings], rows))


@dataclass(frozen=True)
class Panel:
    """The panel of one setting: its position, the gains at its edges, and the different values of the setting."""

    left: float
    top: float
    width: float
    low: float
    high: float
    values: list[float]

    @property
    def base(self) -> float:
        """Vertical coordinate of the lower edge of the data."""
        return self.top + PANEL - 22

    @property
    def ceiling(self) -> float:
        """Vertical coordinate of the upper edge of the data."""
        return self.top + 18

    def x(self, value: float) -> float:
        """Horizontal coordinate of a value of the setting."""
        if len(self.values) <= FEW:
            return self.left + (self.values.index(value) + 0.5) / len(self.values) * self.width
        share = (value - self.values[0]) / (self.values[-1] - self.values[0])
        return self.left + 6 + share * (self.width - 12)

    def y(self, gain: float) -> float:
        """Vertical coordinate of a gain; gains beyond the edges are drawn at the edge."""
        share = (min(max(gain, self.low), self.high) - self.low) / ((self.high - self.low) or 1)
        return self.base - share * (self.base - self.ceiling)

    def ground(self, name: str) -> str:
        """Background, name, and the line at gain 0."""
        return (
            f'<rect class="rs-sheet-back" x="{self.left:.1f}" y="{self.ceiling - 5:.1f}" width="{self.width:.1f}" '
            f'height="{self.base - self.ceiling + 10:.1f}" rx="6"/>'
            + text(round(self.left + self.width / 2, 1), self.top + 6, name, kind="rs-name", anchor="middle")
            + f'<path class="rs-dashed" d="M{self.left:.1f} {self.y(0.0):.1f}h{self.width:.1f}"/>'
        )

    def marks(self, percents: Sequence[float]) -> str:
        """Labels of gains on the left."""
        return "".join(
            text(round(self.left - 5, 1), round(self.y(mark / 100) + 4, 1), f"{mark:+g}", anchor="end")
            for mark in percents
        )

    def feet(self) -> str:
        """Labels of the values of the setting below: all of a few, or the lowest and the highest."""
        if len(self.values) <= FEW:
            feet = [(self.x(value), "middle", value) for value in self.values]
        else:
            feet = [(self.left + 2, "start", self.values[0]), (self.left + self.width - 2, "end", self.values[-1])]
        return "".join(
            text(round(x, 1), round(self.base + 18, 1), brief(value), anchor=anchor) for x, anchor, value in feet
        )

    def dots(self, values: Sequence[Number], gains: Sequence[Number], special: tuple[int, int]) -> str:
        """A dot for each trial; a ring and a full dot for the two special ones."""
        placed: list[Point | None] = [
            None if value is None or gain is None else (self.x(value), self.y(gain))
            for value, gain in zip(values, gains, strict=True)
        ]
        plain = [point for place, point in enumerate(placed) if point and place not in special]
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in plain)
        parts = [f'<path class="rs-dots rs-stroke-1" d="{dots}"/>' if dots else ""]
        for place, kind in zip(special, ("rs-ring", "rs-point"), strict=True):
            if point := placed[place]:
                parts.append(f'<circle class="{safe(kind)}" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="5"/>')
        return "".join(parts)


def _legend(y: float) -> str:
    return (
        f'<path class="rs-dots rs-stroke-1" d="M46 {y - 4}h0"/>{text(56, y, "a trial")}'
        f'<circle class="rs-ring" cx="118" cy="{y - 4}" r="5"/>{text(129, y, "the defaults")}'
        f'<circle class="rs-point" cx="224" cy="{y - 4}" r="5"/>{text(235, y, "chosen")}'
        + text(WIDTH - 4, y, "gain in %", anchor="end")
    )


def _percent(value: Number) -> str:
    return MISSING if value is None else f"{100 * value:+.1f} %"
