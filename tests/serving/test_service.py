"""The service: what it answers about items, people and itself, and what it refuses."""

from __future__ import annotations

import itertools

import pytest
from services import history

from recsys.errors import BadInput, NotAllowed, UnknownItem, UnknownModel, UnknownUser
from recsys.serving.cards import Item, Recommendation
from recsys.serving.filters import Filters


def titles(lines):
    return [line["title"] for line in lines]


def test_search_forgives_and_falls_back_to_words(service):
    assert titles(service.search("toy stroy", 3))[0] == "Toy Story"
    assert titles(service.search("suspects usual", 3))[0] == "The Usual Suspects"
    assert set(Item.__annotations__) <= set(service.search("heat")[0])
    assert "Heat" in titles(service.search("a master thief and a detective in los angeles", 5))
    with pytest.raises(BadInput, match="Parameter query is empty"):
        service.search("  ")


@pytest.mark.parametrize("name", ["Toy Story (1995)", "toy story", "Toy Stroy (1995)", "1"])
def test_an_item_is_named_by_id_title_or_nearly(service, name):
    assert service.item(name)["item_id"] == "1"


def test_an_item_in_full(service):
    item = service.item("Heat (1995)")
    assert item["director"] == "Michael Mann"
    assert "Al Pacino" in item["cast"]
    assert item["overview"] and item["keywords"] and item["genres"]
    assert item["poster"].startswith("data:image/svg+xml")
    assert item["n_ratings"] > 0 and 0.5 <= item["mean_rating"] <= 5
    assert item["trailer"] == ""
    with pytest.raises(UnknownItem):
        service.item("qqqqzzzz")
    with pytest.raises(BadInput, match="Parameter title is empty"):
        service.item(" ")


def test_similar_to_toy_story_is_for_families_with_reasons(service):
    found = service.similar("Toy Story (1995)", 5)
    assert [line["rank"] for line in found] == [1, 2, 3, 4, 5]
    assert all("Animation" in line["genres"] or "Children" in line["genres"] for line in found)
    assert all(line["reason"] and line["match"] is None for line in found)
    assert titles(found)[0] == "Toy Story 2"


def test_recommendations_leave_out_what_was_rated(service):
    rated = set(history(service, "1"))
    for found in (service.recommend("1", 20), service.hybrid("1", "", 20), service.recommend("1", 20, "content")):
        assert len(found) == 20
        assert not rated & {line["item_id"] for line in found}
        assert set(Recommendation.__annotations__) <= set(found[0])
        assert all(line["match"] is None or 0 <= line["match"] <= 100 for line in found)


def test_personal_picks_follow_taste(service):
    # user 3 likes the first kind, family films
    picks = service.recommend("3", 5)
    assert sum("Children" in line["genres"] or "Animation" in line["genres"] for line in picks) >= 3


def test_a_person_and_a_film_have_one_match_in_every_list(service):
    lists = [
        service.recommend("3", 40),
        service.recommend("3", 40, "content"),
        service.recommend("3", 40, "popular"),
        service.recommend("3", 40, filters=Filters(recency=1.0)),
        service.recommend("3", 40, filters=Filters(recency=0.0)),
        service.hybrid("3", "", 40, 0.0),
        service.hybrid("3", "", 40, 0.7),
        service.hybrid("3", "Heat (1995)", 40, 0.3),
    ]
    found: dict[str, set[int | None]] = {}
    for line in itertools.chain(*lists):
        found.setdefault(line["item_id"], set()).add(line["match"])
    assert all(len(matches) == 1 for matches in found.values())
    assert any(match is not None for matches in found.values() for match in matches)


def test_blend_moves_with_its_balance(service):
    lists = [titles(service.hybrid("3", "Heat (1995)", 8, balance)) for balance in (0.0, 0.5, 1.0)]
    assert lists[0] != lists[1] and lists[1] != lists[2]
    assert all("Heat" not in found for found in lists)
    assert titles(service.hybrid("", "Heat (1995)", 5, 0.0)) == titles(service.similar("Heat (1995)", 5, "content"))
    assert titles(service.hybrid("3", "", 5, 1.0)) == titles(service.recommend("3", 5))
    with pytest.raises(BadInput, match="Parameters user_id and title are both empty"):
        service.hybrid()
    with pytest.raises(BadInput, match="Parameter balance is 2; use a number from 0 to 1"):
        service.hybrid("1", balance=2)


