"""What follows what: short-range transitions between items, from the order in which people rated them."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data import Histories
from recsys.models.numeric.cooccurrence import largest
from recsys.models.numeric.item_weights import relevant
from recsys.models.rating_weights import exponential_decay

REACH = 12  # later items of a history counted as followers
FADE = 6.0  # items after which a follower counts 1/e
MEMORY = 4.0  # items of a history after which what it calls for counts 1/e


def transitions(
    histories: Histories, kept: int | None = None, damping: float = 10.0, power: float = 0.5
) -> sparse.csr_array:
    """T_ij = sum over histories of exp(-(items between i and a later j) / FADE) / (n_i + damping) / n_j^power.

    A Markov chain with soft steps; items rated at one moment follow each other both ways. CSR
    (n_items, n_items) float32, of each row the `kept` largest.
    """
    matrix, n_items = histories.matrix, histories.matrix.shape[1]
    rows = np.repeat(np.arange(len(histories)), np.diff(matrix.indptr))
    order = np.lexsort((matrix.indices, -histories.ages, rows))
    rows, items, ages = rows[order], matrix.indices[order].astype(np.int64), histories.ages[order]
    total = sparse.csr_array((n_items, n_items), dtype=np.float32)
    for lag in range(1, REACH + 1):
        same = rows[lag:] == rows[:-lag]
        first, then, gap = items[:-lag][same], items[lag:][same], (ages[:-lag] - ages[lag:])[same]
        value = np.exp(-gap / FADE).astype(np.float32)
        tied = gap == 0
        first, then = np.concatenate([first, then[tied]]), np.concatenate([then, first[tied]])
        value = np.concatenate([value, value[tied]])
        total = total + sparse.csr_array((value, (first, then)), shape=(n_items, n_items))
    counts = np.bincount(items, minlength=n_items)
    leave, arrive = 1.0 / (counts + damping), np.maximum(counts, 1.0) ** -power
    total = sparse.csr_array(total)
    total.sort_indices()
    total.data *= (np.repeat(leave, np.diff(total.indptr)) * arrive[total.indices]).astype(np.float32)
    return total if kept is None else largest(total, kept)


def follow(histories: Histories, steps: sparse.csr_array) -> np.ndarray:
    """Scores (n, n_items) float32: what the latest items of each history usually lead to."""
    matrix = histories.matrix
    fading = (np.ones(matrix.nnz) * exponential_decay(histories.ages, MEMORY)).astype(np.float32)
    if len(histories) == 1:
        kept = relevant(fading[None])
        return (steps[matrix.indices[kept]].T @ fading[kept])[None]
    return (sparse.csr_array((fading, matrix.indices, matrix.indptr), shape=matrix.shape) @ steps).toarray()


def positions(histories: Histories) -> np.ndarray:
    """(n_items,) float32 mean of ln(1 + items rated before it) over an item's raters; their mean without any."""
    matrix, n_items = histories.matrix, histories.matrix.shape[1]
    lengths = np.diff(matrix.indptr)
    before = np.log1p(np.maximum(np.repeat(lengths, lengths) - 1 - histories.ages, 0))
    counts = np.bincount(matrix.indices, minlength=n_items)
    prior = before.mean() if len(before) else 0.0
    sums = np.bincount(matrix.indices, weights=before, minlength=n_items)
    return ((sums + 3 * prior) / (counts + 3)).astype(np.float32)
