"""Index arithmetic on CSR matrices: row numbers, row sums, patterns, selection and order within rows.

Every function reads the three arrays `data`, `indices` and `indptr` directly. Explicit zeros are kept: a stored
entry is an interaction even if its value is 0. Index arrays are shared with the argument if they do not change.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy import sparse

PARTS = ("data", "indices", "indptr")


def empty(n_rows: int, n_columns: int, dtype: type = np.float32) -> sparse.csr_array:
    """A matrix without stored entries.

    >>> empty(2, 3).toarray().tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    parts = (np.empty(0, dtype), np.empty(0, np.int32), np.zeros(n_rows + 1, np.int32))
    return sparse.csr_array(parts, shape=(n_rows, n_columns))


def one_row(data: np.ndarray, indices: np.ndarray, n_columns: int) -> sparse.csr_array:
    """A matrix (1, n_columns) of the given entries, in a quarter of the time of the constructor, which checks them.

    Args:
        data: (nnz,).
        indices: (nnz,) int32, ascending and distinct.

    >>> one_row(np.array([5.0, 4.0]), np.array([0, 2], np.int32), 3).toarray().tolist()
    [[5.0, 0.0, 4.0]]
    """
    row = copy.copy(_empty_row(n_columns))
    row.data, row.indices, row.indptr = data, indices, np.array([0, len(indices)], dtype=np.int32)
    return row


@lru_cache(64)
def _empty_row(n_columns: int) -> sparse.csr_array:
    return empty(1, n_columns)


def row_lengths(matrix: sparse.csr_array) -> np.ndarray:
    """Number of stored entries of each row, (n_rows,).

    >>> row_lengths(sparse.csr_array([[1, 0, 2], [0, 0, 0]])).tolist()
    [2, 0]
    """
    return matrix.indptr[1:] - matrix.indptr[:-1]  # many times as fast as np.diff for a single row


def row_numbers(matrix: sparse.csr_array) -> np.ndarray:
    """Row of each stored entry, (nnz,) int64.

    >>> row_numbers(sparse.csr_array([[1, 0, 2], [0, 0, 3]])).tolist()
    [0, 0, 1]
    """
    return np.repeat(np.arange(matrix.shape[0]), row_lengths(matrix))


def per_entry(values: np.ndarray, matrix: sparse.csr_array) -> np.ndarray:
    """Repeat one value per row (n_rows,) for each stored entry of the row, (nnz,).

    >>> per_entry(np.array([7, 8]), sparse.csr_array([[1, 0, 2], [0, 0, 3]])).tolist()
    [7, 7, 8]
    """
    if matrix.shape[0] == 1:
        return np.repeat(values, len(matrix.indices))
    return np.repeat(values, row_lengths(matrix))


