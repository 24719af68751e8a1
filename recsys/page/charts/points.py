"""Scatter plot with groups, and a dot chart of a few values."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.page.charts.figure import Caption, Drawing, Numbers, empty, figure
from recsys.page.charts.svg import WIDTH, Frame, Point, cut, line, safe, text
from recsys.page.charts.values import MISSING, Number, finite, known, ticks

COLOURS = 12  # largest number of groups with different colours
PLANE = 300  # height of the plot without its legend
LEGEND = 20  # height of a line of the legend


def scatter(
    caption: Caption, points: Sequence[tuple[Number, Number, int]], groups: Sequence[tuple[str, int | None]]
) -> str:
    """Scatter plot of points, coloured by group, with a legend below.

    Args:
        points: x, y and number of the group.
        groups: name and size of each group; a size of None means the number of its points.
    """
    there = [
        (x, y, int(group)) for a, b, group in points if (x := finite(a)) is not None and (y := finite(b)) is not None
    ]
    if not there:
        return empty(caption.title)
    xs, ys = [x for x, *_ in there], [y for _, y, _ in there]
    edges = {"left": 26, "right": 12, "top": 12, "bottom": 30, "height": PLANE}
    frame = Frame(min(xs), max(xs), min(ys), max(ys), **edges)
    sizes = [sum(own == number for *_, own in there) if n is None else n for number, (_, n) in enumerate(groups)]
    names = [str(name) for name, _ in groups]
    parts = [f'<rect class="rs-sheet-back" x="20" y="4" width="{WIDTH - 26}" height="{PLANE - 28}" rx="8"/>']
    for number in range(len(groups)):
        parts.append(_dots([(frame.x(x), frame.y(y)) for x, y, own in there if own == number], number))
    parts.append(text(WIDTH / 2, PLANE - 8, caption.by, kind="rs-axis", anchor="middle"))
    parts.append(frame.side(caption.of))
    parts += [_key(number, name, size) for number, (name, size) in enumerate(zip(names, sizes, strict=True))]
    largest = names[max(range(len(names)), key=sizes.__getitem__)]
    description = f"{len(there):,} points in {len(names)} groups; the largest is {largest}."
    rows = [(name, f"{size:,}") for name, size in zip(names, sizes, strict=True)]
    drawing = Drawing("".join(parts), PLANE + LEGEND * len(names), description)
    return figure(caption, drawing, Numbers(["group", "members"], rows))


def _dots(points: Sequence[Point], group: int) -> str:
    # One path for each group: zero-length strokes with round caps.
    dots = "".join(f"M{x:g} {y:g}h0" for x, y in points)
    return f'<path class="rs-dots rs-stroke-{group % COLOURS}" d="{dots}"/>' if dots else ""


def _key(group: int, name: str, size: int) -> str:
    y = PLANE + 12 + LEGEND * group
    return (
        f'<path class="rs-key rs-stroke-{group % COLOURS}" d="M28 {y - 4}h0"/>'
        + text(40, y, cut(name, 290), kind="rs-name")
        + text(WIDTH - 6, y, f"{size:,}", anchor="end")
    )


def dots(caption: Caption, names: Sequence[str], values: Sequence[Number], *, mark: int | None = None) -> str:
    """Values joined by a line, on a scale that need not include 0; `mark` is the number of a value to mark."""
    numbers = [finite(value) for value in values]
    there = known(numbers)
    if not there:
        return empty(caption.title)
    marks = ticks(min(there), max(there))
    digits = max(0, min(6, max(len(f"{value:g}".partition(".")[2]) for value in marks)))
    frame = Frame(0, len(numbers), marks[0], marks[-1], left=58, height=200)
    points = [None if value is None else (frame.x(place + 0.5), frame.y(value)) for place, value in enumerate(numbers)]
    parts = [frame.rows(marks, lambda value: f"{value:.{digits}f}"), f'<path class="rs-line-0" d="{line(points)}"/>']
    for place, (name, value, point) in enumerate(zip(names, numbers, points, strict=True)):
        if point:
            kind, size = ("rs-point", 6) if place == mark else ("rs-dot-0", 3)
            parts.append(
                f'<circle class="{kind}" cx="{point[0]}" cy="{point[1]}" r="{size}">'
                f"<title>{safe(name)}: {_four(value)}</title></circle>"
            )
    parts.append(frame.foot([place + 0.5 for place in range(len(names))], list(names), caption.by))
    rows = [(name, _four(value)) for name, value in zip(names, numbers, strict=True)]
    listed = ", ".join(f"{name} {value}" for name, value in rows if value != MISSING)
    marked = "" if mark is None else f"; marked is {names[mark]}"
    drawing = Drawing("".join(parts), frame.height, f"{caption.of} by {caption.by}: {listed}{marked}.")
    return figure(caption, drawing, Numbers([caption.by, caption.of], rows))


def _four(value: Number) -> str:
    return MISSING if value is None else f"{value:.4f}"
