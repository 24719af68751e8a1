"""Base class of models that predict ratings; it adds fallback means and a ranking by probability and rating."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models.base import Recommender
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.numeric.svd import truncated_svd

DIMENSIONS = 64
DEGREE_EXPONENT = 0.25  # exponent of the user and item counts that divide the pattern
SVD_ITERATIONS = 6
MARGIN = 0.08  # weight of the lowest rating, as a share of the scale
POPULARITY_FLOOR = 1e-3  # share of the popularity in the score, which orders items with zero vectors


class StarModel(Recommender):
    """A recommender built on predicted ratings.

    A ranking by predicted ratings alone would begin with items that only a few enthusiasts rated. Therefore the score
    is s(h, j) = pick(h, j) (margin + (stars(h, j) - low) / (high - low)). The first factor is how likely a user with
    this history is to rate j at all, by a smoothed truncated SVD of the pattern (PureSVD, Cremonesi et al. 2010); the
    second is the predicted rating. If all ratings are equal, the first factor is the score.

    A subclass implements `_fit_stars`, `_stars`, `_stars_for_pairs`, `_star_arrays` and `_restore_stars`.
    """

    family = "collaborative"
    predicts_ratings = True
    requires = ("sklearn",)

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
        """pick(h, j), (n, n_items) float32; at least a small share of the popularity."""
        lengths = np.maximum(csr.row_lengths(matrix), 1).astype(np.float32)
        tastes = (csr.pattern(matrix) @ self.pick_in) / np.sqrt(lengths)[:, None]
        return np.maximum(tastes @ self.pick_out.T, POPULARITY_FLOOR * self.popularity)

    def _predict(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        if not self.has_ratings:
            return np.full(len(users), self.mean)
        return self._stars_for_pairs(histories, users, items)

    def _similar(self, number: int) -> np.ndarray:
        """Damped cosine of the vectors Q of items."""
        return damped_cosine(self.pick_in, number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """What each history item adds to pick(h, j), weighted by its rating."""
        low, high = self.scale
        ratings = histories.matrix.data
        weight = (ratings - low) / (high - low) + 0.5 if high > low else np.ones_like(ratings)
        return (self.pick_out[numbers] @ self.pick_in[histories.matrix.indices].T) * weight

    def arrays(self) -> dict[str, np.ndarray]:
        arrays = {"pick.in": self.pick_in, "pick.out": self.pick_out}
        return {**arrays, **(self._star_arrays() if self.has_ratings else {})}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.pick_in, self.pick_out = arrays["pick.in"], arrays["pick.out"]
        if not len(self.pick_in) == len(self.pick_out) == len(self.items):
            raise ValueError(f"vectors of {len(self.pick_in)} items")
        if self.has_ratings:
            self._restore_stars(arrays, state)

    def _fit_stars(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        """Learn to predict ratings; arguments as for `_fit`."""
        raise NotImplementedError

    def _stars(self, histories: Histories) -> np.ndarray:
        """Predicted ratings (n, n_items), not clipped."""
        raise NotImplementedError

    def _stars_for_pairs(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Predicted ratings (n_pairs,) of history rows and item columns; -1 is an unknown user or item."""
        raise NotImplementedError

    def _star_arrays(self) -> dict[str, np.ndarray]:
        """Arrays to save, by name."""
        raise NotImplementedError

    def _restore_stars(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        """Restore what `_star_arrays` and `state` returned."""
        raise NotImplementedError


def pick_vectors(matrix: sparse.csr_array, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors P, Q (n_items, d) float32 with pick(h, j) = sum over i in h of P_i.Q_j.

    N = D_u^-1/4 X D_i^-1/4 = U S V'; P = D_i^-1/4 V W, Q = D_i^1/4 V, W = S^2 / (S^2 + s_q^2), where D_u and D_i are
    the user and item counts and s_q is the singular value a quarter of the way down, so that directions that only
    repeat the history weigh little.
    """
    users, items = np.maximum(csr.row_lengths(matrix), 1.0), np.maximum(csr.column_counts(matrix), 1.0)
    by_user, by_item = users**-DEGREE_EXPONENT, items**-DEGREE_EXPONENT
    scaled = (csr.per_entry(by_user, matrix) * by_item[matrix.indices]).astype(np.float32)
    size = max(1, min(DIMENSIONS, min(matrix.shape) // 2))
    singular, vectors = truncated_svd(csr.with_data(matrix, scaled), size, seed, SVD_ITERATIONS)
    weight = singular**2 / np.maximum(singular**2 + singular[len(singular) // 4] ** 2, 1e-12)
    # row-major order, as after loading from disk: the same layout gives the same rounding
    into = np.array(vectors * weight * by_item[:, None], np.float32, order="C")
    return into, np.array(vectors / by_item[:, None], np.float32, order="C")
