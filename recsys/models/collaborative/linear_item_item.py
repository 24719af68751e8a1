"""Base class of models that score a history by one product with a matrix of item-item weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories
from recsys.models.base import Recommender
from recsys.models.numeric import item_weights
from recsys.models.numeric.item_weights import Weights


class LinearItemItem(Recommender):
    """Linear item-item model: s(h, j) = sum over i in h of x_hi W_ij.

    A subclass sets `weights` in `_fit` and returns from `inputs` the weight of each rating of a history.

    Attributes:
        weights: W, (n_items, n_items) in one of the forms of `item_weights`.
    """

    family = "collaborative"
    weights: Weights

    def inputs(self, histories: Histories) -> np.ndarray:
        """x, float32 aligned to the data of the histories."""
        raise NotImplementedError

    def project(self, values: list[np.ndarray], pattern: sparse.csr_array) -> np.ndarray:
        """Scores (m, n, n_items) float32 of m weightings of the same n histories, NaN for unrated items.

        Args:
            values: (nnz,) each.
            pattern: CSR (n, n_items) of the histories; its data is ignored.
        """
        scores = item_weights.apply_all(self.weights, values, pattern)
        np.copyto(scores, np.nan, where=~self.rated)
        return scores

    def _score(self, histories: Histories) -> np.ndarray:
        return self.project([self.inputs(histories)], histories.matrix)[0]

    def _similar(self, number: int) -> np.ndarray:
        """The scores of a history of that item alone, which are one row of W."""
        values = self.inputs(self._as_trained(self._history_of(number)))
        row = self.weights.apply_one(values[None], np.array([number]))[0]
        np.copyto(row, np.nan, where=~self.rated)
        return row

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """The exact terms x_hi W_ij of the score."""
        values, items = self.inputs(histories), histories.matrix.indices
        mask = item_weights.relevant(values[None])
        terms = np.zeros((len(numbers), len(items)), dtype=np.float32)
        terms[:, mask] = (self.weights.columns(items[mask], numbers) * values[mask, None]).T
        return terms

    def arrays(self) -> dict[str, np.ndarray]:
        return self.weights.arrays()

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.weights = item_weights.restore(arrays)
        if len(self.weights) != len(self.items):
            raise ValueError(f"weights of {len(self.weights)} items")
