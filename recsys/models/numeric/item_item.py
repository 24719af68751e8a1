"""Learn item-item weights in closed form, and store them in the smallest form.

Symbols: X (n_users, n_items) weighted histories, L (n_items,) regularization of each item,
P = (X'X + diag L)^-1, B_ij = -P_ij / P_jj off the diagonal and 0 on it (Steck 2019).
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import scipy  # scipy.linalg is loaded at its first use, because a start does not need it
from scipy import sparse

from recsys.data import csr
from recsys.models.numeric.cooccurrence import largest_of_columns, largest_products
from recsys.models.numeric.gram import MOST_COLUMNS, gram
from recsys.models.numeric.item_weights import DenseWeights, FactoredWeights, SparseWeights, Weights

log = logging.getLogger(__name__)

BLOCK = 1024  # columns of a matrix that are copied at once
DENSE_UP_TO = 3000  # largest number of items for which B itself is stored even with few users


class Limits(NamedTuple):
    """Sizes that decide how weights are computed and stored.

    Attributes:
        full_items: the whole of B is stored if B or its factors have at most full_items^2 numbers; otherwise only the
            largest entries are stored.
        dense_items: largest number of items whose Gram matrix is inverted.
        weights_per_item: entries per column of B in the sparse form.
    """

    full_items: int
    dense_items: int
    weights_per_item: int


def solve(matrix: sparse.csr_array, regularization: np.ndarray, limits: Limits) -> Weights:
    """Compute B for weighted histories X, in the form that suits the shape of X.

    Args:
        matrix: X.
        regularization: L, positive.
    """
    if _factors_are_smaller(*matrix.shape, limits.full_items):
        return dual(matrix, regularization)
    n_items = matrix.shape[1]
    if n_items <= min(limits.full_items, limits.dense_items):
        return primal(matrix, regularization)
    return truncated(matrix, regularization, limits)


def _factors_are_smaller(n_users: int, n_items: int, full_items: int) -> bool:
    """Whether to store factors of users instead of B; a small B is faster, because a history reads few of its rows."""
    return n_users < n_items and n_items > DENSE_UP_TO and n_users * n_items <= full_items**2


def primal(matrix: sparse.csr_array, regularization: np.ndarray) -> DenseWeights:
    """B from P, through the inverse of the (n_items, n_items) Gram matrix or of the (n_users, n_users) one."""
    if matrix.shape[0] < matrix.shape[1] // 2:
        return DenseWeights(_weights(_inverse_of_users(matrix, regularization)))
    return DenseWeights(from_gram(gram(matrix), regularization))


def from_gram(lower: np.ndarray, regularization: np.ndarray) -> np.ndarray:
    """B (n_items, n_items) float32 from the lower triangle of X'X, which is overwritten.

    Raises:
        LinAlgError: the matrix is not positive definite in float32.
    """
    return _weights(inverse(lower, regularization))


def dual(matrix: sparse.csr_array, regularization: np.ndarray) -> FactoredWeights:
    """B from the eigenvectors of the (n_users, n_users) matrix I + X diag(1/L) X'."""
    scaled, kernel = user_system(matrix, regularization)
    log.info("Computing the eigenvectors of %d users.", len(kernel))
    values, vectors = scipy.linalg.eigh(kernel, overwrite_a=True, check_finite=False, driver="evd")
    factors = (scaled.T @ (vectors / np.sqrt(values)))[:, ::-1]
    scale = 1.0 / (1.0 / regularization - np.einsum("ij,ij->i", factors, factors))
    return FactoredWeights.of(factors, scale, csr.column_counts(matrix))


