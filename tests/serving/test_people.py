"""Directors and actors: found by full, last and misspelt names; searched for and listed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys import ItemFeatures
from recsys.errors import BadInput
from recsys.serving.people import People


@pytest.fixture
def people() -> People:
    frame = pd.DataFrame(
        {
            "item_id": ["a", "b", "c", "d"],
            "title": ["One", "Two", "Three", "Four"],
            "director": [["Penélope Ray"], ["Penélope Ray"], ["Ed Wood"], ["Guillermo del Toro"]],
            "cast": [["Penélope Ray", "Natalie Wood"], [], ["Natalie Wood"], ["Natalie Wood"]],
        }
    )
    return People(ItemFeatures.from_frame(frame), np.array([5, 9, 1, 30]))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Penélope Ray", "Penélope Ray"),
        ("penelope  RAY", "Penélope Ray"),
        ("Penelope Rey", "Penélope Ray"),
        ("wood", "Natalie Wood"),  # better known than Ed Wood
        ("ed wood", "Ed Wood"),
        ("del toro", "Guillermo del Toro"),
        ("toro", "Guillermo del Toro"),
        ("ray", None),  # too short for a last name alone
        ("natalie", None),
        ("Somebody Else", None),
        ("", None),
    ],
)
def test_who_is_meant(people, text, name):
    found = people.named(text)
    assert (found and found.name) == name


def test_a_last_name_of_several_people_says_who_was_taken(people):
    assert people.named("wood").note == "The name is taken for Natalie Wood; there are also Ed Wood."
    assert people.named("ed wood").note == people.named("Penelope Rey").note == ""


def test_a_last_name_stands_for_all_who_have_it_where_no_single_person_must_be_chosen(people):
    assert people.numbers_of_any("wood").tolist() == [0, 2, 3]
    assert people.numbers_of_any("Ed Wood").tolist() == [2]
    assert people.numbers_of_any("natalie") is None


def test_roles_by_number_and_items_by_fame(people):
    found = people.named("Penélope Ray")
    assert found.roles == ("director", "actor") and found.numbers.tolist() == [1, 0]
    assert people.named("Natalie Wood").numbers.tolist() == [3, 0, 2]
    assert "The nearest are Natalie Wood" in people.no_such("Natalia Wod")


def test_a_catalogue_without_people():
    nobody = People(ItemFeatures.from_frame(pd.DataFrame({"item_id": ["a"], "title": ["One"]})), np.zeros(1))
    assert nobody.named("Ed Wood") is None
    assert nobody.no_such("Ed Wood").endswith("No directors and actors are known here.")


def test_search_lists_titles_then_the_films_of_a_person(service):
    lasseter = service.person("John Lasseter")
    assert lasseter["name"] == "John Lasseter" and lasseter["roles"][0] == "director" and len(lasseter["items"]) > 1
    searched = service.search("lasseter", len(lasseter["items"]))
    assert [item["item_id"] for item in searched] == [item["item_id"] for item in lasseter["items"]]
    assert service.search("heat", 1)[0]["title"] == "Heat"
    with pytest.raises(BadInput, match="No director or actor is called 'Nobody Atall'. The nearest are"):
        service.person("Nobody Atall")
    with pytest.raises(BadInput, match="Parameter name is empty; use the full or last name"):
        service.person(" ")
