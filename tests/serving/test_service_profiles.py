"""Profiles: created with verdicts, changed with their key, deleted everywhere."""

from __future__ import annotations

import pytest
from services import history

from recsys.errors import BadInput, NotAllowed, UnknownUser
from recsys.serving.profiles import Profiles


class Saving:
    """A backup that notes when it is asked to save."""

    def __init__(self):
        self.asked = 0

    def save_soon(self) -> bool:
        self.asked += 1
        return True


def test_a_profile_is_created_with_all_its_verdicts(service):
    made = service.profiles.create(["Heat (1995)"], ["Toy Story (1995)"], ["Casino (1995)"])
    assert sorted(history(service, made["user_id"]).values()) == [0.5, 5.0]  # seen is no rating of a film
    marks = service.profiles.marks(made["user_id"], made["key"], 10)
    assert [(mark["title"], mark["verdict"]) for mark in marks] == [("Heat", "like"), ("Toy Story", "dislike")]
    assert [mark["title"] for mark in service.profiles.marks(made["user_id"], made["key"], 1)] == ["Toy Story"]


@pytest.mark.parametrize("key", ["", "wrong"])
def test_nothing_is_told_or_changed_without_the_key(service, key):
    user = service.profiles.create(["Heat (1995)"])["user_id"]
    for call in (
        lambda: service.profiles.marks(user, key, 10),
        lambda: service.profiles.set_verdict(user, key, "6", "dislike"),
        lambda: service.profiles.set_verdict(user, key, "6", ""),
        lambda: service.profiles.delete(user, key),
    ):
        with pytest.raises(NotAllowed):
            call()
    assert history(service, user) == {"6": 5.0}


def test_a_verdict_replaces_and_an_empty_one_removes_a_rating(service):
    made = service.profiles.create(["Heat (1995)"])
    owner = made["user_id"], made["key"]
    service.profiles.set_verdict(*owner, "6", "dislike")
    assert history(service, owner[0]) == {"6": 0.5}
    service.profiles.set_verdict(*owner, "6", "seen")
    assert history(service, owner[0]) == {}


@pytest.mark.parametrize("rating", ["much", None, float("nan"), 10**400, "\ud800", 5.1, True and 0.4])
def test_a_rating_off_the_scale_is_one_sentence(service, rating):
    made = service.profiles.create(["Heat (1995)"])
    with pytest.raises(BadInput, match=r"^Rating .* is (out of range|not a number); use a number from 0.5 to 5.$"):
        service.profiles.rate(made["user_id"], made["key"], "Heat (1995)", rating)


def test_a_deleted_profile_is_backed_up_as_deleted_at_once(service):
    backup = Saving()
    profiles = Profiles(service.catalogue, service.visitors, service.events, backup)
    made = profiles.create(["Heat (1995)"])
    with pytest.raises(NotAllowed):
        profiles.delete(made["user_id"], "wrong")
    assert backup.asked == 0
    profiles.delete(made["user_id"], made["key"])
    assert backup.asked == 1
    with pytest.raises(UnknownUser):
        profiles.marks(made["user_id"], made["key"], 10)
