"""Titles as data sets write them, and as people read and type them."""

from __future__ import annotations

import pytest

from recsys.catalogue.titles import fold, key, label, natural, parse

PARSED = [
    ("Usual Suspects, The (1995)", "The Usual Suspects", (), 1995),
    (
        "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
        "The City of Lost Children",
        ("La Cité des enfants perdus",),
        1995,
    ),
    ("School of Flesh, The (École de la chair, L') (1998)", "The School of Flesh", ("L'École de la chair",), 1998),
    ("Boot, Das (Boat, The) (1981)", "Das Boot", ("The Boat",), 1981),
    (
        "Vitelloni, I (a.k.a. The Young and the Passionate) (1953)",
        "I Vitelloni",
        ("The Young and the Passionate",),
        1953,
    ),
    ("Party 2, The (Boum 2, La) (1982)", "The Party 2", ("La Boum 2",), 1982),
    ("Seven (a.k.a. Se7en) (1995)", "Seven", ("Se7en",), 1995),
    ("Good, the Bad and the Ugly, The (1966)", "The Good, the Bad and the Ugly", (), 1966),
    ("(500) Days of Summer (2009)", "(500) Days of Summer", (), 2009),
    ("1984 (Nineteen Eighty-Four) (1984)", "1984", ("Nineteen Eighty-Four",), 1984),
    ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", (), 1968),
    (
        "Birdman: Or (The Unexpected Virtue of Ignorance) (2014)",
        "Birdman: Or (The Unexpected Virtue of Ignorance)",
        (),
        2014,
    ),
    ("Hotel Chevalier (Part 1 of a Pair) (2007)", "Hotel Chevalier (Part 1 of a Pair)", (), 2007),
    ("Brüno (Bruno) (2009)", "Brüno", ("Bruno",), 2009),
    ("Assembly (Ji jie hao) (2007) ", "Assembly", ("Ji jie hao",), 2007),
    ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", (), 2006),
    ("Fawlty Towers (1975-1979)", "Fawlty Towers", (), 1975),
    ("Lost Series (2006–)", "Lost Series", (), 2006),
    ("Babylon 5", "Babylon 5", (), None),
    ("unknown", "unknown", (), None),
    ("", "", (), None),
    ("Police Story 4 (1993) (V)", "Police Story 4", (), 1993),
    ("Police Story 4 (V", "Police Story 4", (), None),
    ("Gaslight ((1944)", "Gaslight", (), 1944),
    ("Harbour Lights) (1999)", "Harbour Lights", (), 1999),
    ("Harbour (Hafen (1999)", "Harbour", ("Hafen",), 1999),
    ("Future Film (9999)", "Future Film", ("9999",), None),
]


@pytest.mark.parametrize(("text", "main", "alternatives", "year"), PARSED, ids=[case[0] or "empty" for case in PARSED])
def test_a_title_is_taken_apart(text, main, alternatives, year):
    assert parse(text) == (main, alternatives, year)


def test_several_names_behind_one_aka_are_all_kept_and_the_whole_too():
    title = parse("Strike! (a.k.a. All I Wanna Do, The Hairy Bird) (1998)")
    assert title.main == "Strike!"
    assert title.alternatives == ("All I Wanna Do", "The Hairy Bird", "All I Wanna Do, The Hairy Bird")


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("  LÉON ", "leon"),
        ("Schindler's List", "schindlers list"),
        ("L'Auberge espagnole", "l auberge espagnole"),
        ("Truth About Cats & Dogs", "truth about cats and dogs"),
        ("WALL·E", "wall e"),
        ("Alien³", "alien3"),
        ("Straße Æon Łódź", "strasse aeon lodz"),
        ("He\u200bat \u202eand\u2060 Da\u00admp", "heat and damp"),
        ("?!", ""),
    ],
)
def test_folding_leaves_plain_words(typed, folded):
    assert fold(typed) == folded


def test_an_article_moves_only_where_it_is_one():
    assert natural("Matrix, The") == "The Matrix"
    assert natural("Bell, Book and Candle") == "Bell, Book and Candle"
    assert natural("Argentina, 1985") == "Argentina, 1985"


def test_a_key_is_shared_by_spellings_of_one_title():
    assert key("The Matrix") == key("matrix") == key(natural("Matrix, The"))
    assert key("The") == "the"


def test_a_label_names_the_year_where_it_is_known():
    assert label("Heat", 1995) == "Heat (1995)"
    assert label("Babylon 5", None) == "Babylon 5"


def test_long_texts_from_outside_are_not_cached():
    from recsys.catalogue import titles

    before = titles._fold.cache_info().currsize
    for number in range(100):
        assert titles.fold("É" * 200 + str(number)) == "e" * 200 + str(number)
    assert titles._fold.cache_info().currsize == before
