"""The experts of the hybrid together: those of the frequent items, and those of all items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.models.hybrid.arrays import joined, subset
from recsys.models.hybrid.experts import Experts
from recsys.models.hybrid.frequent_items import FrequentItems
from recsys.models.hybrid.wide_experts import WideExperts
from recsys.models.sequential.sequential import Sequential
from recsys.models.trained_on import TrainedOn

MAX_RATINGS = 8_000_000  # with more ratings, the experts learn from a random part of the users


@dataclass(frozen=True)
class Ensemble:
    """All experts of the hybrid.

    Attributes:
        frequent: the items that `experts` score.
        experts: experts of the frequent items.
        wide: experts of all items, or None if they would add nothing.
    """

    frequent: FrequentItems
    experts: Experts
    wide: WideExperts | None

    @classmethod
    def fit(
        cls,
        data: Interactions,
        frequent: FrequentItems,
        join: bool,
        features: ItemFeatures | None,
        seed: int,
        sequential: Sequential | None = None,
    ) -> Self:
        """Train the experts.

        Args:
            data: interactions with all items.
            frequent: the items of `data` that `experts` score.
            join: whether to train the wide experts.
            features: of the frequent items.
            sequential: a trained one, which is among the wide experts.
        """
        inner = some_users(frequent.interactions(data), seed)
        wide = WideExperts.fit(data, seed, sequential) if join else None
        return cls(frequent, Experts.fit(inner, features, seed), wide)

    def arrays(self) -> dict[str, np.ndarray]:
        """What was learned, as arrays by name."""
        parts = {"inner": self.experts.trained_on.arrays(), "experts": self.experts.arrays()}
        if self.wide is not None:
            parts["wide"] = self.wide.arrays()
        return {"frequent": self.frequent.numbers, **joined(parts)}

    def state(self) -> dict[str, Any]:
        """What was learned except for arrays, as JSON values."""
        wide = {} if self.wide is None else {"wide": self.wide.state()}
        return {"inner": self.experts.trained_on.state(), "experts": self.experts.state(), **wide}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray], state: Mapping[str, Any], facts: TrainedOn) -> Self:
        """Restore the experts from what `arrays` and `state` returned.

        Args:
            facts: about the training data.

        Raises:
            KeyError, TypeError, ValueError: a value is missing or invalid.
        """
        frequent = FrequentItems(arrays["frequent"], len(facts.items))
        inner = TrainedOn.restored(frequent.ids(facts.items), subset(arrays, "inner."), state["inner"])
        experts = Experts.restored(subset(arrays, "experts."), state["experts"], inner)
        # models that were saved by earlier versions have no wide experts
        wide = WideExperts.restored(subset(arrays, "wide."), state["wide"], facts) if "wide" in state else None
        return cls(frequent, experts, wide)


def some_users(data: Interactions, seed: int) -> Interactions:
    """The histories of random users with at most MAX_RATINGS in total; more would hardly change the weights."""
    if data.matrix.nnz <= MAX_RATINGS:
        return data
    lengths = data.user_counts
    order = np.random.default_rng(seed).permutation(len(lengths))
    chosen = np.zeros(len(lengths), dtype=bool)
    chosen[order[np.cumsum(lengths[order]) <= MAX_RATINGS]] = True
    return data.of_users(chosen)
