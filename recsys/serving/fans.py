"""Whether anybody likes two items, from the ratings of the data set, so that a reason does not claim it wrongly."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from recsys.catalogue.database import Catalogue
from recsys.data import IdMap, csr
from recsys.data.liking import least_liked

MOST_RATINGS = 5_000_000
"""Most ratings of a data set that are read for this; in larger ones similar items practically always share fans."""


class Fans:
    """The users who like each item: see `least_liked`.

    Args:
        catalogue: its ratings are read at the first question.
        items: the items of the release.
    """

    def __init__(self, catalogue: Catalogue, items: IdMap):
        self._catalogue, self._items = catalogue, items

    def shared(self, number: int, others: np.ndarray) -> np.ndarray:
        """Whether anybody likes the item `number` and each of some others, (len(others),) bool."""
        if self._catalogue.info["n_ratings"] > MOST_RATINGS:
            return np.ones(len(others), dtype=bool)
        likes = np.zeros(self._catalogue.info["n_users"], dtype=bool)
        likes[self._of(number)] = True
        return np.array([likes[self._of(other)].any() for other in others.tolist()], dtype=bool)

    def _of(self, number: int) -> np.ndarray:
        users, starts, columns = self._by_item
        column = columns[number]
        return users[starts[column] : starts[column + 1]] if column >= 0 else users[:0]

    @cached_property
    def _by_item(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Users by item of the catalogue, where each item's begin, and the catalogue's number of each item."""
        data = self._catalogue.interactions()
        matrix = data.matrix
        means = csr.row_sums(matrix) / np.maximum(csr.row_lengths(matrix), 1)
        is_liked = matrix.data >= csr.per_entry(least_liked(means, data.scale, data.mean), matrix)
        users, columns = csr.row_numbers(matrix)[is_liked], matrix.indices[is_liked]
        order = np.argsort(columns, kind="stable")
        starts = csr.pointers(np.bincount(columns, minlength=matrix.shape[1]))
        return users[order].astype(np.int32), starts, self._catalogue.ids.numbers(self._items.ids)
