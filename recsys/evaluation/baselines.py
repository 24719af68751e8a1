"""What a model is measured against: EASE as published, and the user neighbours of many a demo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.evaluation.protocol import rank
from recsys.evaluation.results import Evaluation
from recsys.evaluation.splits import Split
from recsys.models.base import Recommender
from recsys.models.collaborative.ease import Ease
from recsys.models.config import make
from recsys.ranking import metrics

REGS = (0.4, 0.7, 1.0, 1.5, 2.5, 4.0)  # in units of the mean count: 70 to 670 on MovieLens 100K
PLAIN = {
    "dropout": 0.0,
    "user_power": 0.0,
    "rare_count": 0.0,
    "popularity_discount": 0.0,
    "rating_strength": 0.0,
    "recency_items": 0.0,
}
NEIGHBOURS = 20
DEFAULTS = " (defaults)"


class PlainEase(Ease):
    """EASE as published (Steck 2019) on who rated what, its one penalty picked from REGS on the validation part."""

    name = "plain_ease"
    title = "EASE as published"

    def __init__(self, **settings: Any):
        super().__init__(**{**PLAIN, **settings})

    def choose(self, split: Split) -> None:
        """Take the penalty with the best NDCG on what `split` keeps for validation."""
        depth = 100 if split.kind == "unseen" else 10

        def score(reg: float) -> float:
            found = rank(PlainEase(reg=reg).fit(split.train), split.valid_history, split.valid)
            return float(metrics.ndcg(found.hits, found.sizes, depth).mean())

        self.config = make(self.Config, self.name, {**self.settings, "reg": max(REGS, key=score)})


class NaiveUserKnn(Recommender):
    """s(h, j) = sum of cos(h, v) over the NEIGHBOURS users v most like h who rated j; ratings are not looked at."""

    name = "naive_user_knn"
    title = "Naive user neighbours"
    family = "collaborative"

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.pattern = _pattern(data.matrix)

    def _score(self, histories: Histories) -> np.ndarray:
        own = _pattern(histories.matrix)
        lengths = np.sqrt(np.outer(*(np.maximum(np.diff(one.indptr), 1) for one in (own, self.pattern))))
        alike = (own @ self.pattern.T).toarray() / lengths
        alike[alike > 1 - 1e-6] = 0.0  # the person themselves
        if alike.shape[1] > NEIGHBOURS:
            alike[alike < np.partition(alike, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]] = 0.0
        return np.where(self.rated, alike @ self.pattern, np.nan)


def before(model: Recommender, split: Split) -> None:
    """What `evaluate` calls ahead of every fit."""
    if isinstance(model, PlainEase):
        model.choose(split)


def paired(evaluation: Evaluation, metric: str = "") -> list[dict[str, Any]]:
    """Every measured model against the baselines, and against itself with class defaults, where those were measured.

    Args:
        metric: default the one the evaluation is sorted by.

    Returns:
        `model`, `against`, `metric`, the fields of `compare.Paired`, and `coverage`: mean over splits of the ratio of
        their coverage@10.
    """
    metric = metric or evaluation.sorted_by
    rows = {row.label: row for row in evaluation.rows if not row.error}
    bases = [label for label in rows if label in (PlainEase.name, NaiveUserKnn.name)]
    pairs = [(label, base) for base in bases for label in rows if label not in bases and not label.endswith(DEFAULTS)]
    pairs += [(label, label + DEFAULTS) for label in rows if label + DEFAULTS in rows]
    return [
        {
            "model": label,
            "against": base,
            "metric": metric,
            **evaluation.compare(label, base, metric).to_dict(),
            "coverage": float(
                np.mean(
                    [
                        one["coverage@10"] / other["coverage@10"]
                        for one, other in zip(rows[label].by_split, rows[base].by_split, strict=True)
                    ]
                )
            ),
        }
        for label, base in pairs
    ]


def render(lines: Sequence[dict[str, Any]]) -> str:
    """The paired comparisons as text, a line each."""
    width = max((len(f"{line['model']} / {line['against']}") for line in lines), default=0)
    return "\n".join(
        f"{line['model']} / {line['against']}".ljust(width)
        + f"  {100 * (line['ratio'] - 1):+.1f} % of {line['metric'].upper()}"
        f" [{100 * (line['ratio_low'] - 1):+.1f}, {100 * (line['ratio_high'] - 1):+.1f}]"
        f", by split {' '.join(f'{100 * (ratio - 1):+.1f}' for ratio in line['ratios'])}"
        f", coverage {line['coverage']:.2f} times"
        for line in lines
    )


def _pattern(matrix: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
