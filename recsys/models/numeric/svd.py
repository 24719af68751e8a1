"""Truncated singular value decomposition of a sparse matrix, and principal components of points."""

from __future__ import annotations

import numpy as np
from scipy import sparse

NEGLIGIBLE = 1e-5  # singular values below this share of the largest count as rounding errors


def truncated_svd(matrix: sparse.csr_array, size: int, seed: int, n_iter: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Largest singular values (k,) and right singular vectors (n_columns, k), k <= size.

    scikit-learn's randomized range finder with power iterations (Halko, Martinsson and Tropp 2011). Directions whose
    singular value is zero up to rounding are dropped, but at least one remains.

    Args:
        size: number of vectors.
        seed: seed of the random start.
        n_iter: power iterations; more are more exact if singular values decrease slowly.
    """
    from sklearn.utils.extmath import randomized_svd

    _, singular, right = randomized_svd(
        sparse.csr_matrix(matrix), min(size, *matrix.shape), n_oversamples=16, n_iter=n_iter, random_state=seed
    )
    kept = max(1, int(np.count_nonzero(singular > NEGLIGIBLE * max(singular[0], 1e-30))))
    return singular[:kept], np.ascontiguousarray(right[:kept].T)


def principal_components(points: np.ndarray, share: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Components (m, d) and their shares of the variance (m,), m the fewest that reach `share` (None: all).

    Points without variance have all axes as components, with shares of 0.
    """
    from sklearn.decomposition import PCA

    if len(points) < 2 or not np.ptp(points, axis=0).any():
        return np.eye(points.shape[1]), np.zeros(points.shape[1])
    found = PCA(share, svd_solver="full").fit(points)
    return found.components_, found.explained_variance_ratio_
