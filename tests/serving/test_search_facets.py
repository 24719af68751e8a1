"""Search texts that name genres, languages, years and people, and titles in other forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from recsys.data import ItemFeatures
from recsys.serving.filters import Facets, Filters
from recsys.serving.people import People
from recsys.serving.search_facets import MOST_WORDS, SearchFacets
from recsys.serving.themes import Themes
from recsys.serving.wishes.answering import WishAnswers

FILMS = [
    ("1", "Quiet Harbour", 1994, ["Comedy", "Romance"], "en", ["Ann Lee"]),
    ("2", "Night Bus", 1999, ["Thriller"], "ko", ["Bo Park"]),
    ("3", "Red Orchard", 1961, ["Drama", "Film-Noir"], "fr", ["Cy Moreau"]),
    ("4", "Far Signal", 2003, ["Sci-Fi", "Horror"], "ja", ["Ann Lee", "Di Moreau"]),
    ("5", "Old Mill", 1925, ["Children"], "en", []),
]


@pytest.fixture(scope="module")
def reader() -> SearchFacets:
    names = ("item_id", "title", "year", "genres", "language", "director")
    keywords = [["cold war", "time travel"], ["time travel"], ["lighthouse", "cold war"], ["Time Travel"], ["cold war"]]
    frame = pd.DataFrame(FILMS, columns=names).assign(language=[[film[4]] for film in FILMS], keywords=keywords)
    features = ItemFeatures.from_frame(frame)
    people = People(features, np.array([9.0, 5.0, 4.0, 3.0, 1.0]))
    return SearchFacets(Facets(features, lambda: people), people, lambda: Themes(features))


@pytest.mark.parametrize(
    ("text", "items", "rest"),
    [
        ("romantic comedies of the 90s", "1", []),
        ("romcom", "1", []),
        ("Korean thriller", "2", []),
        ("French films from the sixties", "3", []),
        ("film noir 1960-1969", "3", []),
        ("noirs before 1962", "3", []),
        ("sci-fi since 2000", "4", []),
        ("scary science fiction about a lighthouse", "4", ["about", "lighthouse"]),
        ("2000s", "4", []),
        ("the twenties", "5", []),
        ("kids films until 1930", "5", []),
        ("films by ann lee", "14", []),
        ("directed by Park", "2", []),
        ("japanese with Moreau", "", []),
        ("ann lee horror", "4", []),
        ("1994 to 1999", "12", []),
        ("after 1999", "4", []),
        ("time travel", "124", []),
        ("thrillers about time travel", "2", []),
        ("the cold war", "135", []),
        ("French Cold Wars of the sixties", "3", []),
        ("theme: Time Travel", "124", []),
        ("theme:lighthouses", "3", []),
    ],
)
def test_what_is_named_narrows_the_items(reader, text, items, rest):
    found = reader.read(text)
    assert "".join(film[0] for film, passes in zip(FILMS, reader.mask(found), strict=True) if passes) == items
    assert found and found.rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "lighthouse",
        "theme:nothing",
        "theme:",
        "travel",
        "quiet harbour",
        "moreau",
        "a comet",
        "12345",
        "danish pastry",
        "word " * MOST_WORDS + "1994",
    ],
)
def test_other_texts_name_nothing(reader, text):
    assert not reader.read(text)


def test_what_was_understood_is_said(reader):
    assert reader.sentence(reader.read("korean thrillers by park of the 90s")) == (
        "Understood as: Thriller, Korean, Bo Park, 1990 to 1999."
    )
    assert reader.sentence(reader.read("comedy since 1990")) == "Understood as: Comedy, from 1990."
    assert reader.sentence(reader.read("comedy before 1995")) == "Understood as: Comedy, until 1994."
    assert reader.sentence(reader.read("1990s time travel")) == "Understood as: 1990 to 1999, theme time travel."
    assert reader.sentence(reader.read("1994")) == "Understood as: 1994."
    assert reader.sentence(reader.read("quiet harbour")) == ""


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("french comedies of the 80s", "Comedy, French, 1980 to 1989"),
        ("japanese with Moreau 1994", "Japanese, Cy Moreau, 1994"),
    ],
)
def test_a_combination_that_no_item_has_is_said(reader, text, named):
    sentence = reader.sentence(reader.read(text))
    assert sentence == f"Nothing here fits all of this: {named}. The closest titles and descriptions follow."


def titles(service, query: str, n: int = 5, filters: Filters | None = None) -> list[str]:
    found = service.search(query, n) if filters is None else service.search(query, n, filters)
    return [item["title"] for item in found]


def test_genres_and_years_are_searched_and_titles_stay_first(service):
    crime = service.search("crime films of the 90s", 20)
    assert all("Crime" in item["genres"] and 1990 <= item["year"] <= 1999 for item in crime[:4])
    assert titles(service, "heat 1995")[0] == titles(service, "Heat (1995)")[0] == "Heat"
    assert titles(service, "toy story comedy")[0] in ("Toy Story", "Toy Story 2")
    only = service.search("crime", 5, Filters(year_to=1980))
    assert only and all(item["year"] <= 1980 for item in only)
    assert service.understood("crime films of the 90s") == "Understood as: Crime, 1990 to 1999."


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("toystory", "Toy Story"),
        ("toy story two", "Toy Story 2"),
        ("toy story ii", "Toy Story 2"),
        ("batb", "Beauty and the Beast"),
        ("jackiebrown", "Jackie Brown"),
        ("bugslife", "A Bug's Life"),
    ],
)
def test_titles_are_found_in_other_forms(service, query, title):
    assert titles(service, query)[0] == title


def test_items_with_a_theme_come_after_titles_with_its_words(service):
    mafia = {"The Godfather", "Goodfellas"}
    assert mafia <= set(titles(service, "mafia", 3)) and service.understood("mafia") == "Understood as: theme mafia."
    assert titles(service, "computer animations")[0] not in ("Moon", "Contact")
    dystopias = service.search("theme:dystopia", 50)
    assert len(dystopias) == 3 and all("dystopia" in service.item(one["title"])["keywords"] for one in dystopias)
    assert service.search("theme:dystopia", 5, Filters(year_to=1950)) == []
    for text in ("theme:", "theme:qqqq", "theme:theme:dystopia"):
        assert service.understood(text) == ""


def test_a_title_is_not_read_as_a_year_or_a_genre(service):
    assert service.understood("heat") == service.understood("Heat (1995)") == ""
    assert service.understood("heats of 1995") == "Understood as: 1995."


def test_themes_of_an_item_have_capital_letters(service):
    keywords = service.item("The Godfather")["keywords"]
    assert "New York City" in keywords and "new york city" not in keywords and "revenge" in keywords
    assert titles(service, "theme:New York City") == titles(service, "theme:new york city")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("mafia", "The Godfather; Goodfellas; Casino"),
        ("80s time travel", "Back to the Future; The Terminator; Bill & Ted's Excellent Adventure"),
        ("films about time travel", "Twelve Monkeys; Back to the Future; Donnie Darko"),
        ("haunted house", "The Others; Poltergeist; Beetlejuice"),
        ("world war ii", "Schindler's List; Saving Private Ryan; Casablanca"),
        ("superheroes", "Batman; Spider-Man; The Incredibles"),
        ("heist movie with brad pitt", "Ocean's Eleven; Snatch; Ocean's Twelve"),
        ("samurai films", "Seven Samurai; Yojimbo; Ran"),
        ("films of kurosawa", "Seven Samurai; Rashomon; Ikiru"),
        ("alien", "Alien; Aliens; Alien: Resurrection"),
        ("star wars", "Star Wars: Episode IV - A New Hope; Star Wars: The Last Jedi"),
        ("theme:revenge", "Gladiator; Memento; Kill Bill: Vol. 1"),
    ],
)
def test_themes_of_real_films(answers_on, query, titles):
    answers = answers_on("ml-latest-small")
    found = answers.models.catalogue.items(answers.search(query, 10, Filters()))
    assert set(titles.split("; ")) <= {item["title"] for item in found}
    assert WishAnswers(answers).beyond_search(query) is None, "it is a search"


def test_several_words_that_are_no_title_are_a_description(service):
    first = service.search("toys that come alive", 3)
    assert "Toy Story" in [item["title"] for item in first]


def test_no_text_fails(service):
    for text in (
        "1990s 1990s",
        "by",
        "by by by",
        "before",
        "before before 1990",
        "1990 to",
        "of the",
        "ii",
        "v",
        "20 xx",
    ):
        assert isinstance(service.search(text, 3), list)
