"""The neural model and the heads on its embeddings; training needs the optional Keras and JAX."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from itertools import islice

import numpy as np
import pandas as pd
import plain_ncf
import pytest
from film_app import PROJECT
from scipy import sparse

from recsys import Interactions, models
from recsys.errors import MissingExtra
from recsys.models.collaborative import ncf_training
from recsys.models.collaborative.embedding_heads import Pairs
from recsys.models.collaborative.ncf import Network

MISSING = [name for name in ("keras", "jax") if importlib.util.find_spec(name) is None]
needs_keras = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")


def random_weights(n_items: int, size: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    shapes = {
        **{table: (n_items, size) for table in ("gmf_in", "gmf_out", "mlp_in", "mlp_out")},
        "bias": (n_items,),
        "gmf_head": (size,),
        "of_history.kernel": (size, 4),
        "of_item.kernel": (size, 4),
        "of_item.bias": (4,),
        "second.kernel": (4, 2),
        "second.bias": (2,),
        "mlp_head.kernel": (2, 1),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def dense_logit(weights: dict[str, np.ndarray], history: np.ndarray, item: int) -> float:
    """One logit straight from the paper's two branches."""
    known = (history != 0) / np.sqrt(np.count_nonzero(history))
    gmf = (known @ weights["gmf_in"]) * weights["gmf_out"][item] @ weights["gmf_head"]
    joined = np.concatenate([known @ weights["mlp_in"], weights["mlp_out"][item]])
    first = np.vstack([weights["of_history.kernel"], weights["of_item.kernel"]])
    hidden = np.maximum(joined @ first + weights["of_item.bias"], 0)
    hidden = np.maximum(hidden @ weights["second.kernel"] + weights["second.bias"], 0)
    return float(gmf + hidden @ weights["mlp_head.kernel"][:, 0] + weights["bias"][item])


def test_serving_equals_a_dense_rewrite():
    weights = random_weights(7)
    histories = np.array([[5, 0, 3, 0, 0, 1, 0], [0, 2, 0, 0, 0, 0, 4]], np.float32)
    logits = Network(weights).logits(sparse.csr_array(histories))
    expected = [[dense_logit(weights, history, item) for item in range(7)] for history in histories]
    np.testing.assert_allclose(logits, expected, rtol=1e-4)


def test_contributions_are_the_slope_towards_each_history_item():
    weights = random_weights(6)
    network, history = Network(weights), sparse.csr_array(np.array([[1, 0, 1, 1, 0, 0]], np.float32))
    found = network.contributions(history, np.array([1, 4]))
    step = 1e-3
    for place, column in enumerate(history.indices):
        moved = {name: array.astype(np.float64) for name, array in weights.items()}
        for table in ("gmf_in", "mlp_in"):
            moved[table][column] *= 1 + step
        slope = (Network(moved).logits(history) - network.logits(history))[0, [1, 4]] / step
        np.testing.assert_allclose(found[:, place], slope, atol=2e-2)


def test_batches_hide_every_interaction_once():
    rng = np.random.default_rng(0)
    pattern = (rng.random((70, 40)) < 0.6).astype(np.float32)
    pattern[0] = 0
    pattern[1] = np.eye(40)[3]  # one item: nothing is left when it is hidden
    targets = np.zeros_like(pattern)
    for known, items, labels, weights in ncf_training.batches(sparse.csr_array(pattern), 2, 0.0, rng):
        assert known.shape == (64, 40) and items.shape == labels.shape == weights.shape == (64, 48)
        for row in np.flatnonzero(weights.sum(axis=1)):
            hidden = items[row, labels[row] > 0]
            rest = known[row] > 0
            assert not rest[hidden].any(), "a target stands in its own history"
            whole = np.sort([*hidden, *np.flatnonzero(rest)])
            user = [u for u in range(70) if np.array_equal(np.flatnonzero(pattern[u]), whole)]
            targets[user[0], hidden] += 1
            drawn = items[row, 16:][weights[row, 16:] > 0]
            assert not pattern[user[0], drawn].any(), "a negative is in the history"
            assert known[row].max() == pytest.approx(1 / np.sqrt(rest.sum()))
    pattern[1] = 0
    assert np.array_equal(targets, pattern)


def test_pairs_leave_the_rating_asked_for_out_of_the_history():
    rng = np.random.default_rng(2)
    ratings = np.array([[4, 0, 2, 5], [1, 3, 0, 0]], np.float32)
    pairs = Pairs(
        rng.normal(size=(4, 3)).astype(np.float32),
        rng.normal(size=4).astype(np.float32) * 0.1,
        np.zeros(4, np.float32),
        3.0,
    )
    inside = pairs(sparse.csr_array(ratings), np.array([0]), np.array([2]), np.array([2.0], np.float32))
    ratings[0, 2] = 0
    without = sparse.csr_array(ratings)
    np.testing.assert_allclose(inside, pairs(without, np.array([0]), np.array([2]), None), atol=1e-5)
    unknown = pairs(without, np.array([-1]), np.array([-1]), None)[0]
    assert unknown[0] == 1.0
    assert not unknown[1:3].any() and not unknown[4:].any()


