"""Answers from memory: the same as worked out, forgotten when anything behind them changes."""

from __future__ import annotations

import threading

import pytest

from recsys.errors import BadInput, UnknownModel
from recsys.models.base import Recommender
from recsys.serving.answers import AT_ONCE, Picks, Taste, _Memory
from recsys.serving.filters import Filters


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

    counting("ranked")
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
def test_the_same_question_is_worked_out_once_and_answered_alike(counted, name, question):
    service, asked = counted
    first = getattr(service, name)(*question)
    before = len(asked)
    first[0]["title"] = "changed by the caller"
    again = getattr(service, name)(*question)
    assert len(asked) == before
    assert again[0]["title"] != "changed by the caller"
    assert [line["item_id"] for line in again] == [line["item_id"] for line in first]
    assert again[1:] == first[1:]


def test_everything_that_is_asked_is_told_apart(service):
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
    profile = service.join(["Toy Story (1995)"])
    before = service.recommend(profile["user_id"], 5, "ease")
    assert service.recommend(profile["user_id"], 5, "ease") == before and len(asked) == 1
    service.rate(profile["user_id"], profile["key"], "Heat (1995)", 5)
    after = service.recommend(profile["user_id"], 5, "ease")
    assert len(asked) == 2
    assert "6" not in {line["item_id"] for line in after}


def test_every_list_is_recorded_also_from_memory(service):
    for _ in range(3):
        service.recommend("3", 4, "ease")
    service.events.flush()
    assert [event["kind"] for event in service.visitors.events()] == ["list"] * 3


def test_another_release_answers_anew(counted):
    service, asked = counted
    service.similar("Heat (1995)", 3)
    service.use(service.release)
    service.similar("Heat (1995)", 3)
    assert len(asked) == 2


def test_the_longest_unasked_is_forgotten():
    memory, made = _Memory(capacity=10), []

    def answer(name):
        made.append(name)
        return Picks("m", ["a", "b"], [1.0, 0.5], [None, None], ["", ""], [])

    for name in ("one", "two", "three", "one", "four", "one", "two"):
        memory.get(name, lambda name=name: answer(name))
    # three answers of two lines and a word each fit; "one" was asked for again and again
    assert made == ["one", "two", "three", "four", "two"]


def test_only_so_many_are_worked_out_at_once_and_none_waits_for_a_remembered_one():
    memory, at_work, most, gate = _Memory(capacity=1000), [], [], threading.Event()
    memory.get("known", lambda: ["x"])

    def slow(name):
        at_work.append(name)
        most.append(len(at_work))
        gate.wait(10)
        at_work.remove(name)
        return [name]

    threads = [threading.Thread(target=memory.get, args=(n, lambda n=n: slow(n))) for n in range(6)]
    for thread in threads:
        thread.start()
    assert memory.get("known", lambda: pytest.fail("worked out again")) == ["x"]
    gate.set()
    for thread in threads:
        thread.join(10)
    assert len(most) == 6 and max(most) <= AT_ONCE
    with pytest.raises(ValueError, match="broken"):
        memory.get("bad", lambda: (_ for _ in ()).throw(ValueError("broken")))
    assert memory.get("bad", lambda: ["fine"]) == ["fine"]


def test_a_taste_is_known_by_its_ratings():
    assert Taste.of({"1": 4.0, "2": 3.0}).key == Taste.of({"1": 4.0, "2": 3.0}).key
    assert Taste.of({"1": 4.0, "2": 3.0}).key != Taste.of({"2": 3.0, "1": 4.0}).key  # the order is the order in time
    assert Taste.of({"1": 4.0}).read() == {"1": 4.0}
