"""Training of the `ncf` network in Keras 3 on JAX; the one place that imports them, when called."""

from __future__ import annotations

import importlib
import logging
import os
import time
from typing import Any

import numpy as np
from scipy import sparse

from recsys.errors import MissingExtra

logger = logging.getLogger(__name__)
ROWS = 64  # histories in a batch
TARGETS = 16  # items hidden from a history at most
MOST_EPOCHS = 60
HELD_SHARE, MOST_HELD = 0.02, 200  # users whose loss is watched and not learnt from,
WATCHED_USERS = 200  # where there are at least so many


def backend() -> tuple[Any, Any]:
    """The modules jax and keras, the latter on the former.

    Raises:
        MissingExtra: one is not installed, or Keras was already imported with another backend.
    """
    # read by keras on its first import, and only then
    os.environ.setdefault("KERAS_BACKEND", "jax")
    try:
        jax, keras = importlib.import_module("jax"), importlib.import_module("keras")
    except ImportError as error:
        raise MissingExtra(
            f'training ncf needs Keras on JAX ({error}): pip install "keras>=3" jax, then train again.'
        ) from error
    if keras.backend.backend() != "jax":
        raise MissingExtra(
            f"training ncf needs Keras on JAX, and KERAS_BACKEND is {keras.backend.backend()!r}: set KERAS_BACKEND=jax."
        )
    return jax, keras


def network(keras: Any, n_items: int, size: int, hidden: tuple[int, int], seed: int) -> Any:
    """A Keras model: (known (n, n_items) float32, items (n, m) int32) -> logits (n, m).

    `known` holds a history's pattern divided by the square root of its length.
    """

    class Network(keras.Model):
        def __init__(self) -> None:
            super().__init__()

            def table(name: str, place: int, width: int = size) -> Any:
                first = keras.initializers.RandomNormal(stddev=0.1, seed=seed + place)
                return self.add_weight(shape=(n_items, width), initializer=first, name=name)

            def dense(name: str, place: int, width: int, **more: Any) -> Any:
                first = keras.initializers.GlorotUniform(seed=seed + place)
                return keras.layers.Dense(width, kernel_initializer=first, name=name, **more)

            self.gmf_in, self.gmf_out = table("gmf_in", 1), table("gmf_out", 2)
            self.mlp_in, self.mlp_out = table("mlp_in", 3), table("mlp_out", 4)
            self.bias = self.add_weight(shape=(n_items,), initializer="zeros", name="bias")
            self.of_history = dense("of_history", 5, hidden[0], use_bias=False)
            self.of_item = dense("of_item", 6, hidden[0])
            self.second = dense("second", 7, hidden[1], activation="relu")
            self.gmf_head = self.add_weight(shape=(size,), initializer="ones", name="gmf_head")
            self.mlp_head = dense("mlp_head", 8, 1, use_bias=False)

        def call(self, known: Any, items: Any) -> Any:
            ops = keras.ops
            taste = ops.matmul(known, self.gmf_in) * self.gmf_head
            gmf = ops.sum(taste[:, None] * ops.take(self.gmf_out, items, axis=0), axis=2)
            history = self.of_history(ops.matmul(known, self.mlp_in))
            hidden_layer = ops.relu(history[:, None] + ops.take(self.of_item(self.mlp_out), items, axis=0))
            mlp = self.mlp_head(self.second(hidden_layer))[..., 0]
            return gmf + mlp + ops.take(self.bias, items, axis=0)

    made = Network()
    made(np.zeros((1, n_items), np.float32), np.zeros((1, 1), np.int32))
    return made


def train(
    matrix: sparse.csr_array,
    size: int,
    hidden: tuple[int, int],
    n_steps: int,
    n_negatives: int,
    dropout: float,
    learning_rate: float,
    reg: float,
    seed: int,
) -> tuple[dict[str, np.ndarray], list[float], list[float]]:
    """Trained weights by name, float32, the mean loss of each epoch, and that of held-out users after it.

    Binary cross-entropy (He et al. 2017): each step hides up to 16 items of each of 64 histories and tells them from
    `n_negatives` times as many drawn at random; of the rest a share `dropout` is left out. Held-out users (none in
    small data) are asked with the whole rest of their history, and without the penalty on vectors.
    """
    jax, keras = backend()
    rng = np.random.default_rng(seed)
    model = network(keras, matrix.shape[1], size, hidden, seed)
    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(model.trainable_variables)
    tables = [
        place
        for place, variable in enumerate(model.trainable_variables)
        if variable.name in ("gmf_in", "gmf_out", "mlp_in", "mlp_out")
    ]

    def loss_of(trainable: list, fixed: list, known: Any, items: Any, labels: Any, weights: Any) -> Any:
        logits, _ = model.stateless_call(trainable, fixed, known, items)
        loss = jax.numpy.sum((jax.nn.softplus(logits) - logits * labels) * weights) / jax.numpy.sum(weights)
        return loss + reg * sum(jax.numpy.sum(trainable[place] ** 2) for place in tables)

    @jax.jit
    def watched_loss(trainable: list, fixed: list, *batch: Any) -> Any:
        logits, _ = model.stateless_call(trainable, fixed, *batch[:2])
        return jax.numpy.sum((jax.nn.softplus(logits) - logits * batch[2]) * batch[3]), jax.numpy.sum(batch[3])

    @jax.jit
    def step(trainable: list, fixed: list, moments: list, *batch: Any) -> tuple:
        loss, gradients = jax.value_and_grad(loss_of)(trainable, fixed, *batch)
        return *optimizer.stateless_apply(moments, gradients, trainable), loss

    trainable = [variable.value for variable in model.trainable_variables]
    fixed = [variable.value for variable in model.non_trainable_variables]
    moments = [variable.value for variable in optimizer.variables]
    matrix, watched = _watched(matrix, np.random.default_rng([seed, 1]))
    asked = list(batches(watched, n_negatives, 0.0, np.random.default_rng([seed, 2])))
    losses: list[float] = []
    held: list[float] = []
    steps = 0
    while steps < n_steps and len(losses) < MOST_EPOCHS:
        started, epoch = time.perf_counter(), []
        for batch in batches(matrix, n_negatives, dropout, rng):
            trainable, moments, loss = step(trainable, fixed, moments, *batch)
            epoch.append(loss)
        if not epoch:
            break
        steps += len(epoch)
        losses.append(float(np.mean([float(loss) for loss in epoch])))
        if asked:
            parts = [watched_loss(trainable, fixed, *batch) for batch in asked]
            held.append(float(sum(float(loss) for loss, _ in parts) / sum(float(weight) for _, weight in parts)))
        logger.info("ncf: epoch %d, loss %.4f, %.2f s", len(losses), losses[-1], time.perf_counter() - started)
    names = [variable.path.split("/", 1)[-1].replace("/", ".") for variable in model.trainable_variables]
    return {name: np.array(value, np.float32) for name, value in zip(names, trainable, strict=True)}, losses, held


