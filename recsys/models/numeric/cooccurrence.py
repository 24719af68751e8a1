"""Products of item columns: the Gram matrix in whichever way is quicker, and its largest entries alone.

Symbols: X (n_users, n_items) weighted histories, G = X'X.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

BLOCK = 1024  # rows made dense at once
NARROW = 512  # rows of a sparse product held at once
SPARSER = 90  # a dense multiplication takes this fraction of the time of a sparse one


def gram(matrix: sparse.csr_array) -> np.ndarray:
    """X'X (n_items, n_items) float32, Fortran order, lower triangle only."""
    n_users, size = matrix.shape
    pairs = (np.diff(matrix.indptr).astype(np.float64) ** 2).sum()
    return _sparse_gram(matrix) if pairs * SPARSER < n_users * float(size) ** 2 else _dense_gram(matrix)


def _dense_gram(matrix: sparse.csr_array) -> np.ndarray:
    size = matrix.shape[1]
    total = np.zeros((size, size), dtype=np.float32, order="F")
    for start in range(0, matrix.shape[0], BLOCK):
        block = matrix[start : start + BLOCK].astype(np.float32).toarray()
        total = linalg.blas.ssyrk(1.0, block.T, beta=1.0, c=total, lower=1, overwrite_c=1)
    return total


def _sparse_gram(matrix: sparse.csr_array) -> np.ndarray:
    size = matrix.shape[1]
    right = matrix.astype(np.float32)
    by_item = sparse.csr_array(right.T.tocsr())
    total = np.zeros((size, size), dtype=np.float32, order="F")
    for start in range(0, size, BLOCK):
        stop = min(start + BLOCK, size)
        # the columns up to this block are all that the lower triangle needs; sums do not depend on the blocks
        total[start:stop, :stop] = (by_item[start:stop] @ _first_columns(right, stop)).toarray()
    return total


def _first_columns(matrix: sparse.csr_array, stop: int) -> sparse.csr_array:
    if stop == matrix.shape[1]:
        return matrix
    kept = matrix.indices < stop
    indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr].astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=(matrix.shape[0], stop))


def largest_products(matrix: sparse.csr_array, rows: np.ndarray, scale: np.ndarray, k: int) -> sparse.csr_array:
    """The k largest positive G_ij scale_j of each row i in `rows`, i itself left out: CSR (len(rows), n_items) float32.

    Args:
        matrix: X.
        rows: item numbers.
        scale: (n_items,), positive.
    """
    by_item = sparse.csr_array(matrix[:, rows].T.tocsr())
    parts = []
    for start in range(0, len(rows), NARROW):
        block = sparse.csr_array(by_item[start : start + NARROW] @ matrix)
        block.data *= scale[block.indices].astype(block.dtype)
        own = np.repeat(rows[start : start + NARROW], np.diff(block.indptr))
        block.data[block.indices == own] = 0.0
        parts.append(largest(block, k))
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))


def largest(matrix: sparse.csr_array, k: int) -> sparse.csr_array:
    """The k largest positive entries of each row, indices sorted; of equal ones at the cut the first columns."""
    kept = np.zeros(matrix.nnz, dtype=bool)
    for row in range(matrix.shape[0]):
        low, high = matrix.indptr[row], matrix.indptr[row + 1]
        values = matrix.data[low:high]
        if high - low <= k:
            kept[low:high] = values > 0
            continue
        cut = max(np.partition(values, high - low - k)[high - low - k], 0.0)
        above = values > cut
        room = k - np.count_nonzero(above)
        if cut > 0 and room:
            tied = np.flatnonzero(values == cut)
            above[tied[np.argsort(matrix.indices[low:high][tied])[:room]]] = True
        kept[low:high] = above
    indptr = np.concatenate([[0], np.cumsum(kept)])[matrix.indptr].astype(np.int32)
    found = sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape)
    # what is kept is little beside what a product gives, in an order of its own
    found.sort_indices()
    return found


def item_similarities(liked: sparse.csr_array, k: int, shrinkage: float, power: float) -> sparse.csr_array:
    """The k largest S_ij of each row i, as CSR (n_items, n_items) float32 without the diagonal.

    S_ij = x_i.x_j / (|x_i| |x_j|)^power * n_ij / (n_ij + shrinkage), x_i column i of `liked` (n_users, n_items).
    """
    by_item = sparse.csr_array(liked.T.tocsr())
    norms = np.sqrt(np.asarray(by_item.multiply(by_item).sum(axis=1)).ravel()) ** power
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    pattern, pattern_by_item = liked.copy(), by_item.copy()
    pattern.data, pattern_by_item.data = np.ones_like(pattern.data), np.ones_like(pattern_by_item.data)
    size, parts = liked.shape[1], []
    for start in range(0, size, NARROW):
        stop = min(start + NARROW, size)
        block = sparse.csr_array(by_item[start:stop] @ liked)
        common = sparse.csr_array(pattern_by_item[start:stop] @ pattern) if shrinkage > 0 else block
        if not np.array_equal(common.indices, block.indices):
            # products that cancelled to zero are not stored
            common = sparse.csr_array(common.multiply(block != 0))
            common.sort_indices()
            block.sort_indices()
        rows = np.repeat(np.arange(start, stop), np.diff(block.indptr))
        values = block.data * inverse[block.indices] * inverse[rows]
        if shrinkage > 0:
            values *= common.data / (common.data + shrinkage)
        values[block.indices == rows] = 0.0
        parts.append(largest(sparse.csr_array((values, block.indices, block.indptr), shape=block.shape), k))
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))
