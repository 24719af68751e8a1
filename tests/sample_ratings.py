"""Ratings made here, with a known right answer or with three tastes; ids are never row numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from recsys import Interactions

SIDE = 24


def checkerboard_data() -> Interactions:
    """User u rated every item of u's colour except item u: the withheld item is the right answer for u.

    Ids start at 10 and rows come shuffled; each item is rated equally often, so popularity knows nothing.
    """
    rows = [(10 + u, 10 + i) for u in range(SIDE) for i in range(SIDE) if u % 2 == i % 2 and u != i]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id"])
    return Interactions.from_frame(frame.sample(frac=1, random_state=3))


def taste_frame(seed: int = 5, users: int = 60, items: int = 45) -> pd.DataFrame:
    """Ratings 1 to 5 with times by people of three tastes, a few items nobody but one knows."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(users):
        count = int(rng.integers(6, 20))
        weights = np.where(np.arange(items) % 3 == user % 3, 6.0, 1.0) / (1 + np.arange(items))
        chosen = rng.choice(items, size=count, replace=False, p=weights / weights.sum())
        for place, item in enumerate(chosen):
            rating = int(np.clip(round(rng.normal(4.2 if item % 3 == user % 3 else 2.6, 0.8)), 1, 5))
            rows.append((f"u{user + 10}", f"i{item + 100}", float(rating), 1_000_000 + 1000 * user + 60 * place))
    return pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])
