from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from recsys.data import Interactions, ItemFeatures
from recsys.errors import BadData, BadInput, MissingExtra, UnknownModel
from recsys.evaluation import baselines, compare, evaluate, evaluate_ratings, significance, table
from recsys.evaluation.lists import rank
from recsys.evaluation.protocol import make_split
from recsys.models import create
from recsys.models.base import Recommender
from recsys.models.reason import Kind, Reason
from recsys.ranking import metrics


def ratings(n_users: int = 60, n_items: int = 100, seed: int = 0) -> Interactions:
    """Two tastes: even users rate even items, odd users odd ones, and some of the rest."""
    rng = np.random.default_rng(seed)
    rows = []
    for user in range(n_users):
        chance = np.where(np.arange(n_items) % 2 == user % 2, 0.5, 0.1)
        for item in np.flatnonzero(rng.random(n_items) < chance):
            rows.append((10 + user, 100 + item, 1 + 4 * (item % 2 == user % 2), rng.integers(1000)))
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"]))


class Oracle(Recommender):
    """Knows who a history belongs to and what was hidden of them."""

    name, title, summary, family = "oracle", "Oracle", "Knows the answer.", "baseline"
    predicts_ratings = True

    def __init__(self, data: Interactions):
        super().__init__()
        self.full = data.matrix.toarray()

    def _fit(self, data, features, seed):
        self.learnt = data

    def _score(self, histories):
        seen = histories.matrix.toarray() > 0
        owner = (seen.astype(float) @ (self.full > 0).T).argmax(axis=1)
        return (self.full[owner] > 0).astype(np.float32)

    def _predict(self, histories, users, items):
        return self.full[users, items]

    def _reasons(self, histories, numbers):
        return [Reason(Kind.HISTORY)] * len(numbers)


class NoLibrary(Recommender):
    name, title, summary, family = "missing", "Missing", "Needs what is not there.", "baseline"

    def _fit(self, data, features, seed):
        raise MissingExtra("missing needs a library: pip install library.")


@pytest.fixture(scope="module")
def data() -> Interactions:
    return ratings()


@pytest.mark.parametrize("kind", ["random", "temporal", "unseen"])
def test_the_oracle_is_perfect_and_comes_first(data, kind):
    found = evaluate(["popular", Oracle(data)], data, split=kind, seeds=(1, 2))
    assert [row.label for row in found.rows] == ["oracle", "popular"]
    for name in ("ndcg@10", "ndcg@100", "recall@20", "hr@10"):
        assert found.rows[0].metrics[name]["mean"] == pytest.approx(1)
        line = found.rows[1].metrics[name]
        assert line["low"] <= line["mean"] <= line["high"] and line["mean"] < 1
    assert found.rows[1].fit_seconds >= 0 and found.rows[1].ms_single > 0


def test_refit_decides_what_is_learnt_and_seen_items_never_return(data):
    oracle = Oracle(data)
    split = make_split("random", data, seed=1)
    evaluate([oracle], data, seeds=(1,))
    assert oracle.learnt.digest == split.fit_data.digest
    evaluate([oracle], data, seeds=(1,), refit=False)
    assert oracle.learnt.digest == split.train.digest
    ranking = rank(oracle, split.test_history, split.test)
    seen = split.test_history.matrix.toarray() > 0
    users = split.test.users.numbers(ranking.users)
    assert not any(seen[user, item] for user, row in zip(users, ranking.top, strict=True) for item in row if item >= 0)


def test_of_many_users_a_part_is_asked_about_the_same_for_every_model(data, monkeypatch):
    monkeypatch.setattr("recsys.evaluation.lists.MAX_ASKED", 7)
    found = evaluate(["popular", Oracle(data)], data, seeds=(1, 2))
    assert found.about["users_asked"] == [7, 7]
    assert found.rows[0].metrics["ndcg@10"]["mean"] == pytest.approx(1)
    split = make_split("random", data, seed=1)
    oracle = Oracle(data).fit(split.fit_data)
    once, again = (rank(oracle, split.test_history, split.test) for _ in range(2))
    assert once.users.tolist() == again.users.tolist() and len(set(once.users.tolist())) == 7


