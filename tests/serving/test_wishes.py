"""Wishes in words: what is understood, what is a title, what is said not to be understood, and edited texts."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recsys.errors import BadInput
from recsys.serving.answers import Answers
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.answering import WishAnswers
from recsys.serving.wishes.editing import opposite
from recsys.serving.wishes.reading import MOST_GUESSES
from recsys.serving.wishes.state import MOST_WORDS
from recsys.serving.wishes.table import MEASURES, directions
from recsys.serving.wishes.wish import Kind, Wish, sentence


@pytest.fixture(scope="module")
def wishes(prepared, film_folder, tmp_path_factory):
    """The wishes of a service over the small catalogue; they change nothing, so the tests of a file share them."""
    from recsys.data.progress import quiet
    from recsys.runtime.startup import ready
    from recsys.settings import Settings
    from recsys.visitors.profiles import Visitors

    visitors = Visitors.open(tmp_path_factory.mktemp("wishes") / "visitors.sqlite", "films")
    made = ready(Settings(dataset=str(film_folder), data_dir=prepared), quiet, visitors=visitors)
    yield WishAnswers(Answers(ReleasedModels(made.catalogue, made.release)))
    made.close()


def parts(wish: Wish | None) -> list[str]:
    """Each part in words, with its kind; parts that are not used are marked."""
    assert wish is not None
    return [f"{'' if one.used else '?'}{one.kind.name.lower()}: {one.words}" for one in wish.parts]


HEAT, ALIEN, SHREK = "seed: Heat (1995)", "seed: Alien (1979)", "seed: Shrek (2001)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("like Alien and Heat", [ALIEN, HEAT]),
        ("Alien and Heat", [ALIEN, HEAT]),
        ("Alien, Heat or Shrek", [ALIEN, HEAT, SHREK]),
        ("Alien meets Shrek", [ALIEN, SHREK]),
        ("a cross between alien & HEAT", [ALIEN, HEAT]),
        ("films like Heat", [HEAT]),
        ("something like Heat (1995)", [HEAT]),
        ("similar to Usual Suspcets but funnier", ["seed: The Usual Suspects (1995)", "direction: funnier"]),
        ("like usual suspects", ["seed: The Usual Suspects (1995)"]),
        ("like Fargo and more like Heat", ["seed: Fargo (1996)", "seed: more like Heat (1995)"]),
        ("like Heat, not like Casino", [HEAT, "seed: not like Casino (1995)"]),
        ("like Alien, not Aliens", [ALIEN, "seed: not like Aliens (1986)"]),
        ("more like Heat, less like Alien", [HEAT, "seed: not like Alien (1979)"]),
        ("like Tarantino but newer", ["person: with Quentin Tarantino", "direction: newer"]),
        ("like Heat but not American", [HEAT, "?unknown: american"]),
        ("Heat but funnier", [HEAT, "direction: funnier"]),
        ("like Heat but more funny", [HEAT, "direction: funnier"]),
        ("like Heat but not too violent", [HEAT, "direction: less violent"]),
        ("like Heat but less violent and slower", [HEAT, "direction: less violent", "direction: slower"]),
        ("like Heat, nothing gory", [HEAT, "direction: nothing gory"]),
        ("like Heat without violence", [HEAT, "direction: without violence"]),
        ("like Heat but not funny", [HEAT, "direction: not funny"]),
        ("like Heat with more action", [HEAT, "more_genre: more action"]),
        ("like Heat but no comedy", [HEAT, "genre: no comedy"]),
        ("like Heat before 2000", [HEAT, "years: until 1999"]),
        ("like Heat from the 90s", [HEAT, "years: 1990 to 1999"]),
        ("like Heat but older than 1980", [HEAT, "years: until 1979"]),
        ("like Heat, not before 1990", [HEAT, "years: since 1990"]),
        ("like Heat, not from the 1970s", [HEAT, "years: not 1970 to 1979"]),
        ("like Heat, not French", [HEAT, "language: not French"]),
        ("like Heat but from France", [HEAT, "?language: French"]),
        ("like Heat with Al Pacino", [HEAT, "person: with Al Pacino"]),
        ("like Heat without Robert De Niro", [HEAT, "person: without Robert De Niro"]),
        ("like Alien with androids", [ALIEN, "theme: with androids"]),
        ("like Alien, no androids", [ALIEN, "theme: without androids"]),
        ("like Alien for children", [ALIEN, "genre: children"]),
        ("like Heat, under 2 hours", [HEAT, "?minutes: at most 120 minutes"]),
        ("like Heat but shorter", [HEAT, "?direction: shorter"]),
        ("like Heat but blorpy", [HEAT, "?unknown: blorpy"]),
        ("like Quux but funnier", ["?unknown: quux", "direction: funnier"]),
        (
            "slow melancholic science fiction, nothing gory",
            ["direction: slow", "direction: melancholic", "genre: sci-fi", "direction: nothing gory"],
        ),
        ("scary but not French", ["direction: scary", "language: not French"]),
        ("not violent android films", ["direction: not violent", "theme: with android"]),
        ("not scary films about androids", ["direction: not scary", "theme: with androids"]),
        (
            "not funny science fiction with Al Pacino",
            ["direction: not funny", "genre: sci-fi", "person: with Al Pacino"],
        ),
        ("not violent or scary science fiction", ["direction: not violent", "direction: not scary", "genre: sci-fi"]),
        ("not violent, no androids", ["direction: not violent", "theme: without androids"]),
        ("no violent androids", ["direction: no violent", "theme: without androids"]),
        ("Heat but newer and less known", [HEAT, "direction: newer", "direction: less known"]),
    ],
)
def test_what_a_wish_is_understood_as(wishes, text, expected):
    assert parts(wishes.wanted(text)) == expected


@pytest.mark.parametrize(
    "title",
    [
        "Beauty and the Beast",
        "Beauty and the Best",  # a typo
        "heat",
        "Heat (1995)",
        "Monsters, Inc.",
        "Toy Story 2",
        "Usual Suspects",
        "6",  # an id
        "id:6",
        "Beauty and",  # still being typed
    ],
)
def test_a_title_is_no_wish(wishes, title):
    assert wishes.wanted(title) is None


def test_descriptions_and_plain_searches_stay_searches(wishes):
    for text in ("a boy and his toys that come alive", "korean thriller", "comedies of the 90s", "toys"):
        assert wishes.beyond_search(text) is None, text
    assert wishes.beyond_search("like Heat") and wishes.beyond_search("sci-fi, not French")
    assert wishes.beyond_search("romantic comedies but not American")


def test_a_note_says_what_was_understood_and_what_was_not(wishes):
    wish = wishes.wanted("like Heat and Alien but shorter, blorpy, not French")
    assert sentence(wish) == (
        "Understood as: like Heat (1995) and Alien (1979), not French. Not understood: “blorpy”. "
        "Not possible here: shorter (running times are not known here)."
    )


WORDS = st.sampled_from(
    "like but not no more less too and or with without , Heat Alien Shrek Seven Casino funnier scary dark gory comedy "
    "sci-fi french english 1990s before 1995 robots Pacino under 2 hours blorp nothing similar to the".split()
)


def kept(wish: Wish) -> set[tuple]:
    """What the used parts mean; words of descriptions apart, because their order may change."""
    return {
        (one.kind, one.value, one.sign, one.excludes) for one in wish.parts if one.used and one.kind is not Kind.ABOUT
    }


@given(st.lists(WORDS, min_size=1, max_size=14).map(" ".join))
@settings(max_examples=150)
@example("like Alien and more like Heat, nothing gory")
def test_the_text_of_a_wish_means_the_same(wishes, text):
    wish = wishes.wanted(text)
    if wish is None or not kept(wish) or any(one.kind is Kind.UNKNOWN for one in wish.parts):
        return
    again = wishes.wanted(wish.text)
    if again is not None:  # a single word may be a title too
        assert kept(again) == kept(wish), wish.text


@given(st.text(max_size=400))
@settings(max_examples=200)
@example("like " * 80)
@example("Alien and " * 40)
@example("not " * 100)
@example("like \x00 and % _ \" ' ; -- but funnier")
@example("more more less less like like")
def test_no_text_fails_and_the_work_is_bounded(wishes, text):
    try:
        wish = wishes.wanted(text)
    except BadInput:  # empty
        assert not text.strip() or not text.isprintable()
        return
    assert wish is None or len(wish.parts) <= MOST_WORDS


def test_long_texts_are_cut_and_few_names_are_guessed(wishes, monkeypatch):
    reader = wishes._reader
    asked = []
    monkeypatch.setattr(type(reader), "_nearest", lambda self, phrase: asked.append(phrase) or "")
    wish = reader.read(" ".join(f"like quux{number}," for number in range(200)))
    assert len(asked) <= MOST_GUESSES and len(wish.parts) <= MOST_WORDS


def test_a_part_can_be_removed_and_turned_round(wishes):
    wish = wishes.wanted("like Heat and Alien, funnier, not French, without android, before 1990, nothing gory")
    assert wish.without(0) == "like Alien (1979), funnier, not French, without android, until 1989, nothing gory"
    turned = {one.words: opposite(one) for one in wish.parts}
    assert turned == {
        "Heat (1995)": "more like Heat (1995)",
        "Alien (1979)": "more like Alien (1979)",
        "funnier": "more serious",
        "not French": "French",
        "without android": "with android",
        "until 1989": "",
        "nothing gory": "more violent",
    }
    for place, other in enumerate(map(opposite, wish.parts)):
        if other and other != "French":  # no film here is French
            changed = wishes.wanted(wish.changed(place, other))
            assert other in [one.words for one in changed.parts if one.used]


def test_the_table_is_whole():
    words: dict[str, str] = {}
    for row in directions().values():
        assert row.measure in ("", *MEASURES) and bool(row.measure) != bool(row.genres or row.themes or row.titles)
        assert all(0 < abs(weight) <= 1 for of in (row.genres, row.themes, row.titles) for weight in of.values())
        for word in (row.more, row.less, *row.up, *row.down):
            assert words.setdefault(word, row.name) == row.name, f"{word} is in two directions"
