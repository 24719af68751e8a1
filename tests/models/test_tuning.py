"""Search of settings: legal candidates, defaults unless clearly beaten, and the budget."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import Interactions, models
from recsys.errors import BadInput, UnknownModel
from recsys.evaluation.protocol import make_split
from recsys.models import tuning
from recsys.models.config import search_space
from recsys.models.registry import get
from recsys.models.search_space import SearchSpace


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
    defaults, rng = models.create("ease").settings, np.random.default_rng(0)
    space = SearchSpace(search_space(get("ease").Config), defaults)
    for _ in range(50):
        settings = space.move(space.draw(rng), rng)
        reg = space.ranges["reg"]
        assert reg.low * 0.999 <= settings["reg"] <= reg.high * 1.001
        assert settings["recency_items"] in space.ranges["recency_items"]
        assert settings["dense_items"] == defaults["dense_items"]
        assert models.create("ease", **settings).settings == settings


def test_nonsense_is_refused(tastes):
    with pytest.raises(BadInput, match="budget_s is -1"):
        models.tune("ease", tastes, budget_s=-1)
    with pytest.raises(UnknownModel, match="nothing"):
        models.tune("nothing", tastes)
    lonely = Interactions.from_frame(tastes.to_frame().drop_duplicates("user_id"))
    with pytest.raises(BadInput, match="No user has two items"):
        models.tune("ease", lonely)


def test_several_parts_count_alike_and_none_may_suffer(tastes, monkeypatch):
    splits = [make_split(kind, tastes, 0, ties="random") for kind in ("temporal", "random")]
    parts = [(made.train, made.valid) for made in splits]
    trials = tuning.search("popular", tastes, budget_s=1, parts=parts)
    base = next(trial for trial in trials if trial.settings == models.create("popular").settings)
    assert len(base.means) == 2 and base.mean == pytest.approx(1.0, abs=0.02), "in units of the defaults"
    assert all(new >= old for new, old in zip(trials[0].means, base.means))
    worse = tuning.Trial({}, np.full(4, 3.0), 0.1, (base.means[0] * 5, base.means[1] - 0.01))
    assert not tuning._not_worse(worse, base)