def test_the_strict_split_asks_only_users_with_a_past(data):
    split = make_split("strict", data)
    ranking = rank(create("popular").fit(split.fit_data), split.test_history, split.test)
    assert 0 < len(ranking.users) <= len(data.users)
    assert evaluate(["popular"], data, split="strict").about["users_asked"] == [len(ranking.users)]


def test_a_model_that_fails_is_reported_and_stops_nobody(data):
    steps = []
    found = evaluate(
        [NoLibrary(), "popular"], data, seeds=(0, 1), progress=lambda line, share=None: steps.append((share, line))
    )
    assert [row.error for row in found.rows] == [None, "missing needs a library: pip install library."]
    assert "missing: not measured. missing needs a library" in table.render(found)
    assert steps[0] == (0.0, "missing, split 1 of 2") and len(steps) == 4
    with pytest.raises(BadInput, match="missing has no values of 'ndcg@10' by user; it has none"):
        found.compare("missing", "popular")


def test_the_result_is_json_and_renders_alike_from_it(data):
    found = evaluate({"plain": "popular", "recent": create("popular", half_life_days=90.0)}, data)
    report = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert table.render(report) == table.render(found)
    lines = table.render(found).splitlines()
    assert lines[0].startswith("Held out: 10 % of each user's interactions at random; 60 users, 100 items")
    assert lines[2].split()[:2] == ["Model", "NDCG@10"]
    assert [line.split()[0] for line in lines[4:]] == [row.label for row in found.rows]
    assert table.markdown(report).count("\n| ") == 4
    assert {row["label"]: row["settings"]["half_life_days"] for row in report["rows"]} == {"plain": 0.0, "recent": 90.0}


def test_genres_measure_diversity_where_they_are_known(data):
    features = ItemFeatures.from_frame(
        pd.DataFrame({"item_id": data.items.ids, "genres": [["Even", "Odd"][int(item) % 2] for item in data.items.ids]})
    )
    found = evaluate([Oracle(data)], data, features)
    assert found.about["diversity_on"] == "genres"
    assert evaluate([Oracle(data)], data).about["diversity_on"] == "ratings"


def test_predicted_ratings_are_cross_validated(data):
    found = evaluate_ratings([Oracle(data), "popular"], data, k=3)
    assert found.rows[0].metrics["rmse"]["mean"] == 0 and len(found.rows[0].by_split) == 3
    assert found.rows[1].error == "popular ranks items but does not predict ratings."
    assert "RMSE" in table.render(found) and "3 folds" in table.caption(found)


def test_wrong_questions_are_named(data):
    with pytest.raises(
        BadInput, match="There is no split 'later'. Use random, temporal, leave-one-out, strict, global, unseen"
    ):
        evaluate(["popular"], data, split="later")
    with pytest.raises(UnknownModel, match="no model 'best'"):
        evaluate(["best"], data)
    with pytest.raises(BadInput, match="Pass a list of names"):
        evaluate("popular", data)
    with pytest.raises(BadInput, match="Two models are called 'popular'"):
        evaluate(["popular", "popular"], data)
    with pytest.raises(BadInput, match="Pass at least one seed"):
        evaluate(["popular"], data, seeds=())
    few = Interactions.from_frame(pd.DataFrame({"user_id": ["a", "b"], "item_id": ["1", "2"]}))
    with pytest.raises(BadData, match="leaves no user to evaluate"):
        evaluate(["popular"], few)


