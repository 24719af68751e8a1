"""Gibbs sampling of a biased factorisation whose user and item vectors also depend on who rated what.

r_ui = mu + b_u + b_i + p_u.q_i + e_ui, e_ui ~ N(0, 1 / (alpha a_u a_i)), with
[b_u, p_u] ~ N(m + x_u B, L^-1), x_u = row u of the pattern scaled to unit length (the set of SVD++, Koren 2008),
and [b_i, q_i] likewise from the set of users who rated i. The hierarchy is that of Salakhutdinov and Mnih (2008),
the linear prior that of Simm et al. (2015), and a_u, a_i ~ Gamma(nu/2, nu/2) let some people and items be noisier
than others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy import sparse

logger = logging.getLogger(__name__)
MAX_SET = 6000  # members of the sets looked at; a dense system of this order is solved once


class Prior:
    """Prior N(m + X B, L^-1) of n vectors of length k, all of m, B, L sampled.

    Args:
        features: CSR (n, f) float32.
        reg: precision of a row of B, as a multiple of L.
    """

    def __init__(self, features: sparse.csr_array, reg: float, k: int, rng: np.random.Generator):
        self.features, self.reg, self.rng = features, reg, rng
        self.wide = features.shape[1] > features.shape[0]
        inner = features @ features.T if self.wide else features.T @ features
        self.inverse = np.linalg.inv(inner.toarray().astype(np.float64) + reg * np.eye(inner.shape[0]))
        self.mean = np.zeros(k)
        self.links = np.zeros((features.shape[1], k))
        self.shift = np.zeros((features.shape[0], k))
        self.precision = 5.0 * np.eye(k)

    def sample(self, vectors: np.ndarray) -> None:
        """Draw L, m and B given the vectors (n, k)."""
        rng, (n, k) = self.rng, vectors.shape
        rest = vectors - self.shift
        mean = rest.mean(axis=0)
        centred = rest - mean
        scale = np.eye(k) + centred.T @ centred + n / (n + 1.0) * np.outer(mean, mean)
        scale += self.reg * self.links.T @ self.links
        freedom = k + 1 + n + (len(self.links) if self.links.any() else 0)
        factor = np.linalg.cholesky(np.linalg.inv(scale)) @ _bartlett(freedom, k, rng)
        self.precision = factor @ factor.T
        root = np.linalg.cholesky(self.precision).T  # root^-1 z ~ N(0, L^-1)
        self.mean = n * mean / (n + 1.0) + np.linalg.solve(root, rng.standard_normal(k)) / np.sqrt(n + 1.0)
        noisy = vectors - self.mean + np.linalg.solve(root, rng.standard_normal((k, n))).T
        spread = np.sqrt(self.reg) * np.linalg.solve(root, rng.standard_normal((k, len(self.links)))).T
        self.links = self._solve(noisy, spread)
        self.shift = self.features @ self.links

    def _solve(self, targets: np.ndarray, extra: np.ndarray) -> np.ndarray:
        """(X'X + reg I)^-1 (X' targets + extra), through the smaller of the two systems."""
        features = self.features
        if not self.wide:
            return self.inverse @ (features.T @ targets + extra)
        return features.T @ (self.inverse @ (targets - features @ extra / self.reg)) + extra / self.reg


@dataclass
class Posterior:
    """Kept samples, S of them, for vectors of length K = 1 + n_factors.

    Attributes:
        vectors: (S, n_items + 1, K) float16, [b_i, q_i] by item; the last row is an item nobody has rated.
        links: (S, n_items, K) float16, what having rated an item adds to a user's prior mean.
        means: (S, K), precisions: (S, K, K): the users' prior.
        noise: (S, n_items) float32, alpha a_i.
        mu: the mean rating; nu: shape of the users' own noise.
    """

    NAMES: ClassVar = ("vectors", "links", "means", "precisions", "noise", "constants")

    vectors: np.ndarray
    links: np.ndarray
    means: np.ndarray
    precisions: np.ndarray
    noise: np.ndarray
    mu: float
    nu: float

    def __post_init__(self) -> None:
        samples, rows, size = self.vectors.shape
        self.designs = self.vectors.astype(np.float32)
        self.biases = self.designs[..., 0].copy()
        self.designs[..., 0] = 1.0
        self.bias = self.biases.mean(axis=0)
        self.flat = np.ascontiguousarray(self.designs.transpose(1, 0, 2).reshape(rows, samples * size)) / samples

    def fold_in_all(self, matrix: sparse.csr_array, rows: np.ndarray | None = None) -> np.ndarray:
        """Mean vectors (n, S, K) of some rows of a CSR matrix of ratings, by default all; -1 is an empty history."""
        rows = np.arange(matrix.shape[0]) if rows is None else rows
        found = np.empty((len(rows), *self.means.shape), np.float32)
        for place, row in enumerate(rows):
            low, high = (0, 0) if row < 0 else matrix.indptr[row : row + 2]
            found[place] = self.fold_in(matrix.indices[low:high], matrix.data[low:high])
        return found

    def fold_in(self, columns: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        """A user's mean vectors (S, K) from a history.

        H = a_u sum_i w_i d_i d_i' + L, m = H^-1 (a_u sum_i w_i d_i y_i + L (mean + x B)), y = r - mu - b_i;
        a_u is the mean of its posterior given the expected squared error, found by iteration.
        """
        size = max(len(columns), 1)
        prior = self.means + self.links[:, columns].sum(axis=1, dtype=np.float64) / np.sqrt(size)
        designs, weights = self.designs[:, columns].astype(np.float64), self.noise[:, columns]
        targets = ratings - self.mu - self.biases[:, columns]
        weighted = designs * weights[..., None]
        gram = designs.transpose(0, 2, 1) @ weighted
        right = (weighted * targets[..., None]).sum(axis=1)
        square = (weights * targets**2).sum(axis=1)
        start = np.einsum("skl,sl->sk", self.precisions, prior)
        noise = 1.0
        for _ in range(3):
            covariance = np.linalg.inv(noise * gram + self.precisions)
            vector = np.einsum("skl,sl->sk", covariance, noise * right + start)
            error = square - 2 * (vector * right).sum(axis=1) + np.einsum("sk,skl,sl->s", vector, gram, vector)
            error += np.einsum("skl,slk->s", gram, covariance)
            noise = float((self.nu + len(columns)) / (self.nu + error.mean()))
        return vector

    def predict(self, vectors: np.ndarray, items: np.ndarray | None = None) -> np.ndarray:
        """Ratings (n, n_items) of users given as (n, S, K); with `items` (n,), those of one item each, -1 unknown."""
        flat = vectors.reshape(len(vectors), -1)
        if items is None:
            return self.mu + self.bias[:-1] + flat @ self.flat[:-1].T
        return self.mu + self.bias[items] + np.einsum("nk,nk->n", flat, self.flat[items])

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything, by name."""
        parts = {name: getattr(self, name) for name in self.NAMES[:-1]}
        return {**parts, "constants": np.array([self.mu, self.nu])}

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray], n_items: int) -> Posterior:
        """Back from `arrays`.

        Raises:
            ValueError: the shapes do not fit together.
        """
        vectors, links, means, precisions, noise, constants = (arrays[name] for name in cls.NAMES)
        samples, _, size = vectors.shape
        shapes = [
            (samples, n_items + 1, size),
            (samples, n_items, size),
            (samples, size),
            (samples, size, size),
            (samples, n_items),
        ]
        if [vectors.shape, links.shape, means.shape, precisions.shape, noise.shape] != shapes:
            raise ValueError(f"posterior of shapes {vectors.shape}, {links.shape}, {means.shape}")
        mu, nu = constants.tolist()
        return cls(vectors, links, means, precisions, noise, mu, nu)


