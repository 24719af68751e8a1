"""Render an evaluation as a table, best model first, for a terminal or as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recsys.evaluation.results import Evaluation
from recsys.evaluation.significance import p_text

HEADINGS = {
    "ndcg@10": ("NDCG@10", "{:.4f}"),
    "ndcg@100": ("NDCG@100", "{:.4f}"),
    "recall@20": ("Recall@20", "{:.3f}"),
    "recall@50": ("Recall@50", "{:.3f}"),
    "hr@10": ("HR@10", "{:.3f}"),
    "coverage@10": ("Cover@10", "{:.3f}"),
    "gini@10": ("Gini", "{:.3f}"),
    "novelty@10": ("Novelty", "{:.2f}"),
    "diversity@10": ("Diversity", "{:.3f}"),
    "popularity_lift@10": ("Pop. lift", "{:.2f}"),
    "rmse": ("RMSE", "{:.4f}"),
    "mae": ("MAE", "{:.4f}"),
}
TIMES = {
    "fit_seconds": ("Train s", "{:.2f}"),
    "ms_per_user": ("ms/user", "{:.3f}"),
    "ms_single": ("ms single", "{:.2f}"),
}
P_BEST = "p, best"
"""Heading of the p-value of the difference from the best model, corrected for the number of models."""
KINDS = {
    "random": "10 % of each user's interactions at random",
    "temporal": "each user's last 20 % by time",
    "leave-one-out": "each user's last item",
    "global": "everything from one moment on, trained only on what was before",
    "strict": "the last 20 % by time, trained only on interactions before the cut",
    "unseen": "users who are not in the training data, 80 % of their items given",
    "ratings": "each fifth of the ratings in turn",
}


def render(evaluation: Evaluation | Mapping[str, Any]) -> str:
    """Render the table as text with aligned columns, best first; models that failed follow with the reason.

    Args:
        evaluation: an Evaluation, or the result of its `to_dict`.
    """
    report = _report(evaluation)
    head, body = _cells(report)
    lines = [caption(report), "", *aligned(head, body)]
    lines += [f"{row['label']}: not measured. {row['error']}" for row in report["rows"] if row["error"]]
    return "\n".join(lines)


def aligned(head: Sequence[str], body: Sequence[Sequence[str]], rule: bool = True) -> list[str]:
    """Lines of a table with aligned columns; the first column is text, the others numbers.

    Args:
        rule: whether there is a rule below the head.

    >>> aligned(["Model", "NDCG"], [["ease", "0.35"]])
    ['Model  NDCG', '-----  ----', 'ease   0.35']
    """
    widths = [max(len(row[place]) for row in [head, *body]) for place in range(len(head))]
    lines = []
    for row in [head, *([["-" * width for width in widths]] if rule else []), *body]:
        others = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *others]))
    return lines


def markdown(evaluation: Evaluation | Mapping[str, Any]) -> str:
    """Render the table as Markdown, for documents and the model card."""
    report = _report(evaluation)
    head, body = _cells(report)
    rules = ["---", *["---:"] * (len(head) - 1)]
    lines = [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in [head, rules, *body]]
    failed = [f"- {row['label']}: not measured. {row['error']}" for row in report["rows"] if row["error"]]
    return "\n".join([caption(report), "", *lines, *(["", *failed] if failed else [])])


def caption(evaluation: Evaluation | Mapping[str, Any]) -> str:
    """Return one sentence on what was evaluated and how."""
    report = _report(evaluation)
    about, seeds = report["about"], ", ".join(str(seed) for seed in report["seeds"])
    trained = "trained on train and validation" if report["refit"] else "trained only on train"
    parts = [
        f"Held out: {KINDS[report['split']]}",
        f"{about['users']:,} users, {about['items']:,} items, {about['interactions']:,} interactions",
        _asked(about.get("users_asked")),
        f"{about['folds']} folds" if "folds" in about else trained,
        "ties in time at random" if about.get("ties") == "random" else "",
        f"settings tuned on this data set: {', '.join(about['tuned'])}" if about.get("tuned") else "",
        f"seeds {seeds}" if len(report["seeds"]) > 1 else f"seed {seeds}",
        f"[95 % interval over users] of {HEADINGS[report['sorted_by']][0]}",
    ]
    return "; ".join(part for part in parts if part) + "."


def _asked(counts: list[int] | None) -> str:
    if not counts:
        return ""
    low, high = min(counts), max(counts)
    return f"{low:,} users asked" if low == high else f"{low:,}–{high:,} users asked"


def _report(evaluation: Evaluation | Mapping[str, Any]) -> Mapping[str, Any]:
    return evaluation.to_dict() if isinstance(evaluation, Evaluation) else evaluation


def _cells(report: Mapping[str, Any]) -> tuple[list[str], list[list[str]]]:
    rows = [row for row in report["rows"] if not row["error"]]
    main = report["sorted_by"]
    there = [name for name in HEADINGS if any(name in row["metrics"] for row in rows)]
    there.sort(key=lambda name: name != main)
    times = [name for name in TIMES if any(row[name] is not None for row in rows)]
    tested = any(row.get("p_best") is not None for row in rows)
    head = ["Model"]
    for name in there:
        head += [HEADINGS[name][0], "95 %", *([P_BEST] if tested else [])] if name == main else [HEADINGS[name][0]]
    head += [TIMES[name][0] for name in times]
    body = []
    for row in rows:
        cells = [row["label"]]
        for name in there:
            line, shape = row["metrics"].get(name, {}), HEADINGS[name][1]
            cells.append(_number(line.get("mean"), shape))
            if name == main:
                cells.append(f"[{_number(line.get('low'), shape)}, {_number(line.get('high'), shape)}]")
                cells += [p_text(row.get("p_best"))] if tested else []
        body.append(cells + [_number(row[name], TIMES[name][1]) for name in times])
    return head, body


def _number(value: float | None, shape: str) -> str:
    return "–" if value is None else shape.format(value)
