"""Damped cosine similarity of item vectors."""

from __future__ import annotations

import numpy as np

DAMPING = 5.0  # number of ratings of an item at which its similarities count half


def damped_cosine(vectors: np.ndarray, number: int, popularity: np.ndarray, rated: np.ndarray) -> np.ndarray:
    """Cosine (n_items,) of one row with all rows, positive ones times n / (n + DAMPING); NaN if unrated.

    Args:
        vectors: (n_items, d).
        number: the row.
        popularity: (n_items,) number of ratings in any unit; the least rated item counts as rated once.
        rated: (n_items,) bool.
    """
    if not rated[number]:
        return np.full(len(rated), np.nan)
    norms = np.linalg.norm(vectors, axis=1)
    cosine = vectors @ vectors[number] / np.maximum(norms * norms[number], 1e-12)
    damping = popularity / (popularity + DAMPING * popularity[rated].min() + 1e-12)
    return np.where(rated, cosine * np.where(cosine > 0, damping, 1.0), np.nan)
