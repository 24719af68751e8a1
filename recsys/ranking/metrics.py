"""Metrics of ranked lists and of predicted ratings, as pure functions.

Symbols: `top` (n_users, k) int64 column numbers, best first, -1 where a list is shorter; `hits` (n_users, k)
bool, whether the item at that place was among the user's hidden ones; `sizes` (n_users,) how many were
hidden, at least 1. Per-user values are (n_users,) float64; their mean is the figure that tables show.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

CHUNK_USERS = 1000


def find_hits(top: np.ndarray, target: sparse.csr_array) -> np.ndarray:
    """Return which places of each list hold a hidden item of the user, (n_users, k) bool.

    Args:
        top: (n_users, k) column numbers, -1 where a list is shorter.
        target: CSR (n_users, n_items); its pattern is the hidden items.

    >>> target = sparse.csr_array(np.array([[0, 1, 0, 1]]))
    >>> find_hits(np.array([[3, 0, -1]]), target).tolist()
    [[True, False, False]]
    """
    n_items = np.int64(target.shape[1])
    rows = np.repeat(np.arange(target.shape[0], dtype=np.int64), np.diff(target.indptr))
    wanted = np.sort(rows * n_items + target.indices)
    keys = np.arange(len(top), dtype=np.int64)[:, None] * n_items + top
    found = np.searchsorted(wanted, keys)
    inside = found < len(wanted)
    return inside & (top >= 0) & (np.append(wanted, -1)[np.where(inside, found, len(wanted))] == keys)


def ndcg(hits: np.ndarray, sizes: np.ndarray, k: int) -> np.ndarray:
    """Binary NDCG@k: sum over hits at place p (from 1) of 1 / log2(p + 1), over the same sum of an ideal list.

    The ideal list holds min(k, size) hits. Järvelin and Kekäläinen 2002.

    >>> hits = np.array([[False, True, False]])  # one of two hidden items, at place 2
    >>> ndcg(hits, np.array([2]), 3).round(4).tolist()  # (1 / log2 3) / (1 + 1 / log2 3)
    [0.3869]
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discounts)])
    return hits[:, :k] @ discounts[: hits.shape[1]] / ideal[np.minimum(k, sizes)]


def recall(hits: np.ndarray, sizes: np.ndarray, k: int, cut: bool = False) -> np.ndarray:
    """Recall@k: hits among the first k, over the number of hidden items (over min(k, number) where `cut`).

    >>> hits = np.array([[True, False, False]])
    >>> recall(hits, np.array([4]), 2).tolist(), recall(hits, np.array([4]), 2, cut=True).tolist()
    ([0.25], [0.5])
    """
    return hits[:, :k].sum(axis=1) / (np.minimum(k, sizes) if cut else sizes)


def hit_rate(hits: np.ndarray, k: int) -> np.ndarray:
    """HR@k: 1 if any of the first k is a hit, otherwise 0.

    >>> hit_rate(np.array([[False, True], [False, False]]), 2).tolist()
    [1.0, 0.0]
    """
    return np.asarray(hits[:, :k].any(axis=1), dtype=np.float64)


def coverage(top: np.ndarray, n_items: int, k: int) -> float:
    """Share of the catalogue that occurs in at least one list of k.

    >>> coverage(np.array([[0, 1], [0, -1]]), 4, 2)
    0.5
    """
    shown = np.unique(top[:, :k])
    return float((shown >= 0).sum() / n_items)


def gini(top: np.ndarray, n_items: int, k: int) -> float:
    """Gini coefficient of how often each item of the catalogue is in a list of k: 0 is all equally often, 1 one item.

    With the counts x_1 <= ... <= x_n, sum over i of (2 i - n - 1) x_i / (n sum over i of x_i), as in
    Castells et al. 2022; NaN without items.

    >>> gini(np.array([[0, 1], [2, 3]]), 4, 2), gini(np.array([[0, 1], [0, 1]]), 4, 2)
    (0.0, 0.5)
    """
    shown = top[:, :k]
    counts = np.sort(np.bincount(shown[shown >= 0], minlength=n_items)).astype(np.float64)
    if not counts.any():
        return float("nan")
    places = np.arange(1, n_items + 1)
    return float(((2 * places - n_items - 1) @ counts) / (n_items * counts.sum()))


