"""Store and apply item-item weights in three forms: dense, factored, or only the largest entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recsys.data import csr
from recsys.errors import listing

# (fewest ratings, most axes): items with at least that many ratings are scored on at most that many axes
TIERS = ((8, 2**31 - 1), (3, 200), (0, 50))
SHORT_HISTORY = 150  # items up to which adding up rows takes less time than a product of sparse matrices
NEGLIGIBLE_SHARE = 1e-4  # inputs below this share of the largest input of the history are skipped


@dataclass(frozen=True)
class DenseWeights:
    """The whole matrix of weights W.

    Attributes:
        weights: (n_items, n_items) float32, zero diagonal.
    """

    weights: np.ndarray

    def __len__(self) -> int:
        return len(self.weights)

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ W, (n, n_items) float32."""
        return inputs @ self.weights

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ W[items], (m, n_items) float32."""
        return values @ self.weights[items]

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """W[rows][:, columns], (len(rows), len(columns))."""
        return self.weights[np.ix_(rows, columns)]

    def scaled(self, factors: np.ndarray) -> DenseWeights:
        """W with column j multiplied by factors_j."""
        return DenseWeights(self.weights * factors.astype(np.float32))

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays to save, for `restore`."""
        return {"weights": self.weights}


@dataclass(frozen=True)
class FactoredWeights:
    """Factors F with W_ij = F_i . F_j scale_j off the diagonal, small if there are fewer users than items.

    With F from the dual form, P = diag(1/L) - F F' (Woodbury) and scale_j = 1 / P_jj, this is the B of `item_item`.
    Rarely rated items, which are the majority, are scored on the first axes only, because their few ratings do not
    determine the others. The factors are rotated to principal axes, so they contain no user's history.

    Attributes:
        factors: F, (n_items, rank) float32, axes by decreasing share; rows by decreasing number of ratings.
        order: (n_items,) int32, item of each row.
        stops: (n_tiers,) int32, row at which each tier ends and the next begins.
        ranks: (n_tiers,) int32, axes used for the items of each tier.
        scale: (n_items,) float32, by item.
    """

    factors: np.ndarray
    order: np.ndarray
    stops: np.ndarray
    ranks: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, factors: np.ndarray, scale: np.ndarray, counts: np.ndarray) -> FactoredWeights:
        """Create from factors in item order and the number of ratings of each item."""
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

    def __len__(self) -> int:
        return len(self.factors)

    @cached_property
    def _row_of_item(self) -> np.ndarray:
        rows = np.empty(len(self.order), dtype=np.int64)
        rows[self.order] = np.arange(len(self.order))
        return rows

    @cached_property
    def _tiers(self) -> list[tuple[slice, np.ndarray]]:
        """Rows of each tier that has items, and their factors on its axes.

        The factors are contiguous, because a product with rows that lie far apart takes two to four times as long.
        """
        starts = [0, *self.stops[:-1].tolist()]
        return [
            (slice(start, stop), np.ascontiguousarray(self.factors[start:stop, :rank]))
            for start, stop, rank in zip(starts, self.stops.tolist(), self.ranks.tolist(), strict=True)
            if stop > start
        ]

    @cached_property
    def _diagonal(self) -> np.ndarray:
        """F_j . F_j scale_j (n_items,), which is subtracted from the scores."""
        squares = [np.square(factors).sum(axis=1) for _, factors in self._tiers]
        return np.concatenate(squares)[self._row_of_item] * self.scale

    def _scores(self, tastes: np.ndarray) -> np.ndarray:
        """Scores (m, n_items) of histories summed in the axes of F, (m, rank)."""
        scores = np.empty((len(tastes), len(self.order)), dtype=np.float32)
        for part, factors in self._tiers:
            # in this order the large array is read along its rows
            scores[:, part] = (factors @ tastes[:, : factors.shape[1]].T).T
        # `take` needs a tenth of the time of an index of two dimensions
        return np.take(scores, self._row_of_item, axis=1) * self.scale

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ W, (n, n_items) float32."""
        by_row = sparse.csr_array((inputs.data, self._row_of_item[inputs.indices], inputs.indptr), shape=inputs.shape)
        scores = self._scores(by_row @ self.factors)
        scores[csr.row_numbers(inputs), inputs.indices] -= inputs.data * self._diagonal[inputs.indices]
        return scores

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ W[items], (m, n_items) float32."""
        scores = self._scores(values @ self.factors[self._row_of_item[items]])
        scores[:, items] -= values * self._diagonal[items]
        return scores

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """W[rows][:, columns], (len(rows), len(columns))."""
        into = self._row_of_item[columns]
        ranks = self.ranks[np.searchsorted(self.stops, into, side="right")]
        targets = self.factors[into] * (np.arange(self.factors.shape[1]) < ranks[:, None])
        weights = (self.factors[self._row_of_item[rows]] @ targets.T) * self.scale[columns]
        weights[rows[:, None] == columns[None, :]] = 0.0
        return weights

    def scaled(self, factors: np.ndarray) -> FactoredWeights:
        """W with column j multiplied by factors_j."""
        scale = self.scale * factors.astype(np.float32)
        return FactoredWeights(self.factors, self.order, self.stops, self.ranks, scale)

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays to save, for `restore`."""
        names = ("factors", "order", "stops", "ranks", "scale")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class SparseWeights:
    """The largest weights of each item, for catalogues with a dense W that would be too large.

    Attributes:
        weights: CSR (n_items, n_items) float32, zero diagonal.
    """

    weights: sparse.csr_array

    def __len__(self) -> int:
        return self.weights.shape[0]

    def apply(self, inputs: sparse.csr_array) -> np.ndarray:
        """inputs @ W, (n, n_items) float32."""
        return (inputs @ self.weights).toarray()

    def apply_one(self, values: np.ndarray, items: np.ndarray) -> np.ndarray:
        """Several weightings (m, k) of one history of k items at once: values @ W[items], (m, n_items) float32."""
        if len(values) == 1 and len(items) <= SHORT_HISTORY:
            return csr.weighted_sum(self.weights, items, values[0])[None]
        # this reads the rows of the history once; a product of two sparse matrices would read them twice
        return np.ascontiguousarray((self.weights[items].T @ values.T).T)

    def columns(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """W[rows][:, columns], (len(rows), len(columns))."""
        return csr.block(self.weights, rows, columns)

    def scaled(self, factors: np.ndarray) -> SparseWeights:
        """W with column j multiplied by factors_j."""
        values = self.weights.data * factors.astype(np.float32)[self.weights.indices]
        return SparseWeights(csr.with_data(self.weights, values))

    def arrays(self) -> dict[str, np.ndarray]:
        """Arrays to save, for `restore`."""
        return csr.to_arrays(self.weights)


Weights = DenseWeights | FactoredWeights | SparseWeights


def relevant(values: np.ndarray) -> np.ndarray:
    """Items of one history with an input that is not negligible (k,) bool, in any of its weightings (m, k).

    Inputs decay with age, so the weights of items rated long ago need not be read.
    """
    sizes = np.abs(values)
    return (sizes > NEGLIGIBLE_SHARE * sizes.max(axis=1, initial=0.0, keepdims=True)).any(axis=0)


def apply_all(weights: Weights, values: Sequence[np.ndarray], pattern: sparse.csr_array) -> np.ndarray:
    """Scores of several weightings (nnz,) of the same n histories: (len(values), n, n_items) float32.

    Args:
        pattern: CSR (n, n_items); its data is ignored.
    """
    if pattern.shape[0] == 1:
        # read the weights once for all weightings
        stacked = np.stack(values)
        mask = relevant(stacked)
        return weights.apply_one(stacked[:, mask], pattern.indices[mask])[:, None]
    return np.stack([weights.apply(csr.with_data(pattern, one)) for one in values])


def restore(arrays: dict[str, np.ndarray]) -> Weights:
    """Restore weights from the arrays that `arrays()` returned.

    Raises:
        KeyError, TypeError, ValueError: the arrays do not fit together.
    """
    if "factors" in arrays:
        weights = FactoredWeights(**arrays)
        if not np.array_equal(np.sort(weights.order), np.arange(len(weights.factors))):
            raise ValueError("the rows of the factors are not one for each item")
        return weights
    if "weights" in arrays:
        dense = DenseWeights(**arrays)
        if dense.weights.shape != (len(dense), len(dense)):
            raise ValueError(f"weights of shape {dense.weights.shape}")
        return dense
    if unknown := set(arrays) - set(csr.PARTS):
        raise ValueError(f"unknown arrays {listing(sorted(unknown))}")
    return SparseWeights(csr.from_arrays(arrays, len(arrays["indptr"]) - 1))
