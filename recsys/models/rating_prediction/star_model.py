"""What the models that predict ratings share: means to fall back on, and a ranking fit to be shown."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender

DIMENSIONS = 64
NORM = 0.25  # exponent of both degree norms
MARGIN = 0.08  # what the lowest rating still counts, as a share of the scale
FLOOR = 1e-3  # of the popular item's share: orders what the vectors say nothing of


class StarModel(Recommender):
    """A recommender built on predicted ratings.

    Predicted stars alone rank items that a handful of enthusiasts rated first. The score is therefore
    s(h, j) = pick(h, j) (margin + (stars(h, j) - low) / (high - low)): how far people with this history get to
    rate j at all, by a smoothed truncated SVD of the pattern (PureSVD, Cremonesi et al. 2010), times the predicted
    liking. Where all ratings are equal the first factor stands alone.

    A subclass fills `_fit_stars`, `_stars`, `_stars_for_pairs`, `_star_arrays`, `_restore_stars`.
    """

    family = "collaborative"
    predicts_ratings = True

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        self.pick_in, self.pick_out = pick_vectors(data.matrix, seed)
        if self.has_ratings:
            self._fit_stars(data, features, seed)

    def _score(self, histories: Histories) -> np.ndarray:
        scores = self._picks(histories.matrix)
        if self.has_ratings:
            low, high = self.scale
            liking = (np.clip(self._stars(histories), low, high) - low) / (high - low)
            scores = scores * (liking + MARGIN)
        return np.where(self.rated, scores, np.nan)

    def _picks(self, matrix: sparse.csr_array) -> np.ndarray:
        """(n, n_items) float32: how much a history's pattern calls for each item, at least a trace of popularity."""
        pattern = sparse.csr_array((np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape)
        lengths = np.maximum(np.diff(matrix.indptr), 1).astype(np.float32)
        called = ((pattern @ self.pick_in) / np.sqrt(lengths)[:, None]) @ self.pick_out.T
        return np.maximum(called, FLOOR * self.popularity)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        if not self.has_ratings:
            return np.full(len(users), self.mean)
        return self._stars_for_pairs(histories, users, items)

    def _similar(self, number: int) -> np.ndarray:
        """Cosine of the vectors that say who picks an item, damped by n / (n + 5) for items few have rated."""
        return likeness(self.pick_in, number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """What each history item adds to pick(h, j), better rated items more."""
        low, high = self.scale
        ratings = histories.matrix.data
        weight = (ratings - low) / (high - low) + 0.5 if high > low else np.ones_like(ratings)
        return (self.pick_out[numbers] @ self.pick_in[histories.matrix.indices].T) * weight

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"pick.in": self.pick_in, "pick.out": self.pick_out}
        return {**arrays, **(self._star_arrays() if self.has_ratings else {})}

    def _restore(self, arrays: dict[str, np.ndarray], state: dict) -> None:
        self.pick_in, self.pick_out = arrays["pick.in"], arrays["pick.out"]
        if not len(self.pick_in) == len(self.pick_out) == len(self.items):
            raise ValueError(f"vectors of {len(self.pick_in)} items")
        if self.has_ratings:
            self._restore_stars(arrays, state)

    def _fit_stars(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        raise NotImplementedError

    def _stars(self, histories: Histories) -> np.ndarray:
        """Predicted ratings (n, n_items)."""
        raise NotImplementedError

    def _stars_for_pairs(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Predicted ratings of pairs; -1 marks an unknown user (no history) or item."""
        raise NotImplementedError

    def _star_arrays(self) -> dict[str, np.ndarray]:
        raise NotImplementedError

    def _restore_stars(self, arrays: dict[str, np.ndarray], state: dict) -> None:
        raise NotImplementedError


def likeness(vectors: np.ndarray, number: int, popularity: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """Cosine (n_items,) of one row with all, damped by n / (n + 5) for items few have rated; NaN for unrated ones."""
    if not rated[number]:
        return np.full(len(rated), np.nan)
    norms = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors[number] / np.maximum(norms * norms[number], 1e-12)
    share = popularity / (popularity + 5.0 * popularity[rated].min() + 1e-12)
    return np.where(rated, cosine * np.where(cosine > 0, share, 1.0), np.nan)


def pick_vectors(matrix: sparse.csr_array, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors P, Q (n_items, d) float32 with pick(h, j) = sum over i in h of P_i.Q_j.

    N = D_u^-1/4 X D_i^-1/4 = U S V'; P = D_i^-1/4 V W, Q = D_i^1/4 V, W = S^2 / (S^2 + s_q^2) with s_q the singular
    value a quarter of the way down, so that what only repeats the history weighs little.
    """
    users, items = np.diff(matrix.indptr), np.bincount(matrix.indices, minlength=matrix.shape[1])
    scaled = np.repeat(np.maximum(users, 1.0) ** -NORM, users) * np.maximum(items, 1.0)[matrix.indices] ** -NORM
    normal = sparse.csr_array((scaled.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
    size = max(1, min(DIMENSIONS, min(matrix.shape) // 2))
    singular, vectors = truncated_svd(normal, size, np.random.default_rng(seed))
    weight = singular**2 / np.maximum(singular**2 + singular[len(singular) // 4] ** 2, 1e-12)
    norm = np.maximum(items, 1.0)[:, None] ** NORM
    # row by row, as they come back from disk: the same layout gives the same rounding
    return np.array(vectors * weight / norm, np.float32, order="C"), np.array(vectors * norm, np.float32, order="C")


def truncated_svd(matrix: sparse.csr_array, size: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The largest singular values (d,) and right vectors (n_columns, d), d <= size, by subspace iteration.

    Halko, Martinsson and Tropp 2011, with ten columns to spare; directions of singular value zero are left out.
    """
    width = min(size + 10, *matrix.shape)
    basis = matrix @ rng.standard_normal((matrix.shape[1], width)).astype(np.float32)
    for _ in range(6):
        basis, _ = np.linalg.qr(matrix @ (matrix.T @ np.linalg.qr(basis)[0]))
    _, singular, right = np.linalg.svd((matrix.T @ basis).T.astype(np.float64), full_matrices=False)
    kept = max(1, int(np.count_nonzero(singular[:size] > 1e-5 * max(singular[0], 1e-30))))
    return singular[:kept], right[:kept].T
