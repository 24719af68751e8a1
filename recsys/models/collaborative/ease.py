"""EASE: one linear item-item model in closed form, with the refinements that pay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.numeric import item_item, item_weights
from recsys.models.rating_weights import deviations, interest, recency
from recsys.models.registry import register


@register
class Ease(Recommender):
    """Embarrassingly shallow autoencoder, best form.

    s(h, j) = n_j^-d sum_{i in h} v_hi exp(-age_i / memory) B_ij, where B minimises
    sum_u n_u^-2a |v_u - v_u B|^2 + sum_ij L_i B_ij^2 with zero diagonal (Steck 2019), and
    L_i = reg * mean count * (1 + (few / n_i)^2) + dropout / (1 - dropout) G_ii, the closed form of training under
    dropout (EDLAE, Steck 2020), with more of a penalty for items that few have rated. n_u and n_j are numbers of
    ratings, the mean count is sum n_j^2 / sum n_j (how often the item of an average rating was rated), so that one
    `reg` suits data of any size; v is 1 for an average rating and below 0 for a clear dislike. Recency counts only
    where the training data has times.

    Learnt: B (n_items, n_items) float32, or its factors (n_items, n_users) where users are fewer,
    or its largest entries in a large catalogue.
    """

    name = "ease"
    title = "Together in taste"
    summary = "Every pair of items weighed at once, in closed form, so that each says only what the others do not."
    family = "collaborative"
    order = 50
    first_start = True
    scales = True
    preferred = 1

    @dataclass(frozen=True)
    class Config:
        reg: float = setting(
            2.2, "Ridge penalty in units of the mean count.", low=1e-3, search=Span(0.4, 4.0, log=True)
        )
        dropout: float = setting(
            0.28, "Share of each history hidden in training.", low=0.0, high=0.95, search=Span(0.0, 0.6)
        )
        user_power: float = setting(
            0.15, "Exponent a of the discount on users with many ratings.", low=0.0, search=Span(0.0, 0.6)
        )
        few: float = setting(
            14.0,
            "Ratings below which an item is trusted less; at most a quarter of the mean count.",
            low=0.0,
            search=Span(0.0, 32.0),
        )
        popularity_discount: float = setting(
            0.125, "Exponent d of the discount on popular items.", low=0.0, search=Span(0.0, 0.25)
        )
        rating_strength: float = setting(
            0.1, "What one standard deviation of rating adds to 1.", low=0.0, search=Span(0.0, 0.35)
        )
        memory: float = setting(
            15.0,
            "Items after which a rating counts 1/e, where times are known; 0 is for ever.",
            low=0.0,
            search=(0.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0),
        )
        full_items: int = setting(6_000, "Most items whose weights are all kept.", low=1)
        dense_items: int = setting(12_000, "Most items whose full matrix is inverted.", low=1)
        kept: int = setting(300, "Weights kept of each item in a larger catalogue.", low=1)

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.sd = float(data.matrix.data.std(dtype=np.float64)) if data.has_ratings else 0.0
        matrix = data.matrix
        values = sparse.csr_array((self.inputs(Histories(matrix)), matrix.indices, matrix.indptr), shape=matrix.shape)
        lengths = np.diff(values.indptr)
        typical = np.median(lengths[lengths > 0]) if values.nnz else 1.0
        weights = (np.maximum(lengths, 1) / typical) ** -self.config.user_power
        values.data *= np.repeat(weights, lengths).astype(np.float32)
        counts = data.item_counts.astype(np.float64)
        mean_count = (counts**2).sum() / max(counts.sum(), 1.0)
        energy = np.bincount(values.indices, weights=values.data.astype(np.float64) ** 2, minlength=len(counts))
        dropout = self.config.dropout
        doubt = (min(self.config.few, mean_count / 4) / np.maximum(counts, 1.0)) ** 2
        reg = self.config.reg * max(mean_count, 1.0) * (1 + doubt) + dropout / (1 - dropout) * energy
        self.weights = item_item.solve(values, reg, self.config.full_items, self.config.dense_items, self.config.kept)
        self.discount = (np.maximum(counts, 1.0) ** -self.config.popularity_discount).astype(np.float32)

    def inputs(self, histories: Histories) -> np.ndarray:
        """What each rating is worth, float32 aligned to the histories' own."""
        values = interest(deviations(histories.matrix, self.mean, self.sd), self.config.rating_strength)
        return (values * recency(histories.ages, self.config.memory)).astype(np.float32)

    def project(self, values: list[np.ndarray], pattern: sparse.csr_array) -> np.ndarray:
        """Scores (m, n, n_items) float32 of m weightings of the same n histories, NaN for items nobody rated."""
        scores = item_weights.weigh(self.weights, values, pattern)
        scores *= self.discount
        scores[:, :, ~self.rated] = np.nan
        return scores

    def _score(self, histories: Histories) -> np.ndarray:
        return self.project([self.inputs(histories)], histories.matrix)[0]

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        values, items = self.inputs(histories), histories.matrix.indices
        kept = item_weights.heard(values[None])
        added = np.zeros((len(numbers), len(items)), dtype=np.float32)
        added[:, kept] = (self.weights.columns(items[kept], numbers) * values[kept, None]).T
        return added

    def _arrays(self) -> dict[str, np.ndarray]:
        return {"discount": self.discount, **self.weights.arrays()}

    def _state(self) -> dict[str, Any]:
        return {"sd": self.sd}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.sd = float(state["sd"])
        self.discount = arrays["discount"]
        self.weights = item_weights.restore({name: array for name, array in arrays.items() if name != "discount"})
