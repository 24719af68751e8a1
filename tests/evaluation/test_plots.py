from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, ItemFeatures, models
from recsys.errors import UnknownItem
from recsys.evaluation import evaluate, plots
from recsys.evaluation.calibration import calibrate


@pytest.fixture(scope="module")
def data() -> Interactions:
    rows = [("10", "a", 5), ("10", "b", 3), ("11", "a", 4), ("12", "a", 3), ("12", "c", 5)]
    frame = pd.DataFrame(rows, columns=["user_id", "item_id", "rating"])
    return Interactions.from_frame(frame, items=["a", "b", "c", "d"])


@pytest.fixture(scope="module")
def features() -> ItemFeatures:
    return ItemFeatures.from_frame(pd.DataFrame({"item_id": ["d", "c", "a"], "genres": ["War", "Drama|War", "Drama"]}))


def test_distributions_count_what_is_there(data, features):
    assert plots.rating_distribution(data) == {"ratings": [3.0, 4.0, 5.0], "counts": [2, 1, 2]}
    found = plots.genre_distribution(features, data)
    assert found == {"genres": ["Drama", "War"], "items": [2, 2], "interactions": [4, 1], "mean": [4.25, 5.0]}
    assert plots.genre_distribution(features)["mean"] == [None, None]


def test_time_has_no_gaps_and_falls_back_to_months():
    def at(*days):
        frame = pd.DataFrame({"user_id": "10", "item_id": [str(i) for i in range(len(days))], "timestamp": days})
        return plots.over_time(Interactions.from_frame(frame))

    assert at("1996-03-01", "1998-05-01", "2001-01-01") == {
        "moments": ["1996", "1997", "1998", "1999", "2000", "2001"],
        "counts": [1, 0, 1, 0, 0, 1],
    }
    assert at("2020-11-30", "2021-01-01", "2021-01-31") == {
        "moments": ["2020-11", "2020-12", "2021-01"],
        "counts": [1, 0, 2],
    }


def test_histories_are_counted_by_length(data):
    assert plots.over_time(data) == {"moments": [], "counts": []}
    assert plots.history_lengths(data) == {"labels": ["1", "2–3"], "counts": [1, 2]}


def test_the_long_tail_says_how_few_items_make_half(data):
    found = plots.long_tail(data)
    assert found["rank"] == [1, 2, 3] and found["count"] == [3, 1, 1]
    np.testing.assert_allclose(found["share"], [0.6, 0.8, 1.0])
    assert found["items_for"] == {"0.5": 1, "0.8": 2, "0.95": 3} and found["unrated"] == 1


def test_comparison_and_reliability_come_from_the_results(checkerboard):
    found = evaluate(["popular", "user_knn"], checkerboard)
    drawn = plots.comparison(json.loads(json.dumps(found.to_dict())))
    assert drawn["labels"][0] == "user_knn" and drawn["metric"] == "ndcg@10"
    assert all(
        low <= mean <= high for low, mean, high in zip(drawn["lows"], drawn["means"], drawn["highs"], strict=True)
    )
    calibration = calibrate("popular", checkerboard)
    curve = plots.reliability_curve(calibration)
    assert curve == plots.reliability_curve(calibration.to_dict())
    assert sum(curve["n"]) == calibration.report["n"]


def test_tries_are_gains_over_the_defaults():
    trials = [
        {"settings": {"reg": 2.0}, "means": [0.12, 0.3]},
        {"settings": {"reg": 1.0}, "means": [0.1, 0.3]},
        {"settings": {"reg": 9.0}, "means": [0.05, 0.15]},
    ]
    record = {"settings": {"reg": 2.0}, "means": [0.12, 0.3], "defaults": [0.1, 0.3], "trials": trials}
    found = plots.tuning(record)
    assert found["settings"] == {"reg": [2.0, 1.0, 9.0]} and (found["chosen"], found["defaults"]) == (0, 1)
    np.testing.assert_allclose(found["gain"], [0.1, 0.0, -0.5])
    stars = {"settings": {}, "means": [-0.8], "defaults": [-1.0], "trials": [{"settings": {}, "means": [-0.8]}]}
    assert plots.tuning(stars)["gain"] == [pytest.approx(0.2)], "an error that falls is a gain"


def test_the_heat_map_leaves_the_diagonal_open(checkerboard):
    model = models.create("item_knn").fit(checkerboard)
    found = plots.similarity(model, ["10", "11", "12"])
    values = found["values"]
    assert [values[i][i] for i in range(3)] == [None] * 3
    assert values[0][2] > (values[0][1] or 0), "items of one colour are alike"
    with pytest.raises(UnknownItem, match="'99'"):
        plots.similarity(model, ["10", "99"])
