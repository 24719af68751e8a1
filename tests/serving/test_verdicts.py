"""Ratings and verdicts on scales of every kind."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from recsys.catalogue.wording import Wording
from recsys.errors import BadInput
from recsys.serving.verdicts import Verdicts


def verdicts(scale, liked_at=None, rated=True, **words):
    info = {"scale": scale, "rated": rated}
    return Verdicts(SimpleNamespace(info=info, wording=Wording("things", liked_at=liked_at, **words)))


@pytest.mark.parametrize(
    ("scale", "liked_at", "stars"),
    [
        ((0.5, 5), 4.0, {0.5: "dislike", 2.0: "dislike", 2.5: "seen", 3.5: "seen", 4.0: "like", 5.0: "like"}),
        ((1, 5), 4.0, {1.0: "dislike", 2.5: "seen", 4.0: "like"}),
        ((0, 10), 8.0, {1.0: "dislike", 5.0: "seen", 8.0: "like", 10.0: "like"}),
    ],
)
def test_half_stars_span_the_scale_and_stand_for_verdicts(scale, liked_at, stars):
    found = verdicts(scale, liked_at).star_verdicts()
    assert {value: found[value] for value in stars} == stars
    assert min(found) >= scale[0] and max(found) == scale[1]


def test_ratings_that_are_words_choices_or_negative_have_no_stars():
    assert verdicts((2, 3), 3.0, worth=((3.0, "completed"), (2.0, "audited"))).star_verdicts() == {}
    assert verdicts((1, 1), None, rated=False).star_verdicts() == {}
    assert verdicts((-10, 10), 5.0).star_verdicts() == {}


def test_named_ratings_are_the_verdict_nearest_to_them():
    courses = verdicts((2, 3), 3.0, worth=((3.0, "completed"), (2.0, "audited")), marks=(("like", 3.0), ("seen", 2.0)))
    assert [courses.nearest(rating) for rating in (3, 2, 2.4)] == ["like", "seen", "seen"]
    assert verdicts((1, 1), None, rated=False).nearest(1) == "like"


def test_true_is_no_rating_and_an_item_has_one():
    names = {"Heat": "1", "heat (1995)": "1", "1": "1"}
    found = verdicts((0.5, 5), 4.0)
    found._catalogue.ids, found._catalogue.find = {"1"}, names.__getitem__
    assert found.rated({"Heat": 4, "1": "4"}) == {"1": 4.0}
    for value in (True, False, "4,5"):
        with pytest.raises(BadInput, match=f"Rating {value!r} of 'Heat' is not a number; use 0.5 to 5"):
            found.rated({"Heat": value})
    with pytest.raises(BadInput, match="Rating 9 of 'Heat' is out of range"):
        found.rated({"Heat": 9})
    with pytest.raises(BadInput, match=r"'heat \(1995\)' is rated both 4 and 2; rate it once"):
        found.rated({"Heat": 4, "heat (1995)": 2})


def test_ids_are_not_counted_as_titles(monkeypatch):
    monkeypatch.setattr("recsys.serving.verdicts.MAX_TITLES", 1)
    found = verdicts((1.0, 5.0))
    found._catalogue.ids, found._catalogue.find = {"1", "2", "3"}, lambda name: name.removeprefix("id:")
    assert found.rated({"id:1": 5, "id:2": 4, "3": 3}) == {"1": 5.0, "2": 4.0, "3": 3.0}
    with pytest.raises(BadInput, match="has 2 titles; use item ids"):
        found.rated({"Heat": 5, "Her": 4, "id:1": 3})
