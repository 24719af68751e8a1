"""The recency dial: from a whole history to the latest ratings."""

from __future__ import annotations

import numpy as np
import pytest

from recsys import models
from recsys.data import Histories
from recsys.serving.filters import Filters


def test_ages_are_scaled_and_forgotten_at_zero(tastes):
    histories = Histories.of({str(item): 4.0 for item in tastes.items.ids[:4]}, tastes.items)
    assert np.allclose(histories.aged(0.5).ages, histories.ages / 2)
    assert histories.aged(1) is histories and histories.aged(0).ages is None


def test_at_zero_the_order_of_a_history_does_not_matter(tastes):
    model = models.create("ease").fit(tastes)
    ids = [str(item) for item in tastes.items.ids[:8]]
    forward, backward = dict.fromkeys(ids, 4.0), dict.fromkeys(ids[::-1], 4.0)
    whole = [model.ranked(history, 5, recency=0).numbers.tolist() for history in (forward, backward)]
    assert whole[0] == whole[1]
    latest = [model.ranked(history, 5, recency=1).row for history in (forward, backward)]
    assert not np.allclose(latest[0], latest[1])
    assert np.allclose(model.ranked(forward, 5).row, latest[0])


@pytest.mark.parametrize("recency", [0.0, 0.5, 1.0])
def test_a_service_takes_the_dial(service, recency):
    assert len(service.recommend("1", 5, "ease", Filters(recency=recency))) == 5
