"""Closed-form item-item weights: the regularised inverse Gram matrix, in whichever form is small.

Symbols: X (n_users, n_items) weighted histories, L (n_items,) regularisation per item,
P = (X'X + diag L)^-1, B_ij = -P_ij / P_jj off the diagonal and 0 on it (Steck 2019).
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

from recsys.models.numeric.cooccurrence import gram, largest_products
from recsys.models.numeric.item_weights import DenseWeights, FactoredWeights, SparseWeights, Weights

BLOCK = 1024  # rows handled at once
SMALL = 3000  # items up to which B itself is kept however few the users


def solve(matrix: sparse.csr_array, reg: np.ndarray, full_items: int, dense_items: int, kept: int) -> Weights:
    """B for weighted histories X, in the form that suits its shape.

    Args:
        matrix: X.
        reg: L, positive.
        full_items: B is kept whole where it, or its factors, have at most full_items^2 numbers, and as its
            largest entries otherwise.
        dense_items: most items whose inverse is formed; beyond it the most rated ones get it and the rest
            are predicted from their neighbours.
        kept: entries kept of each column of B in the sparse form.
    """
    if _dual(*matrix.shape, full_items):
        return dual(matrix, reg)
    n_items = matrix.shape[1]
    if n_items <= min(full_items, dense_items):
        return primal(matrix, reg)
    return truncated(matrix, reg, dense_items, kept)


def _dual(n_users: int, n_items: int, full_items: int) -> bool:
    """Whether factors of users serve better than B: of a small B one history reads a few rows only."""
    return n_users < n_items and n_items > SMALL and n_users * n_items <= full_items**2


def primal(matrix: sparse.csr_array, reg: np.ndarray) -> DenseWeights:
    """B from the inverse of the (n_items, n_items) Gram matrix."""
    return DenseWeights(_weights(inverse(gram(matrix), reg)))


def dual(matrix: sparse.csr_array, reg: np.ndarray) -> FactoredWeights:
    """B from the eigenvectors of the (n_users, n_users) matrix I + X diag(1/L) X'."""
    scaled = sparse.csr_array(matrix.multiply(1.0 / reg[None, :]), dtype=np.float64)
    kernel = (scaled @ matrix.T.astype(np.float64)).toarray()
    kernel[np.diag_indices_from(kernel)] += 1.0
    values, vectors = linalg.eigh(kernel, overwrite_a=True, check_finite=False, driver="evd")
    factors = (scaled.T @ (vectors / np.sqrt(values)))[:, ::-1]
    scale = 1.0 / (1.0 / reg - np.einsum("ij,ij->i", factors, factors))
    return FactoredWeights.of(factors, scale, np.bincount(matrix.indices, minlength=matrix.shape[1]))