def novelty(top: np.ndarray, counts: np.ndarray, n_users: int, k: int) -> np.ndarray:
    """Mean self-information of the first k in bits, -log2(count / n_users); an unrated item counts as rated once.

    Args:
        counts: (n_items,) users who rated each item, among `n_users`.

    >>> novelty(np.array([[0, 1]]), np.array([4, 1]), 4, 2).tolist()  # (0 + 2) / 2
    [1.0]
    """
    return _list_mean(-np.log2(np.maximum(counts, 1) / n_users), top[:, :k])


def diversity(top: np.ndarray, vectors: sparse.csr_array, k: int) -> np.ndarray:
    """Intra-list diversity: 1 - mean cosine of the pairs among the first k; NaN for lists of fewer than two.

    With unit vectors v_i, sum over i != j of v_i.v_j = |sum_i v_i|^2 - sum_i |v_i|^2, so no pair is formed.
    An item with an empty vector is unlike everything.

    Args:
        vectors: CSR (n_items, d), such as genres, or columns of ratings.

    >>> vectors = sparse.csr_array(np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 2.0]]))
    >>> diversity(np.array([[0, 1], [0, 2]]), vectors, 2).tolist()
    [0.0, 1.0]
    """
    top = top[:, :k]
    squares = np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel().astype(np.float64)
    lengths = np.sqrt(squares)
    unit = sparse.csr_array(sparse.diags_array(1 / np.where(lengths > 0, lengths, 1)) @ vectors)
    own = (lengths > 0).astype(np.float64)
    result = np.empty(len(top))
    for start in range(0, len(top), CHUNK_USERS):
        part = top[start : start + CHUNK_USERS]
        rows, places = np.nonzero(part >= 0)
        columns = part[rows, places]
        chosen = sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(part), vectors.shape[0]))
        total = sparse.csr_array(chosen @ unit)
        n = np.bincount(rows, minlength=len(part)).astype(np.float64)
        off = np.asarray(total.multiply(total).sum(axis=1)).ravel() - np.bincount(rows, own[columns], len(part))
        with np.errstate(invalid="ignore", divide="ignore"):
            result[start : start + CHUNK_USERS] = np.where(n > 1, 1 - off / (n * (n - 1)), np.nan)
    return np.clip(result, 0, None)


def popularity_lift(top: np.ndarray, histories: sparse.csr_array, counts: np.ndarray, k: int) -> np.ndarray:
    """Popularity bias: mean count of the first k, over the mean count of the user's rated items; 1 is no bias.

    After the group average popularity of Abdollahpouri et al. 2019, for one user as the group.

    Args:
        histories: CSR (n_users, n_items) of the rated items of each user; the result is NaN for a user without ratings.
        counts: (n_items,) users who rated each item.

    >>> history = sparse.csr_array(np.array([[0, 1, 1]]))
    >>> popularity_lift(np.array([[0]]), history, np.array([6, 2, 4]), 1).tolist()  # 6 / 3
    [2.0]
    """
    rows = np.repeat(np.arange(histories.shape[0]), np.diff(histories.indptr))
    total = np.bincount(rows, counts[histories.indices], histories.shape[0])
    with np.errstate(invalid="ignore", divide="ignore"):
        own = total / np.diff(histories.indptr)
        return np.where(own > 0, _list_mean(counts.astype(np.float64), top[:, :k]) / own, np.nan)


def rmse(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Root of the mean squared error, in units of the rating scale.

    >>> rmse(np.array([3.0, 5.0]), np.array([4.0, 4.0]))
    1.0
    """
    return float(np.sqrt(np.mean(np.square(np.asarray(predicted, np.float64) - actual))))


def mae(predicted: np.ndarray, actual: np.ndarray) -> float:
    """Mean absolute error, in units of the rating scale.

    >>> mae(np.array([3.0, 5.0]), np.array([4.0, 2.0]))
    2.0
    """
    return float(np.mean(np.abs(np.asarray(predicted, np.float64) - actual)))


def _list_mean(values: np.ndarray, top: np.ndarray) -> np.ndarray:
    shown = top >= 0
    n = shown.sum(axis=1)
    total = np.where(shown, values[top], 0.0).sum(axis=1)
    return np.where(n > 0, total / np.maximum(n, 1), np.nan)
