"""Results of an evaluation: one row per model, best first; convert them to JSON and compare models in pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from recsys.data import Interactions
from recsys.errors import BadInput, listing
from recsys.evaluation import compare
from recsys.evaluation.significance import holm
from recsys.models.base import Recommender

TASTES = ("niche", "middle", "mainstream")


@dataclass
class Row:
    """The results of one model.

    Attributes:
        label, model, title, family, settings: the evaluated model.
        metrics: name -> {"mean", "low", "high", "sd"}: mean over splits, 95 % interval over users (None if not
            available), standard deviation between splits.
        by_split: for each split name -> mean.
        fit_seconds, ms_per_user, ms_single: means over splits; `recommend_many` per user, and the median of one
            `recommend` of 20 items with its reasons.
        error: why the model could not be evaluated, or None.
        per_user: for each split name -> (n_users,) values; not part of `to_dict`.
        timings: for each split (fit_seconds, ms_per_user, ms_single); not part of `to_dict`.
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
    timings: list[tuple[float, float, float]] = field(default_factory=list, repr=False)

    @classmethod
    def of(cls, label: str, model: Recommender) -> Row:
        """An empty row of a model."""
        return cls(label, model.name, model.title, model.family, model.settings)

    def to_dict(self) -> dict[str, Any]:
        """JSON values of all fields except the values per user and the timings per split."""
        names = ("label", "model", "title", "family", "settings", "metrics", "by_split")
        times = ("fit_seconds", "ms_per_user", "ms_single", "error")
        return {name: getattr(self, name) for name in names + times}


@dataclass(frozen=True)
class Askers:
    """The evaluated users of one split.

    Attributes:
        lengths: (n,) number of items in the history of each user.
        popularity: (n,) mean number of training interactions of these items.
        warmth: (n,) the same of the user's hidden items.
    """

    lengths: np.ndarray
    popularity: np.ndarray
    warmth: np.ndarray

    @classmethod
    def of(cls, history: Interactions, target: Interactions, known: Interactions) -> Askers:
        """Describe the users of `history` and their hidden items `target` by the training data `known`."""
        counts = known.item_counts.astype(np.float64)
        return cls(history.user_counts, _means(counts, history), _means(counts, target))

    @property
    def tastes(self) -> np.ndarray:
        """(n,) third of the users by popularity of their items: 0 niche, 1 middle, 2 mainstream."""
        ranks = np.argsort(np.argsort(self.popularity, kind="stable"), kind="stable")
        return (len(TASTES) * ranks) // max(1, len(ranks))


def _means(counts: np.ndarray, data: Interactions) -> np.ndarray:
    """Mean count of the items of each user, 0 without items."""
    sums = np.add.reduceat(np.append(counts[data.matrix.indices], 0.0), data.matrix.indptr[:-1])
    return sums * (data.user_counts > 0) / np.maximum(data.user_counts, 1)


@dataclass
class Evaluation:
    """Evaluation results of several models on the same splits, best first.

    Attributes:
        split, seeds, refit: kind and seeds of the splits, and whether the models were trained on train and validation.
        about: numbers of users, items, interactions and evaluated users, and the features that diversity is based on.
        sorted_by: the metric that orders `rows`.
        rows: one for each model; models that failed come last.
        users: for each split the ids of the evaluated users.
        askers: for each split these users, described; empty if ratings were predicted.
    """

    split: str
    seeds: tuple[int, ...]
    refit: bool
    about: dict[str, Any]
    sorted_by: str
    rows: list[Row]
    users: list[np.ndarray] = field(default_factory=list, repr=False)
    askers: list[Askers] = field(default_factory=list, repr=False)

    def row(self, label: str) -> Row:
        """The row of one model.

        Raises:
            BadInput: the label is unknown.
        """
        for row in self.rows:
            if row.label == label:
                return row
        raise BadInput(f"{label!r} was not evaluated. Use one of {listing(row.label for row in self.rows)}.")

    def compare(self, label: str, against: str, metric: str = "ndcg@10") -> compare.Paired:
        """Compare one model with another on the same users of the same splits.

        Raises:
            BadInput: a label is unknown, a model failed, or the metric has no values per user.
        """
        values = []
        for row in (self.row(label), self.row(against)):
            if row.error or metric not in row.per_user[0]:
                names = () if row.error else row.per_user[0]
                raise BadInput(f"{row.label} has no values of {metric!r} by user; it has {listing(names) or 'none'}.")
            values.append([split[metric] for split in row.per_user])
        return compare.paired(*values, users=self.users)

    def p_of_best(self) -> dict[str, float]:
        """For each measured model but the best, the p-value of its difference from the best, corrected for all.

        Empty without values by user.
        """
        first, *others = [row.label for row in self.rows if row.per_user and not row.error] or [""]
        found = [self.compare(first, label, self.sorted_by).p for label in others]
        return dict(zip(others, holm(found).tolist(), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """JSON values, as `table` renders them and releases store them; `p_best` of a row is from `p_of_best`."""
        p = {label: value for label, value in self.p_of_best().items() if np.isfinite(value)}
        return {
            "split": self.split,
            "seeds": list(self.seeds),
            "refit": self.refit,
            "about": self.about,
            "sorted_by": self.sorted_by,
            "rows": [row.to_dict() | {"p_best": p.get(row.label)} for row in self.rows],
        }


def line(values: list[float], low: float, high: float) -> dict[str, float | None]:
    """Mean and standard deviation of `values` (one per split) with an interval; None for NaN."""
    found = {
        "mean": np.mean(values),
        "low": low,
        "high": high,
        "sd": np.std(values, ddof=1) if len(values) > 1 else 0.0,
    }
    return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}


def ordered(rows: list[Row], metric: str, highest_first: bool) -> list[Row]:
    """Rows by the mean of a metric, best first; rows without it last, by label."""

    def key(row: Row) -> tuple:
        mean = row.metrics.get(metric, {}).get("mean")
        return (mean is None, 0.0 if mean is None else -mean if highest_first else mean, row.label)

    return sorted(rows, key=key)
