"""Train SASRec with Keras, on any backend."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse

from recsys.data import DataSize, Histories, Interactions
from recsys.data.csr import pattern, row_lengths, select
from recsys.data.progress import Progress, quiet
from recsys.models.config import setting
from recsys.models.neural.backend import load_keras
from recsys.models.neural.training import Run, fit, weights_by_name
from recsys.models.sequential.attention import Network
from recsys.models.sequential.sequences import Batches, in_order, ordering

VALIDATION_SHARE, MAX_VALIDATION_USERS = 0.1, 2000  # share and largest number of users whose latest item is hidden
MIN_USERS_FOR_VALIDATION = 200  # fewest users with three items for which validation users are chosen
MEMORY = 0.8  # the model is the running mean of its epochs, with this weight of the earlier ones
PATIENCE = 5  # epochs without a better score after which training stops
EARLIEST = 20  # first epochs that are not compared: the score of so few users hardly tells the later ones apart
DEPTH = 10  # length of the validated lists
CELLS = 4_000_000  # scores computed at once

# Rough estimates, not calibrated: core-seconds for compiling, per target and epoch, and per target, class and epoch;
# and the number of epochs that a training usually takes.
START_S, TARGET_S, CLASS_S, USUAL_EPOCHS = 10.0, 8e-6, 1.5e-8, 28


@dataclass(frozen=True)
class SequentialConfig:
    """Settings of the model `sequential`."""

    n_factors: int = setting(64, "Length of an item's vector.", low=2, search=(32, 64, 128))
    n_blocks: int = setting(1, "Blocks of attention.", low=1, search=(1, 2))
    n_heads: int = setting(1, "Heads of each block; n_factors must be a multiple.", low=1, search=(1, 2))
    length: int = setting(64, "Number of latest items of a history that are used.", low=2, search=(32, 64, 128))
    dropout: float = setting(0.5, "Share of units left out while training.", low=0.0, high=0.95, search=(0.2, 0.3, 0.5))
    n_negatives: int = setting(2048, "Items that each target is compared with; all in a smaller catalogue.", low=1)
    learning_rate: float = setting(0.002, "Step size of Adam.", low=1e-6, search=(0.001, 0.002))
    max_epochs: int = setting(60, "Passes over the data at most.", low=1)


class Trained(NamedTuple):
    """A trained network.

    Attributes:
        weights: float32 arrays by name; see `recsys.models.sequential.attention.Network`. Items without ratings have
            a vector of zeros.
        losses: mean cross-entropy of each epoch.
        scores: NDCG@10 of the validation users after each epoch; empty without any.
    """

    weights: dict[str, np.ndarray]
    losses: list[float]
    scores: list[float]


def train(
    data: Interactions,
    config: SequentialConfig,
    seed: int,
    progress: Progress = quiet,
    checkpoint: Path | None = None,
) -> Trained:
    """Train to predict each item of a history from those before it (Kang and McAuley 2018).

    The loss is the cross-entropy over the next item and `n_negatives` items drawn uniformly, or over all items if
    there are no more (Klenitskiy and Vasilev 2023). Training stops when the NDCG@10 of the latest items of validation
    users, hidden from training, has not risen for PATIENCE epochs, and returns the weights of the best epoch, which is
    not one of the first EARLIEST; with few users it runs for all epochs. Ratings are ignored.

    Args:
        progress, checkpoint: see `recsys.models.neural.recommender.NeuralRecommender`.

    Raises:
        MissingExtra: Keras or its backend is not installed.
        BadInput: the loss is not finite.
    """
    keras = load_keras()
    used = np.flatnonzero(data.item_counts)
    histories, validation = validation_split(
        _among(data.histories, used), config.length, np.random.default_rng([seed, 1])
    )
    sampled = len(used) > config.n_negatives
    batches = Batches(histories, len(used), config.length, config.n_negatives if sampled else 0, (seed, 2))
    model = network(keras, len(used), config, seed, sampled=sampled)
    log: dict[str, list[float]] = {"loss": []}
    if len(batches):
        run = Run(
            "sequential",
            config.max_epochs,
            progress,
            validate=validation and (lambda: validation.ndcg(Network(weights_by_name(keras, model)))),
            memory=MEMORY,
            patience=PATIENCE,
            earliest=EARLIEST,
            checkpoint=checkpoint,
            identity=f"{data.digest} {config} {seed}",
        )
        log = fit(keras, model, batches, run)
    weights = weights_by_name(keras, model)
    items = np.zeros((len(data.items), config.n_factors), np.float32)
    items[used] = weights["items"]
    return Trained({**weights, "items": items}, log["loss"], log.get("val_score", []))


def n_steps(data: Interactions, config: SequentialConfig) -> int:
    """Largest number of batches that `train` trains on."""
    return config.max_epochs * len(Batches(data.histories, len(data.items), config.length, 0, (0,)))


def estimated_seconds(size: DataSize, config: SequentialConfig) -> float:
    """Estimate the duration of `train` on this machine in seconds from the size of the data."""
    n_targets, n_classes = max(size.n_ratings - size.n_users, 0), min(size.n_items, config.n_negatives)
    n_epochs = min(USUAL_EPOCHS, config.max_epochs)
    core_seconds = START_S + n_epochs * n_targets * (TARGET_S + CLASS_S * n_classes)
    return core_seconds / (os.cpu_count() or 1)


def network(keras: ModuleType, n_items: int, config: SequentialConfig, seed: int, *, sampled: bool) -> Any:
    """The compiled Keras model: inputs and outputs of `recsys.models.sequential.sequences.Batches`.

    Its output is the logits (rows, length, classes): the target and the batch's negatives if `sampled`, all items
    otherwise.
    """
    size, layers, ops = config.n_factors, keras.layers, keras.ops

    def normal(place: int) -> Any:
        return keras.initializers.RandomNormal(stddev=0.02, seed=seed + place)

    class Block(layers.Layer):
        """The block of `recsys.models.sequential.attention.Block` for training, with dropout."""

        def __init__(self, number: int):
            super().__init__(name=f"block_{number}")
            place = 10 * (number + 1)

            def glorot(step: int) -> Any:
                return keras.initializers.GlorotUniform(seed=seed + place + step)

            def dropout(step: int) -> Any:
                return layers.Dropout(config.dropout, seed=seed + place + step)

            self.attention_norm = layers.LayerNormalization(epsilon=1e-6, name="attention_norm")
            self.attention = layers.MultiHeadAttention(
                config.n_heads,
                size // config.n_heads,
                dropout=config.dropout,
                kernel_initializer=glorot(0),
                seed=seed + place,
                name="attention",
            )
            self.hidden_norm = layers.LayerNormalization(epsilon=1e-6, name="hidden_norm")
            self.hidden = layers.Dense(size, "relu", kernel_initializer=glorot(1), name="hidden")
            self.out = layers.Dense(size, kernel_initializer=glorot(2), name="output")
            self.dropouts = [dropout(step) for step in (3, 4, 5)]

        def call(self, x: Any, allowed: Any, training: bool = False) -> Any:
            normed = self.attention_norm(x)
            attended = self.attention(normed, normed, attention_mask=allowed, training=training)
            x = x + self.dropouts[0](attended, training=training)
            hidden = self.dropouts[1](self.hidden(self.hidden_norm(x)), training=training)
            return x + self.dropouts[2](self.out(hidden), training=training)

    class Sasrec(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.items = self.add_weight(shape=(n_items, size), initializer=normal(1), name="items")
            self.positions = self.add_weight(shape=(config.length, size), initializer=normal(2), name="positions")
            self.dropout = layers.Dropout(config.dropout, seed=seed + 3)
            self.blocks = [Block(number) for number in range(config.n_blocks)]
            self.norm = layers.LayerNormalization(epsilon=1e-6, name="norm")

        def states(self, items: Any, positions: Any, parts: Any, training: bool = False) -> Any:
            x = ops.take(self.items, items, axis=0) * size**0.5 + ops.take(self.positions, positions, axis=0)
            x = self.dropout(x, training=training)
            place = ops.arange(ops.shape(items)[1])
            allowed = ops.logical_and(parts[:, :, None] == parts[:, None, :], place[:, None] >= place[None, :])
            for block in self.blocks:
                x = block(x, allowed, training=training)
            return self.norm(x)

        def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
            states = self.states(inputs["items"], inputs["positions"], inputs["parts"], training)
            if not sampled:
                return ops.matmul(states, ops.transpose(self.items))
            target, negatives = inputs["targets"][..., None], inputs["negatives"]
            wanted = ops.sum(states * ops.take(self.items, inputs["targets"], axis=0), axis=2, keepdims=True)
            others = ops.matmul(states, ops.transpose(ops.take(self.items, negatives, axis=0)))
            others = ops.where(negatives == target, -1e9, others)
            return ops.concatenate([wanted, others], axis=2)

    model = Sasrec()
    nothing = np.zeros((1, config.length), np.int32)
    model({name: nothing for name in ("items", "positions", "parts", "targets")} | {"negatives": nothing[0]})
    model.compile(
        optimizer=keras.optimizers.Adam(config.learning_rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
    )
    return model


class Validation(NamedTuple):
    """Validation users, whose hidden latest item is ranked among all unseen items.

    Attributes:
        sequences, lengths: their histories without the hidden item, see `Sequences.padded`.
        seen: CSR (n, n_items), the pattern of these histories.
        targets: (n,) the hidden items.
    """

    sequences: np.ndarray
    lengths: np.ndarray
    seen: sparse.csr_array
    targets: np.ndarray

    def ndcg(self, network: Network) -> float:
        """Mean NDCG@10 over the users."""
        step, found = max(1, CELLS // len(network.items)), []
        for start in range(0, len(self.targets), step):
            part = slice(start, start + step)
            scores = network.states(self.sequences[part], self.lengths[part]) @ network.items.T
            targets = self.targets[part]
            wanted = scores[np.arange(len(targets)), targets]
            scores[self.seen[part].nonzero()] = -np.inf
            rank = 1 + (scores > wanted[:, None]).sum(axis=1)
            found.append(np.where(rank <= DEPTH, 1 / np.log2(1 + rank), 0))
        return float(np.concatenate(found).mean())


def validation_split(
    histories: Histories, length: int, rng: np.random.Generator
) -> tuple[Histories, Validation | None]:
    """Split off the latest items of some users for validation (None with few users); return the rest to learn from."""
    matrix, lengths = histories.matrix, row_lengths(histories.matrix)
    usable = np.flatnonzero(lengths >= 3)
    if len(usable) < MIN_USERS_FOR_VALIDATION:
        return histories, None
    n_chosen = min(MAX_VALIDATION_USERS, round(VALIDATION_SHARE * len(usable)))
    chosen = np.sort(rng.choice(usable, n_chosen, replace=False))
    latest = ordering(histories, rng)[np.cumsum(lengths)[chosen] - 1]
    kept = np.ones(matrix.nnz, dtype=bool)
    kept[latest] = False
    ages = None if histories.ages is None else histories.ages[kept]
    learned = Histories(select(matrix, kept), ages)
    sequences, n_used = in_order(learned).padded(length)
    seen = sparse.csr_array(pattern(learned.matrix)[chosen])
    return learned, Validation(sequences[chosen], n_used[chosen], seen, matrix.indices[latest])


def _among(histories: Histories, columns: np.ndarray) -> Histories:
    """The same histories in a matrix with only these columns, which include all their items."""
    matrix = histories.matrix
    number = np.zeros(np.max(columns, initial=0) + 1, np.int32)
    number[columns] = np.arange(len(columns))
    parts, shape = (matrix.data, number[matrix.indices], matrix.indptr), (len(histories), len(columns))
    return Histories(sparse.csr_array(parts, shape=shape), histories.ages)
