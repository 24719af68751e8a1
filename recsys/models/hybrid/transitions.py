"""Item-to-item transitions: which items users rate soon after which other items."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.data import Histories, csr
from recsys.models.numeric.cooccurrence import largest
from recsys.models.numeric.item_weights import relevant
from recsys.models.rating_weights import exponential_decay

PRIOR_RATERS = 3.0  # number of users at the overall mean position that are added to each item


@dataclass(frozen=True)
class Steps:
    """Settings of transitions.

    Attributes:
        max_gap: number of later items of a history that count as followers of an item.
        gap_decay: gap in items at which a follower counts 1/e.
        recency_decay: number of later items at which an item of a history counts 1/e in the scores.
        damping: ratings added to n_i, so that transitions from rare items count less.
        power: exponent of the discount on popular followers.
    """

    max_gap: int = 12
    gap_decay: float = 6.0
    recency_decay: float = 4.0
    damping: float = 10.0
    power: float = 0.5


DEFAULT = Steps()


def transitions(histories: Histories, max_per_row: int | None = None, steps: Steps = DEFAULT) -> sparse.csr_array:
    """T_ij = sum over histories of exp(-gap / gap_decay) / (n_i + damping) / n_j^power, a soft Markov chain.

    The gap is the number of items between i and a later j; items rated at the same time follow each other both ways.

    Args:
        histories: with ages.
        max_per_row: largest number of entries to store per row, the largest ones; None stores all.
        steps: the settings.

    Returns:
        CSR (n_items, n_items) float32.
    """
    matrix, ages, n_items = histories.matrix, _ages(histories), histories.matrix.shape[1]
    rows = csr.row_numbers(matrix)
    order = np.lexsort((matrix.indices, -ages, rows))
    rows, items, ages = rows[order], matrix.indices[order].astype(np.int64), ages[order]
    total = csr.empty(n_items, n_items)
    for lag in range(1, steps.max_gap + 1):
        same_user = rows[lag:] == rows[:-lag]
        first, later = items[:-lag][same_user], items[lag:][same_user]
        gap = (ages[:-lag] - ages[lag:])[same_user]
        value = np.exp(-gap / steps.gap_decay).astype(np.float32)
        tied = gap == 0
        first, later = np.concatenate([first, later[tied]]), np.concatenate([later, first[tied]])
        value = np.concatenate([value, value[tied]])
        total = total + sparse.csr_array((value, (first, later)), shape=(n_items, n_items))
    counts = csr.column_counts(matrix)
    from_item, to_item = 1.0 / (counts + steps.damping), np.maximum(counts, 1.0) ** -steps.power
    total = sparse.csr_array(total)
    total.sort_indices()
    total.data *= (csr.per_entry(from_item, total) * to_item[total.indices]).astype(np.float32)
    return total if max_per_row is None else largest(total, max_per_row)


def next_scores(histories: Histories, chain: sparse.csr_array, steps: Steps = DEFAULT) -> np.ndarray:
    """Scores (n, n_items) float32 of the items that usually follow the latest items of each history.

    Args:
        chain: T, CSR (n_items, n_items).
        steps: the settings with which T was made.
    """
    matrix, weights = histories.matrix, latest_weights(histories, steps)
    if len(histories) == 1:
        # this reads the rows of the history once; a product of two sparse matrices would read them twice
        mask = relevant(weights[None])
        entries, places = csr.entries(chain, matrix.indices[mask])
        values = chain.data[entries] * weights[mask][places]
        return np.bincount(chain.indices[entries], values, chain.shape[1]).astype(np.float32)[None]
    return (csr.with_data(matrix, weights) @ chain).toarray()


def latest_weights(histories: Histories, steps: Steps) -> np.ndarray:
    """Weight (nnz,) float32 of each item of the histories in `next_scores`."""
    return (np.ones(histories.matrix.nnz) * exponential_decay(histories.ages, steps.recency_decay)).astype(np.float32)


def mean_positions(histories: Histories) -> np.ndarray:
    """Mean of ln(1 + items rated before it) over the users of each item, (n_items,) float32.

    It is shrunk towards the mean of all items, which is also the value of unrated items.
    """
    matrix = histories.matrix
    lengths = csr.per_entry(csr.row_lengths(matrix), matrix)
    before = np.log1p(np.maximum(lengths - 1 - _ages(histories), 0))
    overall = before.mean() if len(before) else 0.0
    sums, counts = csr.column_sums(matrix, before), csr.column_counts(matrix)
    return ((sums + PRIOR_RATERS * overall) / (counts + PRIOR_RATERS)).astype(np.float32)


def _ages(histories: Histories) -> np.ndarray:
    if histories.ages is None:
        raise ValueError("Transitions need histories with an order; these have no ages.")
    return histories.ages
