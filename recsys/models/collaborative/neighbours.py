"""Nearest neighbours, of users and of items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import DataSize, Histories, Interactions, ItemFeatures, csr
from recsys.models.base import Recommender
from recsys.models.collaborative.linear_item_item import LinearItemItem
from recsys.models.config import Span, setting
from recsys.models.numeric.cooccurrence import item_similarities
from recsys.models.numeric.item_weights import SparseWeights
from recsys.models.rating_weights import mean_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register
from recsys.ranking.top_n import largest


def idf(n_users: int, item_counts: np.ndarray, power: float) -> np.ndarray:
    """Inverse document frequency ln(n_users / n_i + 1)^power (n_items,) float32, higher for rarely rated items."""
    return (np.log(n_users / np.maximum(item_counts, 1) + 1.0) ** power).astype(np.float32)


@register
class UserKnn(Recommender):
    """User-based nearest neighbours (Herlocker et al. 1999).

    s(h, j) = sum over the k users v most like h of sim(h, v)^q p_vj, with
    sim(h, v) = cos(x_h, x_v) n_hv / (n_hv + shrinkage), x_ui = p_ui idf_i, p from `mean_centred`, n_hv the number of
    items in common. Users as similar as the k-th neighbour are included too; users with sim <= 0 never are.
    """

    name = "user_knn"
    title = "People like you (user k-NN)"
    summary = "What the people whose taste is nearest to yours have liked."
    family = "collaborative"
    order = 30
    holds_ratings = True
    first_start = True
    preferred = 3

    @dataclass(frozen=True)
    class Config:
        n_neighbours: int = setting(100, "Number of neighbours.", low=1, search=(40, 70, 100, 150, 200))
        sharpness: float = setting(2.0, "Exponent q of a similarity.", low=0.1, search=Span(1.0, 4.0))
        shrinkage: float = setting(
            5.0, "Items in common at which a similarity counts half.", low=0.0, search=(0.0, 5.0, 20.0, 50.0)
        )
        idf_power: float = setting(
            0.5, "Exponent of the IDF by which rare items weigh more.", low=0.0, search=Span(0.0, 1.5)
        )
        rating_strength: float = setting(0.5, "How far ratings move a weight from 1.", low=0.0, search=(0.0, 0.5, 0.75))

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self._prepare(data.matrix, idf(len(data.users), data.item_counts, self.config.idf_power))

    def _prepare(self, ratings: sparse.csr_array, item_idf: np.ndarray) -> None:
        self.ratings, self.idf = ratings, item_idf
        self.users = UserIndex(ratings, self._preferences, self._vectors)

    def _preferences(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """p, CSR (n, n_items) float32."""
        return mean_centred(matrix, self.mean, self.scale, self.config.rating_strength)

    def _vectors(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """x divided by its length, CSR (n, n_items) float32."""
        weighted = self._preferences(matrix)
        weighted.data *= self.idf[weighted.indices]
        return csr.unit_rows(weighted)

    def _neighbours(self, histories: Histories) -> np.ndarray:
        """sim^q (n, n_users), 0 beyond the k nearest."""
        similar = csr.dense_product(self._vectors(histories.matrix), self.users.vectors_by_item)
        if self.config.shrinkage > 0:
            common = csr.dense_product(csr.pattern(histories.matrix), self.users.pattern_by_item)
            similar *= common / (common + self.config.shrinkage)
        k = self.config.n_neighbours
        if k < similar.shape[1]:
            cuts = np.array([largest(row, k)[0] for row in similar])
            similar[similar < cuts[:, None]] = 0.0
        near = similar > 0  # few users, and powers of all would take longer than everything else
        weights = np.zeros_like(similar)
        weights[near] = similar[near] ** self.config.sharpness
        return weights

    def _score(self, histories: Histories) -> np.ndarray:
        scores = csr.dense_product(sparse.csr_array(self._neighbours(histories)), self.users.preferences)
        return np.where(self.rated, scores, np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """Each neighbour's vote, split by the terms of cos(x_h, x_v): one for each item in common."""
        weights = self._neighbours(histories)[0]
        near = np.flatnonzero(weights)
        own = self._vectors(histories.matrix)
        terms = csr.block(self.users.vectors_by_item, own.indices, near) * own.data[:, None]
        total = terms.sum(axis=0)
        split = np.divide(terms, total, out=np.zeros_like(terms), where=total != 0) * weights[near]
        return (split @ csr.block(self.users.preferences, near, numbers)).T

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        near = np.flatnonzero(self._neighbours(histories)[0])
        voted = np.diff(self.ratings[near][:, numbers].tocsc().indptr)
        return [Reason(Kind.NEIGHBOURS, count=int(count), of=len(near)) for count in voted]

    def _similar(self, number: int) -> np.ndarray:
        return _cosines(self.users.vectors_by_item, number, self.rated)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"idf": self.idf, **csr.to_arrays(self.ratings, "ratings.")}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        _check_idf(arrays["idf"], len(self.items))
        self._prepare(csr.from_arrays(arrays, len(self.items), "ratings."), arrays["idf"])


