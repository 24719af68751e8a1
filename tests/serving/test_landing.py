"""What is shown before anything is asked: chosen once for a release, and what the filters let pass."""

from __future__ import annotations

import pytest
from page_parts import view

from recsys.models.base import Recommender
from recsys.page.components.address import Query
from recsys.page.components.visitor import EMPTY
from recsys.page.tabs import similar
from recsys.serving.filters import Filters


@pytest.fixture
def rankings(monkeypatch):
    """How often a model was asked to rank."""
    asked = []
    real = Recommender.ranked
    monkeypatch.setattr(
        Recommender, "ranked", lambda self, *args, **kwargs: asked.append(1) or real(self, *args, **kwargs)
    )
    return asked


def test_popular_items_are_chosen_once_for_a_release(service, rankings):
    first = service.landing.popular_items(5)
    assert len(first) == len(set(first)) == 5
    asked = len(rankings)
    assert asked >= 1
    for _ in range(3):
        assert service.landing.popular_items(5) == first
        assert [item["item_id"] for item in service.landing.examples(5)] == first
    assert len(rankings) == asked
    service.use(service.release)
    assert service.landing.popular_items(5) == first and len(rankings) > asked


def test_a_view_of_an_item_chooses_no_examples_again(service, rankings):
    tab = view(service, similar)
    tab.show(Query.read({"film": "1"}), 5, Filters(), EMPTY)
    asked = len(rankings)
    tab.show(Query.read({"film": "6"}), 5, Filters(), EMPTY)
    assert len(rankings) == asked


def test_filters_and_lengths_have_shelves_of_their_own(service):
    crime = service.landing.popular_items(6, Filters(genres_in=("Crime",)))
    assert crime and all("Crime" in item["genres"] for item in service.cards(crime))
    assert service.landing.popular_items(6) != crime and len(service.landing.popular_items(7)) == 7


def test_a_changed_list_changes_no_other_view(service):
    service.landing.examples(3)[0]["title"] = "changed by the caller"
    assert service.landing.examples(3)[0]["title"] != "changed by the caller"


def test_example_users_have_a_taste_and_something_left(service, monkeypatch):
    monkeypatch.setattr("recsys.serving.landing.HISTORY_SIZES", (12, 14))
    sizes = [len(service.catalogue.history(user)) for user in service.landing.example_users]
    assert sizes and all(12 <= size <= 14 for size in sizes)


def test_a_surprise_is_something_known(service):
    assert service.known([service.landing.surprise_item()])
    assert service.catalogue.has_user(service.landing.surprise_user())
