"""The Gram matrix of weighted histories, by products of a sparse and a dense matrix or of two sparse ones.

Symbols: X (n_users, n_items) weighted histories, CSR; G = X'X.

A product with a dense matrix multiplies with every item, a sparse one only with the items of the same user, which takes
far longer for each of them because the results lie apart. Which one is faster depends on how full X is.
"""

from __future__ import annotations

import logging

import numpy as np
from scipy import sparse

from recsys.data import csr

log = logging.getLogger(__name__)

BLOCK_BYTES = 2**28  # largest block of dense columns and of their products
MOST_COLUMNS = 128  # of a block; more leave the cache, and a sort key of `cooccurrence` has 7 bits for the column
SPARSE_ROWS = 1024  # rows of a sparse product that are converted to dense form at once
# time of one multiplication in a sparse product, and of one pass over an entry of G, as multiples of the time of one
# multiplication with a dense matrix
SPARSE_COST = 50.0
ENTRY_COST = 10.0


def gram(matrix: sparse.csr_array) -> np.ndarray:
    """G (n_items, n_items) float32, Fortran order, lower triangle only; in whichever way is faster.

    Args:
        matrix: X.
    """
    log.info("Computing the Gram matrix of %d users and %d items.", *matrix.shape)
    return _gram_of_columns(matrix) if dense_is_faster(matrix) else _sparse_gram(matrix)


def dense_is_faster(matrix: sparse.csr_array, passes: float = 1.0) -> bool:
    """Whether products of X with blocks of its columns in dense form take less time than a sparse product.

    Args:
        passes: further passes over the entries of G for each product.
    """
    n_items = float(matrix.shape[1])
    pairs = (csr.row_lengths(matrix).astype(np.float64) ** 2).sum()
    return n_items * (matrix.nnz + passes * ENTRY_COST * n_items) < pairs * SPARSE_COST


def column_blocks(n_users: int, n_items: int) -> list[tuple[int, int]]:
    """First and last column (exclusive) of blocks whose dense form and products fit in BLOCK_BYTES.

    >>> column_blocks(10, 3)
    [(0, 3)]
    """
    width = BLOCK_BYTES // (np.dtype(np.float32).itemsize * 2 * max(1, n_users + n_items))
    width = max(1, min(width, MOST_COLUMNS))
    return [(start, min(start + width, n_items)) for start in range(0, n_items, width)]


def dense_columns(by_item: sparse.csr_array, start: int, stop: int) -> np.ndarray:
    """Columns `start` to `stop - 1` of X, (n_users, stop - start) in C order, from its transpose."""
    return by_item[start:stop].T.toarray(order="C")


def _gram_of_columns(matrix: sparse.csr_array) -> np.ndarray:
    n_items = matrix.shape[1]
    by_item = csr.transposed(matrix.astype(np.float32))
    total = np.zeros((n_items, n_items), dtype=np.float32, order="F")
    for start, stop in column_blocks(*matrix.shape):
        total[start:, start:stop] = by_item[start:] @ dense_columns(by_item, start, stop)
    return total


def _sparse_gram(matrix: sparse.csr_array) -> np.ndarray:
    n_items = matrix.shape[1]
    right = matrix.astype(np.float32)
    by_item = csr.transposed(right)
    total = np.zeros((n_items, n_items), dtype=np.float32, order="F")
    for start in range(0, n_items, SPARSE_ROWS):
        stop = min(start + SPARSE_ROWS, n_items)
        # the lower triangle of these rows ends at column `stop`
        total[start:stop, :stop] = (by_item[start:stop] @ _first_columns(right, stop)).toarray()
    return total


def _first_columns(matrix: sparse.csr_array, stop: int) -> sparse.csr_array:
    if stop == matrix.shape[1]:
        return matrix
    kept = csr.select(matrix, matrix.indices < stop)
    return sparse.csr_array((kept.data, kept.indices, kept.indptr), shape=(matrix.shape[0], stop))
