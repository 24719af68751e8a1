"""Select the n best scores of a row, or of each of many rows, with deterministic ties."""

from __future__ import annotations

import numpy as np

PARTS = 4  # sets for each item that is wanted; with more, fewer items remain, but the sets are smaller
SMALLEST_SET = 8  # scores in a set, below which all scores are candidates
MANY_CANDIDATES = 8  # times n candidates of a row, above which its cut is found before they are sorted


def top_n(scores: np.ndarray, n: int, tie_rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and scores of the n highest finite scores, best first; equal scores go by `tie_rank` (low first).

    Args:
        scores: (n_items,); NaN and -inf are never selected.
        n: the largest number of items to return.
        tie_rank: (n_items,) distinct integers.

    >>> top_n(np.array([0.5, np.nan, 0.9, 0.5]), 2, np.array([3, 2, 1, 0]))[0].tolist()
    [2, 3]
    """
    bound = _lower_bounds(scores, n)
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


def top_n_of_rows(scores: np.ndarray, n: int, tie_rank: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`top_n` of each row, for many rows in a third of the time.

    Args:
        scores: (n_rows, n_items), C order.

    Returns:
        Numbers (n_rows, n) int64 and scores (n_rows, n) float64; rows with fewer finite scores are padded with -1 and
        NaN.

    >>> scores = np.array([[0.5, np.nan, 0.9, 0.5], [np.nan, 1.0, np.nan, np.nan]])
    >>> top_n_of_rows(scores, 2, np.array([3, 2, 1, 0]))[0].tolist()
    [[2, 3], [1, -1]]
    """
    numbers, values = np.full((len(scores), n), -1, np.int64), np.full((len(scores), n), np.nan)
    alone = np.ones(1, bool) if len(scores) == 1 else _select_together(scores, n, tie_rank, numbers, values)
    for row in np.flatnonzero(alone):
        best, found = top_n(scores[row], n, tie_rank)
        numbers[row, : len(best)], values[row, : len(best)] = best, found
    return numbers, values


def _select_together(
    scores: np.ndarray, n: int, tie_rank: np.ndarray, numbers: np.ndarray, values: np.ndarray
) -> np.ndarray:
    """Fill in `numbers` and `values` of the rows with n or somewhat more candidates; the other rows (n_rows,) bool."""
    bounds = _lower_bounds(scores, n)
    bounds[~np.isfinite(bounds)] = np.nan  # no candidates
    rows, columns = np.divmod(np.flatnonzero(scores >= bounds[:, None]), scores.shape[1])
    counts = np.bincount(rows, minlength=len(scores))
    done = (counts >= n) & (counts <= MANY_CANDIDATES * n)
    if not done.all():
        kept = done[rows]
        rows, columns, counts = rows[kept], columns[kept], counts[done]
    known = scores[rows, columns]
    order = np.lexsort((tie_rank[columns], -known, rows))
    first = order[(np.cumsum(counts) - counts)[:, None] + np.arange(n)]
    numbers[done], values[done] = columns[first], known[first]
    return ~done


def _lower_bounds(scores: np.ndarray, n: int) -> np.ndarray:
    """For each row (..., n_items) a number (...,) that at least n scores reach, and usually few more; -inf if unknown.

    It is the n-th largest of the maxima of PARTS * n disjoint sets of scores, which needs one pass over the scores.

    >>> _lower_bounds(np.arange(100.0), 1).tolist()
    99.0
    """
    n_sets = PARTS * n
    size = scores.shape[-1] // n_sets if n > 0 else 0
    if size < SMALLEST_SET:
        return np.full(scores.shape[:-1], -np.inf)
    sets = scores[..., : size * n_sets].reshape(*scores.shape[:-1], size, n_sets)
    maxima = np.fmax.reduce(sets, axis=-2)
    maxima = np.fmax(maxima, -np.inf)  # a set without a number counts as -inf
    maxima.partition(n_sets - n, axis=-1)
    return np.where(maxima[..., n_sets - n :].max(axis=-1) < np.inf, maxima[..., n_sets - n], -np.inf)


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
