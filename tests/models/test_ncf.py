"""The neural model and the heads on its embeddings; training needs Keras and a backend for it."""

from __future__ import annotations

import importlib.util
import re
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
from recsys.data import IdMap
from recsys.data.progress import quiet
from recsys.errors import BadInput, MissingExtra, NotFitted
from recsys.models.collaborative import ncf_training
from recsys.models.collaborative.embedding_pairs import PairFeatures
from recsys.models.collaborative.ncf import Ncf, Network
from recsys.models.collaborative.ncf_training import Batches, NcfConfig
from recsys.models.neural.backend import load_keras

MISSING = Ncf.missing_modules()
needs_keras = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
needs_jax = pytest.mark.skipif(
    bool(MISSING) or importlib.util.find_spec("jax") is None, reason="the reference implementation needs keras and jax"
)
pytestmark = pytest.mark.slow
SMALL = {"n_factors": 4, "n_hidden": 6, "n_negatives": 2, "learning_rate": 0.01}


def interactions(pattern: np.ndarray) -> Interactions:
    users, items = (IdMap(map(str, range(10, 10 + size))) for size in pattern.shape)
    return Interactions(users, items, sparse.csr_array(pattern.astype(np.float32)))


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


def test_batches_hide_every_interaction_once_an_epoch():
    rng = np.random.default_rng(0)
    pattern = (rng.random((70, 40)) < 0.6).astype(np.float32)
    pattern[0] = 0
    pattern[1] = np.eye(40)[3]  # one item: nothing is left when it is hidden
    batches = Batches(sparse.csr_array(pattern), 2, 0.0, (0,))
    pattern[1] = 0
    for epoch in range(2):
        batches.start_epoch(epoch)
        targets = np.zeros_like(pattern)
        for (known, items), labels, weights in (batches[index] for index in range(len(batches))):
            assert known.shape == (64, 40) and labels.shape == (64, 48, 1) and items.shape == weights.shape == (64, 48)
            for row in np.flatnonzero(weights.sum(axis=1)):
                hidden = items[row, labels[row, :, 0] > 0]
                rest = known[row] > 0
                assert not rest[hidden].any(), "a target is in its own history"
                whole = np.sort([*hidden, *np.flatnonzero(rest)])
                user = [u for u in range(70) if np.array_equal(np.flatnonzero(pattern[u]), whole)]
                targets[user[0], hidden] += 1
                drawn = items[row, 16:][weights[row, 16:] > 0]
                assert not pattern[user[0], drawn].any(), "a negative is in the history"
                assert known[row].max() == pytest.approx(1 / np.sqrt(rest.sum()))
        assert np.array_equal(targets, pattern)


def test_a_batch_depends_on_seed_epoch_and_index_alone():
    pattern = sparse.csr_array((np.random.default_rng(0).random((90, 30)) < 0.5).astype(np.float32))
    one, other = Batches(pattern, 2, 0.5, (1, 2)), Batches(pattern, 2, 0.5, (1, 2))
    other[0], other[1]
    np.testing.assert_array_equal(one[1][0][0], other[1][0][0])
    first = one[1][0][0]
    one.start_epoch(1)
    assert not np.array_equal(first, one[1][0][0])
    assert not np.array_equal(first, Batches(pattern, 2, 0.5, (2, 2))[1][0][0])


