"""Charts in cells and small panels: tries of a search, densities, a confusion matrix, points on their own scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.page.charts.charts import EMPTY
from recsys.page.charts.svg import WIDTH, Frame, Number, brief, figure, finite, known, nothing, path, safe, ticks

PANEL, GAP = 128, 22  # height of a small panel, and what is left between two side by side
FEW = 8  # so many different values stand side by side, more lie on a scale
WORST = 0.25  # share of the tries that may lie below what is drawn


def tries(
    title: str, note: str, settings: Mapping[str, Sequence[Any]], gains: Sequence[Number], defaults: int, chosen: int
) -> str:
    """Gain over the defaults against each setting, a panel each; the defaults are a ring, the chosen a full dot.

    Args:
        settings: name -> value of each try.
        gains: of each try, as a share.
        defaults, chosen: numbers of tries.
    """
    scores = [finite(value) for value in gains]
    there = sorted(known(scores))
    if not there or not settings:
        return nothing(title, EMPTY)
    low, high = min(there[int(WORST * (len(there) - 1))], 0.0), max(there[-1], 0.0)
    marks = ticks(100 * low, 100 * high if high > low else 100 * low + 1, 3)
    parts, width = [], (WIDTH - 40 - GAP) / 2
    for number, (name, values) in enumerate(settings.items()):
        left, top = 40 + (number % 2) * (width + GAP), 8 + (number // 2) * (PANEL + 24)
        parts.append(
            _panel(
                name,
                values,
                scores,
                (left, top, width),
                (marks[0] / 100, marks[-1] / 100),
                marks if number % 2 == 0 else [],
                (defaults, chosen),
            )
        )
    order = sorted(range(len(scores)), key=lambda place: (scores[place] is None, -(scores[place] or 0.0)))
    rows = [(_percent(scores[place]), *(brief(values[place]) for values in settings.values())) for place in order[:200]]
    height = 8 + -(-len(settings) // 2) * (PANEL + 24) + 22
    parts.append(_keys(height))
    says = (
        f"{len(scores)} tries by {', '.join(settings)}; the best is {_percent(there[-1])} against the defaults, "
        f"chosen is {', '.join(f'{name} {brief(values[chosen])}' for name, values in settings.items())}."
    )
    return figure(title, note, "".join(parts), height, says, ["gain", *settings], rows)


def _panel(
    name: str,
    values: Sequence[Any],
    scores: Sequence[float | None],
    where: tuple[float, float, float],
    span: tuple[float, float],
    marks: Sequence[float],
    special: tuple[int, int],
) -> str:
    """One setting: `where` is left, top and width, `span` the scores at bottom and top, `special` the marked tries."""
    left, top, width = where
    base, ceiling = top + PANEL - 22, top + 18
    numbers = [finite(value) for value in values]
    distinct = sorted(set(known(numbers)))

    def across(value: float) -> float:
        if len(distinct) <= FEW:
            return left + (distinct.index(value) + 0.5) / len(distinct) * width
        return left + 6 + (value - distinct[0]) / (distinct[-1] - distinct[0]) * (width - 12)

    def up(score: float) -> float:
        share = (min(max(score, span[0]), span[1]) - span[0]) / ((span[1] - span[0]) or 1)
        return base - share * (base - ceiling)

    parts = [
        f'<rect class="rs-sheet-back" x="{left:.1f}" y="{ceiling - 5:.1f}" width="{width:.1f}" '
        f'height="{base - ceiling + 10:.1f}" rx="6"/>',
        f'<text class="rs-name" x="{left + width / 2:.1f}" y="{top + 6:.1f}" text-anchor="middle">{safe(name)}</text>',
        f'<path class="rs-dashed" d="M{left:.1f} {up(0.0):.1f}h{width:.1f}"/>',
    ]
    parts += [
        f'<text x="{left - 5:.1f}" y="{up(mark / 100) + 4:.1f}" text-anchor="end">{safe(f"{mark:+g}")}</text>'
        for mark in marks
    ]
    if len(distinct) <= FEW:
        feet = [(value, "middle") for value in distinct]
    else:
        feet = [(distinct[0], "start"), (distinct[-1], "end")]
    for value, anchor in feet:
        x = {"start": left + 2, "end": left + width - 2}.get(anchor, across(value))
        parts.append(f'<text x="{x:.1f}" y="{base + 18:.1f}" text-anchor="{anchor}">{safe(brief(value))}</text>')
    placed = [
        None if number is None or score is None else (across(number), up(score))
        for number, score in zip(numbers, scores, strict=True)
    ]
    dots = "".join(
        f"M{point[0]:.1f} {point[1]:.1f}h0" for place, point in enumerate(placed) if point and place not in special
    )
    parts.append(f'<path class="rs-dots rs-stroke-1" d="{dots}"/>' if dots else "")
    for place, kind in zip(special, ("rs-ring", "rs-point"), strict=True):
        if placed[place]:
            parts.append(f'<circle class="{kind}" cx="{placed[place][0]:.1f}" cy="{placed[place][1]:.1f}" r="5"/>')
    return "".join(parts)


def _keys(height: float) -> str:
    y = height - 8
    return (
        f'<path class="rs-dots rs-stroke-1" d="M46 {y - 4}h0"/><text x="56" y="{y}">a try</text>'
        f'<circle class="rs-ring" cx="112" cy="{y - 4}" r="5"/><text x="123" y="{y}">the defaults</text>'
        f'<circle class="rs-point" cx="218" cy="{y - 4}" r="5"/><text x="229" y="{y}">chosen</text>'
        f'<text x="{WIDTH - 4}" y="{y}" text-anchor="end">gain in %</text>'
    )


def density(
    title: str,
    note: str,
    columns: Sequence[float],
    rows: Sequence[float],
    counts: Sequence[Sequence[int]],
    *,
    across: str,
    up: str,
) -> str:
    """How often each value up fell to each value across, the stronger the larger its share of the column.

    Args:
        columns, rows: the values, rising.
        counts: (columns, rows).
    """
    if not columns or not any(map(sum, counts)):
        return nothing(title, EMPTY)
    half = (rows[1] - rows[0]) / 2 if len(rows) > 1 else 0.5
    frame = Frame(0, len(columns), rows[0] - half, rows[-1] + half, height=300)
    step = (WIDTH - frame.left - frame.right) / len(columns)
    most = max(max(row) / sum(row) for row in counts if sum(row))
    parts = []
    for place, (value, row) in enumerate(zip(columns, counts, strict=True)):
        for at, count in zip(rows, row, strict=True):
            if count:
                top, bottom = frame.y(at + half), frame.y(at - half)
                share = count / sum(row)
                parts.append(
                    f'<rect class="rs-fill" x="{frame.x(place) + 1:.1f}" y="{top:.1f}" width="{step - 2:.1f}" '
                    f'height="{bottom - top:.1f}" fill-opacity="{0.05 + 0.95 * share / most:.2f}">'
                    f"<title>{safe(across)} {brief(value)}, {safe(up)} {brief(round(at - half, 3))} to "
                    f"{brief(round(at + half, 3))}: {count:,}</title></rect>"
                )
    perfect = [(frame.x(place + 0.5), frame.y(value)) for place, value in enumerate(columns)]
    parts.append(f'<path class="rs-dashed" d="{path(perfect)}"/>')
    marks = [mark for mark in ticks(rows[0] - half, rows[-1] + half) if rows[0] - half <= mark <= rows[-1] + half]
    every = max(1, -(-len(columns) * 30 // int(WIDTH - frame.left - frame.right)))
    shown = list(range(0, len(columns), every))
    foot = frame.foot([place + 0.5 for place in shown], [brief(columns[place]) for place in shown], across)
    means = [
        sum(at * count for at, count in zip(rows, row, strict=True)) / sum(row) if sum(row) else None for row in counts
    ]
    says = (
        f"{up} by {across}; "
        + ", ".join(
            f"{brief(mean)} on average where {brief(value)}"
            for value, mean in zip(columns, means, strict=True)
            if mean is not None
        )
        + "."
    )
    body = [
        (brief(value), brief(mean), *(f"{count:,}" for count in row))
        for value, mean, row in zip(columns, means, counts, strict=True)
    ]
    head = [across, "mean", *(f"{brief(round(at - half, 3))}–{brief(round(at + half, 3))}" for at in rows)]
    return figure(title, note, frame.rows(marks) + "".join(parts) + foot, frame.height, says, head, body)


def confusion(
    title: str, note: str, truths: Sequence[str], answers: Sequence[str], counts: Sequence[Sequence[int]]
) -> str:
    """How often each truth was answered how; shares are of the truth."""
    if not counts or not any(map(sum, counts)):
        return nothing(title, EMPTY)
    left, size, tall = 84, (WIDTH - 84 - 4) / len(answers), 78
    parts = [
        f'<text x="{left + (place + 0.5) * size:.1f}" y="16" text-anchor="middle">{safe(name)}</text>'
        for place, name in enumerate(answers)
    ]
    rows = []
    for number, (truth, row) in enumerate(zip(truths, counts, strict=True)):
        y = 26 + number * tall
        parts.append(
            f'<text class="rs-name" x="{left - 8}" y="{y + tall / 2 + 4}" text-anchor="end">{safe(truth)}</text>'
        )
        for place, count in enumerate(row):
            share = count / sum(row) if sum(row) else 0.0
            x = left + place * size
            parts.append(
                f'<rect class="rs-fill" x="{x + 2:.1f}" y="{y + 2}" width="{size - 4:.1f}" height="{tall - 4}" rx="6" '
                f'fill-opacity="{0.04 + 0.3 * share:.2f}"/>'
                f'<text class="rs-name rs-large" x="{x + size / 2:.1f}" y="{y + tall / 2}" '
                f'text-anchor="middle">{100 * share:.1f} %</text>'
                f'<text class="rs-name" x="{x + size / 2:.1f}" y="{y + tall / 2 + 19}" '
                f'text-anchor="middle">{count:,}</text>'
            )
        rows.append((truth, *(f"{count:,}" for count in row)))
    says = (
        "; ".join(
            f"{truth}: {', '.join(f'{name} {count:,}' for name, count in zip(answers, row, strict=True))}"
            for truth, row in zip(truths, counts, strict=True)
        )
        + "."
    )
    return figure(title, note, "".join(parts), 30 + tall * len(truths), says, ["", *answers], rows)


def dots(
    title: str, note: str, labels: Sequence[str], values: Sequence[Number], *, of: str, by: str, mark: int | None = None
) -> str:
    """Points on a scale that need not hold 0, joined by a line; one may be marked."""
    numbers = [finite(value) for value in values]
    there = known(numbers)
    if not there:
        return nothing(title, EMPTY)
    marks = ticks(min(there), max(there))
    frame = Frame(0, len(numbers), marks[0], marks[-1], left=58, height=200)
    points = [None if value is None else (frame.x(place + 0.5), frame.y(value)) for place, value in enumerate(numbers)]
    digits = max(0, min(6, max(len(f"{value:g}".partition(".")[2]) for value in marks)))
    parts = [frame.rows(marks, lambda value: f"{value:.{digits}f}"), f'<path class="rs-line-0" d="{path(points)}"/>']
    for place, (name, value, point) in enumerate(zip(labels, numbers, points, strict=True)):
        if point:
            kind, size = ("rs-point", 6) if place == mark else ("rs-dot-0", 3)
            parts.append(
                f'<circle class="{kind}" cx="{point[0]}" cy="{point[1]}" r="{size}">'
                f"<title>{safe(name)}: {value:.4f}</title></circle>"
            )
    parts.append(frame.foot([place + 0.5 for place in range(len(labels))], labels, by))
    says = (
        f"{of} by {by}: "
        + ", ".join(f"{name} {value:.4f}" for name, value in zip(labels, numbers, strict=True) if value is not None)
        + ("." if mark is None else f"; marked is {labels[mark]}.")
    )
    rows = [(name, "–" if value is None else f"{value:.4f}") for name, value in zip(labels, numbers, strict=True)]
    return figure(title, note, "".join(parts), frame.height, says, [by, of], rows)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f} %"
