"""Index arithmetic of CSR matrices against dense rewrites; explicit zeros are entries."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.data import csr

RNG = np.random.default_rng(3)


@pytest.fixture
def matrix() -> sparse.csr_array:
    """Entries from -1 to 2 with explicit zeros, an empty row and an empty column."""
    seen = RNG.random((7, 9)) < 0.5
    seen[2], seen[:, 4] = False, False
    rows, columns = np.nonzero(seen)
    indptr = csr.pointers(seen.sum(axis=1))
    data = RNG.integers(-1, 3, len(rows)).astype(np.float32)
    data[0] = 0.0
    return sparse.csr_array((data, columns.astype(np.int32), indptr.astype(np.int32)), shape=(7, 9))


def seen(matrix):
    return csr.pattern(matrix).toarray() > 0


def test_counts_sums_and_norms_are_those_of_the_dense_matrix(matrix):
    dense, there = matrix.toarray(), seen(matrix)
    assert there.sum() == matrix.nnz > np.count_nonzero(dense), "explicit zeros count"
    assert csr.row_lengths(matrix).tolist() == there.sum(axis=1).tolist()
    assert csr.column_counts(matrix).tolist() == there.sum(axis=0).tolist()
    assert csr.row_numbers(matrix).tolist() == np.nonzero(there)[0].tolist()
    np.testing.assert_allclose(csr.row_sums(matrix), dense.sum(axis=1))
    np.testing.assert_allclose(csr.column_sums(matrix), dense.sum(axis=0))
    np.testing.assert_allclose(csr.row_sums(matrix, np.ones(matrix.nnz)), there.sum(axis=1))
    np.testing.assert_allclose(csr.column_sums(matrix, np.ones(matrix.nnz)), there.sum(axis=0))
    np.testing.assert_allclose(csr.row_norms(matrix), np.linalg.norm(dense, axis=1))
    assert csr.transposed(matrix).toarray().tolist() == dense.T.tolist()


def test_selection_keeps_shape_and_explicit_zeros(matrix):
    mask = RNG.random(matrix.nnz) < 0.5
    mask[0] = True  # an explicit zero
    found = csr.select(matrix, mask)
    assert found.shape == matrix.shape and found.nnz == mask.sum()
    assert found.data.tolist() == matrix.data[mask].tolist()
    assert csr.row_numbers(found).tolist() == csr.row_numbers(matrix)[mask].tolist()
    assert found.indices.tolist() == matrix.indices[mask].tolist()
    assert found.indptr.dtype == matrix.indptr.dtype


def test_ranks_within_rows_are_those_of_sorted_rows(matrix):
    main, tie = RNG.integers(0, 3, matrix.nnz), RNG.random(matrix.nnz)
    ranks, rows = csr.rank_in_rows(matrix, tie, main), csr.row_numbers(matrix)
    for entry in range(matrix.nnz):
        own = (main[entry], tie[entry])
        before = sum((main[i], tie[i]) < own for i in np.flatnonzero(rows == rows[entry]))
        assert ranks[entry] == before


def test_values_per_row_and_new_values_follow_the_pattern(matrix):
    assert csr.per_entry(np.arange(7), matrix).tolist() == csr.row_numbers(matrix).tolist()
    doubled = csr.with_data(matrix, 2 * matrix.data)
    assert doubled.toarray().tolist() == (2 * matrix.toarray()).tolist()
    assert np.shares_memory(doubled.indices, matrix.indices)


def test_saved_matrices_come_back_and_broken_ones_do_not(matrix):
    arrays = csr.to_arrays(matrix, "near.")
    again = csr.from_arrays(arrays, 9, "near.")
    assert again.toarray().tolist() == matrix.toarray().tolist() and again.nnz == matrix.nnz
    with pytest.raises(KeyError, match="data"):
        csr.from_arrays(arrays, 9)
    with pytest.raises(ValueError):
        csr.from_arrays(arrays, 3, "near.")
    with pytest.raises(ValueError):
        csr.from_arrays(arrays | {"near.indptr": arrays["near.indptr"][::-1].copy()}, 9, "near.")


def test_one_row_has_the_same_bits_in_a_dense_product_as_among_others():
    left = sparse.random_array((4, 60), density=0.5, format="csr", rng=np.random.default_rng(1), dtype=np.float32)
    right = sparse.random_array((60, 80), density=0.3, format="csr", rng=np.random.default_rng(2), dtype=np.float32)
    whole = csr.dense_product(sparse.csr_array(left), sparse.csr_array(right))
    for row in range(4):
        alone = csr.dense_product(sparse.csr_array(left[[row]]), sparse.csr_array(right))
        assert alone.dtype == np.float32 and np.array_equal(alone[0], whole[row])


def test_a_block_is_that_of_the_dense_matrix(matrix):
    rows, columns = np.array([6, 2, 0, 0]), np.array([8, 4, 1, 8])
    assert csr.block(matrix, rows, columns).tolist() == matrix.toarray()[np.ix_(rows, columns)].tolist()
    assert csr.block(matrix, rows[:0], columns).shape == (0, 4)
