"""Marks of a visitor: ratings in stars, what they ask of the service, and one profile on several devices."""

from __future__ import annotations

import time

import pytest
from services import history

from recsys.api.calls import call
from recsys.api.endpoints import ENDPOINTS
from recsys.page.components import account, sync
from recsys.page.components.opinions import Opinions
from recsys.page.components.visitor import EMPTY, clean
from recsys.serving.filters import NO_FILTERS

NOW = int(time.time() * 1000)


def mark(item_id, verdict="like", rating=None, when=NOW, sent=False):
    return {"item_id": item_id, "verdict": verdict, "rating": rating, "time": when, "sent": sent}


def visitor(*marks, **more):
    return clean({"marks": list(marks), **more})


def said(person):
    return {one["item_id"]: (one["verdict"], one["rating"]) for one in person["marks"]}


@pytest.fixture
def profile(service):
    """A profile with a like of 1 and a dislike of 6, as the browser that made it knows it."""
    person, _ = account.keep(service, visitor(mark("1", when=5), mark("6", "dislike", when=6)))
    return person


def test_stars_count_as_the_rating_they_are(service):
    said = Opinions.of(service, visitor(mark("1"), mark("6", "like", 4.5), mark("16", "seen", 3), mark("gone", "like")))
    assert (said.liked, said.disliked, said.seen, said.ratings) == (["1"], [], [], {"6": 4.5, "16": 3.0})
    assert said.recommend(service, 5, "", NO_FILTERS) == service.recommend_for(
        ["1"], [], 5, ratings={"6": 4.5, "16": 3.0}
    )
    assert [(one["item_id"], one["rating"]) for one in said.history(service)] == [("16", 3.0), ("6", 4.5), ("1", 5.0)]


def test_the_call_of_a_list_gives_the_same_list(service):

    said = Opinions.of(service, visitor(mark("1"), mark("6", "seen"), mark("16", "like", 4)))
    name, arguments = said.call(6, "")
    assert name == "recommend_for" and arguments["filters"] == {"hide": ["6"]}
    shown = said.recommend(service, 6, "", NO_FILTERS)
    assert [line["item_id"] for line in call(service, ENDPOINTS[name], list(arguments.values()))] == [
        line["item_id"] for line in shown
    ]


@pytest.mark.parametrize(
    ("rating", "verdict"), [(5, "like"), (4, "like"), (3.5, "seen"), (2.5, "seen"), (2, "dislike"), (0.5, "dislike")]
)
def test_a_rating_stands_for_the_verdict_that_says_it(service, rating, verdict):
    assert service.profiles.star_verdicts()[rating] == verdict
    assert len(service.profiles.star_verdicts()) == 10


def test_stars_reach_the_profile_and_come_back(service, profile):
    given = {"verdict": "seen", "rating": 3.5, "item_id": "16", "user_id": profile["user_id"], "key": profile["key"]}
    assert account.stored(service, given) == {"stored": True, "sent": True}
    assert history(service, profile["user_id"])["16"] == 3.5
    elsewhere, _ = account.enter(service, EMPTY, profile["user_id"], profile["key"])
    assert said(elsewhere) == {"1": ("like", None), "6": ("dislike", None), "16": ("seen", 3.5)}
    assert "out of range" in account.stored(service, given | {"rating": 7})["error"]


def test_marks_made_before_signing_in_are_kept_and_stored(service, profile):
    before = visitor(mark("16"), mark("6", "", when=NOW + 9_000_000))
    person, _ = account.enter(service, before, profile["user_id"], profile["key"])
    assert said(person) == {"1": ("like", None), "6": ("dislike", None), "16": ("like", None)}
    assert history(service, profile["user_id"]) == {"1": 5.0, "6": 0.5, "16": 5.0}


def test_of_two_devices_the_latest_word_counts_and_no_like_is_lost(service, profile):
    other = profile | {"marks": [*profile["marks"], *visitor(mark("16", when=NOW + 9_000_000))["marks"]]}
    service.profiles.store_mark(profile["user_id"], profile["key"], "50", "like")  # here, while the other was offline
    service.profiles.store_mark(profile["user_id"], profile["key"], "6", "")  # removed here
    merged = sync.arrived(service, other)
    assert said(merged) == {"1": ("like", None), "16": ("like", None), "50": ("like", None)}
    assert history(service, profile["user_id"]) == {"1": 5.0, "50": 5.0, "16": 5.0}
    assert all(one["sent"] for one in merged["marks"])
    assert said(sync.arrived(service, merged)) == said(merged)


def test_a_removal_that_did_not_reach_the_server_is_made_up_for(service, profile):
    gone = visitor(mark("1", "", when=NOW + 9_000_000), user_id=profile["user_id"], key=profile["key"])
    assert said(sync.arrived(service, gone)) == {"6": ("dislike", None)}
    assert history(service, profile["user_id"]) == {"6": 0.5}


def test_seen_is_no_rating_and_stays_in_the_browser(service, profile):
    person = profile | {"marks": [*profile["marks"], *visitor(mark("16", "seen"))["marks"]]}
    for _ in range(2):
        person = sync.arrived(service, person)
        assert said(person)["16"] == ("seen", None)
    assert "16" not in history(service, profile["user_id"])


def test_what_the_profile_cannot_store_stays_in_the_browser_and_is_in_nobodys_way(service, profile):
    odd = visitor(mark("not in this catalogue"), mark("50", "like", 99), mark("16"))["marks"]
    merged = sync.arrived(service, profile | {"marks": [*profile["marks"], *odd]})
    assert {one["item_id"]: one["sent"] for one in merged["marks"]} == {
        "1": True,
        "6": True,
        "not in this catalogue": False,
        "50": False,
        "16": True,
    }


def test_a_profile_that_is_gone_leaves_the_marks_in_the_browser(service, profile):
    service.profiles.delete(profile["user_id"], profile["key"])
    assert sync.arrived(service, profile) == profile
    assert sync.arrived(service, EMPTY) == EMPTY
