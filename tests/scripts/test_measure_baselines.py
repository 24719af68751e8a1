"""The baselines of the comparison are the published ones, and each gets the same number of tries."""

from __future__ import annotations

import csv
from collections import Counter

import measure_baselines
import numpy as np
import pytest
from film_app import PROJECT
from measure_baselines import BASELINES, LATELY, PopularLately, Rp3Beta, Slim, compared, tries

from recsys.data import Interactions
from recsys.evaluation import evaluate
from recsys.evaluation.protocol import make_split
from recsys.evaluation.significance import holm
from recsys.models import create


def test_slim_has_sparse_nonnegative_weights_between_the_most_rated_items(tastes):
    model = Slim(lasso=0.3, n_items=20).fit(tastes)
    weights = model.weights.columns(np.arange(len(tastes.items)), np.arange(len(tastes.items)))
    assert (weights >= 0).all() and not np.diag(weights).any()
    used = np.flatnonzero(weights.any(axis=1) | weights.any(axis=0))
    most = np.argsort(-tastes.item_counts, kind="stable")[:20]
    assert len(used) > 5 and set(used) <= set(most)
    fewer = Slim(lasso=1.0, n_items=20).fit(tastes).weights.columns(used, used)
    assert np.count_nonzero(fewer) < np.count_nonzero(weights)


def test_rp3beta_is_the_random_walk(tastes):
    model = Rp3Beta(leave=0.9, arrive=0.3).fit(tastes)
    x = (tastes.matrix.toarray() > 0).astype(float)
    users, items = x.sum(axis=1, keepdims=True), np.maximum(x.sum(axis=0), 1)
    walk = items[:, None] ** -0.9 * (x.T @ (x / np.maximum(users, 1))) * items[None, :] ** -0.3
    np.fill_diagonal(walk, 0)
    rated = x.any(axis=0)
    np.testing.assert_allclose(model.score(tastes.histories)[:, rated], (x @ walk)[:, rated], rtol=1e-4, atol=1e-6)


def test_popular_lately_counts_a_rating_half_after_the_half_life(tastes):
    assert tastes.times is not None
    days = (tastes.times.max() - tastes.times) / 86_400
    model = PopularLately(half_life_days=0.5, rating_weight=0.0).fit(tastes)
    expected = np.bincount(tastes.matrix.indices, 0.5 ** (days / 0.5), len(tastes.items))
    scores = np.nan_to_num(model.item_scores)
    np.testing.assert_allclose(scores * (len(tastes.users) + 1), expected, rtol=1e-4, atol=1e-6)


def test_every_baseline_gets_the_same_number_of_tries(tastes):
    split = make_split("random", tastes, 5)
    for name in BASELINES:
        found = list(tries(name, split, 2, seed=5))
        assert [line["try"] for line in found] == [1, 2] and found[0]["settings"] != found[1]["settings"]
        assert all(0 <= line["ndcg@10"] <= 1 for line in found)
        assert found == list(tries(name, split, 2, seed=5)), "the same seed gives the same tries"


def test_the_published_tries_are_equally_many_for_every_baseline_of_a_data_set():
    with (PROJECT / "docs" / "baseline-tries.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    data_sets = {row["data set"] for row in rows}
    counts = Counter((row["data set"], row["baseline"]) for row in rows)
    by_time = {data for data in data_sets if "in time" in data}
    assert len(by_time) == 1 and len(data_sets) == 2
    without = {(data, LATELY) for data in data_sets - by_time}
    assert set(counts) == {(data, name) for data in data_sets for name in BASELINES} - without
    for (data, name), count in counts.items():
        tried = [int(row["try"]) for row in rows if (row["data set"], row["baseline"]) == (data, name)]
        assert tried == list(range(1, count + 1)) and count == counts[data, "EASE"]


def test_own_models_are_compared_with_all_baselines_and_corrected_together(tastes, facts, monkeypatch):
    monkeypatch.setattr(measure_baselines, "OWN", ("popular",))
    data = Interactions(tastes.users, tastes.items, tastes.matrix)
    best = {"EASE": BASELINES["EASE"][0](), "RP3beta": Rp3Beta()}
    lines = compared(best, data, facts, "random", range(2))
    pairs = [line for line in lines if "against" in line]
    assert {line["model"] for line in lines if "against" not in line} == {"EASE", "RP3beta", "popular"}
    assert [(line["model"], line["against"]) for line in pairs] == [("popular", "EASE"), ("popular", "RP3beta")]
    found = evaluate(best | {"popular": create("popular")}, data, facts, "random", range(2))
    expected = holm([found.compare("popular", name).p for name in best])
    assert [line["p_holm"] for line in pairs] == pytest.approx(expected.tolist())


def test_data_that_cannot_be_read_is_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RECSYS_DATASET", str(tmp_path / "nothing"))
    monkeypatch.setenv("RECSYS_DATA_DIR", str(tmp_path))
    assert measure_baselines.main([]) == 1 and capsys.readouterr().err.strip()


@pytest.mark.parametrize("name", BASELINES)
def test_the_fixed_settings_of_a_baseline_exist(name):
    kind, fixed = BASELINES[name]
    assert fixed.items() <= kind(**fixed).settings.items()
