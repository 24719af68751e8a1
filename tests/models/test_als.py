"""ALS: its fast solver against the normal equations, folding in, exact shares."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from recsys import Interactions, models
from recsys.data import Histories
from recsys.models.collaborative import als


def by_the_book(row, others, alpha, reg):
    """The weighted ridge of one row over all columns, dense and in float64."""
    weights = np.diag(row + alpha)
    system = others.T @ weights @ others + reg * (row.sum() + alpha * len(row)) * np.eye(others.shape[1])
    return np.linalg.solve(system, others.T @ row)


@pytest.mark.parametrize("density", [0.02, 0.1, 0.8])
@pytest.mark.parametrize("rows", [3, 200])
def test_rows_solved_together_or_alone_obey_the_normal_equations(density, rows):
    rng = np.random.default_rng(7)
    pattern = (rng.random((rows, 40)) < density).astype(np.float32)
    others = rng.standard_normal((40, 12)).astype(np.float32)
    found = als.solve_rows(sparse.csr_array(pattern), others, 0.2, 0.05)
    for row, factors in zip(pattern, found, strict=True):
        expected = by_the_book(row.astype(float), others.astype(float), 0.2, 0.05) if row.any() else np.zeros(12)
        assert np.allclose(factors, expected, atol=2e-4)


def test_more_sweeps_lower_the_loss(tastes):
    seen = (tastes.matrix.toarray() > 0).astype(float)
    n_users, n_items = seen.shape

    def loss(n_epochs):
        model = models.create("als", n_factors=8, n_epochs=n_epochs).fit(tastes)
        items = model.factors.astype(float)
        users = als.solve_rows(tastes.matrix, model.factors, 0.3, model.reg).astype(float)
        penalty = model.reg * (
            (seen.sum(1) + 0.3 * n_items) @ (users**2).sum(1) + (seen.sum(0) + 0.3 * n_users) @ (items**2).sum(1)
        )
        guess = users @ items.T
        return (seen * (1 - guess) ** 2).sum() + 0.3 * (guess**2).sum() + penalty

    assert loss(8) <= loss(3) <= loss(1)


def test_a_known_user_is_folded_in_like_a_new_one(tastes):
    model = models.create("als", n_factors=8).fit(tastes)
    ids, scores = model.recommend_many(tastes, 5)
    user = tastes.users.ids[4]
    alone = model.recommend({item: rating for item, rating in tastes.history(user).items()}, 5)
    assert [line.item_id for line in alone] == ids[4].tolist()
    assert np.allclose([line.score for line in alone], scores[4], atol=1e-5)


def test_clear_dislikes_do_not_count_as_likes(tastes):
    model = models.create("als", n_factors=8).fit(tastes)
    liked = {"i100": 5.0, "i103": 4.0, "i106": 4.0}
    scores = [model.score(Histories.of(history, tastes.items)) for history in (liked, {**liked, "i101": 1.0})]
    assert np.allclose(*scores, atol=1e-5)


def test_shares_are_the_exact_terms_of_the_score(tastes):
    implicit = Interactions.from_frame(tastes.to_frame()[["user_id", "item_id"]])
    model = models.create("als", n_factors=8).fit(implicit)
    histories = implicit.histories.rows(3, 4)
    terms = model._contributions(histories, np.arange(len(implicit.items)))
    assert np.allclose(terms.sum(axis=1), model.score(histories)[0], atol=1e-4)


def test_more_factors_than_users_or_items_are_no_error(checkerboard):
    assert len(models.create("als", n_factors=100).fit(checkerboard).recommend(["10"], 5)) == 5
