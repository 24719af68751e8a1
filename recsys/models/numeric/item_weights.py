"""Item-item weights B in whichever form is small and quick to ask: whole, as factors, or their largest entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

TIERS = ((8, 2**31 - 1), (3, 200), (0, 50))  # items with at least so many ratings are scored on at most so many axes
FAINT = 1e-4  # share of the strongest input of a history below which another is left out


@dataclass(frozen=True)
class DenseWeights:
    """B itself.

    Attributes:
        weights: (n_items, n_items) float32, zero diagonal.
    """

    weights: np.ndarray

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ B, (n, n_items) float32."""
        return inputs @ self.weights

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ B[items], (m, n_items) float32."""
        return values @ self.weights[items]

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """B[rows][:, columns], (len(rows), len(columns))."""
        return self.weights[np.ix_(rows, columns)]

    def arrays(self) -> dict[str, np.ndarray]:
        return {"weights": self.weights}


@dataclass(frozen=True)
class FactoredWeights:
    """B through the dual form, for fewer users than items: P = diag(1/L) - F F' (Woodbury).

    B_ij = F_i . F_j / P_jj off the diagonal, on the first axes alone where j is rarely rated: there is too little to
    know of such items for the others to matter, and they are most. Rotated to the principal axes of the user
    space, the factors hold nobody's history as such.

    Attributes:
        factors: F, (n_items, rank) float32, axes by falling share; rows by falling number of ratings.
        order: (n_items,) int32, the item of each row.
        stops: (n_tiers,) int32, where each tier of rows ends, and so the next begins.
        ranks: (n_tiers,) int32, axes that its items are scored on.
        scale: 1 / P_jj, (n_items,) float32, by item.
    """

    factors: np.ndarray
    order: np.ndarray
    stops: np.ndarray
    ranks: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, factors: np.ndarray, scale: np.ndarray, counts: np.ndarray) -> FactoredWeights:
        """From factors in item order and the number of ratings of each item."""
        order = np.argsort(-counts, kind="stable").astype(np.int32)
        rank = factors.shape[1]
        stops = [int(np.count_nonzero(counts >= least)) for least, _ in TIERS]
        ranks = [min(most, rank) for _, most in TIERS]
        return cls(
            np.ascontiguousarray(factors[order], dtype=np.float32),
            order,
            np.array(stops, np.int32),
            np.array(ranks, np.int32),
            scale.astype(np.float32),
        )

    @cached_property
    def _place(self) -> np.ndarray:
        """The row of each item."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        return place

    @cached_property
    def _tiers(self) -> list[tuple[slice, int]]:
        starts = [0, *self.stops[:-1].tolist()]
        return [
            (slice(start, stop), rank)
            for start, stop, rank in zip(starts, self.stops.tolist(), self.ranks.tolist(), strict=True)
            if stop > start
        ]

    @cached_property
    def _own(self) -> np.ndarray:
        """What an item would say of itself, (n_items,)."""
        rows = [np.einsum("ij,ij->i", *[self.factors[part, :rank]] * 2) for part, rank in self._tiers]
        return np.concatenate(rows)[self._place] * self.scale

    def _scores(self, tastes: np.ndarray) -> np.ndarray:
        """(m, n_items) of histories summed up in F, (m, rank)."""
        scores = np.empty((len(tastes), len(self.order)), dtype=np.float32)
        for part, rank in self._tiers:
            # in this order the large array is read along its rows
            scores[:, part] = (self.factors[part, :rank] @ tastes[:, :rank].T).T
        return scores[:, self._place] * self.scale

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ B, (n, n_items) float32."""
        placed = sparse.csr_array((inputs.data, self._place[inputs.indices], inputs.indptr), shape=inputs.shape)
        scores = self._scores(placed @ self.factors)
        rows = np.repeat(np.arange(inputs.shape[0]), np.diff(inputs.indptr))
        scores[rows, inputs.indices] -= inputs.data * self._own[inputs.indices]
        return scores

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ B[items], (m, n_items) float32."""
        scores = self._scores(values @ self.factors[self._place[items]])
        scores[:, items] -= values * self._own[items]
        return scores

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """B[rows][:, columns], (len(rows), len(columns))."""
        into = self._place[columns]
        ranks = self.ranks[np.searchsorted(self.stops, into, side="right")]
        targets = self.factors[into] * (np.arange(self.factors.shape[1]) < ranks[:, None])
        weights = (self.factors[self._place[rows]] @ targets.T) * self.scale[columns]
        weights[rows[:, None] == columns[None, :]] = 0.0
        return weights

    def arrays(self) -> dict[str, np.ndarray]:
        return {
            "factors": self.factors,
            "order": self.order,
            "stops": self.stops,
            "ranks": self.ranks,
            "scale": self.scale,
        }


@dataclass(frozen=True)
class SparseWeights:
    """The largest entries of B, for catalogues whose dense B would not fit.

    Attributes:
        weights: CSR (n_items, n_items) float32, zero diagonal.
    """

    weights: sparse.csr_array

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ B, (n, n_items) float32."""
        return (inputs @ self.weights).toarray()

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ B[items], (m, n_items) float32."""
        # the rows of the history once, against all its weightings; a product of two sparse matrices goes over it twice
        return np.ascontiguousarray((self.weights[items].T @ values.T).T)

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """B[rows][:, columns], (len(rows), len(columns))."""
        return self.weights[rows][:, columns].toarray()

    def arrays(self) -> dict[str, np.ndarray]:
        return {"data": self.weights.data, "indices": self.weights.indices, "indptr": self.weights.indptr}


Weights = DenseWeights | FactoredWeights | SparseWeights


def heard(values: np.ndarray) -> np.ndarray:
    """Which items of one history count (k,) in any of its weightings (m, k): the long forgotten need not be read."""
    sizes = np.abs(values)
    return (sizes > FAINT * sizes.max(axis=1, initial=0.0, keepdims=True)).any(axis=0)


def weigh(weights: Weights, values: Sequence[np.ndarray], pattern: sparse.csr_array) -> np.ndarray:
    """Several weightings (nnz,) of the n histories of a pattern: (len(values), n, n_items) float32."""
    if pattern.shape[0] == 1:
        # all from one reading of the weights
        stacked = np.stack(values)
        kept = heard(stacked)
        return weights.apply_one(stacked[:, kept], pattern.indices[kept])[:, None]
    parts = (sparse.csr_array((one, pattern.indices, pattern.indptr), shape=pattern.shape) for one in values)
    return np.stack([weights.apply(part) for part in parts])


def restore(arrays: dict[str, np.ndarray]) -> Weights:
    """Weights back from their arrays."""
    if "factors" in arrays:
        weights = FactoredWeights(**arrays)
        if not np.array_equal(np.sort(weights.order), np.arange(len(weights.factors))):
            raise ValueError("the rows of the factors are not one for each item")
        return weights
    if "weights" in arrays:
        return DenseWeights(arrays["weights"])
    size = len(arrays["indptr"]) - 1
    weights = sparse.csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=(size, size))
    weights.check_format(full_check=True)
    return SparseWeights(weights)
