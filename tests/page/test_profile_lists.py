"""The watch-list and “Less of” belong to the profile: shared by devices, exported, applied, deleted with it."""

from __future__ import annotations

import json

import pytest

from recsys.api.watch_lists import written
from recsys.errors import BadInput
from recsys.page.build import lists_of
from recsys.page.components import account, sync
from recsys.page.components.visitor import EMPTY, clean
from recsys.serving.filters import Filters

LESS = "person:Al Pacino"


def entry(item_id, when, gone=False):
    return {"item_id": item_id, "title": item_id, "year": None, "time": when, "gone": gone}


def entries(person, name):
    return {one["item_id"]: one["gone"] for one in person[name]}


@pytest.fixture
def heat(service):
    return service.catalogue.find("Heat (1995)")


@pytest.fixture
def profile(service, heat):
    """A profile as the browser that made it knows it, with a watch-list and a rejection from before."""
    marks = [{"item_id": "1", "verdict": "like", "rating": None, "time": 5}]
    visitor = clean({"marks": marks, "watch": [entry(heat, 10)], "less": [entry(LESS, 11)], "session": "s"})
    return account.keep(service, visitor)[0]


def elsewhere(service, profile, **lists):
    """Another device of the profile, after it was loaded."""
    return sync.arrived(service, clean({"user_id": profile["user_id"], "key": profile["key"], **lists}))


def test_a_new_profile_takes_the_lists_along(service, profile, heat):
    other = elsewhere(service, profile)
    assert entries(other, "watch") == {heat: False} and entries(other, "less") == {LESS: False}
    assert other["watch"][0]["title"] == "Heat" and other["watch"][0]["time"] == 10
    assert other["less"][0]["title"] == "Al Pacino"


def test_devices_add_and_remove_and_nothing_comes_back(service, profile, heat):
    other = elsewhere(service, profile, watch=[entry("1", 20), entry(heat, 21, gone=True)])
    assert entries(other, "watch") == {"1": False, heat: True}
    again = sync.arrived(service, profile)
    assert entries(again, "watch") == {"1": False, heat: True}
    assert entries(elsewhere(service, profile, watch=[entry(heat, 10)]), "watch") == {"1": False, heat: True}


def test_marks_from_before_signing_in_are_added(service, profile):
    visitor = clean({"watch": [entry("1", 30)], "less": [entry("theme:war", 31)]})
    person, message = account.enter(service, visitor, profile["user_id"], profile["key"])
    assert "Welcome back" in message["message"]
    assert entries(person, "less") == {LESS: False, "theme:war": False}
    assert len(elsewhere(service, profile)["watch"]) == 2


def test_a_change_is_stored_at_once(service, profile, heat):
    store = lists_of(service)
    given = {**EMPTY, "user_id": profile["user_id"], "key": profile["key"]}
    assert store({**given, "watch": [entry(heat, 40, gone=True)]}) == {"stored": True}
    assert service.profiles.lists.watched(profile["user_id"]) == []
    assert "not the key" in store({**given, "key": "wrong", "watch": [entry(heat, 50)]})["error"]


def test_the_export_and_the_user_reply_have_the_lists(service, profile, heat):
    given = {"user_id": profile["user_id"], "key": profile["key"]}
    content = json.loads(service.exports.file(**given)["text"])
    assert [one["title"] for one in content["watchlist"]] == ["Heat"] and content["less"] == [LESS]
    assert len(service.exports.file(**given, format="letterboxd")["text"].splitlines()) == 2
    reply = service.user(profile["user_id"], key=profile["key"])
    assert [item["item_id"] for item in reply["watchlist"]] == [heat] and reply["less"] == [LESS]
    assert "watchlist" not in service.user("1")


def test_recommendations_of_a_profile_follow_its_rejections(service, profile):
    asked = service.recommend_for(["id:1"], n=20, model=service.defaults.user, filters=Filters(less=(LESS,)))
    own = service.recommend(profile["user_id"], 20)
    assert [one["item_id"] for one in own] == [one["item_id"] for one in asked]


def test_other_programs_read_the_watch_list_at_a_secret_address(service, profile, heat):
    addresses = service.feeds.address(profile["user_id"], profile["key"])
    _, lists, user, token, end = addresses["watchlist"].split("/")
    (film,) = json.loads(written(service, user, token))
    assert (lists, end, film["title"], film["rank"], film["mediatype"]) == ("lists", "json", "Heat", 1, "movie")
    assert film["release_year"] == 1995 and film["imdb_id"] == (service.catalogue.item(heat)["imdb_id"] or None)
    assert written(service, user, "wrong") is None and written(service, "guest-nobody", token) is None
    service.profiles.change_lists(
        user, profile["key"], [one._replace(time=99.0, gone=True) for one in service.profiles.lists.entries(user)]
    )
    assert written(service, user, token) == "[]"


def test_deleting_the_profile_deletes_the_lists_here_and_there(service, profile):
    left, _ = account.leave(service, profile)
    assert left == EMPTY | {"session": "s"}
    assert service.profiles.lists.entries(profile["user_id"]) == []


def test_unknown_lists_and_items_are_refused_or_left_out(service, profile):
    entry_of = type(service.profiles.lists.entries(profile["user_id"])[0])
    with pytest.raises(BadInput, match="no list 'other'; use watch or less"):
        service.profiles.change_lists(profile["user_id"], profile["key"], [entry_of("other", "1", 1.0)])
    other = elsewhere(service, profile, watch=[entry("no-such-film", 60)])
    assert "no-such-film" not in entries(other, "watch")
