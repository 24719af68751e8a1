"""Cached answers: the same as computed ones, and computed again when anything they depend on changes."""

from __future__ import annotations

import pytest

from recsys.errors import BadInput, UnknownModel
from recsys.models.base import Recommender
from recsys.serving.filters import Filters
from recsys.serving.scored_histories import History


@pytest.fixture
def counted(service, monkeypatch):
    """The service, and how often a model was asked for a list."""
    asked = []

    def counting(name):
        real = getattr(Recommender, name)

        def method(self, *args, **kwargs):
            asked.append(name)
            return real(self, *args, **kwargs)

        monkeypatch.setattr(Recommender, name, method)

    counting("ranked_row")
    counting("ranked_similar")
    return service, asked


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("similar", ("Heat (1995)", 5)),
        ("recommend", ("3", 5, "ease")),
        ("hybrid", ("3", "Heat (1995)", 5)),
        ("recommend_for", (["Heat (1995)"], ["Toy Story (1995)"], 5)),
    ],
)
def test_the_same_question_is_computed_once_and_answered_alike(counted, name, question):
    service, asked = counted
    first = getattr(service, name)(*question)
    before = len(asked)
    first[0]["title"] = "changed by the caller"
    again = getattr(service, name)(*question)
    assert len(asked) == before
    assert again[0]["title"] != "changed by the caller"
    assert [line["item_id"] for line in again] == [line["item_id"] for line in first]
    assert again[1:] == first[1:]


def test_every_part_of_a_question_counts(service):
    base = service.recommend("3", 5, "ease")
    assert len(service.recommend("3", 6, "ease")) == 6
    assert service.recommend("1", 5, "ease") != base
    assert service.recommend("3", 5, "content") != base
    crime = service.recommend("3", 5, "ease", Filters(genres_in=("Crime",)))
    assert all("Crime" in line["genres"] for line in crime)
    first, *others = service.recommend_for(["Heat (1995)"], n=5)
    assert service.recommend_for(["Heat (1995)"], n=4, seen=[first["item_id"]])[0]["item_id"] == others[0]["item_id"]
    with pytest.raises(UnknownModel):
        service.recommend("3", 5, "nope")
    with pytest.raises(BadInput):
        service.recommend("3", 0)


def test_a_new_rating_is_a_new_question(counted):
    service, asked = counted
    profile = service.profiles.create(["Toy Story (1995)"])
    before = service.recommend(profile["user_id"], 5, "ease")
    assert service.recommend(profile["user_id"], 5, "ease") == before and len(asked) == 1
    service.profiles.rate(profile["user_id"], profile["key"], "Heat (1995)", 5)
    after = service.recommend(profile["user_id"], 5, "ease")
    assert len(asked) == 2
    assert "6" not in {line["item_id"] for line in after}


def test_cached_lists_are_recorded_too(service):
    for _ in range(3):
        service.recommend("3", 4, "ease")
    service.events.flush()
    assert [event["kind"] for event in service.visitors.events()] == ["list"] * 3


def test_another_release_answers_anew(counted):
    service, asked = counted
    service.similar("Heat (1995)", 3, "content")
    service.use(service.release)
    service.similar("Heat (1995)", 3, "content")
    assert len(asked) == 2


def test_items_that_were_only_seen_are_part_of_the_question(service):
    # "seen" is no rating of films, so nothing but the items to leave out tells the two questions apart
    liked, n = ["Heat (1995)"], 5
    first, *others = service.recommend_for(liked, n=n)
    again = service.recommend_for(liked, n=n, seen=[first["item_id"]])
    assert first["item_id"] not in {line["item_id"] for line in again}
    assert [line["item_id"] for line in again[: n - 1]] == [line["item_id"] for line in others]
    assert service.recommend_for(liked, n=n)[0] == first


def test_a_history_is_known_by_its_ratings():
    assert History.of({"1": 4.0, "2": 3.0}).key == History.of({"1": 4.0, "2": 3.0}).key
    assert (
        History.of({"1": 4.0, "2": 3.0}).key != History.of({"2": 3.0, "1": 4.0}).key
    )  # the order is the order in time
    assert History.of({"1": 4.0}).read() == {"1": 4.0}


def test_the_next_list_of_a_person_needs_no_new_scores(service, monkeypatch):
    scored = []
    real = Recommender.score
    monkeypatch.setattr(Recommender, "score", lambda self, given: scored.append(self.name) or real(self, given))
    plain = service.recommend("3", 5, "ease")
    before = len(scored)
    turned = service.recommend("3", 5, "ease", Filters(genres_out=("Crime",)))
    assert before >= 1 and len(scored) == before and turned != plain
    service.recommend("3", 5, "ease", Filters(recency=1.0))
    assert len(scored) == before + 1, "other weights of the ratings are other scores"
    service.recommend("1", 5, "ease")
    assert len(scored) == before + 2


def test_a_match_does_not_depend_on_a_dial(service):
    """The recency dial changes the scores of a list, but not the match of an item."""
    most = len(service.catalogue.ids)
    lists = [service.recommend("3", most, "ease", Filters(recency=dial)) for dial in (0.0, 1.0)]
    plain, recent = ({line["item_id"]: line["match"] for line in lines} for lines in lists)
    assert plain == recent and [line["item_id"] for line in lists[0]] != [line["item_id"] for line in lists[1]]


def test_the_items_that_pass_are_found_once(service, monkeypatch):
    models, filters = service._in_use.models, Filters(genres_in=("Crime",))
    passing = models.passing(filters)
    monkeypatch.setattr(type(models.facets), "mask", lambda *_: pytest.fail("computed again"))
    assert models.passing(Filters(genres_in=["Crime"])) is passing and not passing.flags.writeable
