"""The heads on embeddings: what they minimise, what they report, and their features; no Keras needed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import sparse

from recsys import Interactions, models
from recsys.models.collaborative.embedding_pairs import PairFeatures, item_biases
from recsys.ranking import metrics

PENALTIES = (3.0, 30.0)


@pytest.fixture
def problem() -> tuple[np.ndarray, np.ndarray]:
    """Features with a constant, and ratings 1 to 5 that follow them."""
    rng = np.random.default_rng(4)
    x = np.hstack([np.ones((400, 1)), rng.normal(size=(400, 5))]).astype(np.float32)
    ratings = np.clip(np.round(3 + x[:, 1] - 0.5 * x[:, 2] + rng.normal(size=400)), 1, 5)
    return x, ratings


def head(name, ratings):
    model = models.create(name)
    model.has_ratings, model.scale, model.mean = True, (1.0, 5.0), float(ratings.mean())
    return model


def test_regression_solves_the_ridge_equations_for_every_penalty(problem):
    x, ratings = problem
    model = head("embedding_regression", ratings)
    found = model._solve(x, ratings, PENALTIES)
    for place, penalty in enumerate(PENALTIES):
        expected = np.linalg.solve(x.T @ x + penalty * np.eye(6), x.T @ (ratings - model.mean))
        np.testing.assert_allclose(found[:, place], expected, atol=1e-4)
        np.testing.assert_allclose(found[:, [place]], model._solve(x, ratings, (penalty,)), atol=1e-5)
    np.testing.assert_allclose(model._predictions(x, found)[:, 1], model.mean + x @ found[:, 1], rtol=1e-5)


def test_classification_is_the_stationary_point_of_its_loss(problem):
    x, ratings = problem
    model = head("embedding_classification", ratings)
    found = model._solve(x, ratings, PENALTIES)
    chances = model._predictions(x, found)
    for place, penalty in enumerate(PENALTIES):
        slope = x.T @ ((ratings >= model.mean) - chances[:, place]) - penalty * found[:, place]
        assert np.abs(slope).max() < 0.1, "of a loss of some 200"
    losses = model._losses(chances, ratings)
    liked = ratings >= model.mean
    np.testing.assert_allclose(losses, -np.log(np.where(liked[:, None], chances, 1 - chances)).mean(axis=0), rtol=1e-5)


def test_reports_hold_the_errors_of_the_predictions(problem):
    x, ratings = problem
    model = head("embedding_regression", ratings)
    predictions = model._predictions(x, model._solve(x, ratings, (3.0,))[:, 0])
    report = json.loads(json.dumps(model._describe(predictions, ratings), allow_nan=False))
    clipped = np.clip(predictions, 1, 5)
    assert report["rmse"] == pytest.approx(metrics.rmse(clipped, ratings), abs=1e-4)
    assert np.sum(report["cells"]["counts"]) == 400 and report["levels"] == [1, 2, 3, 4, 5]
    assert [sum(row) for row in report["cells"]["counts"]] == [(ratings == level).sum() for level in range(1, 6)]


def test_the_report_of_a_classification_counts_hits_and_false_alarms(problem):
    _, ratings = problem
    model = head("embedding_classification", ratings)
    liked = ratings >= model.mean
    rng = np.random.default_rng(2)
    chances = np.clip(np.where(liked, 0.6, 0.4) + rng.normal(0, 0.2, 400), 0.01, 0.99)
    report = json.loads(json.dumps(model._describe(chances, ratings), allow_nan=False))
    said = chances >= 0.5
    assert report["confusion"] == [
        [int((~liked & ~said).sum()), int((~liked & said).sum())],
        [int((liked & ~said).sum()), int((liked & said).sum())],
    ]
    assert report["accuracy"] == pytest.approx((said == liked).mean(), abs=1e-4)
    pairs = (chances[liked][:, None] > chances[~liked]).mean()  # no two are equal
    assert report["auc"] == pytest.approx(pairs, abs=1e-4)
    roc = report["roc"]
    assert len(roc["cut"]) == len(roc["true"]) <= 40 and roc["cut"] == sorted(roc["cut"], reverse=True)
    for cut, true, false in list(zip(roc["cut"], roc["true"], roc["false"], strict=True))[1:]:
        assert true == pytest.approx((chances[liked] >= cut - 1e-4).mean(), abs=0.01)
        assert false == pytest.approx((chances[~liked] >= cut - 1e-4).mean(), abs=0.01)


def test_one_kind_of_answer_cannot_judge_a_classification(problem):
    _, ratings = problem
    assert head("embedding_classification", ratings)._can_judge(ratings)
    assert not head("embedding_classification", ratings)._can_judge(ratings[ratings >= 4])
    assert head("embedding_regression", ratings)._can_judge(ratings[:1])
    assert not head("embedding_regression", ratings)._can_judge(ratings[:0])


def test_features_are_their_formula():
    rng = np.random.default_rng(2)
    ratings = np.array([[4, 0, 2, 5], [1, 3, 0, 0]], np.float32)
    z, biases, counts = rng.normal(size=(4, 2)), rng.normal(size=4) * 0.1, rng.normal(size=4)
    pairs = PairFeatures(z.astype(np.float32), biases.astype(np.float32), counts.astype(np.float32), 3.0)
    found = pairs(sparse.csr_array(ratings), np.array([0]), np.array([1]), None)[0]
    seen = np.array([0, 2, 3])
    errors = ratings[0, seen] - 3.0 - biases[seen]
    bias = errors.sum() / (3 + 7)
    taste, pool = ((errors - bias) @ z[seen]) / (3 + 3), z[seen].sum(axis=0) / 3
    expected = [1, bias, biases[1], np.log1p(3) - 4, counts[1], *z[1], *taste, *pool]
    expected += [*np.outer(taste, z[1]).ravel(), *(pool * z[1])]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_biases_solve_their_equations(tastes):
    of_items = item_biases(tastes).astype(float)
    dense, seen = tastes.matrix.toarray() - tastes.mean, tastes.pattern.toarray()
    of_users = (seen * (dense - of_items)).sum(axis=1) / (seen.sum(axis=1) + 7)
    again = (seen * (dense - of_users[:, None])).sum(axis=0) / (seen.sum(axis=0) + 5)
    np.testing.assert_allclose(of_items, again, atol=1e-3)
    assert np.array_equal(
        item_biases(Interactions(tastes.users, tastes.items, tastes.pattern)), np.zeros(45, np.float32)
    )
