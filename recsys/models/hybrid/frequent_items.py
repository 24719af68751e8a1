"""Select the items that are rated often enough for the experts; the hybrid ranks the others below by popularity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recsys.data import Histories, IdMap, Interactions, ItemFeatures, csr

MIN_RATINGS, MIN_SHARE = 10, 0.015  # items with fewer ratings, as a number and as a share of the users, are rare
MAX_ITEMS = 8_000  # largest number of items that the experts score, the most rated ones
BELOW = 2.0  # distance of the rare items' scores below the lowest score of a frequent one


@dataclass(frozen=True, eq=False)
class FrequentItems:
    """Columns of the frequently rated items, and conversion of data to and from these columns.

    Attributes:
        numbers: (n_frequent,) int64, ascending numbers of the frequent items among all items.
        n_items: number of all items.
    """

    numbers: np.ndarray
    n_items: int

    @classmethod
    def of(cls, data: Interactions) -> FrequentItems:
        """The frequent items of some interactions."""
        least = max(1, min(MIN_RATINGS, np.ceil(len(data.users) * MIN_SHARE)))
        return cls(np.flatnonzero(data.item_counts >= least).astype(np.int64), len(data.items)).most_rated(
            data, MAX_ITEMS
        )

    def most_rated(self, data: Interactions, n: int) -> FrequentItems:
        """The n most rated of these items, or all if there are fewer."""
        if len(self) <= n:
            return self
        order = np.argsort(-data.item_counts[self.numbers], kind="stable")
        return FrequentItems(np.sort(self.numbers[order[:n]]), self.n_items)

    @classmethod
    def all(cls, data: Interactions) -> FrequentItems:
        """All items of some interactions."""
        return cls(np.arange(len(data.items)), len(data.items))

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def column(self) -> np.ndarray:
        """(n_items,) int32: column of each item among the frequent ones, -1 for a rare item."""
        column = np.full(self.n_items, -1, dtype=np.int32)
        column[self.numbers] = np.arange(len(self.numbers), dtype=np.int32)
        return column

    def ids(self, items: IdMap) -> IdMap:
        """Ids of the frequent items."""
        return IdMap(items.ids[self.numbers])

    def interactions(self, data: Interactions) -> Interactions:
        """The interactions with frequent items, in their columns."""
        matrix, kept = self._select(data.matrix)
        return Interactions(data.users, self.ids(data.items), matrix, None if data.times is None else data.times[kept])

    def features(self, features: ItemFeatures | None, items: IdMap) -> ItemFeatures | None:
        """Features of the frequent items."""
        return None if features is None else features.align(self.ids(items))

    def histories(self, histories: Histories) -> Histories:
        """The histories without their rare items, in the columns of the frequent ones."""
        matrix, kept = self._select(histories.matrix)
        return Histories(matrix, None if histories.ages is None else histories.ages[kept], histories.recency)

    def _select(self, matrix: sparse.csr_array) -> tuple[sparse.csr_array, np.ndarray]:
        """The matrix in the columns of the frequent items, and (nnz,) bool: the entries that remain."""
        columns = self.column[matrix.indices]
        kept = columns >= 0
        if matrix.shape[0] == 1:
            return csr.one_row(matrix.data[kept], columns[kept], len(self.numbers)), kept
        indptr = csr.pointers(kept)[matrix.indptr].astype(matrix.indptr.dtype)
        shape = (matrix.shape[0], len(self.numbers))
        return sparse.csr_array((matrix.data[kept], columns[kept], indptr), shape=shape), kept

    def all_scores(self, scores: np.ndarray, popularity: np.ndarray, rated: np.ndarray) -> np.ndarray:
        """Scores (n, n_items) float32 of all items from those of the frequent ones (n, n_frequent).

        Rare items come after all frequent ones, by popularity; unrated items get NaN.

        Args:
            popularity, rated: (n_items,) see `TrainedOn`.
        """
        lowest = np.min(scores, axis=1, keepdims=True, initial=np.inf, where=np.isfinite(scores))
        is_rare = rated & (self.column < 0) & np.isfinite(lowest)
        result = np.where(is_rare, lowest - BELOW + popularity, np.nan).astype(np.float32, copy=False)
        for row, of_frequent in zip(result, scores, strict=True):  # an index of two dimensions takes ten times as long
            row[self.numbers] = of_frequent
        return result
