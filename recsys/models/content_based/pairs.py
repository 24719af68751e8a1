"""Similarities of the pairs of some items, computed row by row, because re-ranking a list needs only a few rows."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from recsys.data import csr


class Pairs:
    """Products of the vectors of some items, at least 0.

    Attributes:
        largest: the largest product of a pair; by Cauchy and Schwarz an item with itself has it.

    >>> pairs = Pairs(sparse.csr_array(np.array([[1.0, 0.0], [0.0, 3.0], [2.0, 2.0]])), np.array([2, 0]))
    >>> pairs.row(0).tolist(), pairs.row(1).tolist(), pairs.largest
    ([8.0, 2.0], [2.0, 1.0], 8.0)
    """

    def __init__(self, vectors: sparse.csr_array, numbers: np.ndarray):
        places, owners = csr.entries(vectors, numbers)
        data, terms = vectors.data[places], vectors.indices[places]
        self._starts = np.searchsorted(owners, np.arange(len(numbers) + 1)).astype(vectors.indptr.dtype)
        self._vectors = sparse.csr_array((data, terms, self._starts), shape=(len(numbers), vectors.shape[1]))
        self._one = np.zeros(vectors.shape[1], dtype=vectors.dtype)
        self.largest = float(np.bincount(owners, data.astype(np.float64) ** 2, len(numbers)).max(initial=0.0))

    def row(self, place: int) -> np.ndarray:
        """The products of one item with all, (len(numbers),)."""
        own = slice(self._starts[place], self._starts[place + 1])
        terms = self._vectors.indices[own]
        self._one[terms] = self._vectors.data[own]
        products = self._vectors @ self._one
        self._one[terms] = 0
        return products

    def matrix(self) -> np.ndarray:
        """All products, (len(numbers), len(numbers))."""
        return (self._vectors @ self._vectors.T).toarray()