class UserIndex:
    """Matrices for finding neighbours, computed at first use: together they are several times as large as the ratings.

    Args:
        ratings: CSR (n_users, n_items).
        preferences, vectors: functions of a matrix of ratings.
    """

    def __init__(
        self,
        ratings: sparse.csr_array,
        preferences: Callable[[sparse.csr_array], sparse.csr_array],
        vectors: Callable[[sparse.csr_array], sparse.csr_array],
    ):
        self._ratings, self._preferences, self._vectors = ratings, preferences, vectors

    @cached_property
    def preferences(self) -> sparse.csr_array:
        """(n_users, n_items) float32."""
        return self._preferences(self._ratings)

    @cached_property
    def vectors_by_item(self) -> sparse.csr_array:
        """(n_items, n_users) float32, the columns of length 1."""
        return csr.transposed(self._vectors(self._ratings))

    @cached_property
    def pattern_by_item(self) -> sparse.csr_array:
        """(n_items, n_users) float32, 1 for every rating."""
        return csr.pattern(self.vectors_by_item)


@register
class ItemKnn(LinearItemItem):
    """Item-based nearest neighbours (Sarwar et al. 2001; Deshpande and Karypis 2004).

    s(h, j) = sum over i in h of p_hi idf_i S_ij, p from `mean_centred`, where
    S_ij = x_i.x_j / (|x_i| |x_j|)^item_power n_ij / (n_ij + shrinkage), x_ui = p_ui n_u^-a (a discount on users with
    many ratings), n_ij the number of users in common. Only the k largest S_ij of each i are stored.
    """

    name = "item_knn"
    title = "Often rated together (item k-NN)"
    summary = "What is rated by the same people as your own favourites."
    order = 40
    first_start = True
    preferred = 4

    @dataclass(frozen=True)
    class Config:
        n_neighbours: int = setting(100, "Neighbours stored for each item.", low=1, search=(20, 50, 100, 200, 400))
        shrinkage: float = setting(
            5.0, "Users in common at which a similarity counts half.", low=0.0, search=(0.0, 5.0, 10.0, 30.0, 100.0)
        )
        user_power: float = setting(
            0.5, "Exponent a of the discount on users with many ratings.", low=0.0, search=Span(0.0, 1.0)
        )
        item_power: float = setting(
            0.7,
            "Exponent of the popularity norm; 1 is the cosine, less favours the popular.",
            low=0.0,
            high=1.0,
            search=Span(0.4, 1.0),
        )
        idf_power: float = setting(
            0.0, "Exponent of the IDF, which raises rare items of a history.", low=0.0, search=Span(0.0, 1.0)
        )
        rating_strength: float = setting(0.5, "How far ratings move a weight from 1.", low=0.0, search=(0.0, 0.5, 0.75))

    @classmethod
    def joins_later(cls, size: DataSize) -> bool:
        return True  # it is slower than user_knn, which is better for users

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.idf = idf(len(data.users), data.item_counts, self.config.idf_power)
        liked = mean_centred(data.matrix, self.mean, self.scale, self.config.rating_strength)
        user_weights = np.maximum(data.user_counts, 1.0) ** -self.config.user_power
        liked.data *= csr.per_entry(user_weights, liked).astype(np.float32)
        similar = item_similarities(liked, self.config.n_neighbours, self.config.shrinkage, self.config.item_power)
        self.weights = SparseWeights(similar)

    def inputs(self, histories: Histories) -> np.ndarray:
        """p idf, float32 aligned to the data of the histories."""
        liked = mean_centred(histories.matrix, self.mean, self.scale, self.config.rating_strength)
        return liked.data * self.idf[liked.indices]

    def _similar(self, number: int) -> np.ndarray:
        """S_ij of one item i."""
        if not self.rated[number]:
            return np.full(len(self.items), np.nan)
        row = self.weights.columns(np.array([number]), np.arange(len(self.items)))[0]
        return np.where(self.rated, row, np.nan)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"idf": self.idf, **super().arrays()}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.idf = arrays["idf"]
        _check_idf(self.idf, len(self.items))
        super().restore({name: array for name, array in arrays.items() if name != "idf"}, state)


def _check_idf(values: np.ndarray, n_items: int) -> None:
    if values.shape != (n_items,):
        raise ValueError(f"idf has shape {values.shape} and there are {n_items} items")


def _cosines(by_item: sparse.csr_array, number: int, rated: np.ndarray) -> np.ndarray:
    """Cosines (n_items,) of the row of one item with all rows; NaN for unrated items.

    Args:
        by_item: CSR (n_items, n_users).
        rated: (n_items,) bool.
    """
    if not rated[number]:
        return np.full(len(rated), np.nan)
    products = (by_item @ by_item[[number]].T).toarray()[:, 0]
    norms = csr.row_norms(by_item)
    lengths = np.where(norms > 0, norms * max(norms[number], 1e-12), 1)
    return np.where(rated & (norms > 0), products / lengths, np.nan)
