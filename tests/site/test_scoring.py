"""Weights of a site: what is kept, and that browser and Python give the same lists from them."""

from __future__ import annotations

import numpy as np
import pytest
from site_lists import in_browser, in_python

from recsys import models
from recsys.site.scoring import InputRule, best, scores
from recsys.site.weights import MOST_LEVEL, reduce


@pytest.fixture(scope="module")
def ease(tastes):
    return models.create("ease").fit(tastes)


@pytest.fixture(scope="module")
def order(ease):
    return np.argsort(ease.popularity_rank)


def histories(n_items: int, n: int, scale: tuple[float, float], seed: int = 1) -> list[dict[int, float]]:
    """Histories of 1 to 30 items, among them ones with equal ratings only."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(n):
        items = rng.choice(n_items, size=min(n_items - 1, int(rng.integers(1, 31))), replace=False).tolist()
        ratings = (
            rng.integers(2 * scale[0], 2 * scale[1] + 1, len(items)) / 2 if number % 5 else [scale[1]] * len(items)
        )
        found.append({item: float(rating) for item, rating in zip(items, ratings)})
    return found


def test_all_weights_are_those_of_the_model(ease, order):
    weights = reduce(ease, order, len(order))
    exact = ease.weights.columns(order, order)
    for number in range(len(order)):
        row = np.zeros(len(order))
        columns, levels = weights.row(number)
        row[columns] = levels * float(weights.steps[number])
        # the squared levels are at most two roundings of the square root apart
        assert np.abs(row - exact[number]).max() <= 1.01 / MOST_LEVEL * np.abs(exact[number]).max()


def test_the_largest_weights_are_kept(ease, order):
    few, exact = reduce(ease, order, 0, least=5), np.abs(ease.weights.columns(order, order))
    assert few.counts.max() == 5
    for number in range(len(order)):
        columns, _ = few.row(number)
        assert exact[number][columns].min() >= np.sort(exact[number])[-5] - 1e-6
        assert number not in columns and sorted(columns) == columns.tolist()


def test_a_history_gets_the_list_of_the_model(ease, order, tastes):
    weights, rule = reduce(ease, order, len(order)), InputRule.of(ease)
    same = 0
    for user in tastes.users.ids[:20]:
        history = tastes.history(user)
        numbers = {int(ease.popularity_rank[ease.items.number(item)]): rating for item, rating in history.items()}
        ours = best(scores(weights, rule, numbers), 10, numbers)
        theirs = [line.item_id for line in ease.recommend(history, 10)]
        same += len({ease.items.ids[order[number]] for number in ours} & set(theirs))
    assert same >= 0.97 * 200


def test_browser_and_python_give_the_same_lists(ease, order, tmp_path):
    weights, rule = reduce(ease, order, 6, least=4), InputRule.of(ease)
    asked = histories(len(order), 1000, ease.scale)
    shown = in_browser(tmp_path, weights, rule, len(order) - 2, asked, 10)
    assert shown == in_python(weights, rule, len(order) - 2, asked, 10)
    assert any(len({score for _, score in line}) < len(line) for line in shown), "ties are among them"


def test_without_times_the_order_has_no_effect(tastes, tmp_path):
    model = models.create("ease").fit(tastes.without_times())
    order, rule = np.argsort(model.popularity_rank), InputRule.of(model)
    assert rule.decay == []
    weights = reduce(model, order, 6, least=4)
    asked = histories(len(order), 50, model.scale)
    shown = in_browser(tmp_path, weights, rule, len(order), asked, 10)
    assert shown == in_python(weights, rule, len(order), asked, 10)
