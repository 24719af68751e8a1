"""Nearest neighbours, of users and of items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.numeric.cooccurrence import item_similarities
from recsys.models.preference import preference
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register


class _Weighted(Recommender):
    """Histories as unit vectors of preference times item IDF^a: the vectors both kinds of neighbours compare."""

    family = "collaborative"

    def _weigh(self, matrix: sparse.csr_array) -> sparse.csr_array:
        """CSR (n, n_items) float32, p_ui idf_i^a."""
        weighted = preference(matrix, self.mean, self.scale, self.config.rating_strength)
        weighted.data *= self.idf[weighted.indices]
        return weighted

    def _set_idf(self, data: Interactions) -> None:
        shares = np.log(len(data.users) / np.maximum(data.item_counts, 1) + 1.0)
        self.idf = (shares**self.config.idf_power).astype(np.float32)


def _unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    norms = np.sqrt(
        np.bincount(
            np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)),
            weights=matrix.data.astype(np.float64) ** 2,
            minlength=matrix.shape[0],
        )
    )
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    data = (matrix.data * np.repeat(scale, np.diff(matrix.indptr))).astype(np.float32)
    return sparse.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)


@register
class UserKnn(_Weighted):
    """User-based nearest neighbours on implicit preference.

    s(h, j) = sum over the k users v most like h of sim(h, v)^q p_vj, with
    sim(h, v) = cos(h, v) n_hv / (n_hv + shrinkage), n_hv the items in common (Herlocker et al. 1999).
    """

    name = "user_knn"
    title = "People like you"
    summary = "What the people whose taste is nearest to yours have liked."
    order = 30
    holds_ratings = True
    first_start = True
    preferred = 3

    @dataclass(frozen=True)
    class Config:
        n_neighbours: int = setting(100, "Users that speak for an item.", low=1, search=(40, 70, 100, 150, 200))
        sharpness: float = setting(2.0, "Exponent q of a similarity.", low=0.1, search=Span(1.0, 4.0))
        shrinkage: float = setting(
            5.0, "Items in common at which a similarity counts half.", low=0.0, search=(0.0, 5.0, 20.0, 50.0)
        )
        idf_power: float = setting(
            0.5, "Exponent of the IDF that rare items weigh more by.", low=0.0, search=Span(0.0, 1.5)
        )
        rating_strength: float = setting(
            0.5, "How far ratings move preference from 1.", low=0.0, search=(0.0, 0.5, 0.75)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self._set_idf(data)
        self.ratings = data.matrix
        self.people = _People(self)

    def _neighbours(self, histories: Histories) -> np.ndarray:
        """Sharpened similarities (n, n_users), zero beyond the k nearest."""
        units = _unit_rows(self._weigh(histories.matrix))
        similar = (units @ self.people.by_item).toarray()
        if self.config.shrinkage > 0:
            pattern = histories.matrix.copy()
            pattern.data = np.ones_like(pattern.data)
            common = (pattern @ self.people.pattern_by_item).toarray()
            similar *= common / (common + self.config.shrinkage)
        k = self.config.n_neighbours
        if k < similar.shape[1]:
            cut = np.partition(similar, similar.shape[1] - k, axis=1)[:, -k][:, None]
            similar[similar < cut] = 0.0
        return np.maximum(similar, 0.0) ** self.config.sharpness

    def _score(self, histories: Histories) -> np.ndarray:
        scores = sparse.csr_array(self._neighbours(histories)) @ self.people.liked
        return np.where(self.rated, scores.toarray(), np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """cos(h, v) is a sum over the items in common; each neighbour's vote is split by its terms."""
        weights = self._neighbours(histories)[0]
        near = np.flatnonzero(weights)
        unit = _unit_rows(self._weigh(histories.matrix))
        columns = histories.matrix.indices
        terms = self.people.by_item[columns][:, near].toarray() * unit.data[:, None]
        total = terms.sum(axis=0)
        split = np.divide(terms, total, out=np.zeros_like(terms), where=total != 0) * weights[near]
        return (split @ self.people.liked[near][:, numbers].toarray()).T

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        near = np.flatnonzero(self._neighbours(histories)[0])
        voted = np.diff(self.ratings[near][:, numbers].tocsc().indptr)
        return [Reason(Kind.NEIGHBOURS, count=int(count), of=len(near)) for count in voted]

    def _similar(self, number: int) -> np.ndarray:
        return _cosines(self.people.by_item, number, self.rated)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            "idf": self.idf,
            "ratings.data": self.ratings.data,
            "ratings.indices": self.ratings.indices,
            "ratings.indptr": self.ratings.indptr,
        }

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.idf = arrays["idf"]
        indptr = arrays["ratings.indptr"]
        self.ratings = sparse.csr_array(
            (arrays["ratings.data"], arrays["ratings.indices"], indptr), shape=(len(indptr) - 1, len(self.items))
        )
        self.ratings.check_format(full_check=True)
        self.people = _People(self)


