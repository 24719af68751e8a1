"""The network of `ncf` and its training loop written directly in JAX: a reference for tests and for timing.

`python tests/plain_ncf.py [EPOCHS]` prints the seconds of an epoch of both on random data of the size of MovieLens 100K.
They run in turns, epoch by epoch, so that other load on the machine slows both alike.
"""

from __future__ import annotations

import sys
import time
from itertools import count
from pathlib import Path

import numpy as np
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from recsys.data import IdMap, Interactions
from recsys.models.collaborative import ncf_training
from recsys.models.collaborative.ncf import TABLES
from recsys.models.collaborative.ncf_training import NcfConfig
from recsys.models.neural.backend import load_keras
from recsys.models.neural.training import weights_by_name

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


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


def epochs(weights, matrix, config, seed=0):
    """Endless epochs on the batches of `ncf_training`: weights, mean cross-entropy and seconds after each."""
    import jax
    import jax.numpy as jnp

    def loss_of(weights, known, items, labels, counts):
        scores = logits(weights, known, items)
        total = jnp.sum((jax.nn.softplus(scores) - scores * labels) * counts)
        penalty = config.reg * sum(jnp.sum(weights[name] ** 2) for name in TABLES)
        return total / jnp.sum(counts) + penalty, (total, jnp.sum(counts))

    @jax.jit
    def step(weights, first, second, place, *batch):
        slopes, found = jax.grad(loss_of, has_aux=True)(weights, *batch)
        place = place + 1
        rate = config.learning_rate * jnp.sqrt(1 - BETA_2**place) / (1 - BETA_1**place)
        first = {name: BETA_1 * first[name] + (1 - BETA_1) * slopes[name] for name in weights}
        second = {name: BETA_2 * second[name] + (1 - BETA_2) * slopes[name] ** 2 for name in weights}
        weights = {name: weights[name] - rate * first[name] / (jnp.sqrt(second[name]) + EPSILON) for name in weights}
        return weights, first, second, place, found

    weights = {name: jnp.asarray(value) for name, value in weights.items()}
    first = {name: jnp.zeros_like(value) for name, value in weights.items()}
    second, place = dict(first), jnp.float32(0)
    batches = ncf_training.Batches(matrix, config.n_negatives, config.dropout, (seed, 2))
    for epoch in count():
        started, sums = time.perf_counter(), []
        batches.start_epoch(epoch)
        for index in range(len(batches)):
            (known, items), labels, counts = batches[index]
            batch = known, items, labels[..., 0], counts
            weights, first, second, place, found = step(weights, first, second, place, *batch)
            sums.append(found)
        total, n_scored = np.array(sums).sum(axis=0)
        yield (
            {name: np.asarray(value) for name, value in weights.items()},
            total / n_scored,
            time.perf_counter() - started,
        )


def first_weights(n_items, config, seed=0):
    """The weights before training, by name."""
    keras = load_keras()
    return weights_by_name(keras, ncf_training.network(keras, n_items, config, seed))


def random_data(n_users=943, n_items=1682, n_ratings=100_000, seed=0):
    """Interactions without ratings in which some items and users are much busier than others."""
    rng = np.random.default_rng(seed)
    pairs = np.unique(
        np.column_stack(
            [(rng.random(n_ratings) ** 1.6 * n_users).astype(int), (rng.random(n_ratings) ** 2.2 * n_items).astype(int)]
        ),
        axis=0,
    )
    ones = np.ones(len(pairs), np.float32)
    matrix = sparse.csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(n_users, n_items))
    return Interactions(IdMap(map(str, range(n_users))), IdMap(map(str, range(n_items))), matrix)


def main(n_epochs):
    data, pairs = random_data(), []
    learned = ncf_training.validation_split(data.matrix, np.random.default_rng([0, 1]))[0]
    n_steps = len(ncf_training.Batches(learned, 1, 0.5, (0, 2))) * n_epochs
    config = NcfConfig(n_steps=n_steps)
    plain = epochs(first_weights(len(data.items), config), learned, config)
    began = time.perf_counter()

    def report(line, share=None):
        nonlocal began
        pairs.append((time.perf_counter() - began, next(plain)[2]))
        began = time.perf_counter()

    ncf_training.train(data, config, 0, report)
    found = np.array(pairs[1:])  # the first epoch of each includes compilation
    keras_s, jax_s = np.median(found, axis=0)
    low, middle, high = np.quantile(found[:, 0] / found[:, 1], (0.25, 0.5, 0.75))
    print(
        f"{len(found)} epochs: ncf {keras_s:.3f} s (with validation), directly in JAX {jax_s:.3f} s; "
        f"ratio of neighbouring epochs {middle:.2f} (quartiles {low:.2f} and {high:.2f})"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 21)
