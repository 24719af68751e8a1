"""Truncated SVD and similarity of vectors against dense rewrites."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys.models.numeric.similarity import damped_cosine
from recsys.models.numeric.svd import principal_components, truncated_svd


@pytest.mark.parametrize("shape", [(80, 50), (40, 70)])
def test_truncated_svd_agrees_with_the_dense_one(shape):
    matrix = sparse.random_array(shape, density=0.3, rng=np.random.default_rng(5), format="csr", dtype=np.float32)
    singular, vectors = truncated_svd(matrix, 6, seed=0, n_iter=8)
    _, dense, right = np.linalg.svd(matrix.toarray())
    np.testing.assert_allclose(singular, dense[:6], rtol=2e-3)
    assert np.abs(vectors[:, 0] @ right[0]) == pytest.approx(1.0, abs=1e-3)
    assert vectors.shape == (shape[1], 6) and vectors.dtype == np.float32
    assert np.array_equal(vectors, truncated_svd(matrix, 6, seed=0, n_iter=8)[1]), "the seed decides"


def test_directions_of_singular_value_zero_are_dropped():
    rank_two = np.outer(np.arange(1.0, 9.0), [1, 1, 0, 2]) + np.outer(np.ones(8), [0, 3, 1, 0])
    singular, vectors = truncated_svd(sparse.csr_array(rank_two.astype(np.float32)), 4, seed=1)
    assert len(singular) == vectors.shape[1] == 2
    empty = truncated_svd(sparse.csr_array((5, 3), dtype=np.float32), 2, seed=1)
    assert len(empty[0]) == empty[1].shape[1] == 1 and np.isfinite(empty[1]).all()


def test_components_are_the_fewest_that_reach_the_share():
    points = np.random.default_rng(0).normal(size=(500, 4)) * [10, 3, 1, 0.1]
    components, shares = principal_components(points, 0.95)
    assert components.shape == (2, 4) and shares.sum() >= 0.95 > shares[0]
    every, shares = principal_components(points, None)
    singular = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    np.testing.assert_allclose(shares, singular / singular.sum())
    np.testing.assert_allclose(every @ every.T, np.eye(4), atol=1e-9)


@pytest.mark.parametrize("points", [np.zeros((1, 3)), np.ones((5, 3))])
def test_points_without_variance_keep_their_axes(points):
    components, shares = principal_components(points, 0.9)
    assert np.array_equal(components, np.eye(3)) and not shares.any()


def test_similar_vectors_of_rarely_rated_items_count_less():
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [2.0, 0.0]])
    counts, rated = np.array([10.0, 1.0, 20.0, 1.0, 0.0]), np.array([True, True, True, True, False])
    expected = [10 / 15, 1 / 6, 20 / 25 / np.sqrt(2), -1.0]
    np.testing.assert_allclose(damped_cosine(vectors, 0, counts / 20, rated)[:4], expected, rtol=1e-6)
    assert np.isnan(damped_cosine(vectors, 0, counts, rated)[4])
    assert np.isnan(damped_cosine(vectors, 4, counts, rated)).all()
