"""Weights of ratings: all formulas that convert ratings and times to weights, and the models that use them.

| function | formula | used by |
| --- | --- | --- |
| `mean_centred` | 1 + 2 s (r - mean) / (high - low) | user_knn, item_knn, content, popular |
| `user_centred` | base + 2 (r - m_u) / (high - low) | profile, semantic, clusters |
| `z_scores`, then `hinged` | 1 + s z - slope max(0, knee - z) | ease, als, hybrid |
| `exponential_decay` | exp(-age / length) | ease, hybrid |
| `half_life_decay` | 2^(-age / half_life) | popular |

Neighbours and counts sum over many users, so strict and lenient users cancel out and the overall mean is enough.
A profile belongs to one user, so it is centred on that user's mean. The linear models learn from every entry of the
matrix: that an item was rated is their main signal, and the rating corrects it.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data import csr

PRIOR_RATINGS = 5.0  # number of average ratings added to each user's mean
DISLIKE_KNEE = -1.75  # z-score below which a rating counts as a dislike
DISLIKE_SLOPE = 1.3  # decrease of the weight below the knee, per standard deviation
DAY_SECONDS = 86_400.0


def mean_centred(
    matrix: sparse.csr_array, mean: float, scale: tuple[float, float], strength: float
) -> sparse.csr_array:
    """CSR of the same pattern with 1 + 2 strength (r - mean) / (high - low), float32.

    An average rating counts 1, as in implicit data. With strength 0, or if all ratings are equal, every interaction
    counts 1. With strength 0.75 the lowest rating of a scale from 1 to 5 counts about 0; with more it is negative.

    Used by user_knn, item_knn and content for the items of a history, and by popular for its counts.
    """
    low, high = scale
    if strength == 0 or high <= low:
        return csr.pattern(matrix)
    return csr.with_data(matrix, (1.0 + 2.0 * strength * (matrix.data - mean) / (high - low)).astype(np.float32))


def user_centred(matrix: sparse.csr_array, mean: float, scale: tuple[float, float], base: float) -> sparse.csr_array:
    """CSR of the same pattern with base + 2 (r - m_u) / (high - low), float32, m_u from `user_means`.

    An item that the user rated average adds `base`, one rated lower may be negative. A strict and a lenient user with
    the same taste get the same weights. If all ratings are equal, every interaction counts 1.

    Used by profile, semantic and clusters, which add item vectors to a taste vector.
    """
    low, high = scale
    if high <= low:
        return csr.pattern(matrix)
    centre = csr.per_entry(user_means(matrix, mean), matrix)
    return csr.with_data(matrix, (base + 2.0 * (matrix.data - centre) / (high - low)).astype(np.float32))


def z_scores(matrix: sparse.csr_array, mean: float, sd: float) -> np.ndarray:
    """z = (r - m_u) / sd, float32 aligned to `matrix.data`, m_u from `user_means`; all 0 if sd is 0.

    Used by ease, als and hybrid, mostly through `hinged`.
    """
    if sd <= 0:
        return np.zeros(matrix.nnz, dtype=np.float32)
    return ((matrix.data - csr.per_entry(user_means(matrix, mean), matrix)) / sd).astype(np.float32)


def hinged(z: np.ndarray, strength: float) -> np.ndarray:
    """1 + strength z - DISLIKE_SLOPE max(0, DISLIKE_KNEE - z): 1 for an average rating, below 0 for a clear dislike.

    Used by ease as the input of a history, and by als to leave dislikes out (strength 0.2).

    >>> hinged(np.array([0.0, 1.0, -2.5]), 0.2).round(3).tolist()
    [1.0, 1.2, -0.475]
    """
    if strength == 0:
        return np.ones_like(z)
    return 1.0 + strength * z - DISLIKE_SLOPE * np.maximum(0.0, DISLIKE_KNEE - z)


def user_means(matrix: sparse.csr_array, mean: float) -> np.ndarray:
    """m_u = (sum_i r_ui + PRIOR_RATINGS mean) / (n_u + PRIOR_RATINGS), (n_users,) float64.

    A user with few ratings gets a mean near the overall one.
    """
    return (csr.row_sums(matrix) + PRIOR_RATINGS * mean) / (csr.row_lengths(matrix) + PRIOR_RATINGS)


def exponential_decay(ages: np.ndarray | None, length: float) -> np.ndarray | float:
    """exp(-age / length) for ages counted in items, float32; 1 if the order is unknown or `length` is 0 (no decay).

    Used by ease and hybrid, whose histories are ordered lists without calendar times.
    """
    return 1.0 if ages is None or length == 0 else np.exp(-ages / length, dtype=np.float32)


def half_life_decay(times: np.ndarray, half_life_days: float) -> np.ndarray:
    """2^(-age / half_life), float64 (n,); the age is the time to the latest rating of the data.

    Used by popular for recent trends.

    Args:
        times: (n,) int64 seconds since 1970.

    >>> half_life_decay(np.array([0, 86_400, 172_800]), 1.0).tolist()
    [0.25, 0.5, 1.0]
    """
    return np.exp2((times - (times.max() if len(times) else 0)) / DAY_SECONDS / half_life_days)
