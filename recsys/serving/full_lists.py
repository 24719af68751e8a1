"""Fill a filtered list if a model has scores for too few of the items that pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from recsys.models.base import Ranked, Recommender
from recsys.models.reason import Kind, Reason
from recsys.ranking.top_n import top_n


def filled(
    found: Ranked, n: int, recommender: Recommender, among: np.ndarray | None, exclude: Sequence[str] = ()
) -> Ranked:
    """The ranked items, followed by the most popular ones without a score, up to n; without filters unchanged.

    Args:
        among: (n_items,) bool, the items that pass the filters; None if all do.
        exclude: ids of items that may not follow, besides those of the history.
    """
    missing = n - len(found.numbers)
    if among is None or missing <= 0 or found.fallback is not None:
        return found
    masked = recommender.masked(found.histories, exclude, among)
    masked[found.numbers] = True
    popular = np.where(masked, -np.inf, recommender.popularity)
    others, _ = top_n(popular, missing, recommender.popularity_rank)
    below = np.nextafter(found.scores.min(initial=0.0), -np.inf, dtype=found.scores.dtype)
    return found._replace(
        numbers=np.concatenate([found.numbers, others]),
        scores=np.concatenate([found.scores, np.full(len(others), below, dtype=found.scores.dtype)]),
    )


def with_fillers(reasons: Callable[[np.ndarray], list[Reason]], numbers: np.ndarray, found: Ranked) -> list[Reason]:
    """Reasons of the items `numbers`; those that `found` does not have only fill the list."""
    ranked = set(found.numbers.tolist())
    own = np.array([number in ranked for number in numbers.tolist()], dtype=bool)
    given = iter(reasons(numbers[own]))
    return [next(given) if is_own else Reason(Kind.UNLIKE) for is_own in own.tolist()]
