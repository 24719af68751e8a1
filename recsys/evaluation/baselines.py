"""Baselines for comparison: EASE as published, and simple user-based neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.evaluation.lists import rank
from recsys.evaluation.results import Evaluation, Row
from recsys.evaluation.significance import holm, p_text
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
    """EASE as published (Steck 2019) on the pattern of ratings, its penalty chosen from REGS on the validation part."""

    name = "plain_ease"
    title = "EASE as published"

    def __init__(self, **settings: object):
        super().__init__(**{**PLAIN, **settings})

    def choose(self, split: Split) -> None:
        """Choose the penalty with the best NDCG on the validation part of a split."""
        depth = 100 if split.kind == "unseen" else 10

        def score(reg: float) -> float:
            found = rank(PlainEase(reg=reg).fit(split.train), split.valid_history, split.valid)
            return float(metrics.ndcg(found.hits, found.sizes, depth).mean())

        self.config = make(self.Config, self.name, {**self.settings, "reg": max(REGS, key=score)})


class NaiveUserKnn(Recommender):
    """s(h, j) = sum of cos(h, v) over the NEIGHBOURS users v most similar to h who rated j; ratings are ignored."""

    name = "naive_user_knn"
    title = "Naive user neighbours"
    family = "collaborative"

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.pattern = data.pattern

    def _score(self, histories: Histories) -> np.ndarray:
        own = csr.pattern(histories.matrix)
        lengths = np.sqrt(np.outer(*(np.maximum(csr.row_lengths(one), 1) for one in (own, self.pattern))))
        similar = (own @ self.pattern.T).toarray() / lengths
        similar[similar > 1 - 1e-6] = 0.0  # the user's own row
        if similar.shape[1] > NEIGHBOURS:
            similar[similar < np.partition(similar, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS, None]] = 0.0
        return np.where(self.rated, similar @ self.pattern, np.nan)


def paired(evaluation: Evaluation, metric: str = "") -> list[dict[str, Any]]:
    """Compare every measured model with the baselines, and with its own class defaults if they were measured.

    Args:
        evaluation: with rows of baselines, or of defaults labelled with DEFAULTS.
        metric: the metric to compare (default: the one that the evaluation is sorted by).

    Returns:
        For each pair `model`, `against`, `metric`, the fields of `compare.Paired`, `p_holm` (p corrected for all pairs
        of the result), and `coverage`: mean over splits of the ratio of their coverage@10.
    """
    metric = metric or evaluation.sorted_by
    rows = {row.label: row for row in evaluation.rows if not row.error}
    bases = [label for label in rows if label in (PlainEase.name, NaiveUserKnn.name)]
    pairs = [(label, base) for base in bases for label in rows if label not in bases and not label.endswith(DEFAULTS)]
    pairs += [(label, label + DEFAULTS) for label in rows if label + DEFAULTS in rows]
    found = [evaluation.compare(label, base, metric) for label, base in pairs]
    return [
        {
            "model": label,
            "against": base,
            "metric": metric,
            **one.to_dict(),
            "p_holm": corrected if np.isfinite(corrected) else None,
            "coverage": _coverage_ratio(rows[label], rows[base]),
        }
        for (label, base), one, corrected in zip(pairs, found, holm([one.p for one in found]).tolist(), strict=True)
    ]


def report(evaluation: Evaluation, against: str) -> dict[str, Any]:
    """The JSON values of an evaluation, with `paired` if it ranks items and was run with baselines or defaults.

    Args:
        against: which models were evaluated for comparison, "" if none.
    """
    result = evaluation.to_dict()
    if against and evaluation.split != "ratings":
        result["paired"] = paired(evaluation)
    return result


def render(lines: Sequence[dict[str, Any]]) -> str:
    """The paired comparisons as text, one line each; p is Holm's, corrected for all of them."""
    width = max((len(f"{line['model']} / {line['against']}") for line in lines), default=0)
    return "\n".join(
        f"{line['model']} / {line['against']}".ljust(width)
        + f"  {100 * (line['ratio'] - 1):+.1f} % of {line['metric'].upper()}"
        f" [{100 * (line['ratio_low'] - 1):+.1f}, {100 * (line['ratio_high'] - 1):+.1f}]"
        f", p {p_text(line['p_holm'])}"
        f", by split {' '.join(f'{100 * (ratio - 1):+.1f}' for ratio in line['ratios'])}"
        f", coverage {line['coverage']:.2f} times"
        for line in lines
    )


def _coverage_ratio(row: Row, base: Row) -> float:
    pairs = zip(row.by_split, base.by_split, strict=True)
    return float(np.mean([one["coverage@10"] / other["coverage@10"] for one, other in pairs]))
