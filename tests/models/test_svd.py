"""The Gibbs sampler against dense rewrites, and what `svd` promises on top of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import Interactions, models
from recsys.models.rating_prediction import gibbs
from recsys.models.rating_prediction.star_model import pick_vectors


@pytest.fixture(scope="module")
def low_rank() -> tuple[Interactions, pd.DataFrame, np.ndarray]:
    """Sixty users and forty items with ratings of rank two, most known, some held out with their true values."""
    rng = np.random.default_rng(3)
    truth = 3 + rng.normal(size=(60, 1)) * 0.3 + rng.normal(size=(60, 2)) @ rng.normal(size=(2, 40)) * 0.7
    truth = np.clip(truth, 1, 5)
    users, items = np.nonzero(rng.random(truth.shape) < 0.7)
    frame = pd.DataFrame({"user_id": users + 10, "item_id": items + 10, "rating": truth[users, items]})
    held = rng.random(len(frame)) < 0.2
    data = Interactions.from_frame(frame[~held])
    return data, frame.loc[held, ["user_id", "item_id"]], frame.loc[held, "rating"].to_numpy()


def test_svd_finds_a_low_rank_structure(low_rank):
    data, pairs, truth = low_rank
    model = models.create("svd", n_factors=4, n_iterations=80).fit(data)
    error = np.sqrt(np.mean((model.predict_many(data, pairs) - truth) ** 2))
    spread = truth.std()
    assert error < 0.5 * spread, f"RMSE {error:.3f} against a spread of {spread:.3f}"


def test_unknown_user_and_item_fall_back_to_means(low_rank):
    data, _, _ = low_rank
    model = models.create("svd", n_factors=4, n_iterations=60).fit(data)
    pairs = pd.DataFrame({"user_id": ["nobody", "10", "nobody"], "item_id": ["10", "none", "none"]})
    stars = model.predict_many(data, pairs)
    column = data.matrix[:, [0]]
    assert stars[0] == pytest.approx(column.data.mean(), abs=0.5)
    assert stars[1] == pytest.approx(data.matrix[[0]].data.mean(), abs=0.6)
    assert stars[2] == pytest.approx(data.mean, abs=0.3)


def test_fold_in_solves_the_stated_system():
    rng = np.random.default_rng(0)
    samples, items, size = 2, 5, 3
    posterior = gibbs.Posterior(
        vectors=rng.normal(size=(samples, items + 1, size)).astype(np.float16),
        links=rng.normal(size=(samples, items, size)).astype(np.float16),
        means=rng.normal(size=(samples, size)),
        precisions=np.stack([np.eye(size) * 2] * samples),
        noise=rng.random((samples, items)).astype(np.float32) + 0.5,
        mu=3.0,
        nu=1e9,  # a_u is then 1 whatever the history
    )
    columns, ratings = np.array([0, 2, 3]), np.array([4.0, 1.0, 5.0])
    found = posterior.fold_in(columns, ratings)
    for s in range(samples):
        prior = posterior.means[s] + posterior.links[s, columns].astype(float).sum(0) / np.sqrt(3)
        system, right = posterior.precisions[s].copy(), posterior.precisions[s] @ prior
        for i, r in zip(columns, ratings, strict=True):
            vector = posterior.vectors[s, i].astype(float)
            design = np.array([1.0, *vector[1:]])
            system += posterior.noise[s, i] * np.outer(design, design)
            right += posterior.noise[s, i] * design * (r - 3.0 - vector[0])
        np.testing.assert_allclose(found[s], np.linalg.solve(system, right), rtol=1e-5)
    stars = posterior.predict(found[None].astype(np.float32))[0]
    dense = [
        np.mean(
            [
                3.0
                + found[s, 0]
                + posterior.vectors[s, i, 0]
                + found[s, 1:] @ posterior.vectors[s, i, 1:].astype(float)
                for s in range(samples)
            ]
        )
        for i in range(items)
    ]
    np.testing.assert_allclose(stars, dense, rtol=1e-3)


@pytest.mark.parametrize("precision", [0.0, -1.0, 3e38, np.nan])
def test_a_precision_that_makes_systems_singular_is_not_restored(precision):
    made = gibbs.Posterior(
        vectors=np.zeros((1, 4, 2), np.float16),
        links=np.zeros((1, 3, 2), np.float16),
        means=np.zeros((1, 2)),
        precisions=np.eye(2)[None],
        noise=np.ones((1, 3), np.float32),
        mu=3.0,
        nu=5.0,
    )
    assert gibbs.Posterior.of(made.arrays(), 3).nu == 5.0
    made.noise[0, 1] = precision
    with pytest.raises(ValueError, match="precisions that are not above 0"):
        gibbs.Posterior.of(made.arrays(), 3)


@pytest.mark.parametrize("shape", [(4, 9), (9, 4)])
def test_the_two_forms_of_the_linear_prior_agree(shape):
    rng = np.random.default_rng(1)
    features = sparse.random_array(shape, density=0.5, rng=rng, format="csr")
    prior = gibbs.Prior(features, 0.7, 3, rng)
    targets, extra = rng.normal(size=(shape[0], 3)), rng.normal(size=(shape[1], 3))
    dense = features.toarray()
    expected = np.linalg.solve(dense.T @ dense + 0.7 * np.eye(shape[1]), dense.T @ targets + extra)
    np.testing.assert_allclose(prior._solve(targets, extra), expected, atol=1e-8)


@pytest.mark.slow
def test_drawn_vectors_have_the_mean_and_spread_of_their_posterior():
    rng = np.random.default_rng(2)
    others, ratings, weights = np.array([0, 1, 2]), np.array([0.5, -1.0, 2.0]), np.array([1.0, 2.0, 0.5])
    vectors = rng.normal(size=(3, 2))
    prior = gibbs.Prior(sparse.csr_array((1, 1), dtype=np.float32), 1.0, 2, rng)
    start = np.array([0, 3])
    draws = np.array([gibbs._vectors(others, start, weights, ratings, vectors, prior)[0] for _ in range(4000)])
    design = np.column_stack([np.ones(3), vectors[:, 1]])
    system = design.T @ (design * weights[:, None]) + prior.precision
    mean = np.linalg.solve(system, design.T @ (weights * (ratings - vectors[:, 0])))
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.03)
    np.testing.assert_allclose(np.cov(draws.T), np.linalg.inv(system), atol=0.03)


def test_picks_do_not_repeat_the_history_alone():
    """Two tastes, one cell of the pattern left out: the hole is filled above everything of the other taste."""
    pattern = np.kron(np.eye(2), np.ones((6, 6))).astype(np.float32)
    pattern[0, 3] = 0
    into, out = pick_vectors(sparse.csr_array(pattern), 0)
    called = (pattern @ into) @ out.T
    assert called[0, 3] > called[0, 6:].max() + 0.1


def test_ranking_works_where_all_ratings_are_equal():
    frame = pd.DataFrame(
        [(u, i) for u in range(12) for i in range(12) if u % 2 == i % 2 and (u, i) != (0, 4)],
        columns=["user_id", "item_id"],
    )
    data = Interactions.from_frame(frame)
    model = models.create("svd").fit(data)
    assert model.recommend(data.history("0"), n=1)[0].item_id == "4"
    assert model.predict_many(data, pd.DataFrame({"user_id": ["0"], "item_id": ["4"]})).tolist() == [1.0]


def test_ratings_that_are_predicted_exactly_can_be_trained_on():
    """Their weights grow until single precision is not enough for them."""
    rng = np.random.default_rng(0)
    truth = 3 + rng.choice([-1, 0, 1], (300, 1)) * rng.choice([-1, 0, 1], (1, 60))
    users, items = np.nonzero(rng.random(truth.shape) < 0.9)
    frame = pd.DataFrame({"user_id": users, "item_id": items, "rating": truth[users, items]})
    data = Interactions.from_frame(frame)
    model = models.create("svd", n_factors=4, n_iterations=150, n_samples=4).fit(data)
    assert np.allclose(
        model.predict_many(data, frame.astype({"user_id": str, "item_id": str})), frame["rating"], atol=0.01
    )
