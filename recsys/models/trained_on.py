"""Facts about the training data that every model stores: items, rating scale, popularity."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import IdMap, Interactions


@dataclass(frozen=True, eq=False)
class TrainedOn:
    """Facts about training data, without the interactions themselves.

    Attributes:
        items: the columns.
        ordered: whether the interactions had times; if not, models ignore the order of a history.
        has_ratings: whether the ratings differ from one another.
        scale: lowest and highest rating.
        mean: mean rating.
        popularity: (n_items,) float32 in 0..1, number of users who rated each item, relative to the most rated item.
        rated: (n_items,) bool, whether any user rated the item.
    """

    items: IdMap
    ordered: bool
    has_ratings: bool
    scale: tuple[float, float]
    mean: float
    popularity: np.ndarray
    rated: np.ndarray

    @classmethod
    def of(cls, data: Interactions) -> TrainedOn:
        """The facts about some interactions."""
        ordered = data.times is not None
        return cls.counted(data.items, data.item_counts, ordered, data.has_ratings, data.scale, data.mean)

    @classmethod
    def counted(
        cls,
        items: IdMap,
        item_counts: np.ndarray,
        ordered: bool,
        has_ratings: bool,
        scale: tuple[float, float],
        mean: float,
    ) -> TrainedOn:
        """The facts about data that is given by summaries; `item_counts` (n_items,) is the number of users per item."""
        popularity = (item_counts / (item_counts.max(initial=0) or 1)).astype(np.float32)
        return cls(items, ordered, has_ratings, scale, mean, popularity, item_counts > 0)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, for saving."""
        return {"base.counts_share": self.popularity, "base.rated": self.rated}

    def state(self) -> dict[str, Any]:
        """Everything except items and arrays as JSON values, for saving."""
        return {
            "ordered": self.ordered,
            "has_ratings": self.has_ratings,
            "scale": list(self.scale),
            "mean": self.mean,
        }

    @classmethod
    def restored(cls, items: IdMap, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any]) -> TrainedOn:
        """Restore the facts from what `arrays` and `state` returned.

        Raises:
            KeyError: a value is missing.
            ValueError: a value is invalid, or the arrays do not match the items.
        """
        popularity, rated = arrays["base.counts_share"], arrays["base.rated"]
        if popularity.shape != (len(items),) or rated.shape != (len(items),):
            raise ValueError(f"base.rated has shape {rated.shape} and there are {len(items)} items")
        low, high = map(float, state["scale"])
        mean = float(state["mean"])
        if not (low <= high and all(map(math.isfinite, (low, high, mean)))):
            raise ValueError(f"ratings from {low:g} to {high:g} with a mean of {mean:g}")
        return cls(
            items=items,
            ordered=bool(state["ordered"]),
            has_ratings=bool(state["has_ratings"]),
            scale=(low, high),
            mean=mean,
            popularity=popularity,
            rated=rated,
        )