class _People:
    """What neighbours are found in, worked out when first asked: it is several times as large as the ratings."""

    def __init__(self, model: UserKnn):
        self._model = model

    @cached_property
    def liked(self) -> sparse.csr_array:
        """(n_users, n_items) preferences."""
        model = self._model
        return preference(model.ratings, model.mean, model.scale, model.config.rating_strength)

    @cached_property
    def by_item(self) -> sparse.csr_array:
        """(n_items, n_users) unit vectors of the users."""
        return sparse.csr_array(_unit_rows(self._model._weigh(self._model.ratings)).T.tocsr())

    @cached_property
    def pattern_by_item(self) -> sparse.csr_array:
        """(n_items, n_users) 1 where there is a rating."""
        units = self.by_item
        return sparse.csr_array((np.ones_like(units.data), units.indices, units.indptr), shape=units.shape)


@register
class ItemKnn(_Weighted):
    """Item-based nearest neighbours (Sarwar et al. 2001; Deshpande and Karypis 2004).

    s(h, j) = sum over i in h of p_hi S_ij, where S_ij = cos(i, j) n_ij / (n_ij + shrinkage), n_ij the users
    in common, users weighted by n_u^-a so that those who rate everything say less, and only the k largest
    S_ij of each i are kept.
    """

    name = "item_knn"
    title = "Goes with"
    summary = "Items rated by the same people as those you have rated."
    order = 40
    first_start = True
    preferred = 4

    @dataclass(frozen=True)
    class Config:
        n_neighbours: int = setting(100, "Neighbours kept of each item.", low=1, search=(20, 50, 100, 200, 400))
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
            0.0, "Exponent of the IDF that rare items of a history weigh more by.", low=0.0, search=Span(0.0, 1.0)
        )
        rating_strength: float = setting(
            0.5, "How far ratings move preference from 1.", low=0.0, search=(0.0, 0.5, 0.75)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self._set_idf(data)
        liked = preference(data.matrix, self.mean, self.scale, self.config.rating_strength)
        lengths = np.diff(data.matrix.indptr)
        liked.data *= np.repeat(np.maximum(lengths, 1.0) ** -self.config.user_power, lengths).astype(np.float32)
        self.similar_items = item_similarities(
            liked, self.config.n_neighbours, self.config.shrinkage, self.config.item_power
        )

    def _score(self, histories: Histories) -> np.ndarray:
        scores = self._weigh(histories.matrix) @ self.similar_items
        return np.where(self.rated, scores.toarray(), np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        weights = self._weigh(histories.matrix)
        return (self.similar_items[weights.indices][:, numbers].toarray() * weights.data[:, None]).T

    def _similar(self, number: int) -> np.ndarray:
        row = self.similar_items[[number]].toarray()[0]
        return np.where(self.rated, row, np.nan) if self.rated[number] else np.full(len(row), np.nan)

    def _arrays(self) -> dict[str, np.ndarray]:
        similar = self.similar_items
        return {"idf": self.idf, "data": similar.data, "indices": similar.indices, "indptr": similar.indptr}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.idf = arrays["idf"]
        size = len(self.items)
        self.similar_items = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=(size, size))
        self.similar_items.check_format(full_check=True)


def _cosines(units_by_item: sparse.csr_array, number: int, rated: np.ndarray) -> np.ndarray:
    """Cosines (n_items,) of one item's row with all; NaN where there is nothing to compare."""
    if not rated[number]:
        return np.full(len(rated), np.nan)
    one = units_by_item[[number]]
    products = (units_by_item @ one.T).toarray()[:, 0]
    norms = np.sqrt(np.asarray(units_by_item.multiply(units_by_item).sum(axis=1)).ravel())
    return np.where(rated & (norms > 0), products / np.where(norms > 0, norms * max(norms[number], 1e-12), 1), np.nan)
