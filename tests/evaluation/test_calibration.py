from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from recsys.data import Histories, Interactions
from recsys.errors import BadInput, BrokenRelease
from recsys.evaluation import calibration as module
from recsys.evaluation import splits
from recsys.evaluation.calibration import Calibration, calibrate
from recsys.evaluation.reliability import calibration_error, reliability, sigmoid
from recsys.models import create


def ratings(n_users: int = 300, n_items: int = 60, seed: int = 0, lowest: int = 1) -> Interactions:
    """Stars that follow how lenient a user is and how good an item is; good items are rated more often."""
    rng = np.random.default_rng(seed)
    lenient, good = rng.normal(0, 0.7, n_users), rng.normal(0, 0.9, n_items)
    rows = []
    for user in range(n_users):
        rated = np.flatnonzero(rng.random(n_items) < 0.25 + 0.15 * np.tanh(good))
        stars = np.clip(np.rint(3.6 + lenient[user] + good[rated] + rng.normal(0, 0.8, len(rated))), lowest, 5)
        rows += [(10 + user, 100 + item, star) for item, star in zip(rated, stars, strict=True)]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "rating"]))


def matches(calibration, model, known, asked) -> tuple[np.ndarray, np.ndarray]:
    found = []
    for user in range(len(known.users)):
        history = known.histories.rows(user, user + 1)
        low, high = asked.matrix.indptr[user : user + 2]
        numbers = asked.matrix.indices[low:high]
        found += zip(
            calibration.match(model, history, model.score(history)[0], numbers),
            asked.matrix.data[low:high],
            strict=True,
        )
    pairs = np.array([(match, stars) for match, stars in found if match is not None], dtype=float)
    return pairs[:, 0] / 100, pairs[:, 1]


@pytest.fixture(scope="module")
def data() -> Interactions:
    return ratings()


@pytest.mark.parametrize("name", ["popular", "user_knn"])
def test_match_is_a_calibrated_chance_on_data_nobody_fitted(data, name):
    split = splits.random_split(data, seed=5, test=0.3, valid=0)
    calibration = calibrate(name, split.train, seed=1)
    model = create(name).fit(split.train)
    chance, stars = matches(calibration, model, split.train, split.test)
    liked = (stars >= 4).astype(float)
    assert len(chance) > 1000 and calibration.signals.liked_at == 4.0
    assert calibration_error(reliability(chance, liked)) < 0.06
    assert np.average(np.square(chance - liked)) < 0.85 * liked.var(), "it tells likes from dislikes"
    assert calibration.report["ece"] < 0.06 and calibration.report["n"] > 300


def test_a_shuffled_chance_is_found_out():
    rng = np.random.default_rng(0)
    chance = rng.random(5000)
    liked = (rng.random(5000) < chance).astype(float)
    assert calibration_error(reliability(chance, liked)) < 0.03
    assert calibration_error(reliability(rng.permutation(chance), liked)) > 0.2


def test_saving_changes_no_answer(data):
    model, calibration = create("popular").fit(data), calibrate("popular", data)
    again = Calibration.from_dict(json.loads(json.dumps(calibration.to_dict(), allow_nan=False)))
    history = data.histories.rows(3, 4)
    row, numbers = model.score(history)[0], np.arange(len(data.items))
    before = calibration.match(model, history, row, numbers)
    assert again.match(model, history, row, numbers) == before
    assert all(type(match) is int and 0 <= match <= 100 for match in before)
    assert again.report == calibration.report
    assert calibrate("popular", data).to_dict() == calibration.to_dict()
    assert calibration.match(model, history, row, numbers[:0]) == []


def test_asking_for_one_item_or_many_gives_the_same(data):
    model, calibration = create("popular").fit(data), calibrate("popular", data)
    history = data.histories.rows(0, 1)
    row = model.score(history)[0]
    together = calibration.match(model, history, row, np.arange(60))
    assert [calibration.match(model, history, row, np.array([item]))[0] for item in range(60)] == together
    assert model.score(history)[0].tolist() == row.tolist(), "the scores are left alone"


def test_an_item_without_a_score_has_no_match(data):
    model, calibration = create("popular").fit(data), calibrate("popular", data)
    history = data.histories.rows(0, 1)
    row = np.array(model.score(history)[0])
    row[7] = np.nan
    found = calibration.match(model, history, row, np.array([6, 7]))
    assert found[0] is not None and found[1] is None


@pytest.mark.parametrize("weight", [1.7e308, -1.7e308, np.nan])
def test_weights_beyond_all_sums_are_refused(data, weight):
    """Their match would be -9223372036854775808 %."""
    saved = calibrate("popular", data).to_dict()
    with pytest.raises(BrokenRelease, match="The calibration is corrupt \\(weights up to"):
        Calibration.from_dict(saved | {"weights": [*saved["weights"][:-1], weight]})


def test_a_strict_person_gets_lower_chances_and_a_list_of_favourites_is_no_lenient_one(data):
    model, calibration = create("popular").fit(data), calibrate("popular", data)
    ids = data.items.ids[:12].tolist()

    def mean(history) -> float:
        given = Histories.of(history, data.items, liked=5.0)
        return np.mean(calibration.match(model, given, model.score(given)[0], np.arange(20, 40)))

    strict = mean({item: 1.0 + (place == 0) for place, item in enumerate(ids)})
    lenient = mean({item: 5.0 - (place == 0) for place, item in enumerate(ids)})
    assert strict < mean(ids) < lenient


