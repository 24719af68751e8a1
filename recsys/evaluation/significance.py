"""Significance of differences between models: paired t-tests over users, corrected for the number of comparisons.

The t-test is paired over users, because the same users get lists of both models; with hundreds of users it agrees with
tests by resampling (Urbano et al. 2019). The more models a table compares, the more likely one of them
differs by chance, so the p-values of a table are corrected together (Holm 1979).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # scipy.stats is loaded at its first use, because a start does not need it

from recsys.errors import BadInput


def paired_p(a: Sequence[np.ndarray], b: Sequence[np.ndarray], users: Sequence[np.ndarray]) -> float:
    """Two-sided p-value of the paired t-test that models a and b have the same mean.

    A user who is in several splits counts once, with the mean of the differences.

    Args:
        a, b: for each split one value per user (n_users,), in the same order of users; NaN if a user has no value.
        users: for each split the users' ids (n_users,).

    Returns:
        The p-value; 1.0 if all differences are zero, NaN with fewer than two users.

    >>> a, b = np.array([0.5, 0.7, 0.6, 0.9]), np.array([0.4, 0.5, 0.4, 0.6])
    >>> round(paired_p([a], [b], [np.arange(4)]), 4)  # t = 0.2 / (0.0816 / 2) = 4.9 with 3 degrees of freedom
    0.0163
    """
    difference = np.concatenate(a).astype(np.float64) - np.concatenate(b)
    known = np.isfinite(difference)
    _, place = np.unique(np.concatenate(users)[known], return_inverse=True)
    by_user = np.bincount(place, difference[known]) / np.maximum(np.bincount(place), 1)
    if len(by_user) < 2:
        return float("nan")
    if not by_user.any():
        return 1.0
    return float(scipy.stats.ttest_1samp(by_user, 0.0).pvalue)


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Holm's step-down correction: (m,) adjusted p-values in the same order.

    The smallest of m p-values is multiplied by m, the next by m - 1 and so on, and none is smaller than the one before
    it. If all below 0.05 are called different, the chance of any wrong call is at most 5 %, however the tests depend on
    one another. A NaN stays NaN and does not count.

    Raises:
        BadInput: a value is not between 0 and 1.

    >>> holm([0.01, 0.04, 0.03]).round(6).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=np.float64)
    wrong = p[(p < 0) | (p > 1)]
    if len(wrong):
        raise BadInput(f"A p-value is {wrong[0]}. Pass values from 0 to 1.")
    result = np.full(len(p), np.nan)
    order = np.argsort(p, kind="stable")[: np.isfinite(p).sum()]  # NaN sorts last
    factors = len(order) - np.arange(len(order))
    result[order] = np.minimum(np.maximum.accumulate(factors * p[order]), 1.0)
    return result


def p_text(p: float | None) -> str:
    """A p-value as text, with three decimals.

    >>> p_text(0.04), p_text(1e-9), p_text(None)
    ('0.040', '<0.001', '–')
    """
    if p is None:
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"
