"""Choose items for onboarding: popular, unlike one another, and useful for distinguishing tastes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

# Weights relative to the popularity of an item, which decreases from 1 to 0 over the candidates.
LIKENESS = 1.0  # weight of the similarity to the most similar chosen item
DECADE = 0.9  # weight of the share of chosen items from the same decade
LANGUAGE = 0.5  # weight of the share of chosen items in the same language
DIVIDING = 0.3  # weight of a mean rating near the average, because items that all users like do not distinguish tastes
LEAST_SPREAD = 1e-6


def choose(items: Sequence[Mapping[str, Any]], likeness: np.ndarray | None, n: int) -> list[int]:
    """Indices of n of these items, best first.

    Args:
        items: candidates, the most popular first, with `year`, `language` and `mean_rating` if they are known.
        likeness: (len(items), len(items)) similarity of each pair, from 0 to 1; None if unknown.
        n: number of items to choose; all if there are fewer.
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
    """Closeness of each mean rating to the average of all, from 0 to 1; 0 if it is unknown."""
    means = np.array([item.get("mean_rating") or np.nan for item in items], float)
    if not np.isfinite(means).any():
        return np.zeros(len(items))
    distance = np.abs(means - np.nanmean(means))
    return np.nan_to_num(1.0 - distance / max(float(np.nanmax(distance)), LEAST_SPREAD))


def _decade(item: Mapping[str, Any]) -> int | None:
    year = item.get("year")
    return year // 10 if year else None
