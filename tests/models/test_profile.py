"""Tag profiles: what they weigh, what they say, and what they do without tags."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from recsys import Interactions, ItemFeatures, models
from recsys.models.rating_weights import user_centred


@pytest.fixture
def films() -> tuple[Interactions, ItemFeatures]:
    """Eight films in two genres with two keywords; everybody rates one genre high and the other low."""
    genres = ["Crime", "Romance"]
    features = ItemFeatures.from_frame(
        pd.DataFrame(
            {
                "item_id": [str(i) for i in range(10, 18)],
                "title": [f"Film {i}" for i in range(10, 18)],
                "genres": [[genres[i % 2]] for i in range(8)],
                "keywords": [["heist" if i < 4 else "wedding"] for i in range(8)],
            }
        )
    )
    rows = [(u, i + 10, 5.0 if i % 2 == u % 2 else 1.0) for u in range(6) for i in range(8) if (u + i) % 5]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])), features


def test_profile_ranks_the_liked_genre_first_and_the_disliked_last(films):
    data, features = films
    model = models.create("profile", seen_weight=0.0, popularity_power=0.0).fit(data, features)
    ranked = [line.item_id for line in model.recommend({"10": 5.0, "11": 1.0}, n=8)]
    assert {int(item) % 2 for item in ranked[:3]} == {0}
    assert {int(item) % 2 for item in ranked[-3:]} == {1}


def test_reasons_name_the_tags(films):
    data, features = films
    model = models.create("profile").fit(data, features)
    assert "Crime" in model.recommend({"10": 5.0}, n=1)[0].reason
    found = model.ranked({"10": 5.0, "12": 5.0}, 6)
    named = {trait for reason in model.reasons(found, found.numbers) for trait in reason.traits}
    assert named == {("genres", "Crime"), ("keywords", "heist")}
    assert model.similar("10", n=1)[0].reason.startswith("Shares tags: ")


def test_scores_equal_a_dense_rewrite(films):
    data, features = films
    model = models.create("profile").fit(data, features)
    scores = model.score(data.histories)
    vectors = model.vectors.toarray()
    for row in range(len(data.users)):
        ratings = data.matrix[[row]].toarray()[0]
        seen = np.flatnonzero(ratings)
        centre = (ratings[seen].sum() + 5 * data.mean) / (len(seen) + 5)
        taste = sum((1.0 + 2 * (ratings[i] - centre) / 4) * vectors[i] for i in seen)
        cosine = vectors @ taste / np.linalg.norm(vectors, axis=1) / np.linalg.norm(taste)
        expected = np.where(cosine > 0, cosine * model.popularity_factors, cosine)
        np.testing.assert_allclose(scores[row], expected, rtol=1e-4)


def test_equal_ratings_weigh_one():
    matrix = sparse.csr_array(np.array([[1.0, 0, 1.0]], np.float32))
    assert user_centred(matrix, 1.0, (1.0, 1.0), 0.3).data.tolist() == [1.0, 1.0]


def test_without_tags_the_popular_items_are_given(films):
    data, _ = films
    lines = models.create("profile").fit(data).recommend({"10": 5.0}, n=3)
    assert len(lines) == 3
    assert lines[0].reason == "Popular: the model knows no item of the history"