def test_somebody_new_gets_picks_and_dislikes_count(service):
    liked = ["Heat (1995)", "Pulp Fiction (1994)", "Fargo (1996)"]
    found = service.recommend_for(liked, n=6)
    assert not {"Heat", "Pulp Fiction", "Fargo"} & set(titles(found))
    assert sum("Crime" in line["genres"] for line in found) >= 3
    other = service.recommend_for(liked, ["Casino (1995)"], n=6)
    assert "Casino" not in titles(other)
    with pytest.raises(BadInput, match="marked both like and dislike"):
        service.recommend_for(["Heat"], ["Heat (1995)"])
    with pytest.raises(BadInput, match="name at least one film"):
        service.recommend_for([])
    with pytest.raises(BadInput, match="Parameter liked is 'Heat'; use a list"):
        service.recommend_for("Heat")


def test_join_rate_and_the_next_pick_changes(service):
    profile = service.profiles.create(["Toy Story (1995)", "Shrek (2001)"])
    before = service.recommend(profile["user_id"], 10)
    assert len(before) == 10
    target = before[0]
    service.profiles.rate(profile["user_id"], profile["key"], target["item_id"], 5)
    service.profiles.rate(profile["user_id"], profile["key"], "Heat (1995)", 4.5)
    after = service.recommend(profile["user_id"], 10)
    assert target["item_id"] not in {line["item_id"] for line in after}
    assert titles(after) != titles(before)
    with pytest.raises(NotAllowed, match="not the key of profile"):
        service.user(profile["user_id"])
    seen = service.user(profile["user_id"], key=profile["key"])
    assert seen["n_ratings"] == 4 and seen["profile"]
    assert titles(seen["history"])[0] == "Heat"


def test_writing_needs_a_profile_and_its_key(service):
    profile = service.profiles.create(["Heat (1995)"])
    with pytest.raises(NotAllowed, match="read-only"):
        service.profiles.rate("1", "x", "Heat", 4)
    with pytest.raises(NotAllowed):
        service.profiles.rate(profile["user_id"], "wrong", "Heat", 4)
    with pytest.raises(BadInput, match="Rating 9 is out of range; use a number from 0.5 to 5"):
        service.profiles.rate(profile["user_id"], profile["key"], "Heat", 9)
    assert history(service, profile["user_id"]) == {"6": 5.0}


def test_user_shows_history_and_taste(service):
    seen = service.user("3", 5)
    assert len(seen["history"]) == 5
    assert seen["history"][0]["timestamp"] >= seen["history"][-1]["timestamp"]
    assert {"genre", "n", "share", "mean"} == set(seen["taste"][0])
    assert sum(line["n"] for line in seen["decades"]) == seen["n_ratings"]
    with pytest.raises(UnknownUser, match="Unknown user 'x9'; .* has 60 users, such as 1 and 60"):
        service.user("x9")


def test_explanations_sum_to_one_and_name_what_is_shared(service):
    found = service.recommend("3", 1)[0]
    why = service.explain("3", found["title"])
    assert sum(line["share"] for line in why["history"]) == pytest.approx(1, abs=0.1)
    assert why["item"]["item_id"] == found["item_id"]
    assert why["reason"]
    assert set(history(service, "3")) >= {line["item_id"] for line in why["history"]}


def test_filters_never_change_the_count(service):
    crime = service.recommend("3", 5, filters=Filters(genres_in=("Crime",)))
    assert len(crime) == 5
    assert all("Crime" in line["genres"] for line in crime)
    varied = service.similar("Heat (1995)", 6, filters=Filters(diversity=0.8, popularity=-0.5))
    assert len(varied) == 6
    assert [line["rank"] for line in varied] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(BadInput, match="Unknown genre 'Crimes'"):
        service.recommend("3", 5, filters=Filters(genres_in=("Crimes",)))