def truncated(matrix: sparse.csr_array, regularization: np.ndarray, limits: Limits) -> SparseWeights:
    """B for a large catalogue: its largest entries, exact among the `dense_items` most rated items.

    The columns of all other items are computed as if P were diagonal: B_ij = G_ij / (G_ii + L_i). They store a quarter
    of `weights_per_item` entries, because these items have few ratings.
    """
    n_items = matrix.shape[1]
    order = np.argsort(-csr.column_counts(matrix), kind="stable")
    head, tail = np.sort(order[: limits.dense_items]), np.sort(order[limits.dense_items :])
    inner = from_gram(gram(sparse.csr_array(matrix[:, head])), regularization[head])
    kept = largest_per_column(inner, limits.weights_per_item).tocoo()
    rows: list[np.ndarray] = [head[kept.row]]
    columns, values = [head[kept.col]], [kept.data]
    if len(tail):
        squares = csr.column_sums(matrix, matrix.data.astype(np.float64) ** 2)
        near = largest_products(
            matrix, tail, 1.0 / (squares + regularization), max(1, limits.weights_per_item // 4)
        ).tocoo()
        rows.append(near.col)
        columns.append(tail[near.row])
        values.append(near.data)
    places = tuple(np.concatenate(part).astype(np.int32) for part in (rows, columns))
    whole = sparse.coo_array((np.concatenate(values).astype(np.float32), places), shape=(n_items, n_items))
    return SparseWeights(sparse.csr_array(whole))


def random_walk(matrix: sparse.csr_array, leave: float, arrive: float, limits: Limits) -> Weights:
    """Three steps of a random walk, item to user to item, damped by popularity (RP3beta, Paudel et al. 2016).

    W_ij = n_i^-leave n_j^-arrive sum_u x_ui x_uj / n_u off the diagonal, x the pattern. The factor n_i^-leave is left
    out of the result: divide the histories by n_i^leave before applying it.
    """
    n_users, n_items = matrix.shape
    lengths = np.maximum(csr.row_lengths(matrix), 1)
    counts = np.maximum(csr.column_counts(matrix), 1)
    steps = csr.with_data(matrix, csr.per_entry(lengths**-0.5, matrix))
    scale = (counts.astype(np.float64) ** -arrive).astype(np.float32)
    if _factors_are_smaller(n_users, n_items, limits.full_items):
        _, vectors = scipy.linalg.eigh((steps @ steps.T).toarray(), check_finite=False)
        return FactoredWeights.of((steps.T @ vectors)[:, ::-1], scale, counts)
    weights = np.ascontiguousarray(_symmetric(gram(steps)).T)
    weights[np.diag_indices_from(weights)] = 0.0
    weights *= scale
    if n_items <= limits.full_items:
        return DenseWeights(weights)
    return SparseWeights(largest_per_column(weights, limits.weights_per_item))


def largest_per_column(weights: np.ndarray, k: int) -> sparse.csr_array:
    """The k entries of each column that are largest in absolute value, CSR float32; of equal ones the first."""
    n_items = len(weights)
    if k >= n_items:
        return sparse.csr_array(weights)
    columns = []
    for start in range(0, n_items, MOST_COLUMNS):
        block = weights[:, start : start + MOST_COLUMNS]
        found = largest_of_columns(np.abs(block), k)
        columns.append(csr.with_data(found, block[found.indices, csr.row_numbers(found)]))
    return csr.transposed(sparse.csr_array(sparse.vstack(columns, format="csr")))


def inverse(lower: np.ndarray, regularization: np.ndarray) -> np.ndarray:
    """(G + diag L)^-1, both triangles, from the lower triangle of G, which is overwritten.

    Raises:
        LinAlgError: G + diag L is not positive definite in float32.
    """
    lower[np.diag_indices_from(lower)] += regularization.astype(lower.dtype)
    log.info("Inverting the Gram matrix of %d items.", len(lower))
    try:
        return scipy.linalg.inv(lower, assume_a="pos", lower=True, overwrite_a=True, check_finite=False)
    except scipy.linalg.LinAlgError:
        raise scipy.linalg.LinAlgError("The Gram matrix is singular at this regularization; raise reg.") from None


def user_system(matrix: sparse.csr_array, diagonal: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """X diag(1/D), CSR (n_users, n_items), and I + X diag(1/D) X', (n_users, n_users); float64 both.

    Args:
        matrix: X.
        diagonal: D, (n_items,), positive.
    """
    exact = matrix.astype(np.float64)
    scaled = sparse.csr_array(exact.multiply(1.0 / diagonal[None, :]))
    system = (scaled @ exact.T).toarray()
    system[np.diag_indices_from(system)] += 1.0
    return scaled, system


def _inverse_of_users(matrix: sparse.csr_array, regularization: np.ndarray) -> np.ndarray:
    """P (n_items, n_items) float32 by Woodbury's identity, for few users.

    P = diag(1/L) - Z'Z, where Z = C^-1 X diag(1/L) and C C' = I + X diag(1/L) X' (Cholesky), computed in double
    precision.
    """
    scaled, system = user_system(matrix, regularization)
    log.info("Inverting the Gram matrix of %d users.", len(system))
    root = scipy.linalg.cholesky(system, lower=True, overwrite_a=True, check_finite=False).astype(np.float32)
    half = scaled.astype(np.float32).toarray(order="F")
    half = scipy.linalg.solve_triangular(root, half, lower=True, overwrite_b=True, check_finite=False)
    precision = _symmetric(scipy.linalg.blas.ssyrk(-1.0, half, trans=1, lower=1))
    precision[np.diag_indices_from(precision)] += (1.0 / regularization).astype(np.float32)
    return precision


def _symmetric(lower: np.ndarray) -> np.ndarray:
    """The whole matrix from its lower triangle, which is overwritten; what is above it does not matter."""
    for start in range(0, len(lower), BLOCK):
        stop = start + BLOCK
        corner = lower[start:stop, start:stop]
        corner[...] = np.tril(corner) + np.tril(corner, -1).T
        lower[start:stop, stop:] = lower[stop:, start:stop].T
    return lower


def _weights(precision: np.ndarray) -> np.ndarray:
    """B, row by row in memory, from P, which is overwritten."""
    weights = np.ascontiguousarray(precision.T)  # P is symmetric; if it is in Fortran order, this makes no copy
    weights /= -np.diag(weights).copy()
    weights[np.diag_indices_from(weights)] = 0.0
    return weights
