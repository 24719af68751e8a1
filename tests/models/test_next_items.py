"""`sequential` as an expert of the hybrid: where it joins, what it adds, saving, and how it is trained."""

from __future__ import annotations

from dataclasses import field, fields, make_dataclass, replace

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, models
from recsys.data import DataSize
from recsys.models.hybrid import next_items, wide_experts
from recsys.models.hybrid.next_items import NextItems
from recsys.models.hybrid.wide_experts import SEQUENTIAL, WideExperts
from recsys.models.sequential import sequential as model_file
from recsys.models.sequential.sequential import Sequential

ITEMS = 40
SMALL = {"n_factors": 16, "length": 8, "dropout": 0.1, "learning_rate": 0.01, "max_epochs": 6}
EVENTS = DataSize(n_users=20_000, n_items=12_000, n_ratings=150_000, timed=True, rated=False)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(models.get("sequential").missing_modules()), reason="needs Keras"),
]


def small_defaults():
    """The settings of `sequential` with the defaults of a small network."""
    settings = [
        (entry.name, entry.type, field(default=SMALL.get(entry.name, entry.default), metadata=entry.metadata))
        for entry in fields(Sequential.Config)
    ]
    return make_dataclass("Config", settings, bases=(Sequential.Config,), frozen=True)


def walk(first, size):
    return [str(100 + (first + step) % ITEMS) for step in range(size)]


@pytest.fixture(scope="module")
def walks():
    """Users who walk around a cycle of items."""
    rng = np.random.default_rng(0)
    rows = [
        (f"u{user}", item, place)
        for user in range(150)
        for place, item in enumerate(walk(rng.integers(ITEMS), rng.integers(3, 8)))
    ]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]))


@pytest.fixture(scope="module")
def sequential(walks):
    return models.create("sequential", **SMALL).fit(walks)


@pytest.fixture(scope="module")
def hybrid(walks):
    """A hybrid with `sequential` among its experts, and the progress of its training."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model_file, "MANY_ITEMS", ITEMS)
        patch.setattr(Sequential, "Config", small_defaults())
        patch.setattr(next_items, "MAX_FOLDS", 1)
        model, lines = models.create("hybrid"), []
        model.progress = lambda line, share=None: lines.append((line, share))
        return model.fit(walks), lines


def test_it_joins_for_many_items_and_short_histories_of_events():
    assert next_items.joins(EVENTS)
    for other in ({"rated": True}, {"timed": False}, {"n_users": 9_000}, {"n_items": 1_000}):
        assert not next_items.joins(replace(EVENTS, **other)), other


def test_the_user_is_told_how_long_it_takes():
    of_hybrid, of_model = (models.get(name).training_seconds(EVENTS) for name in ("hybrid", "sequential"))
    assert of_hybrid == pytest.approx(2 * of_model), "once for the network to learn from, once on all data"
    assert models.get("hybrid").training_seconds(replace(EVENTS, rated=True)) is None


def test_its_scores_are_roots_of_probabilities(walks, sequential):
    experts, histories = WideExperts.fit(walks, 0, sequential), walks.histories.rows(0, 6)
    assert experts.names[-1] == SEQUENTIAL
    scores = experts.scores(histories)
    np.testing.assert_allclose((scores[-1] ** 2).sum(axis=1), 1, rtol=1e-4)
    logits = sequential.score(histories)
    np.testing.assert_array_equal(scores[-1].argsort(axis=1)[:, -3:], logits.argsort(axis=1)[:, -3:])
    np.testing.assert_array_equal(scores[:-1], WideExperts.fit(walks, 0).scores(histories))


def test_items_without_scores_have_no_probability():
    found = wide_experts.probabilities(np.array([[0.0, np.nan, 0.0], [np.nan, np.nan, np.nan]], np.float32))
    np.testing.assert_allclose(found, [[0.5, 0, 0.5], [0, 0, 0]])


def test_saved_experts_give_the_same_scores(walks, sequential):
    experts, facts = WideExperts.fit(walks, 0, sequential), sequential.trained_on
    again = WideExperts.restored(experts.arrays(), experts.state(), facts)
    np.testing.assert_array_equal(again.scores(walks.histories), experts.scores(walks.histories))
    numbers = np.array([0, 5])
    one = walks.histories.rows(3, 4)
    shares, expected = again.shares(one, numbers)[SEQUENTIAL], sequential.shares(one, numbers)
    np.testing.assert_array_equal(shares, expected)


def test_the_hybrid_follows_the_cycle_explains_it_and_is_saved(walks, hybrid, tmp_path):
    model, lines = hybrid
    assert model.ensemble.wide.sequential is not None
    history = walk(7, 4)
    assert model.recommend(history, 1)[0].item_id == walk(11, 1)[0]
    shares = dict(model.explain(history, walk(11, 1)[0]))
    assert set(shares) == set(history) and sum(shares.values()) == pytest.approx(1)
    model.save(tmp_path)
    loaded = models.load(tmp_path)
    assert [line.item_id for line in loaded.recommend(history, 9)] == [
        line.item_id for line in model.recommend(history, 9)
    ]
    assert lines[0][1] == pytest.approx(1 / 12) and lines[-1][1] == pytest.approx(1), "of two trainings with 6 epochs"


def test_a_model_that_is_ready_is_not_trained_again(walks, monkeypatch):
    ready = models.create("sequential", **SMALL)
    assert next_items.usable({"sequential": ready}) is None, "it has other settings"
    monkeypatch.setattr(Sequential, "Config", small_defaults())
    assert next_items.usable({"sequential": ready}) is ready and next_items.usable({}) is None
    trainer = NextItems(0, lambda line, share=None: None, None, ready)
    assert trainer.train(walks, 1, 2) is ready and trainer.train(walks, 0, 2) is not ready


def test_a_cancelled_training_resumes(walks, monkeypatch, tmp_path):
    monkeypatch.setattr(Sequential, "Config", small_defaults())

    def stop(line, share=None):
        lines.append(line)
        if len(lines) == 3:
            raise KeyboardInterrupt

    lines = []
    trainer = NextItems(0, stop, tmp_path / "hybrid.safetensors")
    with pytest.raises(KeyboardInterrupt):
        trainer.train(walks, 0, 2)
    assert (tmp_path / "hybrid-0.safetensors").exists()
    trainer.train(walks, 0, 2)
    assert lines[3].startswith("sequential: epoch 4 of at most 6")
