"""Picking the best n of a row of scores, the same way for everybody."""

from __future__ import annotations

import numpy as np


def top_n(scores: np.ndarray, n: int, tie_rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and scores of the n highest finite scores, best first; equal scores go by `tie_rank` (low first).

    Args:
        scores: (n_items,); NaN and -inf never appear in the answer.
        n: how many at most.
        tie_rank: (n_items,) distinct integers.

    >>> top_n(np.array([0.5, np.nan, 0.9, 0.5]), 2, np.array([3, 2, 1, 0]))[0].tolist()
    [2, 3]
    """
    finite = np.isfinite(scores)
    values = scores[finite]
    if len(values) > n:
        cut = np.partition(values, len(values) - n)[len(values) - n]
        # comparisons with NaN are false, and infinity is left out by hand
        above = np.flatnonzero((scores > cut) & finite)
        tied = np.flatnonzero(scores == cut)
        room = n - len(above)
        if len(tied) > room:
            tied = tied[np.argpartition(tie_rank[tied], room - 1)[:room]]
        candidates = np.concatenate([above, tied])
        values = scores[candidates]
    else:
        candidates = np.flatnonzero(finite)
    order = np.lexsort((tie_rank[candidates], -values))
    return candidates[order], values[order]