def _watched(matrix: sparse.csr_array, rng: np.random.Generator) -> tuple[sparse.csr_array, sparse.csr_array]:
    """The rows to learn from and those to watch, each in a matrix of the same shape."""
    lengths = np.diff(matrix.indptr)
    able = np.flatnonzero(lengths >= 2)
    taken = np.zeros(len(lengths), dtype=bool)
    if len(able) >= WATCHED_USERS:
        taken[rng.choice(able, min(MOST_HELD, round(HELD_SHARE * len(able))), replace=False)] = True
    parts = []
    for rows in (~taken, taken):
        kept = np.repeat(rows, lengths)
        indptr = np.concatenate([[0], np.cumsum(np.where(rows, lengths, 0))])
        parts.append(sparse.csr_array((matrix.data[kept], matrix.indices[kept], indptr), shape=matrix.shape))
    return parts[0], parts[1]


def batches(matrix: sparse.csr_array, n_negatives: int, dropout: float, rng: np.random.Generator):
    """Every interaction once as a target: known (ROWS, n_items), items, labels and weights (ROWS, TARGETS (1 + n)).

    A user's items are dealt at random into parts of at most TARGETS, at least two; each part is hidden in turn.
    """
    lengths = np.diff(matrix.indptr)
    users = np.repeat(np.arange(len(lengths)), lengths)
    parts = np.where(lengths >= 2, np.maximum(2, -(-lengths // TARGETS)), 0)
    first = np.concatenate([[0], np.cumsum(parts)])
    order = np.lexsort((rng.random(len(users)), users))
    place = np.arange(len(users)) - np.repeat(matrix.indptr[:-1], lengths)
    whole = lengths[users] >= 2
    part = first[users[whole]] + place[whole] * parts[users[whole]] // lengths[users[whole]]
    items = matrix.indices[order][whole]
    starts = np.searchsorted(part, np.arange(first[-1] + 1))
    owner = np.repeat(np.arange(len(lengths)), parts)
    shuffled = rng.permutation(first[-1])
    for low in range(0, len(shuffled), ROWS):
        chosen = shuffled[low : low + ROWS]
        seen = np.zeros((ROWS, matrix.shape[1]), dtype=bool)
        known = np.zeros(seen.shape, np.float32)
        row, at = _ranges(matrix.indptr[owner[chosen]], matrix.indptr[owner[chosen] + 1])
        columns = matrix.indices[at]
        seen[row, columns] = True
        known[row, columns] = rng.random(len(at)) >= dropout
        row, at = _ranges(starts[chosen], starts[chosen + 1])
        hidden = np.bincount(row, minlength=ROWS)
        known[row, items[at]] = 0.0
        left = seen.sum(axis=1) - hidden
        known /= (1.0 - dropout) * np.sqrt(np.maximum(left, 1))[:, None].astype(np.float32)
        slot = np.arange(len(row)) - np.repeat(np.cumsum(hidden) - hidden, hidden)
        asked = rng.integers(0, matrix.shape[1], (ROWS, TARGETS * (1 + n_negatives)), dtype=np.int32)
        weights = (~np.take_along_axis(seen, asked, axis=1)).astype(np.float32)
        weights[len(chosen) :] = 0.0
        weights[:, :TARGETS] = 0.0
        labels = np.zeros_like(weights)
        asked[row, slot], weights[row, slot], labels[row, slot] = items[at], 1.0, 1.0
        yield known, asked, labels, weights


def _ranges(starts: np.ndarray, stops: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row number and position of every element of the ranges starts[r]..stops[r]-1."""
    lengths = stops - starts
    rows = np.repeat(np.arange(len(lengths)), lengths)
    return rows, np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + np.repeat(starts, lengths)
