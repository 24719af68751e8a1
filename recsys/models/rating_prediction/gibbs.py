"""Gibbs sampling of a biased matrix factorization with priors that depend on which items a user rated.

r_ui = mu + b_u + b_i + p_u.q_i + e_ui, e_ui ~ N(0, 1 / (alpha a_u a_i)), with
[b_u, p_u] ~ N(m + x_u B, L^-1), x_u = row u of the pattern scaled to unit length (the set of SVD++, Koren 2008),
and [b_i, q_i] likewise from the set of users who rated i. The hierarchy is that of Salakhutdinov and Mnih (2008), the
linear prior that of Simm et al. (2015); a_u, a_i ~ Gamma(nu/2, nu/2) let some users and items be noisier than others.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy import sparse

from recsys.data import csr
from recsys.data.progress import Progress, quiet

log = logging.getLogger(__name__)

MAX_SET = 6000  # largest number of set members in the prior; a dense system of this order is solved once
BURN_IN = 0.2  # share of the sweeps before the first stored state
MOST_PRECISE = 1e12  # of a saved item; a greater precision makes the system of a user singular
FOLD_IN_STEPS = 3  # iterations for the noise of a user who is folded in
LOGGED_EVERY = 50  # sweeps between two log lines
HEAVY = 1e4  # weight of a rating above which sums are computed in double precision
REPORTED_EVERY = 4  # sweeps between two reports of progress


class Chain(NamedTuple):
    """Settings of one chain.

    Attributes:
        n_factors: length of p_u and q_i.
        n_iterations: Gibbs sweeps over all ratings.
        n_samples: states stored, evenly spaced after the burn-in.
        set_reg: precision of what one set member adds to the prior mean, relative to that of the vectors.
        noise_shape: nu; the larger, the more alike users and items are in noise.
    """

    n_factors: int
    n_iterations: int
    n_samples: int
    set_reg: float
    noise_shape: float


class Prior:
    """Prior N(m + X B, L^-1) of n vectors of length k; m, B and L are sampled.

    Args:
        features: X, CSR (n, f) float32.
        reg: precision of a row of B, as a multiple of L.
        k: length of the vectors.
        rng: source of all draws.

    Attributes:
        mean, links, precision: the current m (k,), B (f, k) and L (k, k).
        shift: X B, (n, k).
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
        unshifted = vectors - self.shift
        mean = unshifted.mean(axis=0)
        centred = unshifted - mean
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
    """S stored samples of vectors of length K = 1 + n_factors.

    Attributes:
        vectors: (S, n_items + 1, K) float16, [b_i, q_i] by item; the last row stands for an unrated item.
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
        """Mean vectors (n, S, K) float32 of users.

        Args:
            matrix: CSR (n_users, n_items) of ratings.
            rows: (n,) row numbers, -1 for an empty history (default: all rows).
        """
        rows = np.arange(matrix.shape[0]) if rows is None else rows
        found = np.empty((len(rows), *self.means.shape), np.float32)
        for place, row in enumerate(rows):
            low, high = (0, 0) if row < 0 else matrix.indptr[row : row + 2]
            found[place] = self.fold_in(matrix.indices[low:high], matrix.data[low:high])
        return found

    def fold_in(self, columns: np.ndarray, ratings: np.ndarray) -> np.ndarray:
        """Mean vectors (S, K) of one user with ratings (n,) of items `columns` (n,).

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
        noise, vector = 1.0, prior
        for _ in range(FOLD_IN_STEPS):
            covariance = np.linalg.inv(noise * gram + self.precisions)
            vector = np.einsum("skl,sl->sk", covariance, noise * right + start)
            error = square - 2 * (vector * right).sum(axis=1) + np.einsum("sk,skl,sl->s", vector, gram, vector)
            error += np.einsum("skl,slk->s", gram, covariance)
            noise = float((self.nu + len(columns)) / (self.nu + error.mean()))
        return vector

    def predict(self, vectors: np.ndarray, items: np.ndarray | None = None) -> np.ndarray:
        """Ratings (n, n_items), or (n,) with one item per user.

        Args:
            vectors: (n, S, K) of users.
            items: (n,) item numbers, -1 for an unknown item.
        """
        flat = vectors.reshape(len(vectors), -1)
        if items is None:
            return self.mu + self.bias[:-1] + flat @ self.flat[:-1].T
        return self.mu + self.bias[items] + np.einsum("nk,nk->n", flat, self.flat[items])

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays to save, for `of`."""
        parts = {name: getattr(self, name) for name in self.NAMES[:-1]}
        return {**parts, "constants": np.array([self.mu, self.nu])}

    @classmethod
    def of(cls, arrays: dict[str, np.ndarray], n_items: int) -> Posterior:
        """Restore the posterior from what `arrays` returned.

        Raises:
            KeyError: an array is missing.
            ValueError: the shapes do not fit together, or a precision is out of range.
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
        if not ((noise > 0) & (noise <= MOST_PRECISE)).all():
            raise ValueError(f"precisions that are not above 0 and at most {MOST_PRECISE:g}")
        mu, nu = constants.tolist()
        return cls(vectors, links, means, precisions, noise, mu, nu)


