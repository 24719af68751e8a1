"""Likeness to several items at once: items like all of them, not like one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recsys.ranking.top_n import top_n
from recsys.serving.likeness import Comparison, Likeness
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.wish import Part

FIRST = 10  # the mean likeness of the first FIRST is 1
FLOOR = 0.03  # added to each likeness, so that an unlikely item of one seed still has an order
MOST = 1.5  # a sequel of one item is not liked for that alone


@dataclass(frozen=True)
class Seeds:
    """The items of a wish compared with all others.

    Attributes:
        parts: the parts of the wish, one per item.
        numbers: the items.
        comparisons: one per item; empty if one model compares.
        rows: (n_seeds, n_items) float32 likeness; 1 is the mean of the FIRST most similar items of a seed, 0 unknown.
        likeness: (n_items,) float32, of all seeds together; 0 for the seeds.
        rare: (n_items,) bool, items with very few ratings.
    """

    parts: tuple[Part, ...]
    numbers: np.ndarray
    comparisons: tuple[Comparison, ...]
    rows: np.ndarray
    likeness: np.ndarray
    rare: np.ndarray


def compared(models: ReleasedModels, likeness: Likeness, parts: Sequence[Part], model: str = "") -> Seeds:
    """Compare the items of a wish with all others.

    The likeness l to several items s is the weighted harmonic mean: 1 / (l + FLOOR) = sum of w_s / (l_s + FLOOR). An
    item that is unlike one of them cannot make up for it by being very like another (without misery, Masthoff 2004).

    Args:
        model: name of the model that compares; "" for all together.
    """
    items = models.release.items
    numbers = np.array([items.number(part.value) for part in parts], dtype=np.int64)
    comparisons = () if model else tuple(likeness.with_all(part.value) for part in parts)
    totals = [one.total for one in comparisons] or [models.model(model).similar_scores(int(one)) for one in numbers]
    rows = np.stack([_normalised(total, numbers) for total in totals])
    weights = np.array([part.weight for part in parts], dtype=np.float32)
    together = rows[0] if len(parts) == 1 else _mean(rows, weights / weights.sum())
    rare = np.logical_and.reduce([one.rare for one in comparisons]) if comparisons else np.zeros(len(items), dtype=bool)
    return Seeds(tuple(parts), numbers, comparisons, rows, together, rare)


def _normalised(total: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    row = np.nan_to_num(total).astype(np.float32).clip(0.0)
    row[seeds] = 0.0
    _, best = top_n(row, FIRST, np.arange(len(row)))
    mean = float(best.mean()) if len(best) else 0.0
    return row / np.float32(mean) if mean > 0 else row


def _mean(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    together = 1.0 / (weights @ (1.0 / (rows.clip(max=MOST) + np.float32(FLOOR)))) - np.float32(FLOOR)
    return together.clip(0.0)
