"""One contract for every registered recommender, on data with known answers."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
from sample_ratings import SIDE

from recsys import IdMap, Interactions, models
from recsys.errors import BadData, BadInput, BrokenRelease, NotFitted, UnknownItem, UnknownModel, UnknownSetting
from recsys.models.base import Recommender
from recsys.models.reason import Kind, Reason


def _missing(name):
    return models.get(name).missing_modules()


def _marks(name):
    """Skip a model whose training library is missing; a neural model takes seconds to fit."""
    missing = pytest.mark.skipif(bool(_missing(name)), reason=f"{name} needs {_missing(name)}")
    return [missing, pytest.mark.slow] if "keras" in models.get(name).requires else [missing]


NAMES = [pytest.param(name, marks=_marks(name)) for name in models.names()]
PERSONAL = [name for name in NAMES if name.values != ("popular",)]
HISTORY = {"i100": 5.0, "i103": 4.0, "i101": 1.0}


@pytest.fixture(scope="module")
def fitted(tastes, facts):
    """Each model fitted once on the taste data."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = models.create(name).fit(tastes, facts)
        return made[name]

    return get


@pytest.fixture(scope="module")
def on_board(checkerboard, colours):
    """Each model fitted once on the checkerboard."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = models.create(name).fit(checkerboard, colours)
        return made[name]

    return get


def answers(model, data):
    ids, scores = model.recommend_many(data, 8)
    return ids.tolist(), np.nan_to_num(scores, nan=-99.0)


@pytest.mark.slow
@pytest.mark.parametrize("name", PERSONAL)
def test_the_withheld_square_comes_first(name, checkerboard, on_board):
    model = on_board(name)
    hits = sum(
        model.recommend(list(checkerboard.history(user)), 1)[0].item_id == user for user in checkerboard.users.ids
    )
    assert hits >= SIDE - 1


def test_popularity_fails_the_oracle(checkerboard):
    model = models.create("popular").fit(checkerboard)
    hits = sum(
        model.recommend(list(checkerboard.history(user)), 1)[0].item_id == user for user in checkerboard.users.ids
    )
    assert hits < SIDE / 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_exactly_as_many_as_asked_or_left(name, n, fitted, tastes):
    found = fitted(name).recommend(HISTORY, n)
    assert len(found) == min(n, len(tastes.items) - len(HISTORY))
    assert not {line.item_id for line in found} & set(HISTORY)
    assert len({line.item_id for line in found}) == len(found)
    assert [line.rank for line in found] == list(range(1, len(found) + 1))
    assert all(np.isfinite(line.score) for line in found)
    assert all(first.score >= second.score for first, second in zip(found, found[1:]))
    assert all(line.reason for line in found)


@pytest.mark.parametrize("name", NAMES)
def test_batch_agrees_with_single(name, fitted, tastes):
    ids, scores = fitted(name).recommend_many(tastes, 5)
    assert ids.shape == scores.shape == (len(tastes.users), 5)
    for row in (0, 7, 31):
        history = tastes.history(tastes.users.ids[row])
        # a list is strictly ordered, so compare where no two times are equal
        single = fitted(name).recommend(history, 5)
        assert np.allclose([line.score for line in single], scores[row], rtol=1e-4, atol=1e-5)
        assert not set(ids[row]) & set(history)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_neither_an_earlier_fit_nor_the_order_of_rows_changes_anything(name, fitted, on_board, ratings, facts):
    shuffled = Interactions.from_frame(ratings.sample(frac=1, random_state=9))
    again = copy.deepcopy(on_board(name)).fit(shuffled, facts)
    ids, scores = answers(fitted(name), shuffled)
    other_ids, other_scores = answers(again, shuffled)
    assert ids == other_ids
    assert np.array_equal(scores, other_scores)


@pytest.mark.parametrize("name", NAMES)
def test_saving_and_loading_changes_nothing(name, fitted, tastes, tmp_path):
    model = fitted(name)
    model.save(tmp_path)
    loaded = models.load(tmp_path)
    assert loaded.settings == model.settings
    ids, scores = answers(model, tastes)
    other_ids, other_scores = answers(loaded, tastes)
    assert ids == other_ids
    assert np.allclose(scores, other_scores, rtol=1e-5)
    for mine, theirs in zip(loaded.recommend(HISTORY, 5), model.recommend(HISTORY, 5), strict=True):
        assert (mine.item_id, mine.rank, mine.reason) == (theirs.item_id, theirs.rank, theirs.reason)
        assert mine.score == pytest.approx(theirs.score, rel=1e-5)
    assert [line.item_id for line in loaded.similar("i102", 5)] == [line.item_id for line in model.similar("i102", 5)]
    assert dict(loaded.explain(HISTORY, "i102")) == pytest.approx(dict(model.explain(HISTORY, "i102")), abs=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_unknown_items_are_ignored_and_empty_histories_get_the_popular(name, fitted, tastes):
    model = fitted(name)
    plain = model.recommend(HISTORY, 6)
    assert [line.item_id for line in model.recommend({**HISTORY, "nothing": 5.0}, 6)] == [
        line.item_id for line in plain
    ]
    counts = dict(zip(tastes.items.ids.tolist(), tastes.item_counts.tolist()))
    for history in ({}, [], ["nothing"]):
        found = model.recommend(history, 6)
        assert [counts[line.item_id] for line in found] == sorted(counts.values(), reverse=True)[:6]
        assert all("Popular" in line.reason for line in found)


def popular_unseen(data, row, n):
    """The most rated items that a user has not rated; of equal ones the first."""
    order = np.argsort(-data.item_counts, kind="stable")
    seen = set(data.history(data.users.ids[row]))
    return [item for item in data.items.ids[order].tolist() if item not in seen][:n]


@pytest.mark.parametrize("name", NAMES)
def test_users_without_any_score_get_the_popular_items_they_have_not_seen(name, fitted, tastes, monkeypatch):
    model = fitted(name)
    monkeypatch.setattr(model, "_score", lambda histories: np.full((len(histories), len(tastes.items)), np.nan))
    ids, scores = model.recommend_many(tastes, 6)
    for row in range(len(tastes.users)):
        assert ids[row].tolist() == popular_unseen(tastes, row, 6)
    assert np.isfinite(scores).all() and (np.diff(scores) <= 0).all()


@pytest.mark.parametrize("name", ["content", "profile"])
def test_a_history_of_items_without_features_gets_unseen_popular_items(name, tastes, facts):
    unknown = set(tastes.history(tastes.users.ids[7]))
    known = [item for item in tastes.items.ids.tolist() if item not in unknown]
    model = models.create(name).fit(tastes, facts.align(IdMap(known)))
    assert np.isnan(model.score(tastes.histories.rows(7, 8))).all()
    assert model.recommend_many(tastes, 5)[0][7].tolist() == popular_unseen(tastes, 7, 5)


@pytest.mark.parametrize("name", NAMES)
def test_excluded_items_stay_out_and_the_count_stays(name, fitted):
    first = [line.item_id for line in fitted(name).recommend(HISTORY, 3)]
    found = fitted(name).recommend(HISTORY, 6, exclude=[*first, "nothing"])
    assert len(found) == 6
    assert not set(first) & {line.item_id for line in found}


@pytest.mark.parametrize("name", NAMES)
def test_similar_gives_the_count_without_the_item(name, fitted, tastes):
    found = fitted(name).similar("i102", 5)
    assert len(found) == 5
    assert "i102" not in {line.item_id for line in found}
    assert len(fitted(name).similar("i102", 1000)) == len(tastes.items) - 1
    with pytest.raises(UnknownItem, match="nothing"):
        fitted(name).similar("nothing")


@pytest.mark.parametrize("name", NAMES)
def test_explanations_are_shares_of_the_history(name, fitted):
    shares = fitted(name).explain(HISTORY, "i106")
    assert {item for item, _ in shares} == set(HISTORY)
    assert sum(share for _, share in shares) == pytest.approx(1)
    assert all(first[1] >= second[1] for first, second in zip(shares, shares[1:]))
    assert fitted(name).explain({}, "i106") == []
    with pytest.raises(UnknownItem):
        fitted(name).explain(HISTORY, "nothing")


# Squares of both colours, and squares of the colour that most of them have.
MIXED = [
    (["12", "15", "18"], ["14", "20", "22"]),
    (["13", "15", "16"], ["11", "17", "19"]),
    (["16", "13", "17"], ["11", "19", "21"]),
]
# The score depends on the nearest cluster alone, so that one item less often changes nothing.
STEPWISE = ("clusters", "clusters_pca")


# `sequential` scores by order, which the board lacks: its shares are checked against its score in test_sequential.py.
@pytest.mark.parametrize("name", [name for name in PERSONAL if name.values != ("sequential",)])
def test_without_the_largest_share_the_score_falls_more_than_without_the_smallest(name, on_board):
    model = on_board(name)

    def score(history, number):
        return float(np.nan_to_num(model.score(model.to_histories(history))[0, number]))

    falls = []
    for history, items in MIXED:
        for item in items:
            shares = model.explain(history, item)
            largest, smallest = shares[0][0], shares[-1][0]
            assert int(largest) % 2 == int(item) % 2, "the colour of the item decides"
            number = model.items.number(item)
            without = [[one for one in history if one != removed] for removed in (largest, smallest)]
            falls.append([score(history, number) - score(rest, number) for rest in without])
    assert all(first >= second for first, second in falls)
    strictly = [first > second for first, second in falls]
    assert any(strictly) if name in STEPWISE else all(strictly)


@pytest.mark.parametrize("name", NAMES)
def test_reasons_are_facts_with_ids(name, fitted, tastes):
    model, ids = fitted(name), set(tastes.items.ids.tolist())
    ranked, near = model.ranked(HISTORY, 4), model.ranked_similar("i103", 4)
    number = tastes.items.number("i103")
    for found, reasons in [
        (ranked, model.reasons(ranked, ranked.numbers)),
        (near, model.similar_reasons(near, number, near.numbers)),
    ]:
        assert len(reasons) == len(found.numbers) == 4
        for reason in reasons:
            assert isinstance(reason, Reason) and reason.kind in Kind and set(reason.items) <= ids
            assert all(len(trait) == 2 for trait in reason.traits)
    assert model.reasons(ranked, np.array([], np.int64)) == []
    # without a catalogue the text has ids
    texts = [str(reason) for reason in model.reasons(ranked, ranked.numbers)]
    assert [line.reason for line in model.recommend(HISTORY, 4)] == texts


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_an_item_nobody_rated_is_no_collaborative_pick(name, ratings, facts):
    items = sorted(set(ratings["item_id"])) + ["unseen"]
    data = Interactions.from_frame(ratings, items=items)
    model = models.create(name).fit(data, facts)
    found = {line.item_id for line in model.recommend(HISTORY, len(items))}
    if model.family == "collaborative" or name == "popular":
        assert "unseen" not in found
    assert len(found) >= len(items) - 1 - len(HISTORY)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_works_without_features_and_without_ratings(name, checkerboard):
    model = models.create(name).fit(checkerboard)
    found = model.recommend(["12", "14"], 5)
    assert len(found) == 5
    assert all(line.reason for line in found)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learned_hides_no_method(name, fitted):
    methods = {key for key, value in vars(Recommender).items() if callable(value) or isinstance(value, property)}
    assert not methods & set(vars(fitted(name)))


@pytest.mark.parametrize("name", NAMES)
def test_not_fitted_says_so(name):
    with pytest.raises(NotFitted, match=name):
        models.create(name).recommend(["a"])


@pytest.mark.parametrize("name", NAMES)
def test_settings_are_checked_and_documented(name):
    import dataclasses

    with pytest.raises(UnknownSetting, match="no_such_setting"):
        models.create(name, no_such_setting=1)
    for field in dataclasses.fields(models.get(name).Config):
        assert field.metadata["doc"].endswith("."), field.name
        assert models.create(name, **{field.name: field.default}).settings[field.name] == field.default


class Silent(models.get("popular")):
    """A model that has a score for nothing."""

    def _score(self, histories):
        return np.full((len(histories), len(self.items)), np.nan)


def test_without_any_score_every_user_gets_the_popular_items_they_have_not_seen(tastes):
    model = Silent().fit(tastes)
    ids, scores = model.recommend_many(tastes, 8)
    for row in range(len(tastes.users)):
        history = tastes.history(tastes.users.ids[row])
        single = model.recommend(history, 8)
        assert ids[row].tolist() == [line.item_id for line in single]
        assert np.allclose(scores[row], [line.score for line in single])
        assert not set(ids[row]) & set(history)


def test_names_and_errors():
    assert models.names()[0] == "popular"
    assert models.names()[-1] == "hybrid"
    with pytest.raises(UnknownModel, match="There is no model 'nope'; there are popular, "):
        models.create("nope")


@pytest.mark.parametrize("n", [0, -1, 1.5, "3", True])
def test_bad_counts_are_refused(n, fitted):
    with pytest.raises(BadInput, match="n is"):
        fitted("popular").recommend([], n)


def test_bad_ratings_are_refused(fitted):
    with pytest.raises(BadInput, match="The rating of item 'i100' is 'five'"):
        fitted("ease").recommend({"i100": "five"})
    with pytest.raises(BadInput, match="The history is the text"):
        fitted("ease").recommend("i100")


@pytest.mark.parametrize("history", [None, pd.Series({"i100": 5.0}), pd.Series(["i100"]), (one for one in ["i100"])])
def test_a_history_of_another_type_is_refused(history, fitted):
    with pytest.raises(BadInput, match="The history is of type .*; give a list of item ids or a dict"):
        fitted("ease").recommend(history)


def test_a_set_counts_as_sorted(fitted):
    known = fitted("ease").items.ids[:4].tolist()
    assert fitted("ease").recommend({*known}) == fitted("ease").recommend(sorted(known))


def test_fit_says_what_it_needs(ratings):
    with pytest.raises(
        BadData, match="fit needs Interactions and got DataFrame; make them with Interactions.from_frame"
    ):
        models.create("popular").fit(ratings)
    with pytest.raises(BadData, match="fit needs ItemFeatures and got list"):
        models.create("popular").fit(Interactions.from_frame(ratings), [])
    with pytest.raises(BadData, match="of type list; give a pandas DataFrame"):
        Interactions.from_frame([("u", "i")])


def test_damaged_files_are_refused(fitted, tmp_path):
    fitted("popular").save(tmp_path)
    path = tmp_path / "popular.safetensors"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(BrokenRelease, match="popular.safetensors is not a usable safetensors file"):
        models.load(tmp_path)
    (tmp_path / "items.json").write_text('{"ids": ["x"]}')
    fitted("popular").save_files(tmp_path)
    with pytest.raises(BrokenRelease, match="trained on other items"):
        models.load(tmp_path)


def test_models_without_ratings_prediction_say_so(fitted, tastes, ratings):
    with pytest.raises(UnknownModel, match="does not predict ratings. Use svd, "):
        fitted("popular").predict_many(tastes, ratings)
    with pytest.raises(UnknownModel, match="cannot search by text. Use content, semantic"):
        fitted("popular").search("a film about toys")


def test_a_failed_fit_leaves_no_half_trained_model(tastes, facts, monkeypatch):
    model = models.create("popular").fit(tastes)
    monkeypatch.setattr(type(model), "_fit", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        model.fit(tastes)
    with pytest.raises(NotFitted):
        model.recommend(["i100"])


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_another_model_is_restored_by_the_public_contract(name, fitted, tastes):
    whole = fitted(name)
    part = models.create(name, **whole.settings)
    part.adopt(whole.trained_on)
    part.restore(whole.arrays(), whole.state())
    histories = tastes.histories.rows(0, 4)
    assert np.array_equal(part.score(histories), whole.score(histories), equal_nan=True)
    assert np.array_equal(part.similar_scores(3), whole.similar_scores(3), equal_nan=True)
