"""Train the `ncf` network with Keras, on any backend."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, cast

import numpy as np
from scipy import sparse

from recsys.data import Interactions
from recsys.data.progress import Progress, quiet
from recsys.models.config import setting
from recsys.models.neural.backend import load_keras
from recsys.models.neural.training import Run, fit, weights_by_name

ROWS = 64  # histories in a batch
TARGETS = 16  # most items hidden from a history at once
MAX_EPOCHS = 60
VALIDATION_SHARE, MAX_VALIDATION_USERS = 0.02, 200  # share and largest number of users held out for validation
MIN_USERS_FOR_VALIDATION = 200  # fewest users with two items for which some are held out


@dataclass(frozen=True)
class NcfConfig:
    """Settings of the model `ncf`."""

    n_factors: int = setting(32, "Length of an item's vector in each branch.", low=1, search=(16, 32, 64))
    n_hidden: int = setting(64, "Units of the first hidden layer, the second has half.", low=2, search=(32, 64, 128))
    n_steps: int = setting(2000, "Batches of 64 histories, at most 60 passes.", low=1, search=(1000, 1500, 2000, 3000))
    n_negatives: int = setting(8, "Unseen items drawn for each hidden one.", low=1, search=(4, 8, 16))
    dropout: float = setting(
        0.5, "Share of a history left out at random while training.", low=0.0, high=0.95, search=(0.3, 0.5, 0.7)
    )
    learning_rate: float = setting(0.002, "Step size of Adam.", low=1e-6, search=(0.001, 0.002, 0.004))
    reg: float = setting(1e-5, "Penalty on the squared length of item vectors.", low=0.0, search=(0.0, 1e-5, 5e-5))


class Trained(NamedTuple):
    """A trained network.

    Attributes:
        weights: float32 arrays by name; see `recsys.models.collaborative.ncf.Network`.
        losses: mean cross-entropy of each epoch.
        held_losses: the same of the validation users after each epoch; empty without any.
    """

    weights: dict[str, np.ndarray]
    losses: list[float]
    held_losses: list[float]


def train(
    data: Interactions, config: NcfConfig, seed: int, progress: Progress = quiet, checkpoint: Path | None = None
) -> Trained:
    """Train to distinguish each user's items from items drawn at random (He et al. 2017); ratings are ignored.

    Each step hides up to 16 items of each of 64 histories and minimises the binary cross-entropy between them and
    `n_negatives` times as many drawn at random; a share `dropout` of the rest of the history is left out. For
    validation users nothing of the rest is left out.

    Args:
        progress: called after each epoch; see `recsys.models.neural.recommender.NeuralRecommender`.
        checkpoint: file of the training state; see there.

    Costs at most 1.2 times a loop written directly in JAX (`python tests/plain_ncf.py` measures both in turns).

    Raises:
        MissingExtra: Keras or its backend is not installed.
        BadInput: the loss is not finite.
    """
    keras = load_keras()
    model = network(keras, len(data.items), config, seed)
    learned, held = validation_split(data.matrix, np.random.default_rng([seed, 1]))
    batches = Batches(learned, config.n_negatives, config.dropout, (seed, 2))
    if not len(batches):
        return Trained(weights_by_name(keras, model), [], [])
    validation = Batches(held, config.n_negatives, 0.0, (seed, 3))
    run = Run(
        "ncf",
        min(MAX_EPOCHS, math.ceil(config.n_steps / len(batches))),
        progress,
        checkpoint=checkpoint,
        identity=f"{data.digest} {config} {seed}",
    )
    log = fit(keras, model, batches, run, validation if len(validation) else None)
    return Trained(weights_by_name(keras, model), log["cross_entropy"], log.get("val_cross_entropy", []))


def n_steps(data: Interactions, config: NcfConfig) -> int:
    """Largest number of batches that `train` trains on: whole passes, at most MAX_EPOCHS."""
    n_batches = len(Batches(data.matrix, config.n_negatives, config.dropout, (0,)))
    return n_batches * min(MAX_EPOCHS, math.ceil(config.n_steps / n_batches)) if n_batches else 0


def network(keras: ModuleType, n_items: int, config: NcfConfig, seed: int) -> Any:
    """The compiled Keras model: inputs known (n, n_items) float32 and items (n, m) int32, output logits (n, m, 1).

    `known` is the pattern of a history divided by the square root of its length. The item half of the first hidden
    layer is computed for all items and then looked up. This is cheaper than looking up the items first, because a batch
    has several times more targets than there are items.
    """
    size, hidden = config.n_factors, (config.n_hidden, max(config.n_hidden // 2, 1))

    class Network(keras.Model):
        def __init__(self) -> None:
            super().__init__()

            def table(name: str, place: int) -> Any:
                normal = keras.initializers.RandomNormal(stddev=0.1, seed=seed + place)
                penalty = keras.regularizers.L2(config.reg)
                return self.add_weight(shape=(n_items, size), initializer=normal, regularizer=penalty, name=name)

            def dense(name: str, place: int, width: int, **more: Any) -> Any:
                glorot = keras.initializers.GlorotUniform(seed=seed + place)
                return keras.layers.Dense(width, kernel_initializer=glorot, name=name, **more)

            self.gmf_in, self.gmf_out = table("gmf_in", 1), table("gmf_out", 2)
            self.mlp_in, self.mlp_out = table("mlp_in", 3), table("mlp_out", 4)
            self.bias = self.add_weight(shape=(n_items,), initializer="zeros", name="bias")
            self.of_history = dense("of_history", 5, hidden[0], use_bias=False)
            self.of_item = dense("of_item", 6, hidden[0])
            self.second = dense("second", 7, hidden[1], activation="relu")
            self.gmf_head = self.add_weight(shape=(size,), initializer="ones", name="gmf_head")
            self.mlp_head = dense("mlp_head", 8, 1, use_bias=False)

        def call(self, inputs: tuple[Any, Any]) -> Any:
            ops, (known, items) = keras.ops, inputs
            taste = ops.matmul(known, self.gmf_in) * self.gmf_head
            gmf = ops.sum(taste[:, None] * ops.take(self.gmf_out, items, axis=0), axis=2, keepdims=True)
            history = self.of_history(ops.matmul(known, self.mlp_in))
            first = ops.relu(history[:, None] + ops.take(self.of_item(self.mlp_out), items, axis=0))
            mlp = self.mlp_head(self.second(first))
            return gmf + mlp + ops.take(self.bias, items, axis=0)[..., None]

    model = Network()
    model((np.zeros((1, n_items), np.float32), np.zeros((1, 1), np.int32)))
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss=keras.losses.BinaryCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
        weighted_metrics=[keras.metrics.BinaryCrossentropy(from_logits=True, name="cross_entropy")],
    )
    return model


def validation_split(matrix: sparse.csr_array, rng: np.random.Generator) -> tuple[sparse.csr_array, sparse.csr_array]:
    """Split the rows into those to learn from and those to validate on, each in a matrix of the same shape."""
    lengths = np.diff(matrix.indptr)
    usable = np.flatnonzero(lengths >= 2)
    held = np.zeros(len(lengths), dtype=bool)
    if len(usable) >= MIN_USERS_FOR_VALIDATION:
        n_held = min(MAX_VALIDATION_USERS, round(VALIDATION_SHARE * len(usable)))
        held[rng.choice(usable, n_held, replace=False)] = True
    parts = []
    for rows in (~held, held):
        kept = np.repeat(rows, lengths)
        indptr = np.concatenate([[0], np.cumsum(np.where(rows, lengths, 0))])
        parts.append(sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape))
    return parts[0], parts[1]


class Batches:
    """Training batches in which every interaction is a target once per epoch.

    A user's items are dealt at random into parts of at most TARGETS, at least two; each part is hidden in turn.
    Users with one item are left out. Batch `index` is ((known (ROWS, n_items), items), labels, weights), the last
    three (ROWS, TARGETS (1 + n_negatives)), labels with an axis of 1 behind. Empty slots have weight 0.

    Args:
        matrix: pattern (n_users, n_items).
        n_negatives: items drawn at random for each target; items of the same user get weight 0.
        dropout: share of the rest of a history that is left out.
        seed: of all draws; a batch depends only on the seed, the epoch and its index.
    """

    def __init__(self, matrix: sparse.csr_array, n_negatives: int, dropout: float, seed: tuple[int, ...]):
        self.matrix, self.n_negatives, self.dropout, self.seed = matrix, n_negatives, dropout, seed
        _, self.n_items = cast(tuple[int, int], matrix.shape)
        lengths = np.diff(matrix.indptr)
        self._parts = np.where(lengths >= 2, np.maximum(2, -(-lengths // TARGETS)), 0)  # ceil(length / TARGETS)
        self._owners = np.repeat(np.arange(len(lengths)), self._parts)
        self.start_epoch(0)

    def __len__(self) -> int:
        return math.ceil(len(self._owners) / ROWS)

    def start_epoch(self, epoch: int) -> None:
        """Divide the items into parts at random and shuffle the parts."""
        self._epoch = epoch
        rng = np.random.default_rng([*self.seed, self._epoch])
        lengths, first = np.diff(self.matrix.indptr), np.concatenate([[0], np.cumsum(self._parts)])
        users = np.repeat(np.arange(len(lengths)), lengths)
        order = np.lexsort((rng.random(len(users)), users))
        position = np.arange(len(users)) - np.repeat(self.matrix.indptr[:-1], lengths)
        usable = lengths[users] >= 2
        users, position = users[usable], position[usable]
        part = first[users] + position * self._parts[users] // lengths[users]
        self._targets = self.matrix.indices[order][usable]
        self._starts = np.searchsorted(part, np.arange(first[-1] + 1))
        self._shuffled = rng.permutation(first[-1])

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
        rng = np.random.default_rng([*self.seed, self._epoch, index])
        chosen = self._shuffled[index * ROWS : (index + 1) * ROWS]
        owners, indptr = self._owners[chosen], self.matrix.indptr
        seen = np.zeros((ROWS, self.n_items), dtype=bool)
        known = np.zeros(seen.shape, np.float32)
        row, at = _ranges(indptr[owners], indptr[owners + 1])
        columns = self.matrix.indices[at]
        seen[row, columns] = True
        known[row, columns] = rng.random(len(at)) >= self.dropout
        row, at = _ranges(self._starts[chosen], self._starts[chosen + 1])
        hidden = np.bincount(row, minlength=ROWS)
        known[row, self._targets[at]] = 0.0
        left = seen.sum(axis=1) - hidden
        known /= (1.0 - self.dropout) * np.sqrt(np.maximum(left, 1))[:, None].astype(np.float32)
        slot = np.arange(len(row)) - np.repeat(np.cumsum(hidden) - hidden, hidden)
        items = rng.integers(0, seen.shape[1], (ROWS, TARGETS * (1 + self.n_negatives)), dtype=np.int32)
        weights = (~np.take_along_axis(seen, items, axis=1)).astype(np.float32)
        weights[len(chosen) :] = 0.0
        weights[:, :TARGETS] = 0.0
        labels = np.zeros_like(weights)
        items[row, slot], weights[row, slot], labels[row, slot] = self._targets[at], 1.0, 1.0
        return (known, items), labels[..., None], weights


def _ranges(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row number and position of every element of the ranges starts[r]..stops[r]-1."""
    lengths = stops - starts
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
