"""Choose items for newcomers: well known, unlike one another, and telling different tastes apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Weights against the popularity of an item, which falls from 1 to 0 over the candidates.
LIKENESS = 1.0  # of the likeness to the most similar item chosen so far
DECADE = 0.9  # of the share of those from the same decade
LANGUAGE = 0.5  # of the share of those in the same language
DIVIDING = 0.3  # of how near the mean rating is to the average: what everybody likes tells nobody apart
LEAST_SPREAD = 1e-6


def choose(items: Sequence[Mapping[str, Any]], likeness: np.ndarray | None, n: int) -> list[int]:
    """Places of n of these items, best first.

    Args:
        items: candidates, the best known first, with `year`, `language` and `mean_rating` where they are known.
        likeness: (len(items), len(items)) how alike two items are, from 0 to 1; None if unknown.
        n: how many to choose; all if there are fewer.
    """
    value = np.linspace(1.0, 0.0, len(items)) + DIVIDING * _dividing(items)
    decades, languages = [_decade(item) for item in items], [item.get("language") or "" for item in items]
    nearest = np.zeros(len(items))
    seen_decades: Counter[int | None] = Counter()
    seen_languages: Counter[str] = Counter()
    left, chosen = np.ones(len(items), bool), []
    while len(chosen) < min(n, len(items)):
        many = max(len(chosen), 1)
        crowding = np.array(
            [
                DECADE * seen_decades[decade] / many + LANGUAGE * seen_languages[language] / many
                for decade, language in zip(decades, languages, strict=True)
            ]
        )
        best = int(np.argmax(np.where(left, value - LIKENESS * nearest - crowding, -np.inf)))
        chosen.append(best)
        left[best] = False
        seen_decades[decades[best]] += 1
        seen_languages[languages[best]] += 1
        if likeness is not None:
            nearest = np.maximum(nearest, likeness[best])
    return chosen


def _dividing(items: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """How near each mean rating is to the average of all, from 0 to 1; 0 if it is unknown."""
    means = np.array([item.get("mean_rating") or np.nan for item in items], float)
    if not np.isfinite(means).any():
        return np.zeros(len(items))
    distance = np.abs(means - np.nanmean(means))
    return np.nan_to_num(1.0 - distance / max(float(np.nanmax(distance)), LEAST_SPREAD))


def _decade(item: Mapping[str, Any]) -> int | None:
    year = item.get("year")
    return year // 10 if year else None
