"""Popularity, over all time or lately."""

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
    """Damped popularity: s_j = sum_u w(t_uj) (1 + b d_uj) / (n + damping).

    d_uj is the rating's distance from the mean in scale widths, so that a film many people disliked counts
    for less; w(t) = 2^(-age / half_life) turns the count into a recent trend, where half_life is above 0 and
    times are known.
    """

    name = "popular"
    title = "Popular"
    summary = "What most people choose and like; the same list for everybody, less what they know already."
    family = "baseline"
    order = 0
    needs_ratings = False
    first_start = True
    scales = True

    @dataclass(frozen=True)
    class Config:
        rating_weight: float = setting(
            0.5,
            "How much a rating above or below the mean adds or takes, per width of the scale.",
            low=0.0,
            high=2.0,
            search=(0.0, 0.5, 1.0),
        )
        damping: float = setting(1.0, "Ratings added to the total that every share is taken of.", low=0.0)
        half_life_days: float = setting(
            0.0,
            "Days after which a rating counts half; 0 counts all alike.",
            low=0.0,
            search=(0.0, 90.0, 365.0, 1460.0),
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        weight = mean_centred(data.matrix, data.mean, data.scale, self.config.rating_weight / 2).data
        if self.config.half_life_days > 0 and data.times is not None:
            weight = weight * half_life_decay(data.times, self.config.half_life_days)
        total = csr.column_sums(data.matrix, weight)
        self.shares = np.where(self.rated, total / (len(data.users) + self.config.damping), np.nan).astype(np.float32)

    def _score(self, histories: Histories) -> np.ndarray:
        return np.broadcast_to(self.shares, (len(histories), len(self.shares)))

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        return np.ones((len(numbers), histories.matrix.nnz))

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.POPULAR)] * len(numbers)

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.POPULAR)] * len(numbers)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"shares": self.shares}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.shares = arrays["shares"]
