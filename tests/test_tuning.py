"""Tuning: legal settings, defaults kept unless beaten, budget, determinism."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import Interactions, models
from recsys.errors import BadInput, UnknownModel
from recsys.models import tuning
from recsys.models.config import search_space
from recsys.models.registry import get


@pytest.mark.parametrize("name", ["ease", "item_knn", "popular"])
def test_the_answer_makes_a_model(name, tastes):
    settings = models.tune(name, tastes, budget_s=1)
    assert models.create(name, **settings).settings == settings


def test_the_defaults_are_always_tried_and_win_unless_beaten(tastes):
    trials = tuning.search("ease", tastes, budget_s=1, seed=3)
    defaults = models.create("ease").settings
    tried = [trial for trial in trials if trial.settings == defaults]
    assert len(tried) == 1
    assert trials[0].mean >= tried[0].mean
    assert len({tuning._key(trial.settings) for trial in trials}) == len(trials)


def test_a_bad_default_is_left_behind(tastes, monkeypatch):
    poor = {**models.create("ease").settings, "popularity_discount": 3.0}
    create = tuning.registry.create
    monkeypatch.setattr(tuning.registry, "create", lambda name: create(name, **poor))
    chosen = tuning.search("ease", tastes.without_times(), budget_s=2)[0]
    assert chosen.settings["popularity_discount"] < 0.3


def test_a_spent_budget_gives_the_defaults(tastes):
    assert models.tune("als", tastes, budget_s=1e-9) == models.create("als").settings


def test_candidates_stay_in_the_space():
    space = search_space(get("ease").Config)
    defaults, rng = models.create("ease").settings, np.random.default_rng(0)
    for _ in range(50):
        settings = tuning._move(space, tuning._draw(space, defaults, rng), rng)
        assert space["reg"].low * 0.999 <= settings["reg"] <= space["reg"].high * 1.001
        assert settings["memory"] in space["memory"]
        assert settings["dense_items"] == defaults["dense_items"]
        assert models.create("ease", **settings).settings == settings


def test_nonsense_is_refused(tastes):
    with pytest.raises(BadInput, match="budget_s is -1"):
        models.tune("ease", tastes, budget_s=-1)
    with pytest.raises(UnknownModel, match="nothing"):
        models.tune("nothing", tastes)
    lonely = Interactions.from_frame(tastes.to_frame().drop_duplicates("user_id"))
    with pytest.raises(BadInput, match="no user has two items"):
        models.tune("ease", lonely)
