"""EASE: one linear item-item model in closed form, with the refinements that improve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import DataSize, Histories, Interactions, ItemFeatures, csr
from recsys.models.collaborative.linear_item_item import LinearItemItem
from recsys.models.config import Span, setting
from recsys.models.numeric import item_item
from recsys.models.rating_weights import exponential_decay, hinged, z_scores
from recsys.models.registry import register

LARGE = 4_000  # users and items from which on training takes seconds, because it inverts a matrix of that many rows


@register
class Ease(LinearItemItem):
    """Embarrassingly shallow autoencoder (Steck 2019) with dropout, rating weights and recency.

    s(h, j) = n_j^-d sum_{i in h} x_hi B_ij, x = (1 - r) v / |v| + r w / |w|, w_i = v_i exp(-age_i / recency_items):
    the sum of the whole history and its latest part, both of length 1, where the latter has the share r
    (`recent_share`). Without times x = v. B minimises
    sum_u n_u^-2a |v_u - v_u B|^2 + sum_ij L_i B_ij^2 with zero diagonal, and
    L_i = reg * mean count * (1 + (rare_count / n_i)^2) + dropout / (1 - dropout) G_ii.

    The last term is the closed form of training under dropout (EDLAE, Steck 2020); the one before it penalises rarely
    rated items more. n_u and n_j are numbers of ratings. The mean count is sum n_j^2 / sum n_j (how often the item of
    an average rating was rated), so that one `reg` suits data of any size. v is `hinged(z_scores)`: 1 for an average
    rating, below 0 for a clear dislike. Recency counts only if the training data has times.

    Learned: W = B n_j^-d, (n_items, n_items) float32; its factors (n_items, n_users) if there are fewer users; or its
    largest entries in a large catalogue.
    """

    name = "ease"
    title = "Liked together (EASE)"
    summary = "What people who share your favourites also like."
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
        rare_count: float = setting(
            14.0,
            "Ratings below which an item is penalised more; at most a quarter of the mean count.",
            low=0.0,
            search=Span(0.0, 32.0),
        )
        popularity_discount: float = setting(
            0.125, "Exponent d of the discount on popular items.", low=0.0, search=Span(0.0, 0.25)
        )
        rating_strength: float = setting(
            0.1, "Weight that one standard deviation of a rating adds to 1.", low=0.0, search=Span(0.0, 0.35)
        )
        recency_items: float = setting(
            15.0,
            "Later items after which a rating counts 1/e, if times are known; 0 is no decay.",
            low=0.0,
            search=(0.0, 6.0, 10.0, 15.0, 20.0, 30.0, 60.0),
        )
        recent_share: float = setting(
            0.4, "Share of the recent part of a history, against the whole.", low=0.0, high=1.0, search=Span(0.0, 1.0)
        )
        full_items: int = setting(6_000, "Most items for which all weights are stored.", low=1)
        dense_items: int = setting(12_000, "Most items whose Gram matrix is inverted.", low=1)
        weights_per_item: int = setting(300, "Weights stored of each item in a larger catalogue.", low=1)

        @property
        def limits(self) -> item_item.Limits:
            """The three settings that limit memory."""
            return item_item.Limits(self.full_items, self.dense_items, self.weights_per_item)

    @classmethod
    def joins_later(cls, size: DataSize) -> bool:
        return min(size.n_users, size.n_items) > LARGE

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.sd = data.sd
        values = csr.with_data(data.matrix, self.inputs(Histories(data.matrix)))
        lengths = data.user_counts
        median_length = np.median(lengths[lengths > 0]) if values.nnz else 1.0
        user_weights = (np.maximum(lengths, 1) / median_length) ** -self.config.user_power
        values.data *= csr.per_entry(user_weights, values).astype(np.float32)
        counts = data.item_counts.astype(np.float64)
        squares = csr.column_sums(values, values.data.astype(np.float64) ** 2)
        weights = item_item.solve(values, self.regularization(squares, counts), self.config.limits)
        self.weights = weights.scaled(np.maximum(counts, 1.0) ** -self.config.popularity_discount)

    def regularization(self, gram_diagonal: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """L (n_items,) float64.

        Args:
            gram_diagonal: (n_items,) diagonal of G.
            counts: (n_items,) number of ratings of each item.
        """
        config = self.config
        mean_count = (counts**2).sum() / max(counts.sum(), 1.0)
        rarity = (min(config.rare_count, mean_count / 4) / np.maximum(counts, 1.0)) ** 2
        ridge = config.reg * max(mean_count, 1.0) * (1 + rarity)
        return ridge + config.dropout / (1 - config.dropout) * gram_diagonal

    def inputs(self, histories: Histories) -> np.ndarray:
        """x, float32 aligned to the data of the histories."""
        values = hinged(z_scores(histories.matrix, self.mean, self.sd), self.config.rating_strength)
        recent = self.config.recent_share if histories.recency is None else histories.recency
        if histories.ages is None or not self.config.recency_items:
            return values.astype(np.float32)
        decayed = values * exponential_decay(histories.ages, self.config.recency_items)
        if recent == 1:
            return decayed.astype(np.float32)
        whole, latest = _unit(values, histories.matrix), _unit(decayed, histories.matrix)
        return ((1 - recent) * whole + recent * latest).astype(np.float32)

    def state(self) -> dict[str, Any]:
        return {"sd": self.sd}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.sd = float(state["sd"])
        super().restore(arrays, state)


def _unit(values: np.ndarray, matrix: sparse.csr_array) -> np.ndarray:
    """Values of each row of a matrix, divided by their Euclidean length."""
    squares = csr.row_sums(matrix, np.square(values, dtype=np.float64))
    return values / np.sqrt(np.maximum(csr.per_entry(squares, matrix), 1e-12))