def walk(matrix: sparse.csr_array, leave: float, arrive: float, full_items: int, kept: int) -> Weights:
    """Three steps of a random walk, item to user to item, tamed by popularity (RP3beta, Paudel et al. 2016).

    W_ij = n_i^-leave n_j^-arrive sum_u x_ui x_uj / n_u off the diagonal, x the pattern. Apply it to histories
    already divided by n_i^leave: that factor is left out of the result. `full_items` and `kept` as in `solve`.
    """
    n_users, n_items = matrix.shape
    lengths = np.maximum(np.diff(matrix.indptr), 1)
    counts = np.maximum(np.bincount(matrix.indices, minlength=n_items), 1)
    steps = sparse.csr_array(
        (np.repeat(lengths**-0.5, np.diff(matrix.indptr)), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    scale = (counts.astype(np.float64) ** -arrive).astype(np.float32)
    if _dual(n_users, n_items, full_items):
        _, vectors = linalg.eigh((steps @ steps.T).toarray(), check_finite=False)
        return FactoredWeights.of((steps.T @ vectors)[:, ::-1], scale, counts)
    weights = np.ascontiguousarray(_symmetric(gram(steps)))
    weights[np.diag_indices_from(weights)] = 0.0
    weights *= scale
    return DenseWeights(weights) if n_items <= full_items else SparseWeights(sparsified(weights, kept))


def nonnegative(
    matrix: sparse.csr_array, ridge: np.ndarray, lasso: np.ndarray, step: float, rounds: int = 12
) -> SparseWeights:
    """Sparse weights, none below 0 (SLIM, Ning and Karypis 2011), by ADMM (Steck et al. 2020, "ADMM SLIM").

    Minimises 1/2 |X - X B|^2 + 1/2 sum_ij ridge_i B_ij^2 + sum_ij lasso_j B_ij over B >= 0 with zero diagonal.

    Args:
        matrix: X.
        ridge: (n_items,), positive.
        lasso: (n_items,), at least 0; the more, the fewer weights are left.
        step: ADMM's rho; the scale of the Gram matrix is a good one.
        rounds: of ADMM, each one product of (n_items, n_items) matrices.
    """
    lower = gram(matrix)
    whole = _symmetric(lower)
    precision = np.ascontiguousarray(inverse(lower, ridge + step))
    own = np.diag(precision).copy()
    free = precision @ whole
    del whole
    step, lasso = np.float32(step), lasso.astype(np.float32)
    weights, prices = np.zeros_like(free), np.zeros_like(free)  # prices: the dual variables
    for _ in range(rounds):
        loose = free + precision @ (step * weights - prices)
        loose -= precision * (np.diag(loose) / own)
        weights = np.maximum(loose + (prices - lasso) / step, np.float32(0.0))
        prices += step * (loose - weights)
    return SparseWeights(sparse.csr_array(weights))


def leading_axes(matrix: sparse.csr_array, size: int, seed: int, rounds: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Largest singular values (k,) and right singular vectors (n_items, k), k = min(size, users, items).

    Randomised subspace iteration (Halko, Martinsson and Tropp 2011).
    """
    n_users, n_items = matrix.shape
    width = min(size + 16, n_users, n_items)
    basis = matrix @ np.random.default_rng(seed).standard_normal((n_items, width), dtype=np.float32)
    basis = np.linalg.qr(basis)[0]
    for _ in range(rounds):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    _, values, axes = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    kept = min(size, len(values))
    return values[:kept], np.ascontiguousarray(axes[:kept].T)


def sparsified(weights: np.ndarray, kept: int) -> sparse.csr_array:
    """The `kept` largest entries of each column by size, CSR float32."""
    n_items = len(weights)
    if kept >= n_items:
        return sparse.csr_array(weights)
    rows = np.empty((n_items, kept), dtype=np.int32)
    for start in range(0, n_items, BLOCK):
        columns = np.abs(weights[:, start : start + BLOCK].T)
        rows[start : start + BLOCK] = np.argpartition(-columns, kept - 1, axis=1)[:, :kept]
    columns = np.repeat(np.arange(n_items, dtype=np.int32), kept)
    values = weights[rows.ravel(), columns]
    return sparse.csr_array(sparse.coo_array((values, (rows.ravel(), columns)), shape=weights.shape))


def truncated(matrix: sparse.csr_array, reg: np.ndarray, dense_items: int, kept: int) -> SparseWeights:
    """B for a large catalogue: exact among the `dense_items` most rated items, then its largest entries.

    A column outside them is predicted from the neighbourhood alone, as if P were diagonal:
    B_ij = G_ij / (G_ii + L_i), of which a quarter of `kept` are kept: there is less to learn from.
    """
    n_items = matrix.shape[1]
    counts = np.bincount(matrix.indices, minlength=n_items)
    order = np.argsort(-counts, kind="stable")
    head, tail = np.sort(order[:dense_items]), np.sort(order[dense_items:])
    inner = sparsified(_weights(inverse(gram(matrix[:, head]), reg[head])), kept).tocoo()
    rows, columns, values = [head[inner.row]], [head[inner.col]], [inner.data]
    if len(tail):
        diagonal = np.bincount(matrix.indices, weights=matrix.data.astype(np.float64) ** 2, minlength=n_items) + reg
        near = largest_products(matrix, tail, 1.0 / diagonal, max(1, kept // 4)).tocoo()
        rows.append(near.col)
        columns.append(tail[near.row])
        values.append(near.data)
    places = tuple(np.concatenate(part).astype(np.int32) for part in (rows, columns))
    whole = sparse.coo_array((np.concatenate(values).astype(np.float32), places), shape=(n_items, n_items))
    return SparseWeights(sparse.csr_array(whole))


def inverse(lower: np.ndarray, reg: np.ndarray) -> np.ndarray:
    """(G + diag reg)^-1 in full, from the lower triangle of G, which is overwritten.

    Raises:
        LinAlgError: G + diag reg is not positive definite in float32.
    """
    lower[np.diag_indices_from(lower)] += reg.astype(lower.dtype)
    factor, info = linalg.lapack.spotrf(lower, lower=1, overwrite_a=1, clean=0)
    if info:
        raise linalg.LinAlgError("the Gram matrix is singular at this regularisation; raise reg.")
    factor, _ = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    for start in range(0, len(factor), BLOCK):
        stop = start + BLOCK
        corner = factor[start:stop, start:stop]
        corner[...] = _symmetric(corner)
        factor[start:stop, stop:] = factor[stop:, start:stop].T
    return factor


def _symmetric(lower: np.ndarray) -> np.ndarray:
    """The whole matrix of which the lower triangle is given."""
    return np.tril(lower) + np.tril(lower, -1).T


def _weights(precision: np.ndarray) -> np.ndarray:
    diagonal = np.diag(precision).copy()
    weights = np.ascontiguousarray(precision)
    weights /= -diagonal[None, :]
    weights[np.diag_indices_from(weights)] = 0.0
    return weights
