"""Charts of cells with stronger colours for larger values: heat map, density and confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.page.charts.figure import Caption, Drawing, Numbers, empty, figure
from recsys.page.charts.svg import WIDTH, Frame, cut, line, safe, text
from recsys.page.charts.values import Number, brief, finite, known, percent, ticks

NAMES = 172  # width of the names on the left of a heat map
TRUTHS = 84  # width of the names on the left of a confusion matrix
TALL = 78  # height of a row of a confusion matrix
LABEL = 30  # height of a label below a column


def heat_map(caption: Caption, names: Sequence[str], values: Sequence[Sequence[Number]]) -> str:
    """Similarity of each pair; missing values are drawn as open cells. Columns have the numbers of the rows."""
    numbers = [[finite(value) for value in row] for row in values]
    every = known(value for row in numbers for value in row)
    if not every:
        return empty(caption.title)
    low, high = min(0.0, *every), max(every) or 1.0
    size = (WIDTH - NAMES - 4) / len(names)
    parts = []
    for number, (name, row) in enumerate(zip(names, numbers, strict=True)):
        y = 22 + number * size
        parts.append(_row_head(number, str(name), y, size))
        for other, value in enumerate(row):
            label = f"{name} and {names[other]}: {brief(value)}"
            share = None if value is None else (value - low) / ((high - low) or 1)
            parts.append(_cell(NAMES + other * size, y, size, share, label))
    head = ["", *(str(place + 1) for place in range(len(names)))]
    rows = [(f"{place + 1} {name}", *map(brief, numbers[place])) for place, name in enumerate(names)]
    description = f"Similarity of each pair of {len(names)}, from {brief(low)} to {brief(high)}."
    return figure(caption, Drawing("".join(parts), 28 + size * len(names), description), Numbers(head, rows))


def _row_head(number: int, name: str, y: float, size: float) -> str:
    middle = round(y + size / 2 + 4, 1)
    return (
        text(NAMES - 26, middle, cut(name, NAMES - 34), kind="rs-name", anchor="end")
        + text(NAMES - 6, middle, str(number + 1), anchor="end")
        + text(round(NAMES + (number + 0.5) * size, 1), 14, str(number + 1), anchor="middle")
    )


def _cell(x: float, y: float, size: float, share: float | None, label: str) -> str:
    look = 'class="rs-open-cell"' if share is None else f'class="rs-fill" fill-opacity="{0.06 + 0.94 * share:.2f}"'
    return (
        f'<rect {look} x="{x + 1:.1f}" y="{y + 1:.1f}" width="{size - 2:.1f}" height="{size - 2:.1f}" rx="3">'
        f"<title>{safe(label)}</title></rect>"
    )


def density(caption: Caption, columns: Sequence[float], rows: Sequence[float], counts: Sequence[Sequence[int]]) -> str:
    """How often each value of `caption.of` (rows) occurred with each value of `caption.by` (columns).

    The colour is the share of the column. On the dashed line both values are equal.

    Args:
        columns, rows: the values, ascending.
        counts: (columns, rows).
    """
    if not columns or not any(map(sum, counts)):
        return empty(caption.title)
    half = (rows[1] - rows[0]) / 2 if len(rows) > 1 else 0.5
    low, high = rows[0] - half, rows[-1] + half
    frame = Frame(0, len(columns), low, high, height=300)
    most = max(max(row) / sum(row) for row in counts if sum(row))
    parts = [frame.rows([mark for mark in ticks(low, high) if low <= mark <= high])]
    for place, (value, row) in enumerate(zip(columns, counts, strict=True)):
        for at, count in zip(rows, row, strict=True):
            if count:
                label = f"{caption.by} {brief(value)}, {caption.of} {_span(at, half, ' to ')}: {count:,}"
                parts.append(_band(frame, place, (at - half, at + half), count / sum(row) / most, label))
    equal = [(frame.x(place + 0.5), frame.y(value)) for place, value in enumerate(columns)]
    parts.append(f'<path class="rs-dashed" d="{line(equal)}"/>')
    every = max(1, -(-len(columns) * LABEL // int(frame.width)))
    shown = range(0, len(columns), every)
    parts.append(frame.foot([place + 0.5 for place in shown], [brief(columns[place]) for place in shown], caption.by))
    means = [_mean(rows, row) for row in counts]
    listed = [f"{brief(mean)} on average at {brief(value)}" for value, mean in zip(columns, means, strict=True) if mean]
    body = [
        (brief(value), brief(mean), *(f"{count:,}" for count in row))
        for value, mean, row in zip(columns, means, counts, strict=True)
    ]
    drawing = Drawing("".join(parts), frame.height, f"{caption.of} by {caption.by}; {', '.join(listed)}.")
    return figure(caption, drawing, Numbers([caption.by, "mean", *(_span(at, half, "–") for at in rows)], body))


def _band(frame: Frame, place: int, span: tuple[float, float], share: float, label: str) -> str:
    top, bottom = frame.y(span[1]), frame.y(span[0])
    width = frame.width / (frame.x_high - frame.x_low)
    return (
        f'<rect class="rs-fill" x="{frame.x(place) + 1:.1f}" y="{top:.1f}" width="{width - 2:.1f}" '
        f'height="{bottom - top:.1f}" fill-opacity="{0.05 + 0.95 * share:.2f}"><title>{safe(label)}</title></rect>'
    )


def _span(middle: float, half: float, word: str) -> str:
    return f"{brief(round(middle - half, 3))}{word}{brief(round(middle + half, 3))}"


def _mean(values: Sequence[float], counts: Sequence[int]) -> float | None:
    total = sum(counts)
    return sum(value * count for value, count in zip(values, counts, strict=True)) / total if total else None


def confusion(caption: Caption, truths: Sequence[str], answers: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Number of cases with each truth (row) and each answer (column); shares are of the row."""
    if not counts or not any(map(sum, counts)):
        return empty(caption.title)
    size = (WIDTH - TRUTHS - 4) / len(answers)
    parts = [
        text(round(TRUTHS + (place + 0.5) * size, 1), 16, name, anchor="middle") for place, name in enumerate(answers)
    ]
    for number, (truth, row) in enumerate(zip(truths, counts, strict=True)):
        y = 26 + number * TALL
        parts.append(text(TRUTHS - 8, y + TALL / 2 + 4, truth, kind="rs-name", anchor="end"))
        total = sum(row)
        parts += [
            _answer(TRUTHS + place * size, y, size, count, count / total if total else 0.0)
            for place, count in enumerate(row)
        ]
    rows = [(truth, *(f"{count:,}" for count in row)) for truth, row in zip(truths, counts, strict=True)]
    listed = [f"{truth}: {_listed(answers, row)}" for truth, row in zip(truths, counts, strict=True)]
    drawing = Drawing("".join(parts), 30 + TALL * len(truths), f"{'; '.join(listed)}.")
    return figure(caption, drawing, Numbers(["", *answers], rows))


def _answer(x: float, y: float, size: float, count: int, share: float) -> str:
    middle = round(x + size / 2, 1)
    return (
        f'<rect class="rs-fill" x="{x + 2:.1f}" y="{y + 2}" width="{size - 4:.1f}" height="{TALL - 4}" rx="6" '
        f'fill-opacity="{0.04 + 0.3 * share:.2f}"/>'
        + text(middle, y + TALL / 2, percent(share, 1), kind="rs-name rs-large", anchor="middle")
        + text(middle, y + TALL / 2 + 19, f"{count:,}", kind="rs-name", anchor="middle")
    )


def _listed(names: Sequence[str], counts: Sequence[int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in zip(names, counts, strict=True))
