"""Re-rank a list for popularity and diversity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from recsys.serving.filters import Filters


def rerank(
    numbers: np.ndarray,
    scores: np.ndarray,
    n: int,
    filters: Filters,
    popularity: np.ndarray,
    likeness: Callable[[np.ndarray], np.ndarray] | None,
) -> np.ndarray:
    """Indices in `numbers` of the n best items with the popularity and diversity dials.

    Relevance is the score scaled to 0..1 over the candidates. The popularity dial p mixes it with the item's rank r by
    popularity, also in 0..1: (1 - |p|) relevance + |p| r, with 1 - r instead of r if p is negative.

    Args:
        numbers: (k,) candidates, best first.
        scores: (k,) their scores.
        popularity: (n_items,) in 0..1.
        likeness: items -> (k, k) similarity of each pair, at least 0; without it diversity has no effect.
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


def diverse_order(relevance: np.ndarray, likeness: np.ndarray, n: int, diversity: float) -> np.ndarray:
    """Indices of n items by maximal marginal relevance (Carbonell and Goldstein 1998).

    Each step takes argmax over j of (1 - diversity) relevance_j - diversity max over chosen i of likeness_ij.

    Args:
        relevance: (k,) in 0..1.
        likeness: (k, k) at least 0, scaled here to a maximum of 1.
        diversity: 0 uses only relevance, 1 only dissimilarity.
    """
    likeness = likeness / max(float(likeness.max(initial=0)), 1e-9)
    chosen: list[int] = []
    nearest = np.zeros(len(relevance))
    left = np.ones(len(relevance), dtype=bool)
    for _ in range(min(n, len(relevance))):
        value = (1 - diversity) * relevance - diversity * nearest
        best = int(np.where(left, value, -np.inf).argmax())
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness[best])
    return np.array(chosen, dtype=np.int64)