def entries(matrix: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in `data` and `indices` of the stored entries of some rows, and for each its place in `rows`, (k,) each.

    They come one row after the other. Selecting rows with `matrix[rows]` copies and checks a matrix, which takes
    several times as long for a few rows.

    >>> matrix = sparse.csr_array([[1, 0, 2], [0, 0, 3], [4, 0, 0]])
    >>> places, owners = entries(matrix, np.array([2, 0]))
    >>> matrix.data[places].tolist(), owners.tolist()
    ([4, 1, 2], [0, 1, 1])
    """
    places, lengths = _entries(matrix, rows)
    return places, np.repeat(np.arange(len(rows)), lengths)


def _entries(matrix: sparse.csr_array, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of the stored entries of some rows (k,), and the number of entries of each row (len(rows),)."""
    starts = matrix.indptr[rows]
    lengths = matrix.indptr[rows + 1] - starts
    if len(rows) and (lengths == lengths[0]).all():  # as in a table of neighbours; this takes half the time
        return (starts[:, None] + np.arange(lengths[0], dtype=starts.dtype)).ravel(), lengths
    before = starts - (np.cumsum(lengths) - lengths)
    return np.arange(lengths.sum()) + np.repeat(before, lengths), lengths


def block(matrix: sparse.csr_array, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The entries of some rows and columns as a dense array, (len(rows), len(columns)).

    >>> block(sparse.csr_array([[1, 0, 2], [0, 0, 3]]), np.array([1, 0]), np.array([2, 0, 2])).tolist()
    [[3, 0, 3], [2, 1, 2]]
    """
    distinct, back = np.unique(columns, return_inverse=True)
    column = np.full(matrix.shape[1], -1)
    column[distinct] = np.arange(len(distinct))
    places, owners = entries(matrix, rows)
    into = column[matrix.indices[places]]
    kept = into >= 0
    found = np.zeros((len(rows), len(distinct)), dtype=matrix.dtype)
    found[owners[kept], into[kept]] = matrix.data[places[kept]]
    return found[:, back]


def row_sums(matrix: sparse.csr_array, values: np.ndarray | None = None) -> np.ndarray:
    """Sum of the stored entries of each row, (n_rows,) float64.

    Args:
        values: (nnz,) numbers to sum instead of the entries.

    >>> row_sums(sparse.csr_array([[1, 0, 2], [0, 0, 3]])).tolist()
    [3.0, 3.0]
    """
    values = matrix.data if values is None else values
    if matrix.shape[0] == 1:
        return np.array([values.sum(dtype=np.float64)])
    return np.bincount(row_numbers(matrix), values, matrix.shape[0])


def column_sums(matrix: sparse.csr_array, values: np.ndarray | None = None) -> np.ndarray:
    """Sum of the stored entries of each column, (n_columns,) float64; `values` as in `row_sums`."""
    return np.bincount(matrix.indices, matrix.data if values is None else values, matrix.shape[1])


def column_counts(matrix: sparse.csr_array) -> np.ndarray:
    """Number of stored entries of each column, (n_columns,) int64."""
    return np.bincount(matrix.indices, minlength=matrix.shape[1])


def row_norms(matrix: sparse.csr_array) -> np.ndarray:
    """Euclidean length of each row, (n_rows,) float64."""
    return np.sqrt(row_sums(matrix, matrix.data.astype(np.float64) ** 2))


def unit_rows(matrix: sparse.csr_array) -> sparse.csr_array:
    """Rows divided by their Euclidean length, float32; rows of zeros stay.

    >>> unit_rows(sparse.csr_array([[0.0, 2.5], [0.0, 0.0]])).toarray().tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    norms = row_norms(matrix)
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return with_data(matrix, (matrix.data * per_entry(scale, matrix)).astype(np.float32))


def with_data(matrix: sparse.csr_array, data: np.ndarray) -> sparse.csr_array:
    """The same pattern with other values (nnz,), in a quarter of the time of the constructor, which checks them."""
    other = copy.copy(matrix)  # shares the index arrays
    other.data = data
    return other


def pattern(matrix: sparse.csr_array, dtype: type = np.float32) -> sparse.csr_array:
    """The same pattern with 1 for every stored entry.

    >>> pattern(sparse.csr_array([[1, 0, 2], [0, 0, 3]])).toarray().tolist()
    [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]]
    """
    return with_data(matrix, np.ones(matrix.nnz, dtype))


def transposed(matrix: sparse.csr_array) -> sparse.csr_array:
    """The transpose as CSR with sorted indices: row i holds the entries of column i."""
    return sparse.csr_array(matrix.T.tocsr())


def pointers(counts: np.ndarray) -> np.ndarray:
    """`indptr` of a matrix whose rows have `counts` entries: 0 and the running sums, (n_rows + 1,).

    >>> pointers(np.array([2, 0, 1])).tolist()
    [0, 2, 2, 3]
    """
    return np.concatenate([[0], np.cumsum(counts)])


def select(matrix: sparse.csr_array, mask: np.ndarray) -> sparse.csr_array:
    """The stored entries where `mask` (nnz,) is true; the shape stays.

    >>> select(sparse.csr_array([[1, 0, 2], [0, 0, 3]]), np.array([True, False, True])).toarray().tolist()
    [[1, 0, 0], [0, 0, 3]]
    """
    indptr = pointers(mask)[matrix.indptr].astype(matrix.indptr.dtype)
    return sparse.csr_array((matrix.data[mask], matrix.indices[mask], indptr), shape=matrix.shape)


def weighted_sum(matrix: sparse.csr_array, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of some rows, each times its weight, (n_columns,) float32.

    The rows are added one after the other in float32, as in a product of two sparse matrices.

    >>> matrix = sparse.csr_array(np.array([[5, 0, 4], [0, 0, 3]], dtype=np.float32))
    >>> weighted_sum(matrix, np.array([1, 0]), np.array([2, 1], dtype=np.float32)).tolist()
    [5.0, 0.0, 10.0]
    """
    places, lengths = _entries(matrix, rows)
    total = np.zeros(matrix.shape[1], dtype=np.float32)
    np.add.at(total, matrix.indices.take(places), matrix.data.take(places) * np.repeat(weights, lengths))
    return total


def dense_product(left: sparse.csr_array, right: sparse.csr_array) -> np.ndarray:
    """left @ right of float32 matrices as a dense array; for a single row in half the time of a sparse product."""
    if left.shape[0] == 1:
        return weighted_sum(right, left.indices, left.data)[None]
    return (left @ right).toarray()


def rank_in_rows(matrix: sparse.csr_array, *keys: np.ndarray) -> np.ndarray:
    """Place from 0 of each stored entry when its row is sorted by `keys`, (nnz,) int64.

    Args:
        keys: (nnz,) each, as for `np.lexsort`: the last one counts most; equal entries keep their order.

    >>> rank_in_rows(sparse.csr_array([[5, 0, 4], [0, 0, 3]]), np.array([0.9, 0.1, 0.5])).tolist()
    [1, 0, 0]
    """
    order = np.lexsort((*keys, row_numbers(matrix)))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order)) - per_entry(matrix.indptr[:-1].astype(np.int64), matrix)
    return ranks


def to_arrays(matrix: sparse.csr_array, prefix: str = "") -> dict[str, np.ndarray]:
    """The three arrays of a matrix by name, for saving."""
    return {prefix + part: getattr(matrix, part) for part in PARTS}


def from_arrays(arrays: Mapping[str, np.ndarray], n_columns: int, prefix: str = "") -> sparse.csr_array:
    """Rebuild and validate a saved matrix; the arrays may be memory-mapped and are not copied.

    Raises:
        KeyError: an array is missing.
        ValueError: the arrays do not form a CSR matrix with `n_columns` columns.
    """
    data, indices, indptr = (arrays[prefix + part] for part in PARTS)
    matrix = sparse.csr_array((data, indices, indptr), shape=(len(indptr) - 1, n_columns))
    matrix.check_format(full_check=True)
    return matrix
