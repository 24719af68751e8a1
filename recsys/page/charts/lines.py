"""Line charts: values over time, one value against another, and shares against shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from recsys.page.charts.figure import Caption, Drawing, Numbers, empty, figure
from recsys.page.charts.svg import Frame, Point, line, safe, text
from recsys.page.charts.values import Number, brief, finite, known, percent, ticks

DOTTED = 45  # largest number of moments of a line with dots
LISTED = 400  # number of moments in the table, the latest
QUARTERS = (0, 0.25, 0.5, 0.75, 1)


def lines(
    caption: Caption,
    moments: Sequence[str],
    series: Mapping[str, Sequence[Number]],
    *,
    area: bool = False,
    short: Callable[[str], str] = str,
) -> str:
    """Values over time, equally spaced, one line for each name.

    Args:
        moments: labels along the bottom, in order; `short` shortens one.
        area: whether to fill below the first line.
    """
    values = {name: [finite(value) for value in many] for name, many in series.items()}
    if not moments or not any(known(many) for many in values.values()):
        return empty(caption.title)
    marks = ticks(0, max(number for many in values.values() for number in known(many)) or 1)
    room = 22 if len(values) > 1 else 0  # height of the legend
    frame = Frame(0, max(1, len(moments) - 1), 0, marks[-1], top=14 + room, right=16, height=240 + room)
    parts = [frame.rows(marks)]
    for group, many in enumerate(values.values()):
        parts.append(_series(frame, moments, many, group, area and group == 0))
    below = [short(moment) for moment in moments]
    shown = frame.fitting(below)
    parts.append(frame.foot(shown, [below[place] for place in shown], caption.by))
    parts.append(_legend(list(values)) if len(values) > 1 else "")
    description = f"{' and '.join(values)} from {moments[0]} to {moments[-1]}."
    rows = [(moment, *(brief(many[place]) for many in values.values())) for place, moment in enumerate(moments)]
    drawing = Drawing("".join(parts), frame.height, description)
    return figure(caption, drawing, Numbers([caption.by, *values], rows[-LISTED:]))


def _series(frame: Frame, moments: Sequence[str], values: Sequence[Number], group: int, area: bool) -> str:
    points = [None if value is None else (frame.x(place), frame.y(value)) for place, value in enumerate(values)]
    there = [point for point in points if point]
    parts = [frame.area(there)] if area and len(there) == len(points) else []
    parts.append(f'<path class="rs-line-{group}" d="{line(points)}"/>')
    if len(moments) <= DOTTED:
        parts += [
            f'<circle class="rs-dot-{group}" cx="{point[0]}" cy="{point[1]}" r="2.8">'
            f"<title>{safe(moment)}: {safe(brief(value))}</title></circle>"
            for moment, point, value in zip(moments, points, values, strict=True)
            if point
        ]
    return "".join(parts)


def _legend(names: Sequence[str]) -> str:
    parts, x = [], 44
    for group, name in enumerate(names):
        parts.append(f'<circle class="rs-dot-{group}" cx="{x + 5}" cy="12" r="4.5"/>{text(x + 15, 16, name)}')
        x += 30 + int(7 * len(str(name)))
    return "".join(parts)


def curve(caption: Caption, xs: Sequence[float], ys: Sequence[Number], *, mark: float | None = None) -> str:
    """One value against another; `mark` is the x of a point to mark."""
    values = [finite(y) for y in ys]
    there = known(values)
    if not there:
        return empty(caption.title)
    marks = ticks(min(0.0, *there), max(there))
    low, high = min(xs), max(xs)
    frame = Frame(low, high, marks[0], marks[-1], right=16)
    across = [x for x in ticks(low, high) if low <= x <= high]
    points = [None if y is None else (frame.x(x), frame.y(y)) for x, y in zip(xs, values, strict=True)]
    marked = next(((x, y) for x, y in zip(xs, values, strict=True) if x == mark and y is not None), None)
    parts = [frame.rows(marks), frame.foot(across, [brief(x) for x in across], caption.by)]
    parts.append(f'<path class="rs-line-0" d="{line(points)}"/>')
    parts.append(_marker(frame, marked) if marked else "")
    marks = f"; marked is {brief(marked[0])} with {brief(marked[1])}" if marked else ""
    description = f"{caption.of} by {caption.by}, from {brief(there[0])} to {brief(there[-1])}{marks}."
    rows = [(brief(x), brief(y)) for x, y in zip(xs, values, strict=True)]
    drawing = Drawing("".join(parts), frame.height, description)
    return figure(caption, drawing, Numbers([caption.by, caption.of], rows))


def share_curve(
    caption: Caption,
    points: Sequence[tuple[float, float]],
    *,
    mark: float | None = None,
    diagonal: bool = False,
    listed: Sequence[int] | None = None,
) -> str:
    """A share from 0 to 1 against another.

    Args:
        mark: x of a point to mark.
        diagonal: draw the line on which both are equal, instead of filling the area below the curve.
        listed: numbers of the points in the table (default: all).
    """
    if not points:
        return empty(caption.title)
    frame = Frame(0, 1, 0, 1, right=16)
    placed = [(frame.x(x), frame.y(y)) for x, y in points]
    marked = next((point for point in points if point[0] == mark), None)
    parts = [frame.rows(QUARTERS, percent), frame.foot(QUARTERS, [percent(x) for x in QUARTERS], caption.by)]
    parts.append(frame.diagonal() if diagonal else frame.area(placed))
    parts.append(f'<path class="rs-line-0" d="{line(placed)}"/>')
    parts.append(_marker(frame, marked) if marked else "")
    marks = f"; marked is {percent(marked[0])} with {percent(marked[1])}" if marked else ""
    first, last = percent(points[0][1]), percent(points[-1][1])
    description = f"{caption.of} by {caption.by}, from {first} to {last}{marks}."
    chosen = points if listed is None else [points[place] for place in listed]
    rows = [(percent(x, 1), percent(y, 1)) for x, y in chosen]
    drawing = Drawing("".join(parts), frame.height, description)
    return figure(caption, drawing, Numbers([caption.by, caption.of], rows))


def reliability(
    caption: Caption, predicted: Sequence[Number], observed: Sequence[Number], counts: Sequence[int]
) -> str:
    """Predicted against observed shares of groups of cases. Larger dots mean more cases."""
    groups = [
        (x, y, int(count))
        for a, b, count in zip(predicted, observed, counts, strict=True)
        if (x := finite(a)) is not None and (y := finite(b)) is not None and count
    ]
    if not groups:
        return empty(caption.title)
    frame = Frame(0, 1, 0, 1, height=300, right=16)
    most = max(count for *_, count in groups)
    parts = [frame.rows(QUARTERS, percent), frame.foot(QUARTERS, [percent(x) for x in QUARTERS], caption.by)]
    parts.append(frame.diagonal())
    parts.append(f'<path class="rs-line-0" d="{line((frame.x(x), frame.y(y)) for x, y, _ in groups)}"/>')
    parts += [
        f'<circle class="rs-dot-0" cx="{frame.x(x)}" cy="{frame.y(y)}" r="{2.5 + 5 * (count / most) ** 0.5:.1f}">'
        f"<title>{percent(x)} predicted, {percent(y)} liked, {count:,} cases</title></circle>"
        for x, y, count in groups
    ]
    first, last = percent(groups[0][0]), percent(groups[-1][0])
    description = f"{len(groups)} groups of predictions, from {first} to {last} predicted."
    rows = [(percent(x), percent(y), f"{count:,}") for x, y, count in groups]
    drawing = Drawing("".join(parts), frame.height, description)
    return figure(caption, drawing, Numbers(["predicted", "came true", "cases"], rows))


def _marker(frame: Frame, value: Point) -> str:
    x, y = frame.x(value[0]), frame.y(value[1])
    return f'<path class="rs-dashed" d="M{x} {frame.base}V{y}"/><circle class="rs-point" cx="{x}" cy="{y}" r="5"/>'
