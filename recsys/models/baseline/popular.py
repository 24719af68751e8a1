"""Popularity: the same list for every user, as the baseline that other models have to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models.base import Recommender
from recsys.models.config import setting
from recsys.models.rating_weights import half_life_decay, mean_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register


@register
class Popular(Recommender):
    """Damped popularity: s_j = sum_u w(t_uj) (1 + b d_uj) / (n_users + damping).

    d_uj is the distance of a rating from the mean in widths of the scale, so that an item that many users disliked
    counts less. w(t) = 2^(-age / half_life) prefers recent ratings if half_life is above 0 and times are known.

    Learned: s (n_items,) float32, NaN for items without ratings.
    """

    name = "popular"
    title = "Popular"
    summary = "What most people choose and like; the same list for everybody, without the items they know."
    family = "baseline"
    order = 0
    needs_ratings = False
    first_start = True
    may_hold_nan = ("shares",)
    scales = True

    @dataclass(frozen=True)
    class Config:
        rating_weight: float = setting(
            0.5,
            "Weight b of a rating's distance from the mean, per width of the scale.",
            low=0.0,
            high=2.0,
            search=(0.0, 0.5, 1.0),
        )
        damping: float = setting(1.0, "Number added to the number of users in the denominator.", low=0.0)
        half_life_days: float = setting(
            0.0,
            "Days after which a rating counts half; 0 counts all ratings equally.",
            low=0.0,
            search=(0.0, 90.0, 365.0, 1460.0),
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        weight = mean_centred(data.matrix, data.mean, data.scale, self.config.rating_weight / 2).data
        if self.config.half_life_days > 0 and data.times is not None:
            weight = weight * half_life_decay(data.times, self.config.half_life_days)
        total = csr.column_sums(data.matrix, weight)
        scores = total / (len(data.users) + self.config.damping)
        self.item_scores = np.where(self.rated, scores, np.nan).astype(np.float32)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.broadcast_to(self.item_scores, (len(histories), len(self.item_scores)))

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        return np.ones((len(numbers), histories.matrix.nnz))

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.POPULAR)] * len(numbers)

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.POPULAR)] * len(numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"shares": self.item_scores}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.item_scores = arrays["shares"]
