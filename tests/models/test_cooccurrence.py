"""Products of item columns against naive dense rewrites, in both ways to compute them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.models.numeric import cooccurrence, gram
from recsys.models.numeric.cooccurrence import item_similarities, largest, largest_products

RNG = np.random.default_rng(9)
X = sparse.csr_array(((RNG.random((40, 23)) < 0.3) * RNG.choice([0.5, 1.0, -0.5], (40, 23))).astype(np.float32))


def naive_largest(dense, k):
    """The k largest positive entries of each row, the first columns of equal ones."""
    kept = np.zeros_like(dense)
    for row, values in enumerate(dense):
        order = sorted(np.flatnonzero(values > 0), key=lambda column: (-values[column], column))[:k]
        kept[row, order] = values[order]
    return kept


@pytest.mark.parametrize("k", [1, 4, 50])
def test_the_largest_of_each_row_with_ties_in_column_order(k):
    dense = RNG.integers(-2, 4, (12, 30)).astype(np.float32)
    shuffled = sparse.csr_array(dense)
    for row in range(12):  # products come in an order of their own
        low, high = shuffled.indptr[row], shuffled.indptr[row + 1]
        order = RNG.permutation(high - low)
        shuffled.indices[low:high] = shuffled.indices[low:high][order]
        shuffled.data[low:high] = shuffled.data[low:high][order]
    found = largest(shuffled, k)
    assert np.array_equal(found.toarray(), naive_largest(dense, k))
    assert all((np.diff(found.indices[a:b]) > 0).all() for a, b in zip(found.indptr, found.indptr[1:], strict=False))


@pytest.fixture(params=["dense", "sparse"])
def way(request, monkeypatch):
    """One of the two ways to a product, in blocks of a few rows or columns."""
    monkeypatch.setattr(gram, "dense_is_faster", lambda *args, **kwargs: request.param == "dense")
    monkeypatch.setattr(gram, "MOST_COLUMNS", 5)
    monkeypatch.setattr(gram, "SPARSE_ROWS", 7)
    monkeypatch.setattr(cooccurrence, "PRODUCT_ROWS", 5)
    return request.param


def test_the_lower_triangle_of_the_gram_matrix(way):
    assert np.allclose(np.tril(gram.gram(X)), np.tril((X.T @ X).toarray()), rtol=1e-5)


def test_a_full_matrix_is_multiplied_in_dense_form_and_an_almost_empty_one_is_not():
    assert gram.dense_is_faster(sparse.csr_array(np.ones((50, 20))))
    assert not gram.dense_is_faster(sparse.csr_array(np.eye(5000)))


def test_similar_items_of_equal_likeness_come_in_the_order_of_their_numbers(way):
    together = np.zeros((40, 60), np.float32)
    together[0] = 1.0  # all items are alike
    found = item_similarities(sparse.csr_array(together), 3, 0.0, 1.0)
    assert found[[50]].indices.tolist() == [0, 1, 2] and found[[1]].indices.tolist() == [0, 2, 3]


def test_the_largest_of_many_rows_are_found_by_their_sets(way):
    x = (RNG.random((200, 90)) < 0.4).astype(np.float32) * RNG.random((200, 90)).astype(np.float32)
    found = item_similarities(sparse.csr_array(x), 4, 3.0, 1.0).toarray()
    norms = np.linalg.norm(x.astype(np.float64), axis=0)
    common = (x > 0).T.astype(float) @ (x > 0)
    dense = x.T.astype(np.float64) @ x / np.outer(norms, norms) * common / (common + 3.0)
    np.fill_diagonal(dense, 0)
    assert np.allclose(found, naive_largest(dense, 4), rtol=1e-5)


@pytest.mark.parametrize(("shrinkage", "power"), [(0.0, 0.0), (0.0, 1.0), (7.0, 0.6)])
def test_similarities_are_their_formula(shrinkage, power, way):
    x = X.toarray().astype(np.float64)
    norms = np.sqrt((x**2).sum(axis=0)) ** power
    seen = (x != 0).astype(float)
    common = seen.T @ seen
    dense = x.T @ x / np.outer(norms, norms) * (common / (common + shrinkage) if shrinkage else 1.0)
    np.fill_diagonal(dense, 0)
    found = item_similarities(X, 6, shrinkage, power).toarray()
    assert ((found > 0).sum(axis=1) == np.minimum((dense > 1e-12).sum(axis=1), 6)).all()
    assert np.allclose(found, np.where(found > 0, dense, 0), rtol=1e-5)
    assert np.allclose(found.sum(axis=1), naive_largest(dense, 6).sum(axis=1), rtol=1e-5)


def test_products_of_some_rows_scaled_by_column():
    rows, scale = np.array([3, 8, 20]), RNG.uniform(0.5, 2.0, 23)
    dense = (X.T @ X).toarray()[rows] * scale
    dense[np.arange(3), rows] = 0
    found = largest_products(X, rows, scale, 5).toarray()
    assert np.allclose(found, naive_largest(dense, 5), rtol=1e-5)
