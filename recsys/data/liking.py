"""Which ratings count as liked, for sentences such as "Because you liked …"."""

from __future__ import annotations

import numpy as np

TOLERANCE = 1e-6  # float32 ratings need not add up exactly


def least_liked(means: np.ndarray, scale: tuple[float, float], mean: float) -> np.ndarray:
    """(n_users,) the lowest rating of each user that counts as liked.

    Liked is what is rated at or above the user's own mean and not below the middle of the scale. Of values such as
    numbers of plays, nearly all are below the middle; then the mean of the data takes its place.

    Args:
        means: (n_users,) mean rating of each user.
        scale: lowest and highest rating of the data.
        mean: mean of all ratings of the data.

    >>> least_liked(np.array([4.5, 3.5, 1.0]), (1.0, 5.0), 3.5).round(2).tolist()
    [4.5, 3.5, 3.0]
    """
    low, high = scale
    return np.maximum(means, min((low + high) / 2, mean)) - TOLERANCE


def liked(ratings: np.ndarray, scale: tuple[float, float], mean: float) -> np.ndarray:
    """(n,) bool: which ratings of one user count as liked; see `least_liked`."""
    means = ratings.sum(dtype=np.float64, keepdims=True) / max(1, len(ratings))
    return ratings >= least_liked(means, scale, mean)
