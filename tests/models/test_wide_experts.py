"""Experts of all items: which of them join, their scores and shares, saving, and the hybrid that ranks rare items."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from recsys import Interactions, models
from recsys.data import data_size
from recsys.evaluation import evaluate
from recsys.models.hybrid import wide_experts
from recsys.models.hybrid.frequent_items import FrequentItems
from recsys.models.hybrid.wide_experts import CHAIN_SETTINGS, EASE_SETTINGS, WideExperts

ITEMS = 60


def walk(first, size):
    return [str(100 + (first + step) % ITEMS) for step in range(size)]


@pytest.fixture(scope="module")
def walks():
    """Users who walk around a cycle of items; the items of its second half are chosen by few of them."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(150):
        first = rng.integers(30) if user % 4 else rng.integers(30, ITEMS)
        rows += [(f"u{user}", item, place) for place, item in enumerate(walk(first, rng.integers(3, 8)))]
    return Interactions.from_frame(pd.DataFrame(rows, columns=["user_id", "item_id", "timestamp"]))


@pytest.fixture(scope="module")
def frequent(walks):
    return FrequentItems(np.flatnonzero(walks.item_counts >= 11), len(walks.items))


@pytest.fixture(scope="module")
def fitted(walks):
    return WideExperts.fit(walks, 0)


@pytest.fixture(scope="module")
def hybrid(walks, frequent):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FrequentItems, "of", lambda data: frequent)
        return models.create("hybrid").fit(walks)


def test_experts_join_where_histories_are_short_and_times_known(walks, monkeypatch):
    assert wide_experts.join(walks) and not wide_experts.join(walks.without_times())
    monkeypatch.setattr(wide_experts, "MAX_RATINGS", walks.matrix.nnz - 1)
    assert not wide_experts.join(walks)
    monkeypatch.undo()
    monkeypatch.setattr(data_size, "SHORT_HISTORY", 2)
    assert not wide_experts.join(walks)


def test_scores_are_roots_of_what_the_experts_say_and_zero_without_evidence(walks, fitted):
    histories = walks.histories.rows(0, 5)
    scores = fitted.scores(histories)
    assert scores.shape == (4, 5, ITEMS) and (scores >= 0).all()
    by_ease = np.nan_to_num(fitted.members["wide_ease"].score(histories))
    np.testing.assert_allclose(scores[1], np.sqrt(np.maximum(by_ease, 0)), rtol=1e-5)
    steps, chain = CHAIN_SETTINGS["wide_next"], fitted.chains["wide_next"].toarray()
    weights = np.exp(-histories.ages / steps.recency_decay)
    for row in range(5):
        part = slice(*histories.matrix.indptr[row : row + 2])
        expected = weights[part] @ chain[histories.matrix.indices[part]]
        np.testing.assert_allclose(scores[2, row], np.sqrt(expected), rtol=1e-3, atol=1e-3)


def test_the_follower_has_the_largest_share_in_its_latest_predecessor(walks, fitted):
    model = models.create("popular").fit(walks)
    histories = model.to_histories(walk(40, 3))
    number = walks.items.number(walk(43, 1)[0])
    shares = fitted.shares(histories, np.array([number, walks.items.number("100")]))
    latest = walks.items.number(walk(42, 1)[0])
    assert set(shares) == {*EASE_SETTINGS, *CHAIN_SETTINGS}
    assert histories.matrix.indices[shares["wide_next"][0].argmax()] == latest
    assert shares["wide_next"].sum(axis=1) == pytest.approx([1, 0]), "nothing leads from there to the other item"


def test_saved_experts_give_the_same_scores(walks, fitted):
    facts = models.create("popular").fit(walks).trained_on
    again = WideExperts.restored(fitted.arrays(), fitted.state(), facts)
    np.testing.assert_array_equal(again.scores(walks.histories), fitted.scores(walks.histories))
    with pytest.raises(ValueError):
        WideExperts.restored(fitted.arrays(), fitted.state(), replace(facts, items=walks.items.__class__(["x"])))


@pytest.mark.slow
def test_rare_items_are_ranked_by_what_leads_to_them(walks, frequent, hybrid):
    rare = np.setdiff1d(np.arange(ITEMS), frequent.numbers)
    assert len(rare) > 10
    right = []
    for number in rare.tolist():
        place = int(walks.items.ids[number]) - 100
        found = hybrid.recommend(walk(place - 3, 3), ITEMS)
        assert len(found) == ITEMS - 3 and len({line.item_id for line in found}) == len(found)
        right.append(found[0].item_id == walks.items.ids[number])
    assert np.mean(right) > 0.9


def test_reasons_of_rare_items_name_what_leads_to_them(hybrid):
    shares = dict(hybrid.explain(walk(40, 3), walk(43, 1)[0]))
    assert set(shares) == set(walk(40, 3)) and sum(shares.values()) == pytest.approx(1)
    assert max(shares, key=shares.__getitem__) in walk(41, 2)


def test_a_history_of_all_frequent_items_still_gets_every_other_item(walks, frequent, hybrid):
    history = walks.items.ids[frequent.numbers].tolist()
    assert len(hybrid.recommend(history, ITEMS)) == ITEMS - len(history)


def test_a_hybrid_of_an_earlier_version_loads_without_wide_experts(walks, hybrid, tmp_path):
    arrays, state = hybrid.arrays(), hybrid.state()
    assert any(name.startswith("wide.") for name in arrays)
    hybrid.save(tmp_path)
    loaded = models.load(tmp_path)
    asked = walk(7, 4)
    assert [line.item_id for line in loaded.recommend(asked, 9)] == [
        line.item_id for line in hybrid.recommend(asked, 9)
    ]
    old = models.create("hybrid")
    old.adopt(hybrid.trained_on)
    narrow = {name: array for name, array in arrays.items() if not name.startswith(("wide.", "network."))}
    old.restore(narrow, {name: value for name, value in state.items() if name != "wide"})
    assert old.ensemble.wide is None
    assert {line.item_id for line in old.recommend(asked, 5)} <= set(walks.items.ids[hybrid.ensemble.frequent.numbers])


@pytest.mark.slow
def test_the_hybrid_is_not_behind_its_experts(walks):
    """Leave one out on the cycle, with every expert of the hybrid that is a model of its own."""
    found = evaluate(["hybrid", "ease", "als", "item_knn", "popular"], walks, split="leave-one-out")
    by_model = {row.label: row.metrics["ndcg@10"]["mean"] for row in found.rows}
    assert by_model["hybrid"] >= max(by_model.values()) - 1e-9
