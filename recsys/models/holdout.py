"""Hiding part of the training data, so that a model can learn from being asked what it did not see."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions

PARTS = 10  # random folds hide a tenth of each history
LAST = 0.2  # folds by time hide this share of each history
BACK = 0.1  # each further fold by time starts this share earlier
SHORT = (1, 2, 3, 5, 8, 12)  # lengths of shortened histories
SHORT_SHARE = 0.25  # of the users are also asked with a shortened history,
SHORT_WEIGHT = 0.3  # which counts less, as it blurs what whole histories teach


def folds(data: Interactions, n_folds: int, seed: int) -> Iterator[tuple[Interactions, Interactions]]:
    """Pairs (known, hidden): the latest of each history where there are times, random tenths otherwise."""
    lengths = np.diff(data.matrix.indptr)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    if data.times is not None:
        place = 1.0 - (data.histories.ages + 0.5) / np.repeat(lengths, lengths)  # 0 first … 1 latest
        for fold in range(n_folds):
            end = 1.0 - BACK * fold
            yield data.keep(place <= end - LAST), data.keep((place > end - LAST) & (place <= end))
        return
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(rows)), rows))
    part = np.empty(len(rows), dtype=np.int64)
    part[order] = (
        np.arange(len(rows))
        - np.repeat(data.matrix.indptr[:-1], lengths)
        + np.repeat(rng.integers(PARTS, size=len(lengths)), lengths)
    ) % PARTS
    for fold in range(n_folds):
        yield data.keep(part != fold), data.keep(part == fold)


def questions(
    histories: Histories, hidden: sparse.csr_array, n_users: int, seed: int
) -> tuple[Histories, np.ndarray, np.ndarray]:
    """Histories to ask with: up to `n_users` users who have something known and something hidden.

    A share of them is asked a second time with only a few of their items, the latest where order is known.

    Returns:
        histories (n,), the user row of each (n,), and weights (n,).
    """
    rng = np.random.default_rng(seed)
    usable = np.flatnonzero((np.diff(histories.matrix.indptr) > 0) & (np.diff(hidden.indptr) > 0))
    if len(usable) > n_users:
        usable = np.sort(rng.choice(usable, n_users, replace=False))
    short = np.sort(rng.choice(usable, int(SHORT_SHARE * len(usable)), replace=False))
    owners = np.concatenate([usable, short])
    limits = np.concatenate([np.full(len(usable), np.iinfo(np.int64).max), rng.choice(SHORT, len(short))])
    matrix = histories.matrix
    starts, lengths = matrix.indptr[:-1][owners].astype(np.int64), np.diff(matrix.indptr)[owners]
    rows = np.repeat(np.arange(len(owners)), lengths)
    entries = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
    urgency = (
        rng.random(len(entries)) if histories.ages is None else histories.ages[entries] + 0.5 * rng.random(len(entries))
    )
    order = np.lexsort((urgency, rows))
    place = np.empty(len(entries), dtype=np.int64)
    place[order] = np.arange(len(entries)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    kept = place < limits[rows]
    counts = np.bincount(rows[kept], minlength=len(owners))
    asked = sparse.csr_array(
        (matrix.data[entries[kept]], matrix.indices[entries[kept]], np.concatenate([[0], np.cumsum(counts)])),
        shape=(len(owners), matrix.shape[1]),
    )
    ages = None if histories.ages is None else histories.ages[entries[kept]]
    weights = np.concatenate([np.ones(len(usable)), np.full(len(short), SHORT_WEIGHT)])
    return Histories(asked, ages), owners, weights
