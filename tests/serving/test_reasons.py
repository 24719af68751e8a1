"""Reasons are data in the models and sentences in serving: every kind has one, in the words of the catalogue."""

from __future__ import annotations

import dataclasses

import pytest

from recsys.catalogue.sources.courses.source import WORDING as COURSES
from recsys.catalogue.sources.films.source import WORDING as FILMS
from recsys.catalogue.wording import Wording
from recsys.models.reason import SERIES, TEXT, Kind, Reason
from recsys.serving.reasons import ReasonFormatter

TITLES = {"1": "Toy Story (1995)", "2": "Heat (1995)"}
WORDS = (TEXT, "")
HEIST = (("keywords", "heist"), ("cast", "Al Pacino"), ("genres", "Crime"))

PAIRED = (("genres", "Crime"), ("genre mix", "Crime + Drama"), ("genres", "Drama"))


def test_newcomers_are_asked_for_a_mark_that_there_is():
    assert (FILMS.mark_a_few, COURSES.mark_a_few) == ("Like a few films", "Mark a few courses")


@pytest.mark.parametrize(
    ("reason", "films", "courses"),
    [
        (Reason(Kind.POPULAR), *["Popular with everyone"] * 2),
        (Reason(Kind.NO_HISTORY), "Popular: no history yet.", "Popular: no history yet."),
        (
            Reason(Kind.UNKNOWN_HISTORY),
            "Popular: too little is known of your films.",
            "Popular: too little is known of your courses.",
        ),
        (
            Reason(Kind.UNKNOWN_ITEM, ("1",)),
            "Popular: too little is known of Toy Story (1995).",
            "Popular: too little is known of Toy Story (1995).",
        ),
        (
            Reason(Kind.UNLIKE, ("1",)),
            "Fills the list: nothing in common with Toy Story (1995)",
            "Fills the list: nothing in common with Toy Story (1995)",
        ),
        (
            Reason(Kind.UNLIKE),
            "Fills the list: nothing in common with the history",
            "Fills the list: nothing in common with the history",
        ),
        (Reason(Kind.RATINGS), "Fits your ratings", "Fits your enrolments"),
        (Reason(Kind.HISTORY, ("1",)), "Because you liked Toy Story (1995)", "Because you completed Toy Story (1995)"),
        (
            Reason(Kind.HISTORY, ("1", "2")),
            "Because you liked Toy Story (1995) and Heat (1995)",
            "Because you completed Toy Story (1995) and Heat (1995)",
        ),
        (
            Reason(Kind.LIKED_TOGETHER, ("1",)),
            "People who like Toy Story (1995) also like this",
            "Learners who completed Toy Story (1995) also completed this",
        ),
        (
            Reason(Kind.LIKED_TOGETHER, ("1",), (("genres", "Comedy"), ("genres", "Crime"), ("genres", "War"))),
            "People who like Toy Story (1995) also like this: comedy and crime",
            "Learners who completed Toy Story (1995) also completed this",
        ),
        (Reason(Kind.SAME_TASTE, ("1",)), *["For the same taste as Toy Story (1995)"] * 2),
        (
            Reason(Kind.CHOSEN_TOGETHER, ("1",)),
            "People who rated Toy Story (1995) also rated this",
            "Learners who completed Toy Story (1995) also completed this",
        ),
        (
            Reason(Kind.NEIGHBOURS, count=7, of=100),
            "Rated by 7 of the 100 people most like you",
            "Completed by 7 of the 100 learners most like you",
        ),
        (
            Reason(Kind.NEIGHBOURS, count=0, of=100),
            "Popular, but not rated by the people most like you",
            "Popular, but not completed by the learners most like you",
        ),
        (
            Reason(Kind.GROUP, traits=(("genres", "Crime"), ("genres", "War"))),
            "Popular with people who lean to Crime and War",
            "Popular with learners who lean to Crime and War",
        ),
        (
            Reason(Kind.GROUP),
            "Popular with people whose taste is near yours",
            "Popular with learners whose taste is near yours",
        ),
        (
            Reason(Kind.GROUP_OF_ITEM, ("2",)),
            "Popular with the people Heat (1995) is for",
            "Popular with the learners Heat (1995) is for",
        ),
        (
            Reason(Kind.TRAITS, ("2",), HEIST),
            "Also with Al Pacino; shared theme: heist",
            "Also with Al Pacino; shared theme: heist",
        ),
        (
            Reason(Kind.TRAITS, ("2",), (*HEIST[2:], WORDS)),
            "Close in genre and story",
            "Close in topic and description",
        ),
        (Reason(Kind.TRAITS, ("2",), HEIST[2:]), "Close in genre", "Close in topic"),
        (Reason(Kind.TRAITS, ("2",), (WORDS,)), "Close in story", "Close in description"),
        (Reason(Kind.TRAITS, ("2",)), *["Close in title or other facts"] * 2),
        (Reason(Kind.TRAITS, ("2",), ((SERIES, ""), *HEIST)), *["Same series; also with Al Pacino"] * 2),
        (
            Reason(Kind.TRAITS_OF_ITEM, ("2",), HEIST),
            "You liked Heat (1995): also with Al Pacino; shared theme: heist",
            "You completed Heat (1995): also with Al Pacino; shared theme: heist",
        ),
        (
            Reason(Kind.TRAITS_OF_ITEM, ("2",), HEIST[2:]),
            "You liked Heat (1995): also crime",
            "You completed Heat (1995): also crime",
        ),
        (
            Reason(Kind.TRAITS_OF_ITEM, ("2",)),
            "You liked Heat (1995): this is close to it",
            "You completed Heat (1995): this is close to it",
        ),
        (Reason(Kind.TAGS, traits=HEIST), *["Shares heist, Al Pacino and Crime"] * 2),
        (Reason(Kind.TAGS), "Shares no tag", "Shares no tag"),
        (Reason(Kind.TAGS, traits=(*PAIRED, ("language", "en"))), *["Shares Crime, Drama and English"] * 2),
        (Reason(Kind.TASTE, traits=PAIRED[1:]), *["Your taste: Crime + Drama and Drama"] * 2),
        (Reason(Kind.MEANING, ("2",)), *["Its description is much like that of Heat (1995)"] * 2),
        (
            Reason(Kind.TASTE, traits=HEIST),
            "Your taste: heist, Al Pacino and Crime",
            "Your taste: heist, Al Pacino and Crime",
        ),
        (
            Reason(Kind.TASTE),
            "Nothing in it speaks against your taste",
            "Nothing in it speaks against your taste",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, Reason) else "",
)
def test_a_reason_is_worded_by_the_catalogue(reason, films, courses):
    assert ReasonFormatter(FILMS, TITLES.__getitem__).sentence(reason) == films
    assert ReasonFormatter(COURSES, TITLES.__getitem__).sentence(reason) == courses


def test_without_descriptions_the_words_of_titles_are_compared():
    formatter = ReasonFormatter(FILMS, TITLES.__getitem__, has_texts=False)
    assert formatter.sentence(Reason(Kind.TRAITS, ("2",), (*HEIST[2:], WORDS))) == "Close in genre and title"


def test_a_verb_whose_participle_is_not_its_past_tense():
    formatter = ReasonFormatter(dataclasses.replace(COURSES, done="taken"), TITLES.__getitem__)
    assert formatter.sentence(Reason(Kind.HISTORY, ("2",))) == "Because you have taken Heat (1995)"
    assert formatter.sentence(Reason(Kind.HISTORY, ("2",)), "Ann") == "Because Ann has taken Heat (1995)"
    together = formatter.sentence(Reason(Kind.CHOSEN_TOGETHER, ("2",)))
    assert together == "Learners who have taken Heat (1995) also have taken this"


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_sentence_and_a_plain_text(kind):
    assert ReasonFormatter(FILMS, TITLES.__getitem__).sentence(Reason(kind, ("1",)))
    assert str(Reason(kind)) == kind.value


def test_a_reason_says_two_things_and_genres_only_if_there_is_nothing_else():
    formatter = ReasonFormatter(FILMS, str, {"new york city": "New York City"}.get)
    traits = [("director", "A"), ("cast", "B"), ("cast", "C"), ("cast", "D"), ("keywords", "heist")]
    assert formatter.phrase(traits) == "also by A; also with B and C"
    moore = [("director", "M"), ("cast", "M"), ("cast", "B"), ("cast", "C"), ("cast", "D")]
    assert formatter.phrase(moore) == "also by M; also with B and C", "a director who also acts is named once"
    assert formatter.phrase([("cast", "M"), ("director", "M"), ("cast", "M")]) == "also by M"
    assert formatter.phrase([("keywords", "new york city"), ("genres", "War")]) == "shared theme: New York City"
    assert formatter.phrase([("genres", "War"), ("genres", "Drama"), ("genres", "Crime")]) == "also war and drama"
    assert formatter.phrase([("year", "1995")]) == ""


def test_serving_leaves_the_shared_model_as_it_is(service):
    name = service.defaults.user
    model = service.release.model(name)
    before = {key: value for key, value in vars(model).items()}
    lines = service.recommend("1", 5)
    assert all("(" in line["reason"] for line in lines), "titles stand in the reasons of a service"
    assert vars(model).keys() == before.keys() and all(vars(model)[key] is before[key] for key in before)
    # two catalogues may word the reasons of one model
    ranked = model.ranked([lines[0]["item_id"]], 1)
    reason = model.reasons(ranked, ranked.numbers)[0]
    plain = Wording("plain", item="book", items="books")
    text = ReasonFormatter(plain, lambda item_id: f"<{item_id}>").sentence(reason)
    assert text == f"Because you rated <{lines[0]['item_id']}>"
