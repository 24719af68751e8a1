"""The rows of For you: real lists of the service, each with a true reason, and no item in two of them."""

from __future__ import annotations

import pytest
from page_parts import view

from recsys.page.components.address import Query
from recsys.page.components.rows import ROWS, SHORT
from recsys.page.components.visitor import EMPTY, clean
from recsys.page.tabs import for_you
from recsys.serving.filters import Filters

MARKS = clean({"marks": [{"item_id": one, "verdict": "like"} for one in ("1", "6")]})


def shown(service, query, visitor=EMPTY, n=6, filters=Filters()):
    """List and rows by the id of their component."""
    made = view(service, for_you)
    values = made.show(Query.read({"tab": "foryou", **query}), n, filters, visitor)
    found = dict(zip((output.elem_id for output in made.outputs), values, strict=True))
    return found["rs-foryou"], [row for place in range(ROWS) if (row := found[f"rs-row-{place}"])]


@pytest.mark.parametrize(("query", "visitor"), [({"user": "1"}, EMPTY), ({}, MARKS)])
def test_no_item_stands_in_two_rows_and_none_is_known(service, query, visitor):
    picks, rows = shown(service, query, visitor)
    assert len(rows) >= 2 and all(len(row["items"]) >= SHORT for row in rows)
    ids = [item["item_id"] for row in (picks, *rows) for item in row["items"]]
    assert len(ids) == len(set(ids))
    known = set(service.catalogue.history("1")) if query else {"1", "6"}
    assert not known & set(ids)


def test_because_you_liked_names_an_item_rated_above_the_mean_and_lists_what_is_like_it(service):
    history = service.catalogue.history("1")
    mean = sum(history.values()) / len(history)
    titles = {item["title"]: item["item_id"] for item in service.cards(history)}
    rows = [row for row in shown(service, {"user": "1"})[1] if row["heading"].startswith("Because you liked ")]
    assert rows
    for row in rows:
        favourite = titles[row["heading"].removeprefix("Because you liked ")]
        assert history[favourite] > mean
        alike = [line["item_id"] for line in service.similar(favourite, 100)]
        places = [alike.index(item["item_id"]) for item in row["items"]]
        assert places == sorted(places), "in the order of their likeness"


def test_a_row_of_new_genres_holds_what_it_says(service):
    user = service.user("1", 100)
    shares = {line["genre"]: line["share"] for line in user["taste"]}
    for row in shown(service, {"user": "1"})[1]:
        if row["heading"] == "New to you":
            named = row["note"].removesuffix(".").split(": ")[1].split(", ")
            assert all(shares.get(name, 0) <= 0.05 for name in named)
            assert all(set(item["genres"]) & set(named) for item in row["items"])


def test_rows_keep_the_filters(service):
    for row in shown(service, {"user": "1"}, filters=Filters(genres_out=("Comedy",)))[1]:
        assert all("Comedy" not in item["genres"] for item in row["items"])


def test_the_lists_that_rows_are_made_of_are_not_recorded(service):
    shown(service, {"user": "1"})
    service.events.flush()
    events = list(service.visitors.events())
    assert len(events) == 1 and events[0]["model"], "the picks alone"


def test_a_visitor_with_marks_gets_own_picks_and_without_any_an_invitation(service):
    picks, rows = shown(service, {}, MARKS)
    assert picks["heading"] == "Your picks" and picks["items"] == service.recommend_for(
        ["1", "6"], [], 6, picks["model"]
    )
    empty, rows = shown(service, {})
    assert empty["next"]["go"]["tab"] == "newcomer" and rows == []


def test_picks_after_two_likes_name_more_than_those_two_as_reasons(service):
    picks, _ = shown(service, {}, MARKS, n=12)
    assert len({item["reason"] for item in picks["items"]}) > 2
