"""Blend the scores of several models for a user and an item, from content-based to collaborative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.data import Histories
from recsys.models.base import Ranked, Recommender
from recsys.models.hybrid.hybrid import Hybrid
from recsys.models.reason import Reason
from recsys.serving.filters import POOL
from recsys.serving.released_models import ReleasedModels


@dataclass(frozen=True)
class Mixture:
    """Weighted sum of scores of several models on a common scale.

    Attributes:
        scores: (n_items,) float64, NaN if no part has a score.
        parts: name -> (n_items,) contribution of the part.
    """

    scores: np.ndarray
    parts: dict[str, np.ndarray]

    def leading(self, number: int) -> str:
        """The part that adds most to the score of an item."""
        return max(self.parts, key=lambda name: self.parts[name][number])


def weights_at(balance: float) -> dict[str, float]:
    """Weights of the content-based, learned and collaborative models: one each at 0, 0.5 and 1, linear in between.

    >>> weights_at(0.25)
    {'content': 0.5, 'hybrid': 0.5, 'collaborative': 0.0}
    """
    content, collaborative = max(0.0, 1 - 2 * balance), max(0.0, 2 * balance - 1)
    return {"content": content, "hybrid": 1 - content - collaborative, "collaborative": collaborative}


class Blend:
    """Blend of the scores of up to three models, by `balance`, for a user's history, an item, or both.

    Attributes:
        base: the first of the models; all have the same items and popularity.
        histories: the user's history, empty without a user.
    """

    def __init__(
        self,
        models: ReleasedModels,
        history: Mapping[str, float],
        near: str | None,
        balance: float,
        recency: float | None = None,
    ):
        names = {"content": models.defaults.content, "hybrid": Hybrid.name, "collaborative": models.best_trained}
        weights = weights_at(balance)
        if Hybrid.name not in models.release.names:  # without the learned mix, use equal parts of the other two
            weights = {"content": 1 - balance, "hybrid": 0.0, "collaborative": balance}
        self.weights = {part: weight for part, weight in weights.items() if weight > 0}
        self.models: dict[str, Recommender] = {part: models.model(names[part]) for part in self.weights}
        self.base = next(iter(self.models.values()))
        histories = Histories.of(history, models.release.items, liked=self.base.scale[1])
        self.histories = histories if recency is None else histories.with_recency(recency)
        self._near, self._items = near, models.release.items

    def mixture(self, masked: np.ndarray) -> Mixture:
        """Compute the mixed scores of all items; user and item have equal weights if both are given.

        Args:
            masked: (n_items,) bool, items that may not be recommended.
        """
        rows, weights = {}, {}
        for part, recommender in self.models.items():
            if self.histories.matrix.nnz:
                rows[f"person {part}"] = recommender.score(self.histories)[0]
            if self._near is not None:
                rows[f"item {part}"] = recommender.ranked_similar(self._near, 1).row
            weights |= {name: self.weights[part] for name in (f"person {part}", f"item {part}")}
        return mix(rows, weights, masked)

    def reasons(self, mixture: Mixture, numbers: np.ndarray) -> list[Reason]:
        """For each item, the reason of the part that adds most to it."""
        leaders = [mixture.leading(int(number)) for number in numbers]
        reasons: dict[int, Reason] = {}
        for name in set(leaders):
            places = [place for place, leader in enumerate(leaders) if leader == name]
            side, part = name.split(" ")
            recommender, chosen = self.models[part], numbers[places]
            if side == "item" and self._near is not None:
                found = recommender.ranked_similar(self._near, 1)
                lines = recommender.similar_reasons(found, self._items.number(self._near), chosen)
            else:
                found = Ranked(chosen, mixture.scores[chosen], self.histories, mixture.scores)
                lines = recommender.reasons(found, chosen)
            reasons |= dict(zip(places, lines, strict=True))
        return [reasons[place] for place in range(len(numbers))]


def mix(rows: Mapping[str, np.ndarray], weights: Mapping[str, float], masked: np.ndarray) -> Mixture:
    """Compute the weighted sum of relative scores.

    A relative score is (s - s_P) / (s_1 - s_P), cut at 0, where s_1 is the score of the row's best candidate and s_P
    that of its POOL-th, so that rows on any scale become comparable near the top.

    Args:
        rows: name -> (n_items,) scores, NaN if the part has none.
        weights: name -> weight; rows of weight 0 are left out.
        masked: (n_items,) bool, items that may not be recommended.
    """
    parts = {
        name: weights[name] * _relative(np.where(masked, np.nan, row))
        for name, row in rows.items()
        if weights.get(name, 0.0) > 0
    }
    if not parts:
        return Mixture(np.full(len(masked), np.nan), {})
    known = np.logical_or.reduce([np.isfinite(part) for part in parts.values()])
    parts = {name: np.nan_to_num(part) for name, part in parts.items()}
    return Mixture(np.where(known, np.sum(list(parts.values()), axis=0), np.nan), parts)


def _relative(row: np.ndarray) -> np.ndarray:
    known = row[np.isfinite(row)]
    row = np.asarray(row, dtype=np.float64)
    if not len(known):
        return row
    depth = min(POOL, len(known))
    floor = float(np.partition(known, len(known) - depth)[len(known) - depth])
    best = float(known.max())
    if best <= floor:
        return np.where(np.isfinite(row), 1.0, np.nan)
    # Scores below the POOL-th keep their order below the others, so that lists are full if few items pass the filters.
    return np.where(row >= floor, (row - floor) / (best - floor), 1e-6 * (row - floor) / (best - floor))
