"""Arguments, results and prompts for assistants, without a server."""

from __future__ import annotations

import pytest

from recsys.api.endpoints import ENDPOINTS, vocabulary
from recsys.api.mcp import arguments, prompts, results
from recsys.errors import BadInput

SIMILAR, FOR_NEW, TOGETHER = ENDPOINTS["similar"], ENDPOINTS["recommend_for"], ENDPOINTS["together"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"title": "Heat"}, ["Heat", 10, "", {}]),
        ({"title": "Heat", "n": "5", "filters": None}, ["Heat", 5, "", {}]),
        ({"title": "Heat", "n": "5.0", "filters": ""}, ["Heat", 5, "", {}]),
        ({"title": "300", "filters": '{"year_to": "1999.0"}'}, ["300", 10, "", {"year_to": 1999.0}]),
        ({"title": "Heat", "filters": {"popularity": "-0.5", "less": "person:X"}}, None),
        ({"title": "Heat", "n": "many"}, ["Heat", "many", "", {}]),
    ],
)
def test_arguments_become_parameters(given, expected):
    expected = expected or ["Heat", 10, "", {"popularity": -0.5, "less": ["person:X"]}]
    assert arguments.parameters(SIMILAR, given) == expected


def test_lists_and_ratings_may_be_text():
    given = {"liked": "Me, Myself & Irene", "disliked": '["A", "B"]', "ratings": '{"Heat": "4.5", "Her": 3}'}
    found = arguments.parameters(FOR_NEW, given)
    assert found[:2] == [["Me, Myself & Irene"], ["A", "B"]] and found[4] == {"Heat": 4.5, "Her": 3}
    people = arguments.parameters(TOGETHER, {"people": '["7", ["Heat"], "{\\"Her\\": 4}"]', "fairness": "1"})
    assert people[0] == ["7", ["Heat"], {"Her": 4}] and people[3] == 1.0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tittle": "Heat"}, "no argument 'tittle'; it takes title, n, model"),
        ({"n": 3}, "Argument title of the tool similar is missing."),
    ],
)
def test_wrong_names_are_named(given, said):
    with pytest.raises(BadInput, match=said):
        arguments.parameters(SIMILAR, given)


@pytest.mark.parametrize("text", ["[1, 2", "{", "[" * 100_000, "", " "])
def test_text_that_is_no_list_is_a_title_or_nothing(text):
    assert arguments.listed(text) == ([text] if text.strip() else [])


def test_results_are_short_and_keep_what_is_said():
    line = {"item_id": "6", "title": "Heat", "year": None, "url": "u", "poster": "p", "score": 0.51234, "match": 0}
    assert results.short(line) == {"item_id": "6", "title": "Heat", "url": "u", "match": 0}
    assert results.short({"matched": [line], "mean": 3.14159}) == {
        "matched": [{"item_id": "6", "title": "Heat", "match": 0}],
        "mean": 3.14,
    }
    assert results.structured([1]) == {"result": [1]} and results.structured({"a": 1}) == {"a": 1}


def test_prompts_speak_of_the_catalogue(service):
    words = vocabulary(service) | {"item": "course", "items": "courses"}
    assert "movie_night" not in prompts.questions("course")
    text = prompts.written("choose_together", {"people": "Ann and Bob", "topic": ""}, words)
    assert "Find courses that suit" in text and "Topic" not in text and "{" not in text


def test_a_prompt_that_cannot_be_written_says_why(service):
    words = vocabulary(service)
    with pytest.raises(BadInput, match="no prompt 'x'; use movie_night"):
        prompts.written("x", {}, words)
    with pytest.raises(BadInput, match="Argument people of the prompt movie_night is missing"):
        prompts.written("movie_night", {"people": " "}, words)