def test_pairs_leave_the_rating_asked_for_out_of_the_history():
    rng = np.random.default_rng(2)
    ratings = np.array([[4, 0, 2, 5], [1, 3, 0, 0]], np.float32)
    pairs = PairFeatures(
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
@pytest.mark.skipif(not MISSING, reason="Keras and a backend are installed")
def test_without_keras_the_error_says_what_to_install(name, tastes):
    with pytest.raises(
        MissingExtra, match="Training a neural model needs .* not installed.*pip install -r requirements.txt"
    ):
        models.create(name).fit(tastes)


@needs_keras
def test_the_keras_network_equals_the_one_served():
    keras, config = load_keras(), NcfConfig(**SMALL)
    # no user has two items, so nothing is trained and both hold the initial weights
    weights, *_ = ncf_training.train(interactions(np.eye(9)), config, seed=1)
    history = np.zeros((1, 9), np.float32)
    history[0, [1, 4, 5]] = 1
    served = Network(weights).logits(sparse.csr_array(history))
    model = ncf_training.network(keras, 9, config, seed=1)
    logits = model((history / np.sqrt(3), np.arange(9, dtype=np.int32)[None]))
    np.testing.assert_allclose(served, keras.ops.convert_to_numpy(logits)[..., 0], rtol=1e-4, atol=1e-5)


@needs_jax
def test_training_equals_the_network_written_directly_in_jax(tastes):
    config = NcfConfig(**SMALL, n_steps=6, dropout=0.3, reg=1e-4)
    weights, losses, held = ncf_training.train(tastes, config, seed=5)
    assert held == [], "small data has no validation users"
    first = plain_ncf.first_weights(len(tastes.items), config, 5)
    written = list(islice(plain_ncf.epochs(first, tastes.matrix, config, 5), len(losses)))
    np.testing.assert_allclose(losses, [loss for _, loss, _ in written], rtol=1e-4)
    again = written[-1][0]
    for name, value in weights.items():
        np.testing.assert_allclose(value, again[name], atol=2e-4, err_msg=name)


@needs_keras
def test_validation_users_are_measured_and_not_learned_from():
    data = interactions(np.random.default_rng(0).random((220, 15)) < 0.4)
    learned, held = ncf_training.validation_split(data.matrix, np.random.default_rng(1))
    counts = np.diff(learned.indptr), np.diff(held.indptr)
    assert (counts[0] * counts[1] == 0).all() and (counts[1] > 0).sum() == 4
    assert (learned + held != data.matrix).nnz == 0
    config = NcfConfig(**SMALL, n_steps=20, dropout=0.3)
    _, losses, held_losses = ncf_training.train(data, config, seed=5)
    assert len(held_losses) == len(losses) and all(0 < loss < 1 for loss in held_losses)


@needs_keras
def test_every_epoch_is_reported_and_a_report_may_cancel(tastes):
    class Cancelled(Exception):
        pass

    def report(line, share=None):
        seen.append((line, share))
        if len(seen) == 2:
            raise Cancelled

    seen, model = [], models.create("ncf", n_steps=5)
    model.progress = report
    with pytest.raises(Cancelled):
        model.fit(tastes)
    assert [share for _, share in seen] == pytest.approx([1 / 3, 2 / 3])
    assert re.fullmatch(r"ncf: epoch 2 of at most 3, cross_entropy 0\.\d+, loss 0\.\d+, \d+\.\d s", seen[1][0])
    with pytest.raises(NotFitted):
        model.recommend(["i100"])


@needs_keras
def test_a_cancelled_training_resumes_where_it_was(tastes, tmp_path):
    def stop(line, share=None):
        if "epoch 2 " in line:
            raise KeyboardInterrupt

    model, through = (models.create("ncf", n_steps=8, n_factors=4) for _ in range(2))
    through.fit(tastes)
    model.checkpoint, model.progress = tmp_path / "state" / "ncf.safetensors", stop
    with pytest.raises(KeyboardInterrupt):
        model.fit(tastes)
    seen = []
    model.progress = lambda line, share=None: seen.append(line)
    model.fit(tastes)
    assert [line.split(",")[0] for line in seen] == ["ncf: epoch 3 of at most 4", "ncf: epoch 4 of at most 4"]
    assert model.losses == through.losses
    for name, value in model.network.weights.items():
        np.testing.assert_array_equal(value, through.network.weights[name], err_msg=name)
    assert not model.checkpoint.exists(), "a training that ended leaves nothing"


@needs_keras
@pytest.mark.parametrize("damage", ["other data", "cut short"])
def test_a_checkpoint_of_no_use_is_ignored(damage, tastes, checkerboard, tmp_path):
    def stop(line, share=None):
        raise KeyboardInterrupt

    model = models.create("ncf", n_steps=4, n_factors=4)
    model.checkpoint, model.progress = tmp_path / "ncf.safetensors", stop
    with pytest.raises(KeyboardInterrupt):
        model.fit(checkerboard if damage == "other data" else tastes)
    if damage == "cut short":
        model.checkpoint.write_bytes(model.checkpoint.read_bytes()[:-8])
    model.progress = quiet
    assert model.fit(tastes).losses == models.create("ncf", n_steps=4, n_factors=4).fit(tastes).losses


@needs_keras
def test_a_diverging_training_is_refused(tastes):
    with pytest.raises(BadInput, match="Training ncf diverged in epoch .*Lower learning_rate"):
        models.create("ncf", n_steps=30, learning_rate=1e30).fit(tastes)


@needs_keras
def test_loss_falls_and_serving_loads_no_keras(tastes, tmp_path):
    model = models.create("ncf", n_steps=60).fit(tastes)
    assert model.losses[-1] < 0.8 * model.losses[0]
    model.save(tmp_path)
    code = (
        "import sys; from recsys import models; model = models.load(sys.argv[1]); model.recommend(['i100'], 3); "
        "print([name for name in ('keras', 'jax', 'torch', 'sklearn') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    run = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@needs_keras
def test_heads_take_over_a_fitted_network_and_beat_the_mean():
    rng = np.random.default_rng(1)
    rows = []
    for u in range(80):
        likely = np.where((u + np.arange(30)) % 2, 1.0, 2.0)  # the network learns which of two kinds a user picks
        for i in rng.choice(30, size=18, replace=False, p=likely / likely.sum()):
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
    assert np.sqrt(np.mean((stars - truth) ** 2)) < 0.75 * truth.std()
    assert classification.report["auc"] > 0.75
    chances = classification.chances(data.histories)
    assert chances.shape == data.matrix.shape and ((chances >= 0) & (chances <= 1)).all()
