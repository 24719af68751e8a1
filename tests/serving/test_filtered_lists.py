"""Every filter in every list of a real service: it holds, and the list is full whenever enough items pass."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.serving.filters import Filters
from recsys.serving.scored_histories import History

N = 6
HISTORY = ["Heat (1995)", "Casino (1995)"]
LISTS = {
    "search": lambda service, filters: service.search("film", N, filters),
    "similar": lambda service, filters: service.similar("Heat (1995)", N, filters=filters),
    "recommend": lambda service, filters: service.recommend("1", N, filters=filters),
    "hybrid": lambda service, filters: service.hybrid("1", "Heat (1995)", N, 0.4, filters),
    "recommend_for": lambda service, filters: service.recommend_for(HISTORY, n=N, filters=filters),
    "together": lambda service, filters: service.together(["1", HISTORY], N, filters),
}


@pytest.fixture(params=LISTS)
def listed(request, service):
    """The ids of one kind of list by filters."""

    def ids(**given):
        return [line["item_id"] for line in LISTS[request.param](service, Filters.from_dict(given))]

    ids.kind = request.param
    return ids


def seen(service, kind):
    found = {service.catalogue.find(name) for name in HISTORY} if kind in ("recommend_for", "together") else set()
    if kind in ("recommend", "hybrid", "together"):
        found |= set(service.catalogue.history("1"))
    return found | ({service.catalogue.find("Heat (1995)")} if kind in ("similar", "hybrid") else set())


@pytest.mark.parametrize("size", [3, 8])
def test_a_list_of_given_items_is_full(service, listed, size):
    """Whatever the model has no score for, among them items that nobody has rated."""
    ids = [item_id for item_id in service.catalogue.ids.ids.tolist() if item_id not in seen(service, listed.kind)]
    rng = np.random.default_rng(size)
    only = rng.choice(ids, size, replace=False).tolist()
    found = listed(only=only)
    assert set(found) <= set(only)
    if listed.kind != "search":  # a search lists what fits its words
        assert len(found) == len(set(found)) == min(N, size)


def test_limits_hold(service, listed):
    items = {item["item_id"]: item for item in service.catalogue.items(service.catalogue.ids.ids.tolist())}
    first = listed()
    assert first[0] not in listed(hide=first[:1])
    assert all(items[one]["year"] >= 1999 for one in listed(year_from=1999))
    assert all("Comedy" in items[one]["genres"] for one in listed(genres_in=["Comedy"]))
    assert all("Comedy" not in items[one]["genres"] for one in listed(genres_out=["Comedy"]))
    by = listed(people=["Ridley Scott"])
    assert all("Ridley Scott" in items[one]["director"] for one in by)


def test_the_popularity_dial_turns_every_list(service, listed):
    counts = dict(zip(service.catalogue.ids.ids.tolist(), service.catalogue.rating_counts().tolist(), strict=True))

    def known(dial):
        return np.mean([counts[one] for one in listed(popularity=dial)] or [0])

    assert known(1.0) >= known(-1.0)
    assert len(listed(popularity=1.0)) == len(listed())
    assert len(listed(diversity=1.0)) == len(listed())


def test_recency_counts_in_a_blend(service):
    from recsys.serving.blend import Blend

    rows = []
    for recency in (0.0, 1.0):
        blend = Blend(
            service._in_use.models,
            service._in_use.answers.likeness,
            service._in_use.answers.scored.of(History.of(service.catalogue.history("1"))),
            None,
            0.5,
            recency,
        )
        rows.append(blend.mixture(np.zeros(len(service.release.items), dtype=bool)).scores)
    assert not np.array_equal(rows[0], rows[1])
