"""Statistics of items, inputs of the reranker besides the experts' scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.data import Interactions, csr
from recsys.models.hybrid import transitions
from recsys.models.rating_weights import z_scores

PRIOR_RATINGS = 5  # number of average ratings added to the quality of each item
NAMES = ("counts", "log_counts", "quality", "position")


@dataclass(frozen=True)
class ItemStatistics:
    """Statistics with one number per item.

    Attributes:
        counts: (n_items,) float32 number of ratings, at least 1.
        log_counts: (n_items,) float32 ln(1 + ratings) minus its mean over all ratings.
        quality: (n_items,) float32 damped mean z-score of the item's ratings.
        position: (n_items,) float32 `transitions.mean_positions`, or None if the order of histories is unknown.
    """

    counts: np.ndarray
    log_counts: np.ndarray
    quality: np.ndarray
    position: np.ndarray | None

    @classmethod
    def of(cls, data: Interactions) -> ItemStatistics:
        """The statistics of some interactions."""
        log_counts = np.log1p(data.item_counts)
        centre = log_counts[data.matrix.indices].mean() if data.matrix.nnz else 0.0
        sums = csr.column_sums(data.matrix, z_scores(data.matrix, data.mean, data.sd))
        return cls(
            counts=np.maximum(data.item_counts, 1).astype(np.float32),
            log_counts=(log_counts - centre).astype(np.float32),
            quality=(sums / (data.item_counts + PRIOR_RATINGS)).astype(np.float32),
            position=None if data.times is None else transitions.mean_positions(data.histories),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, for saving."""
        return {name: getattr(self, name) for name in NAMES if getattr(self, name) is not None}

    @classmethod
    def restored(cls, arrays: Mapping[str, np.ndarray]) -> ItemStatistics:
        """Restore statistics from what `arrays` returned.

        Raises:
            KeyError: an array is missing.
            ValueError: the arrays differ in length.
        """
        made = cls(arrays["counts"], arrays["log_counts"], arrays["quality"], arrays.get("position"))
        if len({len(array) for array in made.arrays().values()}) != 1:
            raise ValueError("statistics of items differ in length")
        return made
