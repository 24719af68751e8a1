"""Products of item columns: the Gram matrix, and the largest entries of its rows.

Symbols: X (n_users, n_items) weighted histories, G = X'X.
"""

from __future__ import annotations

import itertools
import logging

import numpy as np
import scipy  # scipy.linalg is loaded at its first use, because a start does not need it
from scipy import sparse

from recsys.data import csr

log = logging.getLogger(__name__)

DENSE_ROWS = 1024  # rows that are converted to dense form at once
PRODUCT_ROWS = 512  # rows of a sparse product in memory at once
SPARSE_COST = 90  # a multiplication of a sparse product takes this many times as long as one of a dense product


def gram(matrix: sparse.csr_array) -> np.ndarray:
    """X'X (n_items, n_items) float32, Fortran order, lower triangle only; dense or sparse, whichever is faster."""
    n_users, n_items = matrix.shape
    pairs = (csr.row_lengths(matrix).astype(np.float64) ** 2).sum()
    sparse_is_faster = pairs * SPARSE_COST < n_users * float(n_items) ** 2
    log.info("Computing the Gram matrix of %d users and %d items.", n_users, n_items)
    return _sparse_gram(matrix) if sparse_is_faster else _dense_gram(matrix)


def _dense_gram(matrix: sparse.csr_array) -> np.ndarray:
    n_items = matrix.shape[1]
    total = np.zeros((n_items, n_items), dtype=np.float32, order="F")
    for start in range(0, matrix.shape[0], DENSE_ROWS):
        block = matrix[start : start + DENSE_ROWS].astype(np.float32).toarray()
        total = scipy.linalg.blas.ssyrk(1.0, block.T, beta=1.0, c=total, lower=1, overwrite_c=1)
    return total


def _sparse_gram(matrix: sparse.csr_array) -> np.ndarray:
    n_items = matrix.shape[1]
    right = matrix.astype(np.float32)
    by_item = csr.transposed(right)
    total = np.zeros((n_items, n_items), dtype=np.float32, order="F")
    for start in range(0, n_items, DENSE_ROWS):
        stop = min(start + DENSE_ROWS, n_items)
        # the lower triangle of these rows ends at column `stop`
        total[start:stop, :stop] = (by_item[start:stop] @ _first_columns(right, stop)).toarray()
    return total


def _first_columns(matrix: sparse.csr_array, stop: int) -> sparse.csr_array:
    if stop == matrix.shape[1]:
        return matrix
    kept = csr.select(matrix, matrix.indices < stop)
    return sparse.csr_array((kept.data, kept.indices, kept.indptr), shape=(matrix.shape[0], stop))


def largest_products(matrix: sparse.csr_array, rows: np.ndarray, scale: np.ndarray, k: int) -> sparse.csr_array:
    """The k largest positive G_ij scale_j of each row i in `rows` without i itself: CSR (len(rows), n_items) float32.

    Args:
        matrix: X.
        rows: item numbers.
        scale: (n_items,), positive.
    """
    by_item = csr.transposed(sparse.csr_array(matrix[:, rows]))
    parts = []
    for start in range(0, len(rows), PRODUCT_ROWS):
        block = sparse.csr_array(by_item[start : start + PRODUCT_ROWS] @ matrix)
        block.data *= scale[block.indices].astype(block.dtype)
        block.data[block.indices == csr.per_entry(rows[start : start + PRODUCT_ROWS], block)] = 0.0
        parts.append(largest(block, k))
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))


def largest(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """The k largest positive entries of each row, indices sorted; ties at the cut go to the first columns."""
    pointers = matrix.indptr.tolist()
    places = [
        low + _places_of_largest(matrix.data[low:high], matrix.indices[low:high], k)
        for low, high in itertools.pairwise(pointers)
    ]
    chosen = np.concatenate([np.empty(0, np.int64), *places])
    indptr = csr.pointers(np.array([len(one) for one in places], dtype=np.int64)).astype(np.int32)
    found = sparse.csr_array((matrix.data[chosen], matrix.indices[chosen], indptr), shape=matrix.shape)
    # sorting the few selected entries is cheaper than sorting the whole product
    found.sort_indices()
    return found


def _places_of_largest(values: np.ndarray, columns: np.ndarray, k: int) -> np.ndarray:
    """Places in the entries of one row of the k largest positive ones, in any order."""
    if len(values) <= k:
        return np.flatnonzero(values > 0)
    cut = max(np.partition(values, len(values) - k)[len(values) - k], 0.0)
    above = np.flatnonzero(values > cut)
    if cut == 0 or len(above) == k:
        return above
    tied = np.flatnonzero(values == cut)
    return np.concatenate([above, tied[np.argsort(columns[tied])[: k - len(above)]]])


def item_similarities(liked: sparse.csr_array, k: int, shrinkage: float, power: float) -> sparse.csr_array:
    """The k largest S_ij of each row i, CSR (n_items, n_items) float32 without the diagonal.

    S_ij = x_i.x_j / (|x_i| |x_j|)^power * n_ij / (n_ij + shrinkage), where x_i is column i of `liked`
    (n_users, n_items) and n_ij the number of users of both.
    """
    by_item = csr.transposed(liked)
    norms = csr.row_norms(by_item) ** power
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    pattern, pattern_by_item = csr.pattern(liked), csr.pattern(by_item)
    n_items, parts = liked.shape[1], []
    log.info("Computing item similarities of %d users and %d items.", *liked.shape)
    for start in range(0, n_items, PRODUCT_ROWS):
        stop = min(start + PRODUCT_ROWS, n_items)
        block = sparse.csr_array(by_item[start:stop] @ liked)
        common = sparse.csr_array(pattern_by_item[start:stop] @ pattern) if shrinkage > 0 else block
        if not np.array_equal(common.indices, block.indices):
            # entries whose terms cancel to zero are not stored
            common = sparse.csr_array(common.multiply(block != 0))
            common.sort_indices()
            block.sort_indices()
        values = block.data * inverse[block.indices]
        values *= csr.per_entry(inverse[start:stop], block)
        if shrinkage > 0:
            values *= common.data / (common.data + shrinkage)
        values[block.indices == csr.per_entry(np.arange(start, stop, dtype=np.int32), block)] = 0.0
        parts.append(largest(csr.with_data(block, values), k))
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))
