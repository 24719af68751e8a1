"""What a measurement says: a row for each model, best first, as JSON and for paired comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.errors import BadInput, listing
from recsys.evaluation import compare


@dataclass
class Row:
    """One model's line.

    Attributes:
        label, model, title, family, settings: what was measured.
        metrics: name -> {"mean", "low", "high", "sd"}: mean over splits, 95 % interval over users (None where
            there is none), standard deviation between splits.
        by_split: for each split name -> mean.
        fit_seconds, ms_per_user, ms_single: means over splits; `recommend_many` by user, and the median of
            one `recommend` of 20 with its reasons.
        error: why the model could not be measured, or None.
        per_user: for each split name -> (n_users,) values; not part of `to_dict`.
    """

    label: str
    model: str
    title: str
    family: str
    settings: dict[str, Any]
    metrics: dict[str, dict[str, float | None]] = field(default_factory=dict)
    by_split: list[dict[str, float]] = field(default_factory=list)
    fit_seconds: float | None = None
    ms_per_user: float | None = None
    ms_single: float | None = None
    error: str | None = None
    per_user: list[dict[str, np.ndarray]] = field(default_factory=list, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """JSON values of everything but the values by user."""
        names = ("label", "model", "title", "family", "settings", "metrics", "by_split")
        times = ("fit_seconds", "ms_per_user", "ms_single", "error")
        return {name: getattr(self, name) for name in names + times}


@dataclass
class Evaluation:
    """Measurements of several models on the same splits, best first.

    Attributes:
        split, seeds, refit: how the data was divided, and whether the models learnt from train and validation.
        about: numbers of users, items, interactions, users asked about, and what diversity is measured on.
        sorted_by: the metric that orders `rows`.
        rows: one for each model, those that failed last.
        users: for each split the ids of the users asked about.
    """

    split: str
    seeds: tuple[int, ...]
    refit: bool
    about: dict[str, Any]
    sorted_by: str
    rows: list[Row]
    users: list[np.ndarray] = field(default_factory=list, repr=False)

    def row(self, label: str) -> Row:
        """One model's line.

        Raises:
            BadInput: no such label.
        """
        for row in self.rows:
            if row.label == label:
                return row
        raise BadInput(f"{label!r} was not evaluated; there are {listing(row.label for row in self.rows)}.")

    def compare(self, label: str, against: str, metric: str = "ndcg@10") -> compare.Paired:
        """One model against another on the same users of the same splits.

        Raises:
            BadInput: an unknown label, a model that failed, or a metric without values by user.
        """
        values = []
        for row in (self.row(label), self.row(against)):
            if row.error or metric not in row.per_user[0]:
                names = () if row.error else row.per_user[0]
                raise BadInput(f"{row.label} has no {metric!r} by user; there are {listing(names) or 'none'}.")
            values.append([split[metric] for split in row.per_user])
        return compare.paired(*values, users=self.users)

    def means(self) -> dict[str, dict[str, float]]:
        """Means by metric of every model that was measured, by label: what a release keeps of it."""
        found = {row.label: {name: line["mean"] for name, line in row.metrics.items()} for row in self.rows}
        return {
            label: {name: mean for name, mean in means.items() if mean is not None}
            for label, means in found.items()
            if means
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON values; what `table` renders and releases keep."""
        return {
            "split": self.split,
            "seeds": list(self.seeds),
            "refit": self.refit,
            "about": self.about,
            "sorted_by": self.sorted_by,
            "rows": [row.to_dict() for row in self.rows],
        }


def line(values: list[float], low: float, high: float) -> dict[str, float | None]:
    """Mean and standard deviation of `values` (one a split) with an interval; None for what is not a number."""
    found = {
        "mean": np.mean(values),
        "low": low,
        "high": high,
        "sd": np.std(values, ddof=1) if len(values) > 1 else 0.0,
    }
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def ordered(rows: list[Row], metric: str, highest_first: bool) -> list[Row]:
    """Rows by the mean of a metric, best first; those without one last, by label."""

    def key(row: Row) -> tuple:
        mean = row.metrics.get(metric, {}).get("mean")
        return (mean is None, 0.0 if mean is None else -mean if highest_first else mean, row.label)

    return sorted(rows, key=key)
