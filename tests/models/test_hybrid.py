"""The hybrid: its kernels against plain rewrites, hidden interactions, explanations, determinism and rare items."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from threadpoolctl import threadpool_info, threadpool_limits

from recsys import Interactions, ItemFeatures, models
from recsys.data import Histories
from recsys.models import holdout
from recsys.models.hybrid import reranker, reranker_training, transitions
from recsys.models.hybrid.ensemble import some_users
from recsys.models.hybrid.reranker_training import Lists, Training, train
from recsys.models.numeric import item_item, item_weights


@pytest.fixture(scope="module")
def hybrid(tastes, facts):
    return models.create("hybrid").fit(tastes, facts)


def lists(seed=0, n=40, k=12):
    """Lists whose positives have a high second feature; the first says nothing."""
    rng = np.random.default_rng(seed)
    features = rng.standard_normal((n, k, 3)).astype(np.float32)
    return Lists(features, features[:, :, 1] > 1.0, np.ones(n))


# -- the network ------------------------------------------------------------------------------------


def test_the_network_learns_what_decides_and_is_deterministic():
    net, again = (train(lists(n=1500), 1, Training()) for _ in range(2))
    others = lists(seed=9)
    scores = net(others.features)
    assert np.array_equal(scores, again(others.features))
    full = others.labels.any(axis=1)
    assert np.mean(np.take_along_axis(others.labels, scores.argmax(axis=1)[:, None], 1)[full]) > 0.9


def test_the_network_is_trained_with_one_thread_of_the_matrix_library(monkeypatch):
    """Two threads waited for each other on a busy machine: 213 s instead of 38 s for 9,402 enrolments."""
    seen, train_network = [], reranker_training._train_network

    def threads() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    def watched(*given):
        seen.append(threads())
        return train_network(*given)

    monkeypatch.setattr(reranker_training, "_train_network", watched)
    with threadpool_limits(2, user_api="blas"):
        train(lists(), 1, Training(n_networks=2, n_hidden=4))
        assert seen == [{1}, {1}] and threads() == {2}


def test_the_network_is_its_formula():
    features = lists().features
    net = train(lists(), 1, Training(n_networks=2, n_hidden=4))
    x = np.clip((features[0] - net.centre) / net.spread, -reranker.CLIP, reranker.CLIP)
    for row, score in zip(x, net(features[0]), strict=True):
        units = [max(0.0, float(row @ net.hidden[:, m] + net.bias[m])) * net.output[m] for m in range(8)]
        assert score == pytest.approx(float(row @ net.linear) + sum(units), abs=1e-4)


def test_attributions_add_up_to_the_score():
    features = lists().features
    net = train(lists(), 1, Training())
    x = net.standardise(features[0])
    centre = x.mean(axis=0)
    base = centre @ net.linear + np.maximum(centre @ net.hidden + net.bias, 0) @ net.output
    added = net.attribute(features[0], np.arange(features.shape[1]), steps=400).sum(axis=1)
    assert np.allclose(added, net(features[0]) - base, atol=0.02)


# -- experts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "full_items", "form"),
    [
        ((30, 12), 12, item_weights.DenseWeights),
        ((8, 12), 12, item_weights.FactoredWeights),
        ((8, 12), 4, item_weights.SparseWeights),
    ],
)
def test_the_random_walk_is_its_formula_in_every_form(shape, full_items, form, monkeypatch):
    monkeypatch.setattr(item_item, "DENSE_UP_TO", 10)
    x = (np.random.default_rng(2).random(shape) < 0.4).astype(np.float32)
    counts = np.maximum(x.sum(0), 1)
    steps = x.T @ (x / np.maximum(x.sum(1, keepdims=True), 1)) * counts**-0.4
    np.fill_diagonal(steps, 0)
    found = item_item.random_walk(sparse.csr_array(x), 0.8, 0.4, item_item.Limits(full_items, 100, 12))
    assert isinstance(found, form)
    assert np.allclose(found.apply(sparse.csr_array(np.eye(12, dtype=np.float32))), steps, atol=1e-5)


def test_transitions_count_followers_by_their_distance():
    matrix = sparse.csr_array(np.array([[1.0, 1, 1], [1, 1, 0]], np.float32))
    ages = np.array([2, 1, 0, 0.5, 0.5], np.float32)  # the second person rated both at one moment
    settings = transitions.Steps(gap_decay=3.0, damping=0.0, power=0.0)
    steps = transitions.transitions(Histories(matrix, ages), steps=settings).toarray()
    near, far = np.exp(-1 / 3), np.exp(-2 / 3)
    assert np.allclose(steps, [[0, (near + 1) / 2, far / 2], [1 / 2, 0, near / 2], [0, 0, 0]], atol=1e-6)


# -- what is hidden to learn from ---------------------------------------------------------------------


def test_folds_hide_the_latest_of_some_users_and_random_ones_of_others(tastes):
    known, hidden = next(holdout.folds(tastes, 1, 0))
    assert known.matrix.nnz + hidden.matrix.nnz == tastes.matrix.nnz
    latest = 0
    for user in range(len(tastes.users)):
        before = known.times[known.matrix.indptr[user] : known.matrix.indptr[user + 1]]
        after = hidden.times[hidden.matrix.indptr[user] : hidden.matrix.indptr[user + 1]]
        latest += bool(len(before) and len(after) and before.max() <= after.min())
    assert abs(latest / len(tastes.users) - holdout.LATEST_USERS) < 0.15


def test_folds_of_short_histories_without_ratings_hide_the_latest_of_all_users(tastes):
    events = Interactions.from_frame(tastes.to_frame()[["user_id", "item_id", "timestamp"]])
    known, hidden = next(holdout.folds(events, 1, 0))
    for user in range(len(events.users)):
        before = known.times[known.matrix.indptr[user] : known.matrix.indptr[user + 1]]
        after = hidden.times[hidden.matrix.indptr[user] : hidden.matrix.indptr[user + 1]]
        assert len(before) and len(after) and before.max() <= after.min()


def test_random_folds_overlap_nowhere(tastes):
    total = sum(hidden.matrix for _, hidden in holdout.folds(tastes.without_times(), holdout.RANDOM_PARTS, 0))
    assert np.array_equal(total.toarray(), tastes.matrix.toarray())


def test_shortened_histories_keep_the_latest(tastes):
    known, hidden = next(holdout.folds(tastes, 1, 0))
    asked, owners, weights = holdout.questions(known.histories, hidden.matrix, 1000, seed=0)
    usable = np.flatnonzero(np.diff(known.matrix.indptr) * np.diff(hidden.matrix.indptr))
    whole = len(usable)
    assert np.array_equal(owners[:whole], usable)
    assert len(owners) == whole + int(holdout.SHORT_SHARE * whole)
    assert set(weights[whole:]) == {holdout.SHORT_WEIGHT}
    for row in range(whole, len(owners)):
        part = asked.rows(row, row + 1)
        full = known.histories.rows(owners[row], owners[row] + 1)
        assert part.matrix.nnz <= max(holdout.SHORT_LENGTHS)
        assert part.ages.max() <= np.sort(full.ages)[part.matrix.nnz - 1]


# -- the whole --------------------------------------------------------------------------------------


def test_each_expert_has_a_contribution_to_each_item(hybrid, tastes):
    histories = tastes.histories.rows(0, 1)
    unseen = np.setdiff1d(np.arange(len(tastes.items)), histories.matrix.indices)
    contributions = hybrid.expert_contributions(histories, unseen)
    assert {"ease", "als", "walk", "content", "popularity"} <= set(contributions)
    total = sum(contributions.values())
    best = hybrid.score(histories)[0, unseen].argmax()
    assert total[best] > np.median(total)


def test_shares_are_those_of_the_members_weighted_by_what_each_adds(hybrid, tastes):
    histories = tastes.histories.rows(2, 3)
    items = np.argsort(-hybrid.score(histories)[0])[:6]
    assert set(items) <= set(hybrid.ensemble.frequent.numbers)
    added = hybrid.expert_contributions(histories, items)
    inner = hybrid.ensemble.frequent.histories(histories)
    shares = hybrid.shares(histories, items)
    for row, item in enumerate(items):
        column = np.array([hybrid.ensemble.frequent.column[item]])
        expected = np.zeros(histories.matrix.nnz)
        for name, member in hybrid.ensemble.experts.members.items():
            if added[name][row] > 0:
                expected += added[name][row] * member.shares(inner, column)[0]
        for name, share in hybrid.ensemble.wide.shares(histories, items[row : row + 1]).items():
            expected += max(added[name][row], 0) * share[0]
        assert expected.sum() > 0
        assert np.allclose(shares[row], expected / expected.sum(), atol=1e-6)


def test_where_ratings_and_content_disagree_the_ratings_that_decide_are_named(checkerboard):
    # the users choose by colour; the features know only whether a square is in the north
    ids = checkerboard.items.ids.tolist()
    half = ["north" if int(item) < 22 else "south" for item in ids]
    places = ItemFeatures.from_frame(
        pd.DataFrame({"item_id": ids, "title": ids, "text": half, "genres": [[name] for name in half]})
    )
    model = models.create("hybrid").fit(checkerboard, places)
    for item, history in [("14", ["24", "26", "13"]), ("17", ["23", "25", "16"]), ("28", ["10", "12", "27"])]:
        shares = model.explain(history, item)
        assert [int(one) % 2 == int(item) % 2 for one, _ in shares] == [True, True, False]
        added = model.expert_contributions(model.to_histories(history), np.array([model.items.number(item)]))
        assert max(added, key=lambda name: added[name][0]) == "ease"


def test_without_features_content_is_not_among_the_experts(tastes):
    model = models.create("hybrid").fit(tastes)
    assert "content" not in model.ensemble.experts.members


def test_items_rated_too_rarely_come_last_by_popularity(tastes, monkeypatch):
    monkeypatch.setattr("recsys.models.hybrid.frequent_items.MIN_SHARE", 0.15)
    model = models.create("hybrid").fit(tastes.without_times())
    rare = np.flatnonzero((tastes.item_counts < 9) & model.rated)
    assert 0 < len(rare) < len(tastes.items)
    order = [tastes.items.number(line.item_id) for line in model.recommend(["i100"], len(tastes.items))]
    assert set(order[-len(rare) :]) == set(rare)
    counts = tastes.item_counts[order[-len(rare) :]]
    assert np.all(np.diff(counts) <= 0)


def test_nobody_is_identified_by_what_is_saved(hybrid):
    assert not hybrid.holds_ratings
    assert not [name for name in hybrid.arrays() if "ratings" in name or "users" in name]


def test_two_items_are_too_few_to_learn_from_but_no_error(ratings):
    few = Interactions.from_frame(ratings.head(2))
    assert models.create("hybrid").fit(few).recommend([], 5)


def test_a_large_catalogue_is_learnt_from_part_of_its_users(tastes, monkeypatch):
    monkeypatch.setattr("recsys.models.hybrid.ensemble.MAX_RATINGS", tastes.matrix.nnz // 2)
    part = some_users(tastes, 3)
    assert 0.3 * tastes.matrix.nnz < part.matrix.nnz <= tastes.matrix.nnz // 2
    for user in part.users.ids[:5].tolist():
        assert part.history(user) == tastes.history(user)
    assert part.digest == some_users(tastes, 3).digest != some_users(tastes, 4).digest
