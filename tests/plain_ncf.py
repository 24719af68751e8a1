"""The network of `ncf` written directly in JAX, to check it against and to time it beside.

`python tests/plain_ncf.py [EPOCHS]` prints the seconds of an epoch of both on random data of the size of MovieLens 100K;
they take turns, epoch by epoch, so that other work on the machine slows both alike.
"""

from __future__ import annotations

import logging
import sys
import time
from pathlib import Path

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from recsys.models.collaborative import ncf_training
from recsys.models.collaborative.ncf import Ncf

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


def epochs(weights, matrix, n_negatives=8, dropout=0.5, learning_rate=0.002, reg=1e-5, seed=0):
    """Endless epochs on the batches that `ncf_training` makes: weights, mean loss and seconds after each."""
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
    while True:
        started, found = time.perf_counter(), []
        for batch in ncf_training.batches(matrix, n_negatives, dropout, rng):
            weights, first, second, place, loss = step(weights, first, second, place, *batch)
            found.append(loss)
        loss = float(np.mean([float(loss) for loss in found]))
        yield {name: np.asarray(value) for name, value in weights.items()}, loss, time.perf_counter() - started


def first_weights(n_items, size=32, hidden=(64, 32), seed=0):
    """What the Keras network begins with, by name."""
    _, keras = ncf_training.backend()
    variables = ncf_training.network(keras, n_items, size, hidden, seed).trainable_variables
    return {one.path.split("/", 1)[-1].replace("/", "."): np.array(one.value) for one in variables}


def random_data(n_users=943, n_items=1682, n_ratings=100_000, seed=0):
    """A pattern (n_users, n_items) in which some items and users are much busier than others."""
    rng = np.random.default_rng(seed)
    pairs = np.unique(
        np.column_stack(
            [(rng.random(n_ratings) ** 1.6 * n_users).astype(int), (rng.random(n_ratings) ** 2.2 * n_items).astype(int)]
        ),
        axis=0,
    )
    ones = np.ones(len(pairs), np.float32)
    return sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n_users, n_items))


class Turns(logging.Handler):
    """Takes the seconds of each epoch that training logs, and then runs one of the other's."""

    def __init__(self, other):
        super().__init__(logging.INFO)
        self.other, self.pairs = other, []

    def emit(self, record):
        self.pairs.append((float(record.args[2]), next(self.other)[2]))


def main(n_epochs):
    config, matrix = Ncf().config, random_data()
    learnt = ncf_training._watched(matrix, np.random.default_rng([0, 1]))[0]
    turns = Turns(epochs(first_weights(matrix.shape[1]), learnt))
    ncf_training.logger.setLevel(logging.INFO)
    ncf_training.logger.addHandler(turns)
    ncf_training.logger.propagate = False
    steps = sum(1 for _ in ncf_training.batches(learnt, 1, 0.5, np.random.default_rng(0)))
    ncf_training.train(
        matrix,
        config.n_factors,
        (config.n_hidden, config.n_hidden // 2),
        steps * n_epochs,
        config.n_negatives,
        config.dropout,
        config.learning_rate,
        config.reg,
        0,
    )
    pairs = np.array(turns.pairs[1:])  # the first epoch of each holds its compilation
    ours, plain = np.median(pairs, axis=0)
    low, middle, high = np.quantile(pairs[:, 0] / pairs[:, 1], (0.25, 0.5, 0.75))
    print(
        f"{len(pairs)} epochs: ncf {ours:.3f} s, directly in JAX {plain:.3f} s; "
        f"ratio of neighbouring epochs {middle:.2f} (quartiles {low:.2f} and {high:.2f})"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
