"""Calibrated lists: shares of genres and decades, order, lengths, and when a list is not calibrated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys.data import ItemFeatures
from recsys.serving.calibrated_lists import ListCalibration, calibrated_order, telling_items
from recsys.serving.filters import POOL, Filters


def ids(lines):
    return [line["item_id"] for line in lines]


@pytest.fixture(scope="module")
def mixed():
    """Sixty items, the first forty of one genre and decade, and a calibration of them."""
    genres = [["Drama"]] * 40 + [["Comedy"]] * 20
    frame = pd.DataFrame({"item_id": [str(n) for n in range(60)], "genres": genres, "year": [1995] * 40 + [2005] * 20})
    return ListCalibration(ItemFeatures.from_frame(frame))


def test_a_list_gets_the_shares_of_the_history(mixed):
    history = np.array([0, 1, 2, 40, 41, 42, 43, 44, 45, 46, 47, 48])  # a quarter drama
    candidates = np.r_[3:40, 49:60]
    found = mixed.ordered(candidates, history, 12)
    assert (candidates[:12] < 40).all()
    assert 2 <= (found < 40).sum() <= 9
    assert found[0] == 3, "the best candidate stays first"
    assert (np.diff(found[found < 40]) > 0).all() and (np.diff(found[found >= 40]) > 0).all()


def test_a_history_like_the_ranking_changes_nothing(mixed):
    candidates = np.arange(10, 60)
    assert mixed.ordered(candidates, np.arange(10), 20).tolist() == candidates[:20].tolist()


def test_a_shorter_list_is_the_beginning_of_a_longer_one(mixed):
    candidates, history = np.r_[5:40, 45:60], np.r_[0:5, 40:45]
    longest = mixed.ordered(candidates, history, 50).tolist()
    assert sorted(longest) == candidates.tolist()
    assert all(mixed.ordered(candidates, history, n).tolist() == longest[:n] for n in (1, 7, 24, 49))


def test_one_favourite_says_little(mixed):
    candidates = np.r_[0:40, 41:60]
    few, many = (mixed.ordered(candidates, np.full(count, 40), 10) for count in (1, 30))
    assert (few >= 40).sum() < (many >= 40).sum()


def test_without_facets_the_order_stays():
    plain = ListCalibration(ItemFeatures.from_frame(pd.DataFrame({"item_id": list("abcd")})))
    assert plain.ordered(np.array([3, 1, 0]), np.array([2]), 2).tolist() == [3, 1]


def test_full_strength_takes_the_missing_value():
    shares = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert calibrated_order(shares, np.array([0.5, 0.5]), 2, 0.9).tolist() == [0, 2]
    assert calibrated_order(shares, np.array([0.5, 0.5]), 3, 0.0).tolist() == [0, 1, 2]


def test_low_ratings_say_nothing_about_the_wanted_shares():
    assert telling_items({"a": 1.0, "b": 4.0}, (0.5, 5.0)) == ["b"]
    assert telling_items({"a": 1.0}, (0.5, 5.0)) == ["a"]


def test_default_lists_are_calibrated_and_others_are_not(service):
    models, user = service._in_use.models, "3"
    model = models.model(models.defaults.user)
    history = service.catalogue.history(user)
    ranked = model.ranked(history, POOL).numbers
    told = models.release.items.numbers(list(telling_items(history, model.scale)))
    expected = models.release.items.ids[models.calibration.ordered(ranked, told, 20)].tolist()
    plain = models.release.items.ids[ranked[:20]].tolist()
    assert ids(service.recommend(user, 20)) == expected == ids(service.hybrid(user, "", 20, 1.0))
    assert expected != plain
    for filters in (Filters(year_from=1), Filters(recency=model.config.recent_share)):
        assert ids(service.recommend(user, 20, filters=filters)) == plain


def test_lists_of_all_lengths_begin_alike(service):
    longest = ids(service.recommend("3", 40))
    assert [ids(service.recommend("3", n)) for n in (1, 5, 24)] == [longest[:n] for n in (1, 5, 24)]
    newcomer = ids(service.recommend_for(["Heat (1995)", "Toy Story (1995)"], n=24))
    assert ids(service.recommend_for(["Heat (1995)", "Toy Story (1995)"], n=10)) == newcomer[:10]
