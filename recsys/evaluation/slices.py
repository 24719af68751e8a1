"""Metrics by groups of users (length of the history, taste, warmth of hidden items), and values by user as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from recsys.data.files import replaced
from recsys.errors import BadInput, MissingExtra
from recsys.evaluation.results import TASTES, Askers, Evaluation, Row
from recsys.evaluation.table import aligned

LENGTHS = (
    ("1 to 5 items", 1, 5),
    ("6 to 20 items", 6, 20),
    ("21 to 100 items", 21, 100),
    ("over 100 items", 101, None),
)
# Mean number of training interactions of a user's hidden items, from one bound to the next.
WARMTH = (
    ("under 1 rating", 0, 1),
    ("1 to 10 ratings", 1, 10),
    ("10 to 100 ratings", 10, 100),
    ("100 ratings or more", 100, np.inf),
)
FILES = (".parquet", ".csv")


def by_group(evaluation: Evaluation) -> list[dict[str, Any]]:
    """For each group the number of users and the mean of the main metric of each model, over all splits.

    Raises:
        BadInput: the evaluation has no values by user.
    """
    _check(evaluation)
    found: dict[str, dict[str, Any]] = {}
    for place, askers in enumerate(evaluation.askers):
        for name, chosen in groups_of(askers):
            group = found.setdefault(name, {"group": name, "users": 0, "values": {}})
            group["users"] += int(chosen.sum())
            for row in _measured(evaluation):
                values = row.per_user[place][evaluation.sorted_by][chosen]
                group["values"].setdefault(row.label, []).extend(values[np.isfinite(values)].tolist())
    return [
        {**group, "values": {label: float(np.mean(values)) for label, values in group["values"].items() if values}}
        for group in found.values()
    ]


def render(groups: list[dict[str, Any]], metric: str) -> str:
    """The groups as a table in aligned columns."""
    labels = list(dict.fromkeys(label for group in groups for label in group["values"]))
    head = [metric.upper(), "users", *labels]
    body = [
        [group["group"], f"{group['users']:,}", *(_shown(group["values"].get(label)) for label in labels)]
        for group in groups
    ]
    return "\n".join(aligned(head, body, rule=False))


def write_users(evaluation: Evaluation, path: Path) -> int:
    """Write a row for each split, model and user with all metrics; return the number of rows.

    Args:
        path: a .parquet or .csv file.

    Raises:
        BadInput: another kind of file, or no values by user.
        MissingExtra: pyarrow is not installed.
    """
    check_file(path)
    _check(evaluation)
    parts = []
    for place, (users, askers) in enumerate(zip(evaluation.users, evaluation.askers, strict=True)):
        for row in _measured(evaluation):
            about = {"seed": evaluation.seeds[place], "model": row.label, "user_id": users, "history": askers.lengths}
            about |= {"taste": np.take(TASTES, askers.tastes), "warmth": askers.warmth}
            parts.append(pd.DataFrame(about | row.per_user[place]))
    table = pd.concat(parts, ignore_index=True)
    with replaced(path) as part:
        if path.suffix == ".csv":
            table.to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)
    return len(table)


def check_file(path: Path) -> None:
    """Check that values by user can be written to a file of this name; raises as `write_users` does."""
    if path.suffix not in FILES:
        raise BadInput(
            f"{path.name!r} is not the name of a Parquet or CSV file. Use a name that ends in {' or '.join(FILES)}."
        )
    if path.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401  only whether it is installed
        except ImportError:
            raise MissingExtra(f"Writing {path.name} needs pyarrow: pip install pyarrow, or use a .csv file.") from None


def groups_of(askers: Askers) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask (n,) of each group that has users."""
    for name, least, most in LENGTHS:
        chosen = (askers.lengths >= least) & (askers.lengths <= (most or np.inf))
        if chosen.any():
            yield f"history of {name}", chosen
    for number, name in enumerate(TASTES):
        if (chosen := askers.tastes == number).any():
            yield f"{name} taste", chosen
    for name, least, below in WARMTH:
        chosen = (askers.warmth >= least) & (askers.warmth < below)
        if chosen.any():
            yield f"hidden items with {name}", chosen


def _check(evaluation: Evaluation) -> None:
    if not evaluation.askers:
        raise BadInput(
            f"The split {evaluation.split} has no values by user. Use a split that ranks items, such as random."
        )


def _measured(evaluation: Evaluation) -> list[Row]:
    return [row for row in evaluation.rows if not row.error]


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
