"""Published tables as text: the comparison with new figures for a terminal, and the table as Markdown for the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recsys.evaluation.published import RATIO, Check, Figure, Table
from recsys.evaluation.significance import p_text
from recsys.evaluation.table import HEADINGS, P_BEST


def render(table: Table, checks: Sequence[Check]) -> str:
    """The comparison as text, one line for each figure, and how many lie in their intervals."""
    rows = [("model", "metric", "page", "expected", "now", "in the interval")]
    rows += [
        (
            check.published.row,
            check.published.metric,
            f"{check.published.value:.4f}",
            f"{check.low:.4f} to {check.high:.4f}",
            "not measured" if check.value is None else f"{check.value:.4f}",
            "yes" if check.inside else "NO",
        )
        for check in checks
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    inside = sum(check.inside for check in checks)
    return "\n".join(
        [
            f"{table.title}; published: {table.measured}",
            *lines,
            f"{inside} of {len(checks)} figures lie in the expected interval.",
        ]
    )


def markdown(table: Table) -> str:
    """The table as Markdown: a line for each model with a column for each metric, or a line for each ratio."""
    if any(figure.metric.startswith(RATIO) for figure in table.figures):
        return _ratios(table.figures)
    return _metrics(table.figures)


def _ratios(published: Sequence[Figure]) -> str:
    tested = any(figure.p is not None for figure in published)
    lines = ["| model / compared with | metric | change | 95 % |", "| --- | --- | ---: | ---: |"]
    if tested:
        lines = [line + end for line, end in zip(lines, (" p, Holm |", " ---: |"), strict=True)]
    for figure in published:
        change, low, high = (f"{100 * (value - 1):+.1f} %" for value in (figure.value, figure.low, figure.high))
        name = HEADINGS[figure.metric.removeprefix(RATIO)][0]
        models = " / ".join(f"`{part}`" for part in figure.row.split(" / "))
        p = f" {p_text(figure.p)} |" if tested else ""
        lines.append(f"| {models} | {name} | {change} | {low} to {high} |{p}")
    return "\n".join(lines)


def _metrics(published: Sequence[Figure]) -> str:
    columns = [metric for metric in HEADINGS if any(figure.metric == metric for figure in published)]
    by_row: dict[str, dict[str, Figure]] = {}
    for figure in published:
        by_row.setdefault(figure.row, {})[figure.metric] = figure
    main = columns[0]
    tested = any(figure.p is not None for figure in published)
    head = ["model", HEADINGS[main][0], "95 %", *([P_BEST] if tested else [])]
    head += [HEADINGS[metric][0] for metric in columns[1:]]
    lines = [f"| {' | '.join(head)} |", f"| --- |{' ---: |' * (len(head) - 1)}"]
    for row, found in by_row.items():
        cells = [_number(found, main), f"{_number(found, main, 'low')}–{_number(found, main, 'high')}"]
        cells += [p_text(found[main].p)] if tested else []
        cells += [_number(found, metric) for metric in columns[1:]]
        lines.append(f"| `{row}` | {' | '.join(cells)} |")
    return "\n".join(lines)


def _number(found: Mapping[str, Figure], metric: str, part: str = "value") -> str:
    return HEADINGS[metric][1].format(getattr(found[metric], part)) if metric in found else "–"