@pytest.mark.parametrize("name", ["ncf", "embedding_regression", "embedding_classification"])
@pytest.mark.skipif(not MISSING, reason="Keras and JAX are installed")
def test_without_keras_the_error_says_what_to_install(name, tastes):
    with pytest.raises(MissingExtra, match='pip install "keras>=3" jax'):
        models.create(name).fit(tastes)


@needs_keras
def test_the_keras_network_equals_the_one_served():
    _, keras = ncf_training.backend()
    model = ncf_training.network(keras, 9, 4, (6, 3), seed=1)
    weights, *_ = ncf_training.train(sparse.csr_array(np.eye(9, dtype=np.float32)), 4, (6, 3), 1, 2, 0.0, 0.01, 0.0, 1)
    history = np.zeros((1, 9), np.float32)
    history[0, [1, 4, 5]] = 1
    # nobody has two items, so nothing was trained and both hold the first weights
    served = Network(weights).logits(sparse.csr_array(history))
    known, items = history / np.sqrt(3), np.arange(9, dtype=np.int32)[None]
    np.testing.assert_allclose(served, np.asarray(model(known, items)), rtol=1e-4, atol=1e-5)


@needs_keras
def test_training_equals_the_network_written_directly_in_jax(tastes):
    size, hidden = 4, (6, 3)
    weights, losses, held = ncf_training.train(tastes.matrix, size, hidden, 6, 2, 0.3, 0.01, 1e-4, 5)
    assert held == [], "nobody is held out in small data"
    first = plain_ncf.first_weights(len(tastes.items), size, hidden, 5)
    written = list(islice(plain_ncf.epochs(first, tastes.matrix, 2, 0.3, 0.01, 1e-4, 5), len(losses)))
    np.testing.assert_allclose(losses, [loss for _, loss, _ in written], rtol=1e-4)
    again = written[-1][0]
    for name, value in weights.items():
        np.testing.assert_allclose(value, again[name], atol=2e-4, err_msg=name)


@needs_keras
def test_held_out_users_are_watched_and_not_learnt_from():
    matrix = sparse.csr_array((np.random.default_rng(0).random((220, 15)) < 0.4).astype(np.float32))
    learnt, watched = ncf_training._watched(matrix, np.random.default_rng(1))
    counts = np.diff(learnt.indptr), np.diff(watched.indptr)
    assert (counts[0] * counts[1] == 0).all() and (counts[1] > 0).sum() == 4
    assert (learnt + watched != matrix).nnz == 0
    _, losses, held = ncf_training.train(matrix, 4, (6, 3), 20, 2, 0.3, 0.01, 1e-4, 5)
    assert len(held) == len(losses) and all(0 < loss < 1 for loss in held)


@needs_keras
def test_loss_falls_and_serving_loads_no_keras(tastes, tmp_path):
    model = models.create("ncf", n_steps=60).fit(tastes)
    assert model.losses[-1] < 0.8 * model.losses[0]
    model.save(tmp_path)
    code = (
        "import sys; from recsys import models; model = models.load(sys.argv[1]); model.recommend(['i100'], 3); "
        "print([name for name in ('keras', 'jax', 'sklearn') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@needs_keras
def test_heads_take_over_a_fitted_network_and_beat_the_mean():
    rng = np.random.default_rng(1)
    rows = []
    for u in range(80):
        for i in rng.choice(30, size=18, replace=False):
            rows.append((u, int(i), float(np.clip(round(4.3 - 2.4 * ((u + i) % 2) + rng.normal() * 0.5), 1, 5))))
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    held = rng.random(len(frame)) < 0.15
    data = Interactions.from_frame(frame[~held])
    base = models.create("ncf", n_steps=300).fit(data)
    regression = models.create("embedding_regression", n_steps=300)
    classification = models.create("embedding_classification", n_steps=300)
    for model in (regression, classification):
        model.fit(data)
        network = model.network
        model.fit(data, ready={"ncf": base})
        assert model.network is base.network is not network
    stars = regression.predict_many(data, frame.loc[held, ["user_id", "item_id"]])
    truth = frame.loc[held, "rating"].to_numpy()
    assert np.sqrt(np.mean((stars - truth) ** 2)) < 0.8 * truth.std()
    assert classification.report["auc"] > 0.75
    chances = classification.chances(data.histories)
    assert chances.shape == data.matrix.shape and ((chances >= 0) & (chances <= 1)).all()
