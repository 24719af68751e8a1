"""Our charts: numbers in, one figure of HTML and SVG out; no library, no request, light and dark by CSS.

Values that are None or no numbers are left out of a drawing and shown as a dash in its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recsys.page.charts.svg import WIDTH, Frame, Number, brief, cut, figure, finite, known, nothing, path, safe, ticks

ROW = 24  # height of a line of a chart with names
NAMES = 138  # room for names at the left
GROUPS = 12  # colours told apart
EMPTY = "There is nothing to show yet."


def bars(
    title: str,
    note: str,
    labels: Sequence[str],
    values: Sequence[Number],
    *,
    of: str,
    label: Callable = brief,
    names: float = NAMES,
) -> str:
    """Horizontal bars from 0, in the order given.

    Args:
        of: what the values are, as the table's heading.
        label: how a value is written.
        names: room for the names.
    """
    numbers = [finite(value) for value in values]
    if not known(numbers):
        return nothing(title, EMPTY)
    most = max(0.0, *known(numbers)) or 1.0
    room = WIDTH - names - 62
    parts = []
    for place, (name, value) in enumerate(zip(labels, numbers, strict=True)):
        y = 6 + place * ROW
        width = max(1.5, room * max(value or 0.0, 0.0) / most)
        parts.append(
            f"<g><title>{safe(name)}: {safe(label(value))}</title>"
            f'<text class="rs-name" x="{names - 8}" y="{y + 14}" '
            f'text-anchor="end">{safe(cut(str(name), names - 12))}</text>'
            f'<rect class="rs-fill" x="{names}" y="{y + 2}" width="{width:.1f}" height="{ROW - 8}" rx="3"/>'
            f'<text x="{names + width + 6:.1f}" y="{y + 14}">{safe(label(value))}</text></g>'
        )
    first = f"{labels[0]} {label(numbers[0])}"
    return figure(
        title,
        note,
        "".join(parts),
        12 + ROW * len(numbers),
        f"{len(numbers)} bars of {of}; the first is {first}.",
        ["", of],
        [(name, label(value)) for name, value in zip(labels, numbers, strict=True)],
    )


def columns(
    title: str, note: str, labels: Sequence[str], values: Sequence[Number], *, of: str, by: str, label: Callable = brief
) -> str:
    """Upright columns from 0, such as a histogram.

    Args:
        of, by: what the values are, and what the labels.
    """
    numbers = [finite(value) for value in values]
    if not known(numbers):
        return nothing(title, EMPTY)
    marks = ticks(0, max(known(numbers)))
    frame = Frame(0, len(numbers), 0, marks[-1])
    step = (WIDTH - frame.left - frame.right) / len(numbers)
    width = step * (0.78 if len(numbers) < 60 else 1.0)
    base = frame.height - frame.bottom
    drawn = "".join(
        f'<rect class="rs-fill" x="{frame.x(place) + (step - width) / 2:.1f}" '
        f'y="{frame.y(value):g}" width="{width:.1f}" '
        f'height="{max(0.0, base - frame.y(value)):.1f}" rx="{min(3, width / 4):.1f}">'
        f"<title>{safe(name)}: {safe(label(value))}</title></rect>"
        for place, (name, value) in enumerate(zip(labels, numbers, strict=True))
        if value is not None
    )
    longest = max(len(str(name)) for name in labels) * 7 + 8
    every = max(1, -(-int(longest * len(numbers)) // int(WIDTH - frame.left - frame.right)))
    shown = list(range(0, len(numbers), every))
    foot = frame.foot([place + 0.5 for place in shown], [str(labels[place]) for place in shown], by)
    most = max(range(len(numbers)), key=lambda place: numbers[place] or 0)
    says = f"{len(numbers)} columns of {of} by {by}; the highest is {labels[most]} with {label(numbers[most])}."
    rows = [(name, label(value)) for name, value in zip(labels, numbers, strict=True)]
    return figure(title, note, frame.rows(marks, label) + drawn + foot, frame.height, says, [by, of], rows)


def lines(
    title: str,
    note: str,
    moments: Sequence[str],
    series: dict[str, Sequence[Number]],
    *,
    by: str,
    area: bool = False,
    short: Callable[[str], str] = str,
) -> str:
    """Values over time, equally spaced, one line for each name.

    Args:
        moments: what stands below, in order.
        by: what the moments are.
        area: fill below the first line.
        short: how a moment is written below.
    """
    values = {name: [finite(value) for value in many] for name, many in series.items()}
    if not moments or not any(known(many) for many in values.values()):
        return nothing(title, EMPTY)
    marks = ticks(0, max(number for many in values.values() for number in known(many)) or 1)
    room = 22 if len(values) > 1 else 0
    frame = Frame(0, max(1, len(moments) - 1), 0, marks[-1], top=14 + room, right=16, height=240 + room)
    parts = [frame.rows(marks)]
    for group, many in enumerate(values.values()):
        points = [None if value is None else (frame.x(place), frame.y(value)) for place, value in enumerate(many)]
        if area and group == 0 and None not in points:
            base = frame.height - frame.bottom
            parts.append(
                f'<path class="rs-area" d="{path(points)}L{points[-1][0]:g} {base}L{points[0][0]:g} {base}Z"/>'
            )
        parts.append(f'<path class="rs-line-{group}" d="{path(points)}"/>')
        if len(moments) <= 45:
            parts += [
                f'<circle class="rs-dot-{group}" cx="{point[0]}" cy="{point[1]}" '
                f'r="2.8"><title>{safe(moment)}: {safe(brief(value))}</title></circle>'
                for moment, point, value in zip(moments, points, many, strict=True)
                if point
            ]
    below = [short(moment) for moment in moments]
    every = max(1, -(-len(below) * (max(map(len, below)) * 7 + 10) // 330))
    shown = list(range(0, len(below), every))
    parts.append(frame.foot(shown, [below[place] for place in shown], by))
    parts.append(_legend(list(values)) if len(values) > 1 else "")
    says = f"{' and '.join(values)} from {moments[0]} to {moments[-1]}."
    rows = [(moment, *(brief(many[place]) for many in values.values())) for place, moment in enumerate(moments)]
    return figure(title, note, "".join(parts), frame.height, says, [by, *values], rows[-400:])


def intervals(
    title: str,
    note: str,
    labels: Sequence[str],
    means: Sequence[Number],
    lows: Sequence[Number],
    highs: Sequence[Number],
    *,
    of: str,
    label: Callable = brief,
    zero: bool = True,
) -> str:
    """Points with their intervals, one line each, on a common scale, from 0 unless told otherwise."""
    rows = [
        (str(name), *(finite(value) for value in values))
        for name, *values in zip(labels, means, lows, highs, strict=True)
        if finite(values[0]) is not None
    ]
    if not rows:
        return nothing(title, EMPTY)
    every = known(value for row in rows for value in row[1:])
    marks = ticks(0 if zero else min(every), max(every))
    height = 46 + ROW * len(rows)
    frame = Frame(marks[0], marks[-1], 0, 1, left=NAMES, right=52, top=4, bottom=36, height=height)
    base = height - frame.bottom
    parts = [f'<path class="rs-grid-line" d="M{frame.x(mark)} 4V{base}"/>' for mark in marks]
    for place, (name, mean, low, high) in enumerate(rows):
        y = 6 + place * ROW + ROW / 2
        span = f"{label(low)} to {label(high)}" if low is not None and high is not None else ""
        parts.append(
            f"<g><title>{safe(name)}: {safe(label(mean))}{f' ({safe(span)})' if span else ''}</title>"
            f'<text class="rs-name" x="{NAMES - 8}" y="{y + 4}" text-anchor="end">{safe(cut(name, NAMES - 12))}</text>'
            + (f'<path class="rs-span" d="M{frame.x(low)} {y}H{frame.x(high)}"/>' if span else "")
            + f'<circle class="rs-point" cx="{frame.x(mean)}" cy="{y}" r="4.5"/>'
            f'<text x="{WIDTH - 4}" y="{y + 4}" text-anchor="end">{safe(label(mean))}</text></g>'
        )
    parts.append(frame.foot(marks, [label(mark) for mark in marks], of))
    says = f"{of} of {len(rows)} with 95 % intervals; best is {rows[0][0]} with {label(rows[0][1])}."
    table = [(name, label(mean), label(low), label(high)) for name, mean, low, high in rows]
    return figure(title, note, "".join(parts), height, says, ["", of, "from", "to"], table)


def reliability(
    title: str, note: str, predicted: Sequence[Number], observed: Sequence[Number], n: Sequence[int]
) -> str:
    """What was promised against what came true; on the dashed line both are equal. Larger dots stand for more cases."""
    points = [
        (finite(a), finite(b), int(count))
        for a, b, count in zip(predicted, observed, n, strict=True)
        if finite(a) is not None and finite(b) is not None and count
    ]
    if not points:
        return nothing(title, EMPTY)
    marks = [0, 0.25, 0.5, 0.75, 1]
    frame = Frame(0, 1, 0, 1, height=300, right=16)

    def percent(value: float) -> str:
        return f"{100 * value:.0f} %"

    most = max(count for *_, count in points)
    parts = [frame.rows(marks, percent), frame.foot(marks, [percent(mark) for mark in marks], "Match promised")]
    parts.append(f'<path class="rs-dashed" d="M{frame.x(0)} {frame.y(0)}L{frame.x(1)} {frame.y(1)}"/>')
    parts.append(f'<path class="rs-line-0" d="{path((frame.x(a), frame.y(b)) for a, b, _ in points)}"/>')
    parts += [
        f'<circle class="rs-dot-0" cx="{frame.x(a)}" cy="{frame.y(b)}" r="{2.5 + 5 * (count / most) ** 0.5:.1f}">'
        f"<title>{percent(a)} promised, {percent(b)} liked, {count:,} cases</title></circle>"
        for a, b, count in points
    ]
    says = f"{len(points)} groups of predictions, from {percent(points[0][0])} to {percent(points[-1][0])} promised."
    rows = [(percent(a), percent(b), f"{count:,}") for a, b, count in points]
    return figure(title, note, "".join(parts), frame.height, says, ["promised", "came true", "cases"], rows)


def heat_map(title: str, note: str, labels: Sequence[str], values: Sequence[Sequence[Number]]) -> str:
    """How alike each pair is: the stronger the colour the more; what cannot be said is left open."""
    numbers = [[finite(value) for value in row] for row in values]
    every = known(value for row in numbers for value in row)
    if not every:
        return nothing(title, EMPTY)
    low, high = min(0.0, *every), max(every) or 1.0
    names, size = 172, (WIDTH - 172 - 4) / len(labels)
    parts = []
    for i, (name, row) in enumerate(zip(labels, numbers, strict=True)):
        y = 22 + i * size
        parts.append(
            f'<text class="rs-name" x="{names - 26}" y="{y + size / 2 + 4:.1f}" '
            f'text-anchor="end">{safe(cut(str(name), names - 34))}</text>'
            f'<text x="{names - 6}" y="{y + size / 2 + 4:.1f}" text-anchor="end">{i + 1}</text>'
            f'<text x="{names + (i + 0.5) * size:.1f}" y="14" text-anchor="middle">{i + 1}</text>'
        )
        for j, value in enumerate(row):
            share = 0.0 if value is None else (value - low) / ((high - low) or 1)
            kind = "rs-open-cell" if value is None else "rs-fill"
            opacity = "" if value is None else f' fill-opacity="{0.06 + 0.94 * share:.2f}"'
            what = f"{name} and {labels[j]}: {brief(value)}"
            parts.append(
                f'<rect class="{kind}" x="{names + j * size + 1:.1f}" y="{y + 1:.1f}" width="{size - 2:.1f}" '
                f'height="{size - 2:.1f}" rx="3"{opacity}><title>{safe(what)}</title></rect>'
            )
    head = ["", *(str(place + 1) for place in range(len(labels)))]
    rows = [(f"{i + 1} {name}", *map(brief, numbers[i])) for i, name in enumerate(labels)]
    says = f"Likeness of each pair of {len(labels)}, from {brief(low)} to {brief(high)}."
    return figure(title, note, "".join(parts), 28 + size * len(labels), says, head, rows)


def scatter(
    title: str,
    note: str,
    xs: Sequence[Number],
    ys: Sequence[Number],
    groups: Sequence[int],
    names: Sequence[str],
    *,
    across: str = "",
    up: str = "",
    sizes: Sequence[int] | None = None,
) -> str:
    """Points of a plane, coloured by group; the names of the groups stand below.

    Args:
        groups: number of each point's group.
        names: of the groups.
        across, up: what the axes are.
        sizes: members of each group, where the points are only some.
    """
    points = [
        (finite(x), finite(y), int(group))
        for x, y, group in zip(xs, ys, groups, strict=True)
        if finite(x) is not None and finite(y) is not None
    ]
    if not points:
        return nothing(title, EMPTY)
    drawn = 300
    legend = 20 * len(names)
    x_values, y_values = [x for x, *_ in points], [y for _, y, _ in points]
    frame = Frame(
        min(x_values),
        max(x_values),
        min(y_values),
        max(y_values),
        left=26,
        right=12,
        top=12,
        bottom=30 + legend,
        height=drawn + legend,
    )
    parts = [f'<rect class="rs-sheet-back" x="20" y="4" width="{WIDTH - 26}" height="{drawn - 28}" rx="8"/>']
    for group in range(len(names)):
        # One path a group: a round pen set down at every point.
        dots = "".join(f"M{frame.x(x):g} {frame.y(y):g}h0" for x, y, own in points if own == group)
        parts.append(f'<path class="rs-dots rs-stroke-{group % GROUPS}" d="{dots}"/>' if dots else "")
    middle = (drawn - 24) / 2
    parts.append(f'<text class="rs-axis" x="{WIDTH / 2}" y="{drawn - 8}" text-anchor="middle">{safe(across)}</text>')
    parts.append(
        f'<text class="rs-axis" x="12" y="{middle}" text-anchor="middle" '
        f'transform="rotate(-90 12 {middle})">{safe(up)}</text>'
    )
    counts = sizes or [sum(own == group for *_, own in points) for group in range(len(names))]
    for group, (name, count) in enumerate(zip(names, counts, strict=True)):
        y = drawn + 12 + 20 * group
        parts.append(
            f'<path class="rs-key rs-stroke-{group % GROUPS}" d="M28 {y - 4}h0"/><text class="rs-name" x="40" y="{y}">'
            f'{safe(cut(str(name), 290))}</text><text x="{WIDTH - 6}" y="{y}" text-anchor="end">{count:,}</text>'
        )
    says = (
        f"{len(points):,} points in {len(names)} groups; the largest is "
        f"{names[max(range(len(names)), key=lambda i: counts[i])]}."
    )
    rows = [(name, f"{count:,}") for name, count in zip(names, counts, strict=True)]
    return figure(title, note, "".join(parts), frame.height, says, ["group", "members"], rows)


def curve(
    title: str,
    note: str,
    xs: Sequence[float],
    ys: Sequence[Number],
    *,
    of: str,
    by: str,
    mark: float | None = None,
    percent: bool = False,
    fill: bool = False,
    diagonal: bool = False,
    table: Sequence[int] | None = None,
) -> str:
    """One value as another grows, with the chosen place marked.

    Args:
        of, by: what y and x are.
        mark: x of the place to mark.
        percent: both axes are shares from 0 to 1.
        fill: the area below is filled.
        diagonal: the line where both are equal is drawn.
        table: numbers of the points in the table (default: all).
    """
    points = [(x, finite(y)) for x, y in zip(xs, ys, strict=True)]
    there = known(y for _, y in points)
    if not there:
        return nothing(title, EMPTY)
    label = (lambda value: f"{100 * value:.0f} %") if percent else brief
    across = [0, 0.25, 0.5, 0.75, 1] if percent else [x for x in ticks(min(xs), max(xs)) if min(xs) <= x <= max(xs)]
    marks = [0, 0.25, 0.5, 0.75, 1] if percent else ticks(min(0.0, *there), max(there))
    x_low, x_high = (0, 1) if percent else (min(xs), max(xs))
    frame = Frame(x_low, x_high, marks[0], marks[-1], right=16)
    placed = [None if y is None else (frame.x(x), frame.y(y)) for x, y in points]
    base = frame.height - frame.bottom
    parts = [frame.rows(marks, label), frame.foot(across, [label(x) for x in across], by)]
    if fill and None not in placed:
        parts.append(f'<path class="rs-area" d="{path(placed)}L{placed[-1][0]:g} {base}L{placed[0][0]:g} {base}Z"/>')
    if diagonal:
        ends = f"M{frame.x(x_low)} {frame.y(x_low)}L{frame.x(x_high)} {frame.y(x_high)}"
        parts.append(f'<path class="rs-dashed" d="{ends}"/>')
    parts.append(f'<path class="rs-line-0" d="{path(placed)}"/>')
    marked = next(((x, y) for x, y in points if x == mark and y is not None), None)
    if marked:
        x, y = frame.x(marked[0]), frame.y(marked[1])
        parts.append(f'<path class="rs-dashed" d="M{x} {base}V{y}"/><circle class="rs-point" cx="{x}" cy="{y}" r="5"/>')
    says = f"{of} by {by}, from {label(there[0])} to {label(there[-1])}" + (
        f"; marked is {label(marked[0])} with {label(marked[1])}." if marked else "."
    )
    chosen = points if table is None else [points[place] for place in table]
    exact = (lambda value: "–" if value is None else f"{100 * value:.1f} %") if percent else brief
    rows = [(exact(x), exact(y)) for x, y in chosen]
    return figure(title, note, "".join(parts), frame.height, says, [by, of], rows)


def _legend(names: Sequence[str]) -> str:
    parts, x = [], 44
    for group, name in enumerate(names):
        parts.append(
            f'<circle class="rs-dot-{group}" cx="{x + 5}" cy="12" '
            f'r="4.5"/><text x="{x + 15}" y="16">{safe(name)}</text>'
        )
        x += 30 + int(7 * len(str(name)))
    return "".join(parts)
