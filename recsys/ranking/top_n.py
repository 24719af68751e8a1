"""Select the n best scores of a row with deterministic ties."""

from __future__ import annotations

import numpy as np


def top_n(scores: np.ndarray, n: int, tie_rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and scores of the n highest finite scores, best first; equal scores go by `tie_rank` (low first).

    Args:
        scores: (n_items,); NaN and -inf are never selected.
        n: the largest number of items to return.
        tie_rank: (n_items,) distinct integers.

    >>> top_n(np.array([0.5, np.nan, 0.9, 0.5]), 2, np.array([3, 2, 1, 0]))[0].tolist()
    [2, 3]
    """
    finite = np.isfinite(scores)
    if np.count_nonzero(finite) > n:
        known = np.where(finite, scores, -np.inf)
        cut = np.partition(known, len(known) - n)[len(known) - n]
        above = np.flatnonzero(known > cut)
        tied = np.flatnonzero(known == cut)
        room = n - len(above)
        if len(tied) > room:
            tied = tied[np.argpartition(tie_rank[tied], room - 1)[:room]]
        candidates = np.concatenate([above, tied])
    else:
        candidates = np.flatnonzero(finite)
    values = scores[candidates]
    order = np.lexsort((tie_rank[candidates], -values))
    return candidates[order], values[order]
