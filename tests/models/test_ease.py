"""EASE: every fast form against the plain inverse, ratings, recency, shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import minimize

from recsys import Interactions, models
from recsys.data import Histories
from recsys.models.numeric import item_item, item_weights, nonnegative
from recsys.models.numeric.item_item import Limits
from recsys.models.rating_weights import hinged, z_scores

RNG = np.random.default_rng(4)
X = sparse.csr_array((RNG.random((30, 20)) < 0.3) * RNG.uniform(0.5, 1.5, (30, 20)))
REG = RNG.uniform(1.0, 3.0, 20)


def plain(x, reg):
    """B by the book (Steck 2019), dense and in float64."""
    inverse = np.linalg.inv(x.T @ x + np.diag(reg))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return weights


def dense(weights):
    return weights.apply(sparse.csr_array(sparse.eye_array(20, format="csr", dtype=np.float32)))


@pytest.mark.parametrize("users", [30, 12])
@pytest.mark.parametrize("form", [item_item.primal, item_item.dual])
def test_both_forms_are_the_plain_inverse(form, users):
    part = X[:users]
    assert np.allclose(dense(form(part, REG)), plain(part.toarray(), REG), atol=1e-5)


@pytest.mark.parametrize("form", [item_item.primal, item_item.dual])
def test_one_history_many_histories_and_single_weights_agree(form):
    weights = form(X, REG)
    inputs = sparse.csr_array(X[:5], dtype=np.float32)
    together = weights.apply(inputs)
    assert np.allclose(together, X[:5].toarray() @ plain(X.toarray(), REG), atol=1e-5)
    assert np.allclose(together[[2]], weights.apply(inputs[[2]]), atol=1e-6)
    one = inputs[[2]]
    assert np.allclose(together[[2]], item_weights.apply_all(weights, [one.data], one)[0], atol=1e-6)
    rows, columns = np.array([1, 4, 7]), np.array([4, 2])
    assert np.allclose(weights.columns(rows, columns), plain(X.toarray(), REG)[np.ix_(rows, columns)], atol=1e-5)


def test_rarely_rated_items_are_scored_on_the_first_axes_everywhere_alike(monkeypatch):
    counts = np.bincount(X[:12].indices, minlength=20)
    least = int(np.median(counts))
    monkeypatch.setattr(item_weights, "TIERS", ((least + 1, 99), (least, 9), (0, 5)))
    weights, exact = item_item.dual(X[:12], REG), plain(X[:12].toarray(), REG)
    found = dense(weights)
    assert np.allclose(found[:, counts > least], exact[:, counts > least], atol=1e-5)
    assert not np.allclose(found[:, counts < least], exact[:, counts < least], atol=1e-3)
    assert np.allclose(np.diag(found), 0, atol=1e-6)
    everything = np.arange(20)
    assert np.allclose(weights.columns(everything, everything), found, atol=1e-6)
    back = item_weights.restore(weights.arrays())
    assert np.array_equal(dense(back), found)
    with pytest.raises(ValueError, match="not one for each item"):
        item_weights.restore(weights.arrays() | {"order": np.zeros(20, np.int32)})
    with pytest.raises(ValueError, match="weights of shape"):
        item_weights.restore({"weights": np.zeros((19, 20), np.float32)})


def test_the_form_follows_the_shape(monkeypatch):
    assert isinstance(item_item.solve(X[:10], REG, Limits(100, 100, 5)), item_weights.DenseWeights)
    monkeypatch.setattr(item_item, "DENSE_UP_TO", 15)
    assert isinstance(item_item.solve(X, REG, Limits(100, 100, 5)), item_weights.DenseWeights)
    assert isinstance(item_item.solve(X[:10], REG, Limits(100, 100, 5)), item_weights.FactoredWeights)
    assert isinstance(item_item.solve(X[:10], REG, Limits(14, 100, 5)), item_weights.SparseWeights)
    assert isinstance(item_item.solve(X, REG, Limits(15, 100, 5)), item_weights.SparseWeights)
    assert isinstance(item_item.solve(X, REG, Limits(100, 15, 5)), item_weights.SparseWeights)


def test_weights_beyond_the_kept_ones_are_the_smallest():
    weights = item_item.solve(X, REG, Limits(10, 100, 6)).weights.toarray()
    exact = plain(X.toarray(), REG)
    assert ((weights != 0).sum(axis=0) == 6).all()
    assert np.allclose(weights[weights != 0], exact[weights != 0], atol=1e-5)
    for column in range(20):
        out = weights[:, column] == 0
        assert np.abs(exact[out, column]).max() <= np.abs(exact[~out, column]).min() + 1e-6


def test_a_large_catalogue_keeps_the_largest_weights_of_its_head_and_neighbours_of_its_tail():
    weights = item_item.truncated(X, REG, Limits(100, 12, 40)).weights.toarray()
    counts = np.bincount(X.indices, minlength=20)
    head = np.sort(np.argsort(-counts, kind="stable")[:12])
    exact = plain(X.toarray()[:, head], REG[head])
    assert np.allclose(weights[np.ix_(head, head)], exact, atol=1e-5)
    gram = (X.T @ X).toarray()
    tail = np.setdiff1d(np.arange(20), head)[0]
    near = np.flatnonzero(weights[:, tail])
    assert 0 < len(near) <= 10
    others = np.setdiff1d(np.flatnonzero(gram[:, tail]), [*near, tail])
    share = gram[:, tail] / (np.diag(gram) + REG)
    assert not len(others) or share[others].max() <= share[near].min() + 1e-6
    assert np.allclose(weights[near, tail], gram[near, tail] / (np.diag(gram) + REG)[near], rtol=1e-4)


@pytest.mark.parametrize("way", ["_Precision", "_PrecisionOfUsers"])
def test_sparse_weights_are_the_best_that_are_not_negative(way, monkeypatch):
    monkeypatch.setattr(nonnegative, "_users_are_fewer", lambda matrix: way == "_PrecisionOfUsers")
    monkeypatch.setattr(nonnegative, "COLUMNS", 7)
    x, lasso = X.toarray(), RNG.uniform(0.2, 0.6, 20)
    matrix = sparse.csr_array(X, dtype=np.float32)
    found = nonnegative.nonnegative(matrix, REG, lasso, 8.0, rounds=400).weights.toarray()
    gram = x.T @ x
    for column in range(20):
        others = np.arange(20) != column

        def loss(b, column=column, others=others):
            rest = gram[np.ix_(others, others)] @ b - gram[others, column]
            value = 0.5 * b @ (rest - gram[others, column]) + 0.5 * REG[others] @ b**2 + lasso[column] * b.sum()
            return value, rest + REG[others] * b + lasso[column]

        best = minimize(loss, np.zeros(19), jac=True, bounds=[(0, None)] * 19, method="L-BFGS-B", tol=1e-12).x
        assert np.allclose(found[others, column], best, atol=2e-3)
        assert found[column, column] == 0
    assert 0.05 < (found > 0).mean() < 0.95 and found.min() >= 0


def test_a_hopeless_penalty_is_refused():
    with pytest.raises(np.linalg.LinAlgError, match="raise reg"):
        item_item.inverse(np.asfortranarray(-np.eye(3, dtype=np.float32)), np.zeros(3))


@pytest.mark.parametrize("rare_count", [0.0, 2.0, 14.0])
def test_the_whole_model_is_its_docstring(tastes, rare_count):
    model = models.create("ease", recency_items=0.0, rare_count=rare_count).fit(tastes)
    values = tastes.matrix.copy()
    values.data = hinged(z_scores(values, tastes.mean, values.data.std()), 0.1)
    lengths, counts = np.diff(values.indptr), tastes.item_counts
    weighted = values.toarray() * ((lengths / np.median(lengths)) ** -0.15)[:, None]
    mean_count = (counts**2).sum() / counts.sum()
    rarity = (min(rare_count, mean_count / 4) / counts) ** 2
    reg = 2.2 * mean_count * (1 + rarity) + 0.28 / 0.72 * (weighted**2).sum(axis=0)
    expected = values.toarray() @ plain(weighted, reg) * counts**-0.125
    assert np.allclose(model.score(Histories(tastes.matrix)), expected, atol=1e-4)


def test_equal_ratings_are_plain_interactions(ratings):
    implicit = Interactions.from_frame(ratings[["user_id", "item_id"]])
    fives = Interactions.from_frame(ratings[["user_id", "item_id"]].assign(rating=5.0))
    one, other = (models.create("ease").fit(data).recommend_many(data, 5) for data in (implicit, fives))
    assert one[0].tolist() == other[0].tolist()
    assert np.allclose(one[1], other[1])


def test_a_dislike_pushes_similar_items_down(tastes):
    model = models.create("ease").fit(tastes)
    column = tastes.items.number("i103")

    def score(history):
        return model.score(Histories.of(history, tastes.items))[0, column]

    alike = {"i101": 5.0, "i104": 5.0, "i107": 5.0}
    assert score({"i100": 1.0, **alike}) < score(alike) < score({"i100": 5.0, **alike})


def test_the_latest_items_count_most_where_order_is_known(tastes):
    ordered, unordered = models.create("ease").fit(tastes), models.create("ease").fit(tastes.without_times())
    history, reverse = ["i100", "i101", "i102"], ["i102", "i101", "i100"]
    first = dict(ordered.explain(history, "i105"))
    assert [line.score for line in ordered.recommend(history)] != [line.score for line in ordered.recommend(reverse)]
    assert [line.score for line in unordered.recommend(history)] == [
        line.score for line in unordered.recommend(reverse)
    ]
    assert sum(first.values()) == pytest.approx(1)


def test_shares_are_the_exact_terms_of_the_score(tastes):
    model = models.create("ease").fit(tastes)
    histories = tastes.histories.rows(3, 4)
    numbers = np.arange(len(tastes.items))
    terms = model._contributions(histories, numbers)
    assert np.allclose(terms.sum(axis=1), model.score(histories)[0], atol=1e-5)


def test_what_was_long_ago_is_left_out_of_a_single_history_without_a_trace():
    weights = item_item.primal(X, REG)
    items = np.arange(12)
    pattern = sparse.csr_array((np.ones(12), items, [0, 12]), shape=(1, 20))
    fading, lasting = np.exp(-np.arange(12) * 2.0).astype(np.float32), np.full(12, 0.5, np.float32)
    assert item_weights.relevant(fading[None]).tolist() == [True] * 5 + [False] * 7
    assert item_weights.relevant(np.stack([fading, lasting])).all()
    assert not item_weights.relevant(np.zeros((1, 3))).any() and item_weights.relevant(np.zeros((1, 0))).shape == (0,)
    both = sparse.csr_array((np.tile(fading, 2), np.tile(items, 2), [0, 12, 24]), shape=(2, 20))
    one = item_weights.apply_all(weights, [fading], pattern)[0]
    assert np.allclose(one[0], weights.apply(both)[0], atol=1e-3)
    assert np.array_equal(item_weights.apply_all(weights, [np.zeros(12, np.float32)], pattern)[0], np.zeros((1, 20)))
