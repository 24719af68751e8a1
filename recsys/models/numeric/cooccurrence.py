"""The largest products of item columns: the entries of each row of the Gram matrix that are worth storing.

Symbols: X (n_users, n_items) weighted histories, G = X'X.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator

import numpy as np
from scipy import sparse

from recsys.data import csr
from recsys.models.numeric import gram

log = logging.getLogger(__name__)

PRODUCT_ROWS = 512  # rows of a sparse product in memory at once
PARTS = 4  # sets of products for each one that is wanted, see `_lower_bounds`
NUMBER_BITS, VALUE_BITS = np.uint64(25), np.uint64(32)  # of a sort key; the remaining 7 bits hold the column of a block


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
    """The k largest positive S_ij of each row i, CSR (n_items, n_items) float32 without the diagonal.

    S_ij = x_i.x_j / (|x_i| |x_j|)^power * n_ij / (n_ij + shrinkage), where x_i is column i of `liked`
    (n_users, n_items) and n_ij the number of users of both.
    """
    log.info("Computing item similarities of %d users and %d items.", *liked.shape)
    by_item = csr.transposed(liked)
    norms = csr.row_norms(by_item) ** power
    inverse = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    scaled = csr.with_data(by_item, (by_item.data * csr.per_entry(inverse, by_item)).astype(np.float32))
    # each product of the dense way is followed by two passes over its entries
    rows = _dense_rows if gram.dense_is_faster(liked, passes=2.0) else _sparse_rows
    parts = list(rows(scaled, k, shrinkage))
    return sparse.csr_array(sparse.vstack(parts, format="csr", dtype=np.float32))


def _dense_rows(by_item: sparse.csr_array, k: int, shrinkage: float) -> Iterator[sparse.csr_array]:
    """Rows of S by products with dense columns; `by_item` (n_items, n_users) holds x_i / |x_i|^power."""
    n_items, n_users = by_item.shape
    ones = csr.pattern(by_item)
    for start, stop in gram.column_blocks(n_users, n_items):
        values = by_item @ gram.dense_columns(by_item, start, stop)
        if shrinkage > 0:
            common = ones @ gram.dense_columns(ones, start, stop)
            values *= common
            common += np.float32(shrinkage)
            values /= common
        values[np.arange(start, stop), np.arange(stop - start)] = 0.0
        yield largest_of_columns(values, k)


def largest_of_columns(values: np.ndarray, k: int) -> sparse.csr_array:
    """The k largest positive values of each column (n, n_columns), as rows: CSR (n_columns, n), indices sorted."""
    n_columns = values.shape[1]
    bounds = np.maximum(_lower_bounds(values, k), np.finfo(values.dtype).smallest_subnormal)
    places = np.flatnonzero(values >= bounds)
    numbers, columns = np.divmod(places, n_columns)
    keys = _sort_keys(columns, values.ravel()[places], numbers)
    keys.sort()
    lengths = np.bincount(columns, minlength=n_columns)
    rank = np.arange(len(keys)) - np.repeat(csr.pointers(lengths)[:-1], lengths)
    found, numbers = _of_sort_keys(keys[rank < k])
    indptr = csr.pointers(np.minimum(lengths, k)).astype(np.int32)
    rows = sparse.csr_array((found, numbers, indptr), shape=values.shape[::-1])
    rows.sort_indices()
    return rows


def _sort_keys(columns: np.ndarray, values: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Keys (k,) uint64 that sort by column, then by decreasing value, then by number.

    Sorting them takes a fifth of the time of `np.lexsort`. The bits of positive float32 numbers are in the order of the
    numbers.

    Args:
        columns: up to MOST_COLUMNS.
        values: positive, float32.
        numbers: below 2^NUMBER_BITS.
    """
    falling = (~values.view(np.uint32)).astype(np.uint64)
    return (
        (columns.astype(np.uint64) << (NUMBER_BITS + VALUE_BITS)) | (falling << NUMBER_BITS) | numbers.astype(np.uint64)
    )


def _of_sort_keys(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The values (k,) float32 and the numbers (k,) int32 of which `_sort_keys` made the keys."""
    values = (~(keys >> NUMBER_BITS).astype(np.uint32)).view(np.float32)
    return values, (keys & ((np.uint64(1) << NUMBER_BITS) - np.uint64(1))).astype(np.int32)


def _lower_bounds(values: np.ndarray, k: int) -> np.ndarray:
    """A number for each column (n_columns,) that at least k of its values reach, and usually few more; 0 if unknown.

    It is the k-th largest of the maxima of PARTS * k disjoint sets of values.
    """
    n_sets = PARTS * k
    size = len(values) // n_sets
    if size < 2:
        return np.zeros(values.shape[1], values.dtype)
    maxima = values[: size * n_sets].reshape(size, n_sets, -1).max(axis=0)
    return np.partition(maxima, n_sets - k, axis=0)[n_sets - k]


def _sparse_rows(by_item: sparse.csr_array, k: int, shrinkage: float) -> Iterator[sparse.csr_array]:
    """Rows of S by products of sparse matrices; `by_item` (n_items, n_users) holds x_i / |x_i|^power."""
    by_user, ones = csr.transposed(by_item), csr.pattern(by_item)
    seen = csr.pattern(by_user)
    for start in range(0, by_item.shape[0], PRODUCT_ROWS):
        stop = min(start + PRODUCT_ROWS, by_item.shape[0])
        block = sparse.csr_array(by_item[start:stop] @ by_user)
        values = block.data
        if shrinkage > 0:
            common = sparse.csr_array(ones[start:stop] @ seen)
            if not np.array_equal(common.indices, block.indices):
                # entries whose terms cancel to zero are not stored
                common = sparse.csr_array(common.multiply(block != 0))
                common.sort_indices()
                block.sort_indices()
                values = block.data
            values *= common.data / (common.data + np.float32(shrinkage))
        values[block.indices == csr.per_entry(np.arange(start, stop, dtype=np.int32), block)] = 0.0
        yield largest(block, k)
