"""“Less like this” on a real service: such items leave the top, the others keep their order, and it can be undone."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import BadInput, UnknownItem
from recsys.serving.filters import Filters
from recsys.serving.less import LessLike
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels


@pytest.fixture
def less(service):
    return service._in_use.answers.less


def ids(lines):
    return [line["item_id"] for line in lines]


def test_a_place_is_multiplied_by_closeness(less, monkeypatch):
    numbers = np.arange(20)
    close = np.zeros(len(less._models.release.items), dtype=np.float32)
    close[[0, 2]] = 1.0
    monkeypatch.setattr(less, "closeness", lambda text: close)
    order = less.ordered(numbers, ["person:Somebody"]).tolist()
    assert order.index(0) == 7 and order[-1] == 2  # among the 18 others, place 10 is after seven
    assert [one for one in order if one not in (0, 2)] == [one for one in range(20) if one not in (0, 2)]


def test_picks_that_a_model_is_surest_of_hardly_move_for_a_rejected_item(less, monkeypatch):
    """The visitor did not say what was wrong with the item."""
    numbers = np.arange(40)
    close = np.zeros(len(less._models.release.items), dtype=np.float32)
    close[[0, 2, 4, 9]] = 1.0
    monkeypatch.setattr(less, "closeness", lambda text: close)
    monkeypatch.setattr(less, "_number", lambda text: 20)
    order = less.ordered(numbers, ["id:20"]).tolist()
    assert order.index(0) == 0 and order.index(2) in (2, 3) and order.index(4) > 20
    assert order[-2:] == [9, 20]
    both = less.ordered(numbers, ["id:20", "person:Somebody"]).tolist()
    assert both.index(0) == 6, "a person says why"


def test_a_rejected_item_comes_last_and_the_list_stays_full(service):
    first = service.recommend("1", 10)
    after = service.recommend("1", 10, filters=Filters(less=(f"id:{first[0]['item_id']}",)))
    assert len(after) == 10 and first[0]["item_id"] not in ids(after)
    assert [line["score"] for line in after] == sorted((line["score"] for line in after), reverse=True)
    assert ids(service.recommend("1", 10)) == ids(first)  # without the filter nothing is left of it


def test_films_of_a_rejected_person_go_down(service, less):
    lines = service.similar("Heat (1995)", 10)
    item = next(item for line in lines if (item := service.item(f"id:{line['item_id']}"))["director"])
    text = f"person:{item['director']}"
    places = less.closeness(text)[service.release.items.numbers(ids(lines))]
    assert places.max() == 1.0
    after = service.similar("Heat (1995)", 10, filters=Filters(less=(text,)))
    assert ids(after).index(item["item_id"]) > ids(lines).index(item["item_id"])


@pytest.mark.parametrize("kind", ["search", "together", "hybrid", "recommend_for"])
def test_it_works_in_every_list(service, kind):
    lists = {
        "search": lambda filters: service.search("crime", 5, filters),
        "together": lambda filters: service.together(["1", "2"], 5, filters),
        "hybrid": lambda filters: service.hybrid("1", n=5, filters=filters),
        "recommend_for": lambda filters: service.recommend_for(["Heat (1995)"], n=5, filters=filters),
    }
    first = ids(lists[kind](Filters()))
    assert first[0] not in ids(lists[kind](Filters(less=(f"id:{first[0]}",))))[:1]


def test_themes_are_keywords_and_genres_with_these_words(service):
    less = LessLike(models := ReleasedModels(service.catalogue, service.release), Likeness(models))
    items = service.catalogue.items(models.release.items.ids.tolist())

    def close(text: str) -> list[str]:
        return [item["title"] for item, value in zip(items, less.closeness(text), strict=True) if value]

    with_words = [item["title"] for item in items if any("travel" in word.split() for word in item["keywords"])]
    assert close("theme:Travel") == with_words != []
    assert close("theme: heists") == [item["title"] for item in items if "heist" in item["keywords"]] != []
    assert close("theme:film noir") == [item["title"] for item in items if "Film-Noir" in item["genres"]] != []


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("person:Nobody At All", BadInput, "no director or actor is called that"),
        ("theme:no such theme", BadInput, "which no film has"),
        ("id:none", UnknownItem, "none"),
    ],
)
def test_rejections_of_nothing_are_named(service, text, error, message):
    with pytest.raises(error, match=message):
        service.recommend("1", 5, filters=Filters(less=(text,)))


def test_too_many_rejections_are_refused():
    with pytest.raises(BadInput, match="use at most 50"):
        Filters.from_dict({"less": ["1"] * 51})