def sample(matrix: sparse.csr_array, chain: Chain, rng: np.random.Generator, progress: Progress = quiet) -> Posterior:
    """Run a chain and store its states.

    Args:
        matrix: CSR (n_users, n_items) float32 of ratings; every stored entry was rated.
        progress: called with the share of the sweeps done; an exception that it raises ends the chain.
    """
    (n_users, n_items), k, nu = matrix.shape, chain.n_factors + 1, chain.noise_shape
    users, items = csr.row_numbers(matrix), matrix.indices
    by_item = np.lexsort((users, items))
    user_counts, item_counts = csr.row_lengths(matrix), csr.column_counts(matrix)
    item_ptr = csr.pointers(item_counts)
    mu = float(matrix.data.mean(dtype=np.float64))
    ratings = matrix.data.astype(np.float64) - mu
    user_prior = Prior(_sets(matrix, item_counts), chain.set_reg, k, rng)
    item_prior = Prior(_sets(csr.transposed(matrix), user_counts), chain.set_reg, k, rng)
    rows, columns = 0.1 * rng.standard_normal((n_users, k)), 0.1 * rng.standard_normal((n_items, k))
    alpha, user_noise, item_noise = 1.0 / max(ratings.var(), 1e-3), np.ones(n_users), np.ones(n_items)
    stored, states = _stored_steps(chain), []
    for step in range(chain.n_iterations):
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
        if step in stored:
            states.append(_state(columns, item_prior, user_prior, item_counts, alpha * item_noise))
        done, line = step + 1, f"Gibbs sampling: sweep {step + 1} of {chain.n_iterations}"
        if done % LOGGED_EVERY == 0:
            log.info("%s.", line)
        if done % REPORTED_EVERY == 0:
            progress(line, done / chain.n_iterations)
    vectors, links, means, precisions, noise = (np.stack(part) for part in zip(*states, strict=True))
    return Posterior(vectors, links, means, precisions, noise.astype(np.float32), mu, nu)


def _stored_steps(chain: Chain) -> set[int]:
    first = int(chain.n_iterations * BURN_IN)
    places = np.linspace(first, chain.n_iterations - 1, chain.n_samples)
    return set(np.unique(places.round().astype(int)).tolist())


def _state(
    columns: np.ndarray, item_prior: Prior, user_prior: Prior, item_counts: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Vectors, links, mean, precision and noise of one sweep, as in `Posterior`."""
    vectors = np.vstack([columns, item_prior.mean])
    vectors[:-1][item_counts == 0] = item_prior.mean
    links = np.zeros(columns.shape, np.float16)
    links[_members(item_counts)] = user_prior.links
    return vectors.astype(np.float16), links, user_prior.mean, user_prior.precision, noise


def _vectors(
    others: np.ndarray, indptr: np.ndarray, weights: np.ndarray, ratings: np.ndarray, vectors: np.ndarray, prior: Prior
) -> np.ndarray:
    """Draw the vectors (n, k) of one side given those of the other side.

    x = H^-1 (sum w d y + L mean + e), e ~ N(0, H): with e = sum sqrt(w) d z + L^1/2 z' one solve is enough.

    Args:
        others: (n_ratings,) row in `vectors` of each rating; ratings are sorted by the row that is drawn.
        indptr: (n + 1,) where the ratings of each row begin.
        weights, ratings: (n_ratings,).
        vectors: (n_others, k) of the other side.
        prior: of the side that is drawn.
    """
    k = vectors.shape[1]
    design = vectors.copy()
    design[:, 0] = 1.0
    shape, rng = (len(indptr) - 1, len(vectors)), prior.rng
    upper, lower = np.triu_indices(k)
    # Single precision halves the memory traffic of the largest product of the sweep. If nearly all ratings are found
    # exactly, as in made-up data, weights grow until its rounding errors are larger than the prior.
    dtype = np.float32 if weights.max(initial=0.0) <= HEAVY else np.float64
    pattern = sparse.csr_array((weights.astype(dtype), others, indptr), shape=shape)
    products = (design[:, upper] * design[:, lower]).astype(dtype)
    sums = np.asarray(pattern @ products)
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
    """Numbers of the MAX_SET members with the highest counts, ascending."""
    return np.sort(np.argsort(-counts, kind="stable")[:MAX_SET])


def _sets(matrix: sparse.csr_array, counts: np.ndarray) -> sparse.csr_array:
    """The pattern with rows of n entries divided by sqrt(n), only the columns of `_members`."""
    scaled = np.maximum(csr.row_lengths(matrix), 1) ** -0.5
    sets = csr.with_data(matrix, csr.per_entry(scaled, matrix).astype(np.float32))
    return sets if len(counts) <= MAX_SET else sparse.csr_array(sets[:, _members(counts)])
