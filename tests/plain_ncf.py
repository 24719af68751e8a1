"""The network of `ncf` written directly in JAX, to check it against and to time it beside.

`python tests/plain_ncf.py [EPOCHS]` prints the seconds of an epoch of both, in turn, on random data of the size of
MovieLens 100K.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from recsys.models import ncf_training
from recsys.models.ncf import Ncf

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
TABLES = ("gmf_in", "gmf_out", "mlp_in", "mlp_out")


def logits(weights, known, items):
    """s of (n, n_items) histories and (n, m) items; see `Ncf` for the equation."""
    import jax
    import jax.numpy as jnp

    taste = (known @ weights["gmf_in"]) * weights["gmf_head"]
    gmf = jnp.sum(taste[:, None] * weights["gmf_out"][items], axis=2)
    history = (known @ weights["mlp_in"]) @ weights["of_history.kernel"]
    of_items = weights["mlp_out"] @ weights["of_item.kernel"] + weights["of_item.bias"]
    hidden = jax.nn.relu(history[:, None] + of_items[items])
    second = jax.nn.relu(hidden @ weights["second.kernel"] + weights["second.bias"])
    return gmf + (second @ weights["mlp_head.kernel"])[..., 0] + weights["bias"][items]


def train(weights, matrix, epochs, n_negatives=8, dropout=0.5, learning_rate=0.002, reg=1e-5, seed=0):
    """Trained weights, and loss and seconds of each epoch, on the batches that `ncf_training` makes."""
    import jax
    import jax.numpy as jnp

    def loss_of(weights, known, items, labels, counts):
        scores = logits(weights, known, items)
        loss = jnp.sum((jax.nn.softplus(scores) - scores * labels) * counts) / jnp.sum(counts)
        return loss + reg * sum(jnp.sum(weights[name] ** 2) for name in TABLES)

    @jax.jit
    def step(weights, first, second, place, *batch):
        loss, slopes = jax.value_and_grad(loss_of)(weights, *batch)
        place = place + 1
        rate = learning_rate * jnp.sqrt(1 - BETA_2**place) / (1 - BETA_1**place)
        first = {name: BETA_1 * first[name] + (1 - BETA_1) * slopes[name] for name in weights}
        second = {name: BETA_2 * second[name] + (1 - BETA_2) * slopes[name] ** 2 for name in weights}
        weights = {name: weights[name] - rate * first[name] / (jnp.sqrt(second[name]) + EPSILON) for name in weights}
        return weights, first, second, place, loss

    weights = {name: jnp.asarray(value) for name, value in weights.items()}
    first = {name: jnp.zeros_like(value) for name, value in weights.items()}
    second, place, rng = dict(first), jnp.float32(0), np.random.default_rng(seed)
    losses, seconds = [], []
    for _ in range(epochs):
        started, found = time.perf_counter(), []
        for batch in ncf_training.batches(matrix, n_negatives, dropout, rng):
            weights, first, second, place, loss = step(weights, first, second, place, *batch)
            found.append(loss)
        losses.append(float(np.mean([float(loss) for loss in found])))
        seconds.append(time.perf_counter() - started)
    return {name: np.asarray(value) for name, value in weights.items()}, losses, seconds


def first_weights(n_items, size=32, hidden=(64, 32), seed=0):
    """What the Keras network begins with, by name."""
    _, keras = ncf_training.backend()
    variables = ncf_training.network(keras, n_items, size, hidden, seed).trainable_variables
    return {one.path.split("/", 1)[-1].replace("/", "."): np.array(one.value) for one in variables}


def random_data(n_users=943, n_items=1682, n_ratings=100_000, seed=0):
    """A pattern (n_users, n_items) in which some items and users are much busier than others."""
    rng = np.random.default_rng(seed)
    pairs = np.unique(np.column_stack([(rng.random(n_ratings) ** 1.6 * n_users).astype(int),
                                       (rng.random(n_ratings) ** 2.2 * n_items).astype(int)]), axis=0)  # fmt: skip
    ones = np.ones(len(pairs), np.float32)
    return sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n_users, n_items))


class Seconds(logging.Handler):
    """Collects the seconds of each epoch that training logs."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.found = []

    def emit(self, record):
        self.found.append(float(record.args[2]))


def main(epochs):
    defaults, matrix, seconds = Ncf().config, random_data(), Seconds()
    ncf_training.logger.setLevel(logging.INFO)
    ncf_training.logger.addHandler(seconds)
    ncf_training.logger.propagate = False
    plain = []
    steps = sum(1 for _ in ncf_training.batches(matrix, 1, 0.5, np.random.default_rng(0)))
    for turn in range(3):
        ncf_training.train(matrix, 32, (64, 32), steps * epochs, defaults.n_negatives, defaults.dropout,
                           defaults.learning_rate, defaults.reg, turn)  # fmt: skip
        learnt = ncf_training._watched(matrix, np.random.default_rng([turn, 1]))[0]
        plain.append(train(first_weights(matrix.shape[1], seed=turn), learnt, epochs, seed=turn)[2])
        ours = np.array(seconds.found[-len(plain[-1]) :])
        # the first epoch of each holds its compilation
        here, there = np.median(ours[1:]), np.median(plain[-1][1:])
        print(f"turn {turn + 1}: ncf {here:.3f} s, directly in JAX {there:.3f} s, ratio {here / there:.3f}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
