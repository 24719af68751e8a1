"""Charts with one value per name: bars, columns and intervals."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.page.charts.figure import Caption, Drawing, Numbers, empty, figure
from recsys.page.charts.svg import WIDTH, Frame, cut, safe, text
from recsys.page.charts.values import Label, Number, brief, finite, known, ticks

ROW = 24  # height of a line with a name
NAMES = 138  # width of the names on the left
FIGURES = 62  # width of the values on the right of bars
Span = tuple[Number, Number, Number]


def bars(
    caption: Caption, names: Sequence[str], values: Sequence[Number], *, label: Label = brief, room: float = NAMES
) -> str:
    """Horizontal bars from 0, in the given order; `room` is the width of the names."""
    numbers = [finite(value) for value in values]
    if not known(numbers):
        return empty(caption.title)
    most = max(0.0, *known(numbers)) or 1.0
    space = WIDTH - room - FIGURES
    parts = []
    for place, (name, value) in enumerate(zip(names, numbers, strict=True)):
        y = 6 + place * ROW
        width = max(1.5, space * max(value or 0.0, 0.0) / most)
        parts.append(
            f"<g><title>{safe(name)}: {safe(label(value))}</title>"
            + text(room - 8, y + 14, cut(str(name), room - 12), kind="rs-name", anchor="end")
            + f'<rect class="rs-fill" x="{room}" y="{y + 2}" width="{width:.1f}" height="{ROW - 8}" rx="3"/>'
            + text(round(room + width + 6, 1), y + 14, label(value))
            + "</g>"
        )
    description = f"{len(numbers)} bars of {caption.of}; the first is {names[0]} {label(numbers[0])}."
    rows = [(name, label(value)) for name, value in zip(names, numbers, strict=True)]
    drawing = Drawing("".join(parts), 12 + ROW * len(numbers), description)
    return figure(caption, drawing, Numbers(["", caption.of], rows))


def columns(caption: Caption, names: Sequence[str], values: Sequence[Number], *, label: Label = brief) -> str:
    """Upright columns from 0, such as a histogram."""
    numbers = [finite(value) for value in values]
    if not known(numbers):
        return empty(caption.title)
    marks = ticks(0, max(known(numbers)))
    frame = Frame(0, len(numbers), 0, marks[-1])
    step = frame.width / len(numbers)
    width = step * (0.78 if len(numbers) < 60 else 1.0)
    drawn = "".join(
        f'<rect class="rs-fill" x="{frame.x(place) + (step - width) / 2:.1f}" y="{frame.y(value):g}" '
        f'width="{width:.1f}" height="{max(0.0, frame.base - frame.y(value)):.1f}" rx="{min(3, width / 4):.1f}">'
        f"<title>{safe(name)}: {safe(label(value))}</title></rect>"
        for place, (name, value) in enumerate(zip(names, numbers, strict=True))
        if value is not None
    )
    labels = [str(name) for name in names]
    shown = frame.fitting(labels, spacing=8)
    foot = frame.foot([place + 0.5 for place in shown], [labels[place] for place in shown], caption.by)
    most = max(range(len(numbers)), key=lambda place: numbers[place] or 0)
    description = (
        f"{len(numbers)} columns of {caption.of} by {caption.by}; "
        f"the highest is {labels[most]} with {label(numbers[most])}."
    )
    rows = [(name, label(value)) for name, value in zip(labels, numbers, strict=True)]
    drawing = Drawing(frame.rows(marks, label) + drawn + foot, frame.height, description)
    return figure(caption, drawing, Numbers([caption.by, caption.of], rows))


def intervals(
    caption: Caption, names: Sequence[str], spans: Sequence[Span], *, label: Label = brief, zero: bool = True
) -> str:
    """Means with their intervals, one line each, on a common scale.

    Args:
        spans: mean, low and high end of each name; lines without a mean are left out.
        zero: whether the scale starts at 0.
    """
    lines = [
        (str(name), mean, finite(low), finite(high))
        for name, (value, low, high) in zip(names, spans, strict=True)
        if (mean := finite(value)) is not None
    ]
    if not lines:
        return empty(caption.title)
    every = known(value for _, *span in lines for value in span)
    marks = ticks(0 if zero else min(every), max(every))
    height = 46 + ROW * len(lines)
    frame = Frame(marks[0], marks[-1], 0, 1, left=NAMES, right=52, top=4, bottom=36, height=height)
    parts = [f'<path class="rs-grid-line" d="M{frame.x(mark)} 4V{frame.base}"/>' for mark in marks]
    parts += [_interval(frame, 6 + (place + 0.5) * ROW, line, label) for place, line in enumerate(lines)]
    parts.append(frame.foot(marks, [label(mark) for mark in marks], caption.of))
    first, mean, *_ = lines[0]
    description = f"{caption.of} of {len(lines)} with 95 % intervals; the best is {first} with {label(mean)}."
    rows = [(name, *map(label, span)) for name, *span in lines]
    drawing = Drawing("".join(parts), height, description)
    return figure(caption, drawing, Numbers(["", caption.of, "from", "to"], rows))


def _interval(frame: Frame, y: float, line: tuple[str, float, Number, Number], label: Label) -> str:
    name, mean, low, high = line
    span, path = "", ""
    if low is not None and high is not None:
        span = f" ({label(low)} to {label(high)})"
        path = f'<path class="rs-span" d="M{frame.x(low)} {y}H{frame.x(high)}"/>'
    return (
        f"<g><title>{safe(f'{name}: {label(mean)}{span}')}</title>"
        + text(NAMES - 8, y + 4, cut(name, NAMES - 12), kind="rs-name", anchor="end")
        + f'{path}<circle class="rs-point" cx="{frame.x(mean)}" cy="{y}" r="4.5"/>'
        + text(WIDTH - 4, y + 4, label(mean), anchor="end")
        + "</g>"
    )
