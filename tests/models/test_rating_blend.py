"""The stacked rating model against dense rewrites, and against its parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import Interactions, models
from recsys.errors import NotFitted


@pytest.fixture(scope="module")
def split() -> tuple[Interactions, pd.DataFrame, np.ndarray]:
    """Ratings of rank three with noise, a fifth held out."""
    rng = np.random.default_rng(6)
    truth = 3.2 + rng.normal(size=(90, 3)) @ rng.normal(size=(3, 50)) * 0.5 + rng.normal(size=(1, 50)) * 0.4
    users, items = np.nonzero(rng.random(truth.shape) < 0.5)
    ratings = np.clip(np.round(truth[users, items] + rng.normal(size=len(users)) * 0.4), 1, 5)
    frame = pd.DataFrame({"user_id": users + 10, "item_id": items + 10, "rating": ratings})
    held = rng.random(len(frame)) < 0.2
    pairs = frame.loc[held, ["user_id", "item_id"]]
    return Interactions.from_frame(frame[~held]), pairs, frame.loc[held, "rating"].to_numpy()


@pytest.fixture(scope="module")
def blend(split):
    return models.create("rating_blend", n_factors=4, n_iterations=60, n_samples=10).fit(split[0])


@pytest.mark.slow
def test_the_blend_is_as_good_as_its_best_part_and_better_than_means(blend, split):
    data, pairs, truth = split
    users, items = data.users.numbers(pairs["user_id"]), data.items.numbers(pairs["item_id"])
    parts = blend._parts_for_pairs(data.histories, users, items)
    error = np.sqrt(np.mean((blend.predict_many(data, pairs) - truth) ** 2))
    single = [np.sqrt(np.mean((np.clip(parts[:, place], 1, 5) - truth) ** 2)) for place in (1, 2)]
    assert error < 1.02 * min(single)
    assert error < 0.8 * truth.std()


def test_pairs_and_whole_rows_agree(blend, split):
    data, pairs, _ = split
    users, items = data.users.numbers(pairs["user_id"]), data.items.numbers(pairs["item_id"])
    rows = blend._stars(data.histories)
    np.testing.assert_allclose(rows[users, items], blend._stars_for_pairs(data.histories, users, items), atol=1e-3)


def test_corrections_equal_a_dense_rewrite(blend, split):
    data = split[0]
    matrix = sparse.csr_array(data.matrix[:3])
    vectors = blend.posteriors[0].fold_in_all(matrix)
    fitted = np.clip(blend.posteriors[0].predict(vectors), *blend.scale)
    near = blend.by_neighbour.toarray()
    found = blend._corrections(matrix, vectors)
    for row in range(3):
        seen = matrix[[row]].indices
        errors = matrix[[row]].data - fitted[row, seen]
        expected = errors @ near[seen] / (1 + near[seen].sum(axis=0))
        np.testing.assert_allclose(found[row], expected, atol=1e-4)


def test_unknown_users_and_items_get_means(blend, split):
    data = split[0]
    stars = blend.predict_many(data, pd.DataFrame({"user_id": ["x", "10", "x"], "item_id": ["10", "x", "x"]}))
    assert np.isfinite(stars).all()
    assert stars[2] == pytest.approx(data.mean, abs=0.4)


def test_training_reports_its_sweeps_and_ends_when_a_report_raises(split):
    model, seen = models.create("rating_blend", n_factors=2, n_iterations=20, n_samples=2), []
    model.progress = lambda line, share=None: seen.append((line, share))
    model.fit(split[0])
    shares = [share for _, share in seen]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 10
    assert seen[-1][0] == "rating_blend: Gibbs sampling: sweep 20 of 20, factorization 2 of 2"

    def stop(line, share=None):
        raise KeyboardInterrupt

    model.progress = stop
    with pytest.raises(KeyboardInterrupt):
        model.fit(split[0])
    with pytest.raises(NotFitted):
        model.recommend({})
