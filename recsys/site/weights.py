"""Reduce the weights of a linear item-item model to a few megabytes for a browser.

Items are numbered by popularity, so that the lower number wins a tie and most column numbers are small. Row i has the
weights that a rated item i adds to the scores of other items. A weight is stored as a level from -127 to 127:
W_ij = step_i level_ij |level_ij|. Squared levels are finer near 0, where most weights are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from recsys.data import csr
from recsys.models.collaborative.linear_item_item import LinearItemItem

MOST_LEVEL = 127
BLOCK = 1024  # rows that are computed at once
LEAST = 40  # number of the largest weights of an item that are always kept
RARE = 1 / 2000  # added to the popularity of items, so that unrated ones count a little
MOST_ITEMS = 65_535  # largest number of items, because columns are stored as uint16


@dataclass(frozen=True, eq=False)
class SiteWeights:
    """The largest weights of a model, quantized.

    Attributes:
        steps: (n_items,) float32, the unit of each row.
        counts: (n_items,) uint16, number of weights of each row.
        columns: (n,) uint16, sorted within each row.
        levels: (n,) int8, never 0.
    """

    steps: np.ndarray
    counts: np.ndarray
    columns: np.ndarray
    levels: np.ndarray

    @cached_property
    def starts(self) -> np.ndarray:
        """(n_items + 1,) int64: row i has the entries starts[i] to starts[i + 1] - 1."""
        return np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])

    @property
    def shape(self) -> dict[str, int]:
        """What a reader of the packed arrays must know."""
        return {"items": len(self.counts), "weights": len(self.columns)}

    def row(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Columns and squared levels, float64, of one row; multiply them by its step for the weights."""
        part = slice(self.starts[number], self.starts[number + 1])
        levels = self.levels[part].astype(np.float64)
        return self.columns[part], levels * np.abs(levels)

    def pack(self) -> bytes:
        """All arrays in little-endian order: steps, counts, distances between columns, levels.

        Columns are stored as distances to the previous one, first the low bytes of all, then the high bytes: a
        compressed file becomes smaller by half.
        """
        gaps = self.gaps
        low, high = (gaps & 255).astype(np.uint8), (gaps >> 8).astype(np.uint8)
        parts = (self.steps.astype("<f4"), self.counts.astype("<u2"), low, high, self.levels)
        return b"".join(part.tobytes() for part in parts)

    @property
    def gaps(self) -> np.ndarray:
        """(n,) distance of each column to the previous one of its row; the first one is the column itself."""
        gaps = np.diff(self.columns.astype(np.int64), prepend=0)
        first = self.starts[:-1][self.counts > 0]
        gaps[first] = self.columns[first]
        return gaps


def reduce(model: LinearItemItem, items: np.ndarray, per_item: int, least: int = LEAST) -> SiteWeights:
    """Keep the most important weights between some items of a model, and quantize them.

    The importance of W_ij is |W_ij| n_i^1/2 n_j^1/4, where n are numbers of ratings. If a history contains item i with
    a probability proportional to n_i, the mean square error of the scores without W_ij is proportional to n_i W_ij^2.
    The second factor is there because rarely rated items are seldom near the top of a list.

    Args:
        model: fitted.
        items: (n,) numbers of the items in the model, most popular first.
        per_item: mean number of weights per item.
        least: number of the largest weights of each item that are kept in any case.
    """
    counts = model.popularity[items].astype(np.float64) + RARE
    blocks = [
        _Block.of(model, items, slice(start, start + BLOCK), counts, per_item * len(items), least)
        for start in range(0, len(items), BLOCK)
    ]
    importance = np.concatenate([block.importance for block in blocks])
    kept = _largest(importance, per_item * len(items))
    cut = np.concatenate([[0], np.cumsum([len(block.importance) for block in blocks])])
    rows = [_quantized(block.kept(kept[low:high])) for block, low, high in zip(blocks, cut[:-1], cut[1:], strict=True)]
    return SiteWeights(
        steps=np.concatenate([one.steps for one in rows]),
        counts=np.concatenate([one.counts for one in rows]),
        columns=np.concatenate([one.columns for one in rows]),
        levels=np.concatenate([one.levels for one in rows]),
    )


@dataclass(frozen=True, eq=False)
class _Block:
    """Candidates of some rows: weights that may be kept.

    Attributes:
        weights: CSR (n_rows, n_items).
        importance: (nnz,) float32, infinite for weights that are kept in any case.
    """

    weights: sparse.csr_array
    importance: np.ndarray

    @classmethod
    def of(
        cls, model: LinearItemItem, items: np.ndarray, part: slice, counts: np.ndarray, most: int, least: int
    ) -> _Block:
        weights = np.where(model.rated[items], model.weights.columns(items[part], items), 0.0)
        sizes = np.abs(weights)
        importance = (sizes * counts[part, None] ** 0.5 * counts**0.25).astype(np.float32)
        if least < sizes.shape[1]:
            cut = np.partition(sizes, sizes.shape[1] - least, axis=1)[:, [sizes.shape[1] - least]]
            importance[(sizes >= cut) & (sizes > 0)] = np.inf
        found = _largest(importance.ravel(), most).reshape(importance.shape)
        rows, columns = np.nonzero(found & (sizes > 0))
        chosen = sparse.csr_array((weights[rows, columns], (rows, columns)), shape=weights.shape)
        chosen.sort_indices()
        return cls(chosen, importance[rows, columns])

    def kept(self, mask: np.ndarray) -> sparse.csr_array:
        """The weights of a mask (nnz,)."""
        return csr.select(self.weights, mask)


def _largest(values: np.ndarray, n: int) -> np.ndarray:
    """(len(values),) bool: the n largest ones, and all that are infinite or equal to the last."""
    if n >= len(values):
        return np.ones(len(values), dtype=bool)
    cut = np.partition(values, len(values) - n)[len(values) - n] if n else np.inf
    return values >= cut


def _quantized(weights: sparse.csr_array) -> SiteWeights:
    """Some rows with levels in place of weights; a weight whose level is 0 is left out."""
    rows = csr.row_numbers(weights)
    largest = np.zeros(weights.shape[0])
    np.maximum.at(largest, rows, np.abs(weights.data))
    share = weights.data / np.where(largest > 0, largest, 1.0)[rows]
    levels = np.rint(np.sign(share) * np.sqrt(np.abs(share)) * MOST_LEVEL).astype(np.int8)
    stays = levels != 0
    return SiteWeights(
        steps=(largest / MOST_LEVEL**2).astype(np.float32),
        counts=np.bincount(rows[stays], minlength=weights.shape[0]).astype(np.uint16),
        columns=weights.indices[stays].astype(np.uint16),
        levels=levels[stays],
    )
