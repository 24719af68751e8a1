"""Split a score over the items of a history: contributions, shares that sum to 1, and the strongest of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

from recsys.data import Histories

SECOND = 0.1  # lowest share at which a second item is named


def leave_one_out(score: Callable[[Histories], np.ndarray], histories: Histories, numbers: np.ndarray) -> np.ndarray:
    """Contributions (len(numbers), n_history): the decrease of a score if an item of the history is removed.

    Exact for a model that is linear in the history. The cost is that of scoring n_history histories.

    Args:
        score: histories (n) -> scores (n, n_items), NaN if the model has none.
        histories: the one history, with at least one item.
        numbers: columns of the items to explain.
    """
    matrix, ages = histories.matrix, histories.ages
    size = matrix.nnz
    if size == 1:
        return np.ones((len(numbers), 1))
    keep = ~np.eye(size, dtype=bool).ravel()
    without = sparse.csr_array(
        (
            np.tile(matrix.data, size)[keep],
            np.tile(matrix.indices, size)[keep],
            np.arange(0, size * (size - 1) + 1, size - 1),
        ),
        shape=(size, matrix.shape[1]),
    )
    less = score(Histories(without, None if ages is None else np.tile(ages, size)[keep], histories.recency))
    return np.nan_to_num(score(histories)[:, numbers] - less[:, numbers]).T


def shares(contributions: np.ndarray, otherwise: float | None = None) -> np.ndarray:
    """Shares of the same shape (n, n_history), float64; negative contributions count 0.

    Each row sums to 1. If no contribution in a row is positive, all its shares are equal, or `otherwise`.

    >>> shares(np.array([[3.0, 1.0, -2.0], [0.0, 0.0, 0.0]])).round(2).tolist()
    [[0.75, 0.25, 0.0], [0.33, 0.33, 0.33]]
    """
    positive = np.maximum(np.asarray(contributions, dtype=np.float64), 0)
    total = positive.sum(axis=1, keepdims=True)
    rest = 1 / positive.shape[1] if otherwise is None else otherwise
    return np.where(total > 0, positive / np.where(total > 0, total, 1), rest)


def strongest(columns: np.ndarray, shares: np.ndarray) -> list[tuple[int, ...]]:
    """For each row of shares (n, n_history) the column with the largest one, and the second if it has at least SECOND.

    Of equal shares the lower column comes first. Columns without a positive share are not named.

    >>> strongest(np.array([7, 4, 9]), np.array([[0.5, 0.3, 0.2], [0.95, 0.05, 0.0], [0.0, -1.0, -1.0]]))
    [(7, 4), (7,), ()]
    """
    order = np.argsort(columns)
    columns, shares = columns[order], shares[:, order]
    rows = np.arange(len(shares))
    first = shares.argmax(axis=1)
    rest = shares.copy()
    rest[rows, first] = -1.0
    second = rest.argmax(axis=1)
    both = rest[rows, second] >= SECOND
    sizes = (shares[rows, first] > 0).astype(int) + both
    return [
        tuple(columns[[one, other][:size]].tolist())
        for one, other, size in zip(first.tolist(), second.tolist(), sizes.tolist(), strict=True)
    ]
