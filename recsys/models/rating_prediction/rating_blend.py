"""Stack two Bayesian factorizations and item neighbours to predict ratings."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.data.progress import Progress, partial_progress
from recsys.models.config import setting
from recsys.models.numeric.cooccurrence import item_similarities
from recsys.models.rating_prediction import gibbs
from recsys.models.rating_prediction.star_model import StarModel
from recsys.models.registry import register

log = logging.getLogger(__name__)

EQUAL_NOISE = 1e6  # shape of the noise at which all users and items are equally noisy
HELD_OUT = 0.1  # share of the ratings to which the stack weights are fitted
PRIOR_RATINGS = 200.0  # weight of the mean of the two factorizations as prior of the stack, in ratings
ERROR_SHRINKAGE = 30.0  # users in common at which the similarity of two items' errors counts half
NEIGHBOUR_DAMPING = 1.0  # summed similarity at which the neighbours' errors count half
BLOCK_RATINGS, BLOCK_USERS = 50_000, 500  # ratings and users processed at once


@register
class RatingBlend(StarModel):
    """Stacked ratings (Breiman 1996): r = w0 + w1 a + w2 b + w3 d.

    a and b are Bayesian SVD++ with and without separate noise for users and items (see `gibbs`), and
    d_j = sum over i in h of S_ji e_i / (1 + sum S_ji) corrects a by its errors e on the most similar items of the
    history, S the cosine of item errors times n / (n + 30). w is fitted by ridge regression on a tenth of the ratings,
    held out from shorter chains. Ranking as in `StarModel`.
    """

    name = "rating_blend"
    title = "Predicted stars, blended (stacking)"
    summary = "The most accurate star prediction: several factorizations and neighbours combined."
    order = 75

    @dataclass(frozen=True)
    class Config:
        n_factors: int = setting(20, "Length of a taste vector.", low=1, search=(12, 16, 20, 32))
        n_iterations: int = setting(
            160, "Gibbs sweeps of each factorization; half as many for the stack weights.", low=20
        )
        n_samples: int = setting(32, "States stored of each chain.", low=1)
        set_reg: float = setting(
            1.0,
            "Precision of the effect of one rated item on a taste, relative to the precision of tastes.",
            low=1e-3,
            search=(0.3, 1.0, 3.0),
        )
        noise_shape: float = setting(
            5.0,
            "How similar users and items are in noise, in the first factorization (degrees of freedom).",
            low=0.5,
            search=(3.0, 5.0, 10.0),
        )
        n_neighbours: int = setting(100, "Similar items stored for each item.", low=1, search=(50, 100, 200))

    def _fit_stars(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.weights = self._stack(data, rng)
        log.info("rating_blend: stack weights %s.", self.weights.round(3).tolist())
        # the stack's chains have half as many sweeps
        self._learn(data.matrix, self.config.n_iterations, rng, partial_progress(self.progress, 1 / 3, 1.0))

    def _stack(self, data: Interactions, rng: np.random.Generator) -> np.ndarray:
        """w (4,) float64 by ridge regression towards (0, 1/2, 1/2, 0)."""
        prior = np.array([0.0, 0.5, 0.5, 0.0])
        held = rng.random(data.matrix.nnz) < HELD_OUT
        inner = data.keep(~held)
        if not held.any() or not inner.has_ratings:
            return prior
        progress = partial_progress(self.progress, 0.0, 1 / 3)
        self._learn(inner.matrix, max(self.config.n_iterations // 2, 10), rng, progress)
        users = data.rows[held]
        parts = self._parts_for_pairs(inner.histories, users, data.matrix.indices[held])
        parts = parts - data.mean * np.array([0, 1, 1, 0])
        system = parts.T @ parts + PRIOR_RATINGS * np.diag([10.0, 1.0, 1.0, 0.1])
        right = parts.T @ (data.matrix.data[held] - data.mean - parts @ prior)
        found = prior + np.linalg.solve(system, right)
        found[0] += data.mean * (1 - found[1] - found[2])
        return found

    def _learn(self, matrix: sparse.csr_array, iterations: int, rng: np.random.Generator, progress: Progress) -> None:
        config = self.config
        chains = [
            gibbs.Chain(config.n_factors, iterations, config.n_samples, config.set_reg, shape)
            for shape in (config.noise_shape, EQUAL_NOISE)
        ]
        self.posteriors = [
            gibbs.sample(matrix, chain, rng, _of_chain(progress, number)) for number, chain in enumerate(chains)
        ]
        errors = self._errors(matrix, self.posteriors[0].fold_in_all(matrix))
        similar = item_similarities(errors, config.n_neighbours, ERROR_SHRINKAGE, 1.0)
        self.by_neighbour = csr.transposed(similar)  # row i, column j contains S_ji

    def _errors(self, matrix: sparse.csr_array, vectors: np.ndarray) -> sparse.csr_array:
        """CSR of the same pattern with r - a."""
        users = csr.row_numbers(matrix)
        errors = np.empty(matrix.nnz, np.float32)
        for start in range(0, matrix.nnz, BLOCK_RATINGS):
            part = slice(start, start + BLOCK_RATINGS)
            fitted = self.posteriors[0].predict(vectors[users[part]], matrix.indices[part])
            errors[part] = matrix.data[part] - np.clip(fitted, *self.scale)
        return csr.with_data(matrix, errors)

    def _corrections(self, matrix: sparse.csr_array, vectors: np.ndarray) -> np.ndarray:
        """d (n, n_items) float32."""
        errors = self._errors(matrix, vectors)
        similarity = (csr.pattern(matrix) @ self.by_neighbour).toarray()
        return (errors @ self.by_neighbour).toarray() / (similarity + NEIGHBOUR_DAMPING)

    def _stars(self, histories: Histories) -> np.ndarray:
        first, second = (posterior.fold_in_all(histories.matrix) for posterior in self.posteriors)
        weights = self.weights.astype(np.float32)
        stars = weights[0] + weights[1] * self.posteriors[0].predict(first)
        stars += weights[2] * self.posteriors[1].predict(second)
        return stars + weights[3] * self._corrections(histories.matrix, first)

    def _parts_for_pairs(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        """[1, a, b, d] of each pair, (n_pairs, 4) float64."""
        parts = np.zeros((len(users), 4))
        parts[:, 0] = 1.0
        wanted, place = np.unique(users, return_inverse=True)
        for start in range(0, len(wanted), BLOCK_USERS):
            rows = wanted[start : start + BLOCK_USERS]
            here = np.flatnonzero((place >= start) & (place < start + BLOCK_USERS))
            at, column = place[here] - start, items[here]
            vectors = [posterior.fold_in_all(histories.matrix, rows) for posterior in self.posteriors]
            parts[here, 1] = self.posteriors[0].predict(vectors[0][at], column)
            parts[here, 2] = self.posteriors[1].predict(vectors[1][at], column)
            known = rows >= 0
            near = self._corrections(sparse.csr_array(histories.matrix[rows[known]]), vectors[0][known])
            near = np.vstack([np.zeros((np.count_nonzero(~known), near.shape[1]), near.dtype), near])  # -1 sorts first
            parts[here, 3] = np.where(column >= 0, near[at, column], 0.0)
        return parts

    def _stars_for_pairs(self, histories: Histories, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return self._parts_for_pairs(histories, users, items) @ self.weights

    def _star_arrays(self) -> dict[str, np.ndarray]:
        arrays = {"weights": self.weights, **csr.to_arrays(self.by_neighbour, "near.")}
        for place, posterior in enumerate(self.posteriors):
            arrays.update({f"{place}.{name}": array for name, array in posterior.arrays().items()})
        return arrays

    def _restore_stars(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        size = len(self.items)
        self.weights = arrays["weights"]
        self.by_neighbour = csr.from_arrays(arrays, size, "near.")
        self.posteriors = [
            gibbs.Posterior.of({name: arrays[f"{place}.{name}"] for name in gibbs.Posterior.NAMES}, size)
            for place in range(2)
        ]


def _of_chain(progress: Progress, number: int) -> Progress:
    """Progress of one of the two chains, whose lines name the model."""
    part = partial_progress(progress, number / 2, (number + 1) / 2)

    def report(line: str, share: float | None = None, /) -> None:
        part(f"rating_blend: {line}, factorization {number + 1} of 2", share)

    return report
