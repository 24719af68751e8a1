from __future__ import annotations

import pytest

from recsys.imports import Entry
from recsys.imports.matching import NOT_HERE, CatalogueItem, TitleIndex, title_key

ITEMS = (
    ("1", "Toy Story", 1995, {"imdb": "tt0114709", "tmdb": "862"}, ()),
    ("2", "The Godfather: Part II", 1974, {}, ("Mario Puzo's The Godfather Part II",)),
    ("3", "Amélie", 2001, {}, ("Le Fabuleux destin d'Amélie Poulain",)),
    ("4", "Star Wars: Episode IV - A New Hope", 1977, {}, ()),
    ("5", "Star Wars: Episode VI - Return of the Jedi", 1983, {}, ()),
    ("6", "Emma", 1996, {}, ()),
    ("7", "Emma", 1996, {"imdb": "tt0118308"}, ()),
    ("8", "The Thing", 1982, {}, ()),
    ("9", "The Thing", 2011, {}, ()),
    ("10", "Fast & Furious", 2009, {}, ()),
    ("11", "Seven", 1995, {}, ("Se7en",)),
    ("12", "Alien", 1979, {}, ()),
    ("13", "A Room", 2015, {}, ()),
    ("14", "Dracula", 1992, {}, ()),
    ("15", "Dracula", 1931, {}, ()),
    ("16", "9", 2009, {}, ()),
    ("17", "Nine", 2009, {}, ()),
)


@pytest.fixture(scope="module")
def index():
    return TitleIndex(
        CatalogueItem(item_id, f"{title} ({year})", year, ids, (title, *others))
        for item_id, title, year, ids, others in ITEMS
    )


@pytest.mark.parametrize(
    ("entry", "item_id"),
    [
        (Entry("anything", ids={"imdb": "tt0114709"}), "1"),
        (Entry("", ids={"tmdb": "862"}), "1"),
        (Entry("Godfather, Part 2", 1974), "2"),
        (Entry("9"), "16"),
        (Entry("Nine", 2009), "17"),
        (Entry("THE GODFATHER PART II", 1974), "2"),
        (Entry("Amelie", 2001), "3"),
        (Entry("x", 2001, original_title="Le fabuleux destin d’Amélie Poulain"), "3"),
        (Entry("Star Wars", 1977), "4"),
        (Entry("Return of the Jedi", 1983), "5"),
        (Entry("Emma", 1996, ids={"imdb": "tt0118308"}), "7"),
        (Entry("The Thing", 1982), "8"),
        (Entry("The Thing", 2010), "9"),
        (Entry("Fast and Furious", 2009), "10"),
        (Entry("Se7en", 1995), "11"),
        (Entry("Alien (Directors' Cut)", 1979), "12"),
        (Entry("Alien", 1980), "12"),
        (Entry("Alien"), "12"),
    ],
    ids=str,
)
def test_an_entry_finds_its_item(index, entry, item_id):
    assert index.match(entry).item_id == item_id


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (Entry("Emma", 1996), "several titles fit: Emma (1996), Emma (1996)"),
        (Entry("Dracula"), "several titles fit: Dracula (1931), Dracula (1992)"),
        (Entry("The Thing", 1951), NOT_HERE),
        (Entry("Alien", 1986), NOT_HERE),
        (Entry("Aliens", 1979), NOT_HERE),
        (Entry("Star Wars: The Clone Wars", 2008), NOT_HERE),
        (Entry("Star Wars: Another Story", 1977), NOT_HERE),
        (Entry("", ids={"imdb": "tt9999999"}), NOT_HERE),
    ],
    ids=str,
)
def test_what_is_not_certain_is_not_guessed(index, entry, why):
    match = index.match(entry)
    assert match.item_id is None and match.why == why


def test_keys_of_titles_that_are_no_words_stay_apart():
    assert len({title_key(title) for title in ("300", "1984", "9", "M", "X", "[REC]²", "!!!")}) >= 6
