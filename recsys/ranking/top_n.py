"""Select the n best scores of a row with deterministic ties."""

from __future__ import annotations

import numpy as np

PARTS = 4  # sets for each item that is wanted; with more, fewer items remain, but the sets are smaller
SMALLEST_SET = 8  # scores in a set, below which all scores are candidates


def top_n(scores: np.ndarray, n: int, tie_rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and scores of the n highest finite scores, best first; equal scores go by `tie_rank` (low first).

    Args:
        scores: (n_items,); NaN and -inf are never selected.
        n: the largest number of items to return.
        tie_rank: (n_items,) distinct integers.

    >>> top_n(np.array([0.5, np.nan, 0.9, 0.5]), 2, np.array([3, 2, 1, 0]))[0].tolist()
    [2, 3]
    """
    bound = _lower_bound(scores, n)
    candidates = np.flatnonzero(scores >= bound if np.isfinite(bound) else np.isfinite(scores))
    if len(candidates) > n:
        known = scores[candidates]
        cut = largest(known, n)[0]
        above, tied = candidates[known > cut], candidates[known == cut]
        room = n - len(above)
        if len(tied) > room:
            tied = tied[np.argpartition(tie_rank[tied], room - 1)[:room]]
        candidates = np.concatenate([above, tied])
    values = scores[candidates]
    order = np.lexsort((tie_rank[candidates], -values))
    return candidates[order], values[order]


def _lower_bound(scores: np.ndarray, n: int) -> float:
    """A number that at least n of the scores reach, and usually few more; -inf if there are too few scores.

    It is the n-th largest of the maxima of PARTS * n disjoint sets of scores, which needs one pass over the scores.

    >>> _lower_bound(np.arange(100.0), 1)
    99.0
    """
    n_sets = PARTS * n
    size = len(scores) // n_sets if n > 0 else 0
    if size < SMALLEST_SET:
        return -np.inf
    maxima = np.fmax.reduce(scores[: size * n_sets].reshape(size, n_sets), axis=0)
    maxima = np.fmax(maxima, -np.inf)  # a set without a number counts as -inf
    return float(np.partition(maxima, n_sets - n)[n_sets - n]) if maxima.max() < np.inf else -np.inf


def largest(values: np.ndarray, n: int) -> np.ndarray:
    """The n largest of at least n finite values, the smallest of them first, the others in any order.

    >>> sorted(largest(np.array([0.0, 2.0, 0.0, 1.0]), 3).tolist())
    [0.0, 1.0, 2.0]
    """
    lowest = values.min()
    # `partition` takes ten times longer if most values are equal, such as zeros, so leave out the lowest ones
    above = values[values > lowest]
    if len(above) < n:
        return np.concatenate([np.full(n - len(above), lowest, dtype=values.dtype), above])
    return np.partition(above, len(above) - n)[len(above) - n :]
