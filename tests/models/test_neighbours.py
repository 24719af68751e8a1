"""Nearest neighbours against naive dense rewrites of their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import models
from recsys.models.collaborative.neighbours import idf


def preferences(data, strength: float) -> np.ndarray:
    """1 + 2 s (r - mean) / (high - low) where rated, else 0."""
    (low, high), seen = data.scale, data.pattern.toarray()
    return np.where(seen > 0, 1 + 2 * strength * (data.matrix.toarray() - data.mean) / (high - low), 0.0)


def naive_user_knn(data, settings) -> np.ndarray:
    """Scores of all users by the formula in the docstring of UserKnn, one pair of users at a time."""
    liked, seen = preferences(data, settings["rating_strength"]), data.pattern.toarray()
    vectors = liked * np.log(len(data.users) / data.item_counts + 1) ** settings["idf_power"]
    scores = np.zeros(liked.shape)
    for h in range(len(liked)):
        similar = np.zeros(len(liked))
        for v in range(len(liked)):
            cosine = vectors[h] @ vectors[v] / (np.linalg.norm(vectors[h]) * np.linalg.norm(vectors[v]))
            common = (seen[h] * seen[v]).sum()
            similar[v] = cosine * (common / (common + settings["shrinkage"]) if settings["shrinkage"] else 1.0)
        nearest = np.sort(similar)[::-1][: settings["n_neighbours"]][-1]
        votes = np.where(similar >= nearest, np.maximum(similar, 0), 0) ** settings["sharpness"]
        scores[h] = votes @ liked
    return scores


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"shrinkage": 0.0},
        {"shrinkage": 20.0, "n_neighbours": 7},
        {"sharpness": 1.0, "idf_power": 0.0, "rating_strength": 0.0, "n_neighbours": 11},
    ],
    ids=str,
)
def test_user_neighbours_are_their_formula(changed, tastes):
    model = models.create("user_knn", **{"n_neighbours": 9, **changed}).fit(tastes)
    np.testing.assert_allclose(model.score(tastes.histories), naive_user_knn(tastes, model.settings), rtol=2e-4)


def test_shares_of_user_neighbours_add_up_to_the_score(tastes):
    model = models.create("user_knn", n_neighbours=9).fit(tastes)
    history, numbers = tastes.histories.rows(3, 4), np.arange(len(tastes.items))
    terms = model._contributions(history, numbers)
    np.testing.assert_allclose(terms.sum(axis=1), model.score(history)[0], rtol=1e-4)


@pytest.mark.parametrize(
    "changed",
    [{}, {"shrinkage": 0.0, "item_power": 1.0}, {"user_power": 0.0, "idf_power": 1.0, "n_neighbours": 6}],
    ids=str,
)
def test_item_neighbours_are_their_formula(changed, tastes):
    model = models.create("item_knn", **changed).fit(tastes)
    settings, seen = model.settings, tastes.pattern.toarray()
    liked = preferences(tastes, settings["rating_strength"])
    x = liked * seen.sum(axis=1, keepdims=True) ** -settings["user_power"]
    norms, common = np.linalg.norm(x, axis=0), seen.T @ seen
    damping = common / (common + settings["shrinkage"]) if settings["shrinkage"] else 1.0
    similar = np.maximum(x.T @ x / np.outer(norms, norms) ** settings["item_power"] * damping, 0)
    np.fill_diagonal(similar, 0)
    for row in similar:
        row[row < np.sort(row)[::-1][: settings["n_neighbours"]][-1]] = 0
    weights = np.log(len(tastes.users) / tastes.item_counts + 1) ** settings["idf_power"]
    np.testing.assert_allclose(model.score(tastes.histories), liked * weights @ similar, rtol=2e-4, atol=1e-5)


def test_rare_items_weigh_more():
    assert idf(100, np.array([0, 1, 100]), 1.0).round(4).tolist() == pytest.approx([4.6151, 4.6151, 0.6931])
    assert idf(100, np.array([1, 100]), 0.0).tolist() == [1.0, 1.0]