def sample(
    matrix: sparse.csr_array,
    n_factors: int,
    n_iterations: int,
    n_samples: int,
    set_reg: float,
    nu: float,
    rng: np.random.Generator,
) -> Posterior:
    """Run the chain and keep `n_samples` states, evenly spaced over its last four fifths.

    Args:
        matrix: CSR (n_users, n_items) float32 of ratings, pattern = what was rated.
        set_reg: precision of what one set member adds to the prior mean, relative to that of the vectors.
    """
    (n_users, n_items), k = matrix.shape, n_factors + 1
    users, items = np.repeat(np.arange(n_users), np.diff(matrix.indptr)), matrix.indices
    by_item = np.lexsort((users, items))
    item_ptr = np.concatenate([[0], np.cumsum(np.bincount(items, minlength=n_items))])
    mu = float(matrix.data.mean(dtype=np.float64))
    ratings = matrix.data.astype(np.float64) - mu
    user_counts, item_counts = np.bincount(users, minlength=n_users), np.diff(item_ptr)
    user_prior = Prior(_sets(matrix, item_counts), set_reg, k, rng)
    item_prior = Prior(_sets(sparse.csr_array(matrix.T.tocsr()), user_counts), set_reg, k, rng)
    rows, columns = 0.1 * rng.standard_normal((n_users, k)), 0.1 * rng.standard_normal((n_items, k))
    alpha, user_noise, item_noise = 1.0 / max(ratings.var(), 1e-3), np.ones(n_users), np.ones(n_items)
    first = n_iterations // 5
    kept = set(np.unique(np.linspace(first, n_iterations - 1, n_samples).round().astype(int)).tolist())
    states = []
    for step in range(n_iterations):
        user_prior.sample(rows)
        item_prior.sample(columns)
        weights = alpha * user_noise[users] * item_noise[items]
        columns = _vectors(users[by_item], item_ptr, weights[by_item], ratings[by_item], rows, item_prior)
        rows = _vectors(items, matrix.indptr, weights, ratings, columns, user_prior)
        fitted = rows[users, 0] + columns[items, 0] + np.einsum("nk,nk->n", rows[users, 1:], columns[items, 1:])
        square = (ratings - fitted) ** 2
        alpha = rng.gamma(len(ratings) / 2 + 1) / ((square * user_noise[users] * item_noise[items]).sum() / 2 + 1)
        user_noise = _noise(users, square * alpha * item_noise[items], user_counts, nu, rng)
        item_noise = _noise(items, square * alpha * user_noise[users], item_counts, nu, rng)
        if step in kept:
            vectors = np.vstack([columns, item_prior.mean])
            vectors[:-1][item_counts == 0] = item_prior.mean
            links = np.zeros((n_items, k), np.float16)
            links[_members(item_counts)] = user_prior.links
            vectors = vectors.astype(np.float16)
            states.append((vectors, links, user_prior.mean, user_prior.precision, alpha * item_noise))
        if (step + 1) % 50 == 0:
            logger.info("Gibbs sampling: %d of %d iterations", step + 1, n_iterations)
    parts = [np.stack(part) for part in zip(*states, strict=True)]
    return Posterior(*parts[:4], parts[4].astype(np.float32), mu, nu)