def test_feedback_is_stored_and_checked(service):
    service.feedback("like", "Heat (1995)", "", "content", "Toy Story (1995)")
    (stored,) = service.visitors.events(kind="verdict")
    assert (stored["verdict"], stored["user_id"], stored["model"]) == ("like", "", "content")
    assert stored["items"] == '[{"item_id": "6", "position": null}]'
    with pytest.raises(BadInput, match="Verdict 'love' is unknown; use like, dislike, seen"):
        service.feedback("love", "Heat")


def test_feedback_names_a_profile_only_with_its_key(service):
    mine, other = service.profiles.create(["Heat (1995)"]), service.profiles.create(["Heat (1995)"])
    for key in ("", "wrong", other["key"]):
        with pytest.raises(NotAllowed, match="not the key of profile"):
            service.feedback("like", "Heat", mine["user_id"], key=key)
    with pytest.raises(UnknownUser):
        service.feedback("like", "Heat", "guest-nobody", key=mine["key"])
    service.feedback("like", "Heat", mine["user_id"], key=mine["key"])
    service.feedback("like", "Heat", "3")
    # nobody has the key of a user of the data set
    assert [event["user_id"] for event in service.visitors.events(kind="verdict")] == [mine["user_id"], ""]


def test_the_history_of_a_profile_is_explained_to_its_owner_only(service):
    mine = service.profiles.create(["Heat (1995)", "Casino (1995)"])
    asked = (mine["user_id"], "Goodfellas", "content")
    assert service.explain(*asked)["history"] == []
    assert service.explain(*asked, mine["key"])["history"]
    with pytest.raises(NotAllowed):
        service.explain(*asked, "wrong")


def test_forget_deletes_one_rating_or_everything(service):
    profiles = service.profiles
    mine = profiles.create(["Heat (1995)", "Casino (1995)"])
    who = (mine["user_id"], mine["key"])
    with pytest.raises(NotAllowed, match="not the key"):
        profiles.forget(mine["user_id"], "wrong")
    with pytest.raises(NotAllowed, match="read-only"):
        profiles.forget("3", "")
    assert profiles.forget(*who, "Heat (1995)")["forgotten"] is True
    assert profiles.forget(*who, "Heat (1995)")["forgotten"] is False, "it is gone already"
    assert len(history(service, mine["user_id"])) == 1
    service.feedback("like", "Heat", mine["user_id"], key=mine["key"])
    assert profiles.forget(*who) == {"forgotten": True, "user_id": mine["user_id"], "item_id": "", "title": ""}
    with pytest.raises(UnknownUser):
        service.recommend(mine["user_id"])
    assert [event["user_id"] for event in service.visitors.events(kind="verdict")] == [""]


def test_lists_from_outside_are_bounded(service):
    many = ["Heat (1995)"] * 501
    for call in (service.profiles.create, service.recommend_for):
        with pytest.raises(BadInput, match="Parameter liked has 501 entries; use at most 500."):
            call(many)
    with pytest.raises(BadInput, match="Parameter ratings has 2,001 titles; use item ids for all but 2,000 of them."):
        service.recommend_for([], ratings={f"title {number}": 5 for number in range(2001)})


def test_models_and_about_say_what_is_served(service):
    lines = service.models()
    assert {"name", "family", "metrics", "training_seconds", "version"} <= set(lines[0])
    assert {"popular", "content", "ease", "hybrid"} <= {line["name"] for line in lines}
    about = service.about()
    assert about["counts"]["users"] == 60
    assert about["services"] == {"tmdb": False, "hub": False, "feedback": False, "postgresql": False}
    with pytest.raises(UnknownModel, match="no model 'nope'"):
        service.recommend("1", 5, "nope")


@pytest.mark.parametrize("n", [0, 101, "ten", 2.5, True, None])
def test_counts_are_checked(service, n):
    with pytest.raises(BadInput, match="Parameter n is .*; use a whole number from 1 to 100"):
        service.similar("Heat", n)
