"""What a rating is worth as input of the linear models: interest first, stars as a soft correction."""

from __future__ import annotations

import numpy as np
from scipy import sparse

PRIOR = 5.0  # average ratings mixed into each person's mean
DISLIKED = -1.75  # standard deviations below one's own mean where interest turns into dislike
DISLIKE_SLOPE = 1.3  # how fast it turns, per standard deviation


def deviations(matrix: sparse.csr_array, mean: float, sd: float) -> np.ndarray:
    """z = (r - m_u) / sd, float32 aligned to `matrix.data`; all 0 where ratings do not differ (sd 0).

    m_u = (sum_i r_ui + PRIOR mean) / (n_u + PRIOR), so that a person with few ratings is judged by everybody's mean.
    """
    lengths = np.diff(matrix.indptr)
    if sd <= 0:
        return np.zeros(matrix.nnz, dtype=np.float32)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    sums = np.bincount(rows, weights=matrix.data, minlength=len(lengths))
    means = (sums + PRIOR * mean) / (lengths + PRIOR)
    return ((matrix.data - means[rows]) / sd).astype(np.float32)


def interest(deviation: np.ndarray, strength: float) -> np.ndarray:
    """v = 1 + strength z - DISLIKE_SLOPE max(0, DISLIKED - z): 1 for an average rating, below 0 for a clear dislike.

    >>> interest(np.array([0.0, 1.0, -2.5]), 0.2).round(3).tolist()
    [1.0, 1.2, -0.475]
    """
    if strength == 0:
        return np.ones_like(deviation)
    return 1.0 + strength * deviation - DISLIKE_SLOPE * np.maximum(0.0, DISLIKED - deviation)


def recency(ages: np.ndarray | None, memory: float) -> np.ndarray | float:
    """exp(-age / memory) for ages counted in items, 1 where order is not known or memory is 0 (unlimited)."""
    return 1.0 if ages is None or memory == 0 else np.exp(-ages / memory, dtype=np.float32)