def _vectors(
    others: np.ndarray, indptr: np.ndarray, weights: np.ndarray, ratings: np.ndarray, vectors: np.ndarray, prior: Prior
) -> np.ndarray:
    """Draw the vectors (n, k) of one side given those of the other side; ratings sorted by row.

    x = H^-1 (sum w d y + L mean + e), e ~ N(0, H): with e = sum sqrt(w) d z + L^1/2 z' one solve is enough.
    """
    k = vectors.shape[1]
    design = vectors.copy()
    design[:, 0] = 1.0
    shape, rng = (len(indptr) - 1, len(vectors)), prior.rng
    upper, lower = np.triu_indices(k)
    # accumulated in single precision: half the memory traffic of the widest product of the loop
    pattern = sparse.csr_array((weights.astype(np.float32), others, indptr), shape=shape)
    sums = pattern @ (design[:, upper] * design[:, lower]).astype(np.float32)
    square = np.zeros((k, k), dtype=np.intp)
    square[upper, lower] = square[lower, upper] = np.arange(len(upper))
    grams = np.take(sums, square.ravel(), axis=1).reshape(shape[0], k, k) + prior.precision
    pull = weights * (ratings - vectors[others, 0]) + np.sqrt(weights) * rng.standard_normal(len(weights))
    right = sparse.csr_array((pull, others, indptr), shape=shape) @ design
    right += (prior.mean + prior.shift) @ prior.precision
    right += rng.standard_normal((shape[0], k)) @ np.linalg.cholesky(prior.precision).T
    return np.linalg.solve(grams, right[..., None])[..., 0]


def _noise(rows: np.ndarray, square: np.ndarray, counts: np.ndarray, nu: float, rng: np.random.Generator) -> np.ndarray:
    total = np.bincount(rows, weights=square, minlength=len(counts))
    return rng.gamma((nu + counts) / 2) / ((nu + total) / 2)


def _bartlett(freedom: float, k: int, rng: np.random.Generator) -> np.ndarray:
    lower = np.tril(rng.standard_normal((k, k)), -1)
    lower[np.diag_indices(k)] = np.sqrt(rng.chisquare(freedom - np.arange(k)))
    return lower


def _members(counts: np.ndarray) -> np.ndarray:
    """The MAX_SET most rated (or rating) members, in order."""
    return np.sort(np.argsort(-counts, kind="stable")[:MAX_SET])


def _sets(matrix: sparse.csr_array, counts: np.ndarray) -> sparse.csr_array:
    """The pattern, rows of length n scaled by 1/sqrt(n), columns cut to `_members`."""
    lengths = np.diff(matrix.indptr)
    scaled = np.repeat(np.maximum(lengths, 1) ** -0.5, lengths).astype(np.float32)
    sets = sparse.csr_array((scaled, matrix.indices, matrix.indptr), shape=matrix.shape)
    return sets if len(counts) <= MAX_SET else sparse.csr_array(sets[:, _members(counts)])
