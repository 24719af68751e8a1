"""Re-rank a list for popularity and diversity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys.models.content_based.pairs import Pairs
from recsys.serving.filters import Filters

UNITS = 1e7  # the terms of `diverse_order` are whole numbers of units of 1 / UNITS


def rerank(
    numbers: np.ndarray,
    scores: np.ndarray,
    n: int,
    filters: Filters,
    popularity: np.ndarray,
    likeness: Callable[[np.ndarray], Pairs] | None,
) -> np.ndarray:
    """Indices in `numbers` of the n best items with the popularity and diversity dials.

    Relevance is the score scaled to 0..1 over the candidates. The popularity dial p mixes it with the item's rank r by
    popularity, also in 0..1: (1 - |p|) relevance + |p| r, with 1 - r instead of r if p is negative.

    Args:
        numbers: (k,) candidates, best first.
        scores: (k,) their scores.
        popularity: (n_items,) in 0..1.
        likeness: items -> similarity of each pair; without it diversity has no effect.
    """
    low, high = scores.min(initial=np.inf), scores.max(initial=-np.inf)
    relevance = (scores - low) / (high - low) if high > low else np.ones(len(scores))
    if filters.popularity:
        order = popularity[numbers].argsort(kind="stable")
        ranks = np.empty(len(numbers))
        ranks[order] = np.arange(len(numbers)) / max(1, len(numbers) - 1)
        dial = abs(filters.popularity)
        relevance = (1 - dial) * relevance + dial * (ranks if filters.popularity > 0 else 1 - ranks)
    if not filters.diversity or likeness is None:
        return np.argsort(-relevance, kind="stable")[:n]
    return diverse_order(relevance, likeness(numbers), n, filters.diversity)


def diverse_order(relevance: np.ndarray, likeness: Pairs, n: int, diversity: float) -> np.ndarray:
    """Indices of n items by maximal marginal relevance (Carbonell and Goldstein 1998).

    Each step takes argmax over j of (1 - diversity) relevance_j - diversity max over chosen i of likeness_ij.

    Args:
        relevance: (k,) in 0..1.
        likeness: similarity of each pair, scaled here to a maximum of 1.
        diversity: 0 uses only relevance, 1 only dissimilarity.
    """
    # In the unit of the relevance, so that a step is a maximum, a difference and an argmax; rounded to whole numbers,
    # so that equal items stay in their order and rounding errors of a product do not decide.
    scale = diversity / max(likeness.largest, 1e-9)
    worth = np.rint((1 - diversity) * relevance * UNITS)
    chosen = np.empty(min(n, len(worth)), dtype=np.int64)
    nearest, value = np.zeros(len(worth)), np.empty(len(worth))
    # a row at a time, unless so many are needed that all at once take less time
    rows = np.rint(likeness.matrix() * scale * UNITS) if 2 * n > len(worth) else None
    for place in range(len(chosen)):
        np.subtract(worth, nearest, out=value)
        best = int(value.argmax())
        chosen[place] = best
        worth[best] = -np.inf
        row = np.rint(likeness.row(best) * scale * UNITS) if rows is None else rows[best]
        np.maximum(nearest, row, out=nearest)
    return chosen
