"""Reasons are data in the models and sentences in serving: every kind has one, in the words of the catalogue."""

from __future__ import annotations

import pytest

from recsys.catalogue.sources.courses.source import WORDING as COURSES
from recsys.catalogue.sources.films.source import WORDING as FILMS
from recsys.catalogue.wording import Wording
from recsys.models.reason import Kind, Reason
from recsys.serving.reasons import phrase, sentence

TITLES = {"1": "Toy Story (1995)", "2": "Heat (1995)"}
HEIST = (("keywords", "heist"), ("cast", "Al Pacino"), ("genres", "Crime"))


@pytest.mark.parametrize(
    ("reason", "films", "courses"),
    [
        (Reason(Kind.POPULAR), "Popular with everybody", "Popular with everybody"),
        (Reason(Kind.NO_HISTORY), "Popular: no history yet.", "Popular: no history yet."),
        (
            Reason(Kind.UNKNOWN_HISTORY),
            "Popular: nothing in the history this model knows.",
            "Popular: nothing in the history this model knows.",
        ),
        (
            Reason(Kind.UNKNOWN_ITEM, ("1",)),
            "Popular: too little is known of Toy Story (1995).",
            "Popular: too little is known of Toy Story (1995).",
        ),
        (Reason(Kind.HISTORY, ("1",)), "Because of Toy Story (1995)", "Because of Toy Story (1995)"),
        (
            Reason(Kind.HISTORY, ("1", "2")),
            "Because of Toy Story (1995) and Heat (1995)",
            "Because of Toy Story (1995) and Heat (1995)",
        ),
        (
            Reason(Kind.LIKED_TOGETHER, ("1",)),
            "Liked by the same people as Toy Story (1995)",
            "Completed by the same learners as Toy Story (1995)",
        ),
        (
            Reason(Kind.CHOSEN_TOGETHER, ("1",)),
            "Rated by the same people as Toy Story (1995)",
            "Completed by the same learners as Toy Story (1995)",
        ),
        (
            Reason(Kind.NEIGHBOURS, count=7, of=100),
            "Rated by 7 of the 100 people most like you",
            "Completed by 7 of the 100 learners most like you",
        ),
        (
            Reason(Kind.NEIGHBOURS, count=0, of=100),
            "Popular, though rated by nobody like you",
            "Popular, though completed by nobody like you",
        ),
        (
            Reason(Kind.GROUP, traits=(("genres", "Crime"), ("genres", "War"))),
            "Popular with people who lean to Crime, War",
            "Popular with learners who lean to Crime, War",
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
            "With Al Pacino, heist, Crime",
            "With Al Pacino, heist, Crime",
        ),
        (Reason(Kind.TRAITS, ("2",)), "Similar in content", "Similar in content"),
        (
            Reason(Kind.TRAITS_OF_ITEM, ("2",), HEIST),
            "Like Heat (1995): with Al Pacino, heist, Crime",
            "Like Heat (1995): with Al Pacino, heist, Crime",
        ),
        (Reason(Kind.TRAITS_OF_ITEM, ("2",)), "Like Heat (1995)", "Like Heat (1995)"),
        (Reason(Kind.TAGS, traits=HEIST), "Shares heist, Al Pacino, Crime", "Shares heist, Al Pacino, Crime"),
        (Reason(Kind.TAGS), "Shares no tag", "Shares no tag"),
        (Reason(Kind.MEANING, ("2",)), "About much the same as Heat (1995)", "About much the same as Heat (1995)"),
        (
            Reason(Kind.TASTE, traits=HEIST),
            "Your taste: heist, Al Pacino, Crime",
            "Your taste: heist, Al Pacino, Crime",
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
    assert sentence(reason, FILMS, TITLES.__getitem__) == films
    assert sentence(reason, COURSES, TITLES.__getitem__) == courses


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_sentence_and_a_plain_text(kind):
    assert sentence(Reason(kind, ("1",)), FILMS, TITLES.__getitem__)
    assert str(Reason(kind)) == kind.value


def test_a_word_that_a_shared_tag_holds_is_not_said_twice():
    assert phrase([("text", "heist"), ("text", "robbery"), ("keywords", "heist film")]) == "Heist film, robbery"
    assert phrase([("genres", "Comedy"), ("keywords", "comedy")]) == "Comedy"
    assert phrase([("year", "1995")]) == ""


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
    assert sentence(reason, plain, lambda item_id: f"<{item_id}>").endswith(f"<{lines[0]['item_id']}>")