def test_bootstrap_interval_is_that_of_the_mean():
    values = np.random.default_rng(0).normal(2.0, 1.0, 400)
    mean, low, high = compare.bootstrap(values, seed=1)
    half = 1.96 * values.std() / 20
    assert mean == pytest.approx(values.mean())
    assert (mean - low, high - mean) == (pytest.approx(half, rel=0.15), pytest.approx(half, rel=0.15))
    assert compare.bootstrap(values, seed=1) == (mean, low, high)


def test_pairing_sees_what_separate_intervals_hide():
    rng = np.random.default_rng(3)
    b = rng.random(300)
    a = b * 1.02
    found = compare.paired([a, a[::-1]], [b, b[::-1]], users=[np.arange(300), np.arange(300)[::-1]])
    assert found.ratio == pytest.approx(1.02) and found.ratio_low > 1.0199 and found.ratio_high < 1.0201
    assert found.ratio_sd == pytest.approx(0) and found.difference_low > 0
    assert compare.bootstrap(a)[1] < b.mean(), "alone, the two cannot be told apart"
    with pytest.raises(BadInput, match="same users in the same splits"):
        compare.paired([a], [b[:-1]])


def test_repeating_a_split_does_not_narrow_the_interval():
    values = np.random.default_rng(4).random(200)[:, None]
    users = np.arange(200)
    once = compare.interval(compare.drawn_means([values], [users]))
    thrice = compare.interval(compare.drawn_means([values] * 3, [users] * 3))
    np.testing.assert_allclose(once, thrice)


def test_naive_neighbours_are_the_twenty_nearest_others():
    data = ratings(n_users=40)
    matrix = (data.matrix.toarray() > 0).astype(float)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    alike = unit @ unit.T
    np.fill_diagonal(alike, 0)
    for row in alike:
        row[row < np.sort(row)[-20]] = 0
    expected = np.where(matrix.any(axis=0), alike @ matrix, np.nan)
    np.testing.assert_allclose(baselines.NaiveUserKnn().fit(data).score(data.histories), expected, rtol=1e-4)


def test_plain_ease_is_the_closed_form_with_a_penalty_chosen_on_validation():
    data = ratings()
    split = make_split("random", data, 3)
    model = baselines.PlainEase()
    model.choose(split)
    scores = {}
    for reg in baselines.REGS:
        found = rank(create("ease", reg=reg, **baselines.PLAIN).fit(split.train), split.valid_history, split.valid)
        scores[reg] = metrics.ndcg(found.hits, found.sizes, 10).mean()
    assert scores[model.settings["reg"]] == max(scores.values())
    model.fit(split.fit_data)
    x = (split.fit_data.matrix.toarray() > 0).astype(float)
    counts = x.sum(axis=0)
    inverse = np.linalg.inv(x.T @ x + model.settings["reg"] * (counts**2).sum() / counts.sum() * np.eye(x.shape[1]))
    expected = x @ np.where(np.eye(len(inverse)), 0, inverse / -np.diag(inverse))
    np.testing.assert_allclose(model.score(split.test_history.histories), expected, rtol=2e-3, atol=2e-4)


def test_paired_lines_compare_with_baselines_and_defaults():
    data = ratings()
    models = {
        "user_knn": create("user_knn", n_neighbours=5),
        "user_knn (defaults)": create("user_knn"),
        "naive_user_knn": baselines.NaiveUserKnn(),
    }
    lines = baselines.paired(evaluate(models, data, seeds=(1, 2)))
    assert [(line["model"], line["against"]) for line in lines] == [
        ("user_knn", "naive_user_knn"),
        ("user_knn", "user_knn (defaults)"),
    ]
    assert all(len(line["ratios"]) == 2 and line["metric"] == "ndcg@10" for line in lines)
    first = baselines.render(lines).splitlines()[0]
    assert [line["p_holm"] for line in lines] == significance.holm([line["p"] for line in lines]).tolist()
    assert first.startswith(f"user_knn / naive_user_knn       {100 * (lines[0]['ratio'] - 1):+.1f} % of NDCG@10 [")
