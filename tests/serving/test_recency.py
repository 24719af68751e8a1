"""The recency dial: from a whole history to the latest ratings."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import models
from recsys.data import Histories
from recsys.serving.filters import Filters


def test_recency_is_kept_and_zero_forgets_the_order(tastes):
    histories = Histories.of({str(item): 4.0 for item in tastes.items.ids[:4]}, tastes.items)
    assert histories.with_recency(0.5).recency == 0.5
    assert histories.with_recency(0.5).rows(0, 1).recency == 0.5
    assert histories.with_recency(0).ages is None


@pytest.mark.parametrize("name", ["ease", "hybrid"])
def test_at_zero_the_order_of_a_history_does_not_matter(name, tastes, facts):
    model = models.create(name).fit(tastes, facts)
    ids = [str(item) for item in tastes.items.ids[:8]]
    forward, backward = dict.fromkeys(ids, 4.0), dict.fromkeys(ids[::-1], 4.0)
    whole = [model.ranked(history, 5, recency=0).row for history in (forward, backward)]
    assert np.allclose(*whole, equal_nan=True)
    latest = [model.ranked(history, 5, recency=1).row for history in (forward, backward)]
    assert not np.allclose(*latest, equal_nan=True)


def test_the_default_of_ease_lies_between_the_ends(tastes):
    model = models.create("ease").fit(tastes)
    history = dict.fromkeys(map(str, tastes.items.ids[:8]), 4.0)
    default = model.ranked(history, 5).row
    assert np.allclose(default, model.ranked(history, 5, recency=model.config.recent_share).row)
    whole, latest = (model.ranked(history, 5, recency=recency).row for recency in (0, 1))
    whole, latest, default = (row / np.linalg.norm(row) for row in (whole, latest, default))
    assert whole @ latest < min(default @ whole, default @ latest)


def test_an_old_favourite_counts_after_many_later_ratings(tastes):
    model = models.create("ease").fit(tastes)
    ids = list(map(str, tastes.items.ids[:40]))
    shares = dict(model.explain(dict.fromkeys(ids, 4.0), str(tastes.items.ids[44])))
    only_latest = dict(
        models.create("ease", recent_share=1.0).fit(tastes).explain(dict.fromkeys(ids, 4.0), str(tastes.items.ids[44]))
    )
    old = ids[:10]
    assert sum(shares[one] for one in old) > 2 * sum(only_latest[one] for one in old)


@pytest.mark.parametrize("recency", [0.0, 0.5, 1.0])
def test_a_service_takes_the_dial(service, recency):
    assert len(service.recommend("1", 5, "ease", Filters(recency=recency))) == 5
