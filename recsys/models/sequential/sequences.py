"""Convert histories to sequences of items in order, pad them, and pack them into training batches of equal shape."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recsys.data import Histories
from recsys.data.csr import row_lengths, row_numbers

TOKENS = 1024  # largest number of items in a training batch; with 4096, twice as many epochs were not enough
MIN_BATCHES = 16  # fewest batches of an epoch; with little data the batches are smaller


class Sequences(NamedTuple):
    """Items of n sequences, oldest first, one sequence after the other.

    Attributes:
        items: (total length,) column numbers.
        lengths: (n,) length of each sequence, 0 for an empty one.
    """

    items: np.ndarray
    lengths: np.ndarray

    @property
    def starts(self) -> np.ndarray:
        """Position in `items` of each sequence's first item, (n,)."""
        return np.cumsum(self.lengths) - self.lengths

    def padded(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """The latest `length` items of each sequence, padded on the right (n, at most length); and their number."""
        kept = np.minimum(self.lengths, length)
        table = np.zeros((len(kept), max(kept.max(initial=0), 1)), np.int32)
        filled = np.arange(table.shape[1]) < kept[:, None]
        first = self.starts + self.lengths - kept
        table[filled] = self.items[(first[:, None] + np.arange(table.shape[1]))[filled]]
        return table, kept


def ordering(histories: Histories, rng: np.random.Generator | None = None) -> np.ndarray:
    """Positions (nnz,) of the entries of each history, oldest first.

    Items with equal times, and all items without times, are ordered by number, or at random with `rng`.
    """
    matrix = histories.matrix
    ages = np.zeros(matrix.nnz, np.float32) if histories.ages is None else histories.ages
    ties = matrix.indices if rng is None else rng.random(matrix.nnz)
    return np.lexsort((ties, -ages, row_numbers(matrix)))


def in_order(histories: Histories, rng: np.random.Generator | None = None) -> Sequences:
    """Each history as a sequence, oldest first; `rng` as in `ordering`."""
    return Sequences(histories.matrix.indices[ordering(histories, rng)], row_lengths(histories.matrix))


class Batches:
    """Training batches in which every item that has an earlier one is a target once per epoch.

    The histories, in random order, form one stream of items that is cut into rows of `length`. A history that is cut
    continues in the next row, so rows are full and long histories are used completely. Batch `index` is (inputs,
    targets, weights): inputs is a dict of `items`, `positions` in the part of a history, `parts` (the number of the
    part in its row), and `targets`, all (rows, length) int32, and `negatives` (n_negatives,) drawn uniformly. The class
    to predict is 0 (the target, which precedes the negatives), or the item itself without negatives. Weights are 0 in
    the padding of the last rows.

    Args:
        histories: of all users.
        n_items: in the catalogue.
        length: of a row.
        n_negatives: drawn for a batch; 0 to compare each target with all items.
        seed: of all draws; a batch depends only on the seed, the epoch and its index.
    """

    def __init__(self, histories: Histories, n_items: int, length: int, n_negatives: int, seed: tuple[int, ...]):
        self.histories, self.n_items, self.length = histories, n_items, length
        self.n_negatives, self.seed = n_negatives, seed
        n_targets = int(np.maximum(row_lengths(histories.matrix) - 1, 0).sum())
        n_rows = math.ceil(n_targets / length)
        self.rows = max(1, min(TOKENS // length, n_rows // MIN_BATCHES))
        self.n_batches = math.ceil(n_rows / self.rows)
        self.start_epoch(0)

    def __len__(self) -> int:
        return self.n_batches

    def start_epoch(self, epoch: int) -> None:
        """Shuffle the histories, and items with equal times in each."""
        self._epoch = epoch
        rng = np.random.default_rng([*self.seed, epoch])
        sequences = in_order(self.histories, rng)
        shuffled = rng.permutation(len(sequences.lengths))
        used = np.maximum(sequences.lengths[shuffled] - 1, 0)  # the latest item has no following item to predict
        owner = np.repeat(np.arange(len(used)), used)
        source = np.arange(len(owner)) + np.repeat(sequences.starts[shuffled] - (np.cumsum(used) - used), used)
        shape, n_used = (self.n_batches * self.rows, self.length), len(owner)
        items, targets, owners = (np.zeros(shape, np.int32) for _ in range(3))
        items.ravel()[:n_used], targets.ravel()[:n_used] = sequences.items[source], sequences.items[source + 1]
        owners.ravel()[:n_used] = owner + 1
        begins = np.ones(shape, dtype=bool)
        begins[:, 1:] = owners[:, 1:] != owners[:, :-1]
        place = np.arange(self.length, dtype=np.int32)
        first = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
        self._inputs = {
            "items": items,
            "positions": place - first,
            "parts": np.cumsum(begins, axis=1, dtype=np.int32),
            "targets": targets,
        }
        self._weights = (owners > 0).astype(np.float32)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        rng = np.random.default_rng([*self.seed, self._epoch, index])
        rows = slice(index * self.rows, (index + 1) * self.rows)
        inputs = {name: values[rows] for name, values in self._inputs.items()}
        inputs["negatives"] = rng.integers(0, self.n_items, max(self.n_negatives, 1), dtype=np.int32)
        classes = np.zeros_like(inputs["targets"]) if self.n_negatives else inputs["targets"]
        return inputs, classes, self._weights[rows]