def test_a_handful_of_users_is_enough():
    few = ratings(n_users=4)
    calibration, model = calibrate("popular", few), create("popular").fit(few)
    history = few.histories.rows(0, 1)
    found = calibration.match(model, history, model.score(history)[0], np.arange(20))
    assert all(match is None or 0 <= match <= 100 for match in found) and any(found)


def test_without_dislikes_a_match_is_a_hit_rate_or_nothing(data):
    implicit = Interactions.from_frame(data.to_frame()[["user_id", "item_id"]])
    calibration = calibrate("popular", implicit)
    assert calibration.signals.of == "hits" and calibration.signals.liked_at is None
    model, history = create("popular").fit(implicit), implicit.histories.rows(0, 1)
    top = model.ranked(implicit.history("10"), 20).numbers
    found = calibration.match(model, history, model.score(history)[0], top)
    assert found[0] > found[-1] >= 0
    again = Calibration.from_dict(calibration.to_dict())
    assert again.match(model, history, model.score(history)[0], top) == found
    assert calibrate("popular", ratings(lowest=4), liked_at=4.0, of="likes") is None, "everything is liked"
    one = Interactions.from_frame(pd.DataFrame({"user_id": ["a"], "item_id": ["1"]}))
    assert calibrate("popular", one) is None, "nothing can be hidden"


def test_damage_and_wrong_questions_are_named(data):
    values = calibrate("popular", data).to_dict()
    for wrong in ({"weights": [0.0]}, {"item_shares": "AAA"}, {"n_items": 3}, {"format": 9}, {"knots": [1.0]}):
        with pytest.raises(BrokenRelease, match="The calibration is corrupt"):
            Calibration.from_dict(values | wrong)
    with pytest.raises(BrokenRelease, match="corrupt .'weights'."):
        Calibration.from_dict({key: value for key, value in values.items() if key != "weights"})
    with pytest.raises(BadInput, match="of is 'stars'. Use 'likes' or 'hits'"):
        calibrate("popular", data, of="stars")
    other = create("popular").fit(ratings(n_items=20))
    with pytest.raises(BadInput, match="fitted on other items"):
        Calibration.fit(other, data, data)


def test_coefficients_are_those_that_made_the_data_in_any_unit():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2))
    y = (rng.random(20_000) < sigmoid(-0.5 + x @ [1.5, -0.7])).astype(float)
    found = module._coefficients(x, y, np.ones(len(y)))
    np.testing.assert_allclose(found, [-0.5, 1.5, -0.7], atol=0.06)
    metres = module._coefficients(x * [1000, 1] + [5, 0], y, np.ones(len(y)))
    np.testing.assert_allclose(metres[1:] * [1000, 1], found[1:], rtol=1e-4)
    np.testing.assert_allclose(metres[0] + metres[1] * 5, found[0], rtol=1e-4)
    separable = module._coefficients(np.array([[-1.0], [1.0]]), np.array([0.0, 1.0]), np.ones(2))
    assert np.isfinite(separable).all() and separable[1] > 0
    assert module._coefficients(x[:3], np.ones(3), np.ones(3)).tolist() == [np.log(3.5 / 0.5), 0, 0], "one label alone"


def test_weights_count_as_repeated_examples_and_the_penalty_is_on_standardised_features():
    rng = np.random.default_rng(3)
    x, y, weights = rng.normal(size=(60, 2)) * [1, 9], (rng.random(60) < 0.5).astype(float), rng.integers(1, 4, 60)
    mean, spread, repeated = x.mean(axis=0), x.std(axis=0), np.repeat(np.arange(60), weights)
    found = module._coefficients(x, y, weights.astype(float))
    error = y[repeated] - sigmoid(found[0] + x[repeated] @ found[1:])
    # the stationary point of sum log loss + ridge / 2 |b|^2
    np.testing.assert_allclose(error @ ((x[repeated] - mean) / spread), module.RIDGE * found[1:] * spread, atol=1e-4)
    assert abs(error.sum()) < 1e-4, "the intercept is free"


def test_knots_are_the_closest_rising_fit_to_the_groups(monkeypatch):
    monkeypatch.setattr(module, "GROUP_SIZE", 1)
    rng = np.random.default_rng(1)
    x, y, w = np.sort(rng.random(30)), rng.random(30), rng.random(30) + 0.1
    knots = module._knots(x, y, w)
    assert (np.diff(knots[0]) > 0).all() and (np.diff(knots[1]) >= 0).all()
    # min-max formula of the same fit: f_i = max over a <= i of min over b >= i of the mean of y[a..b]
    naive = [
        max(min(np.average(y[a : b + 1], weights=w[a : b + 1]) for b in range(i, 30)) for a in range(i + 1))
        for i in range(30)
    ]
    np.testing.assert_allclose(np.interp(x, *knots), naive, atol=1e-9)
    assert np.interp([-9.0, 9.0], *knots).tolist() == [knots[1][0], knots[1][-1]], "flat beyond its ends"


def test_groups_have_a_least_size():
    x = np.linspace(-1, 1, 500)
    assert len(module._knots(x, (x > 0.3).astype(float), np.ones(500))[0]) <= 500 // module.GROUP_SIZE
    assert module._knots(np.empty(0), np.empty(0), np.empty(0)).tolist() == [[0.0], [0.5]]
