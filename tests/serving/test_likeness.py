"""Likeness: sequels and films of the same makers first, little-known strangers late, and every reason true."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from recsys.catalogue.database import Catalogue
from recsys.catalogue.series import Series
from recsys.errors import UnknownItem
from recsys.models.content_based.terms import MAKERS
from recsys.models.reason import SERIES, Kind
from recsys.release import Release
from recsys.serving.answers import USUAL, Answers
from recsys.serving.filters import NO_FILTERS, Filters
from recsys.serving.likeness import FIRST, ITS_RATERS, KEPT, ONE_OF_RATINGS, Comparison, Likeness
from recsys.serving.released_models import ReleasedModels

COMPANIONS = Path(__file__).with_name("companions.txt")


def companions() -> dict[str, list[str]]:
    """Titles with years, by film."""
    lines = [line.split("|") for line in COMPANIONS.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return {film: [one.rsplit(":", 1)[0] for one in others] for film, *others in lines}


def ids(catalogue: Catalogue, titles: list[str]) -> list[str]:
    """Ids of those titles that the catalogue has with their year."""
    found = []
    for title in titles:
        with contextlib.suppress(UnknownItem):
            found.append((title, catalogue.find(title)))
    return [item_id for title, item_id in found if str(catalogue.item(item_id)["year"]) == title[-5:-1]]


@pytest.fixture
def likeness(service) -> Likeness:
    return Likeness(ReleasedModels(service.catalogue, service.release))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Saw", "Saw III", 1.0),
        ("Kill Bill: Vol. 1", "Kill Bill: Vol. 2", 1.0),
        ("Alien", "Aliens", 1.0),
        ("The Matrix", "The Matrix Reloaded", 0.7),
        ("Harry Potter and the Goblet of Fire", "Harry Potter and the Chamber of Secrets", 0.5),
        ("Heat", "Heathers", 0.0),
        ("Die Hard", "Die Another Day", 0.0),
        ("The Good Girl", "The Big Sleep", 0.0),
        ("On the Road", "On the Waterfront", 0.0),
        ("7", "8½", 0.0),
        ("", "", 0.0),
    ],
)
def test_titles_that_begin_alike_are_a_series(one, other, expected):
    series = Series([one, other, "Something Else"])
    assert series.likeness(0).round(3).tolist() == [0.0, pytest.approx(expected), 0.0]
    assert series.likeness(1).round(3).tolist() == [pytest.approx(expected), 0.0, 0.0]


def test_a_beginning_that_many_titles_share_counts_less():
    few, many = (Series([f"Machine Learning {name}" for name in range(100, 100 + count)]) for count in (3, 60))
    assert few.likeness(0)[1] > 2 * many.likeness(0)[1] > 0


def test_every_number_of_items_comes_and_the_item_never(service):
    own = service.item("Toy Story (1995)")["item_id"]
    for n in (1, KEPT, KEPT + 1, 10, 100):
        lines = service.similar("Toy Story (1995)", n)
        assert len(lines) == min(n, len(service.catalogue.ids) - 1)
        assert own not in {line["item_id"] for line in lines}
        assert len({line["item_id"] for line in lines}) == len(lines)
    assert [line["item_id"] for line in service.similar("Toy Story (1995)", 3)] == [
        line["item_id"] for line in service.similar("Toy Story (1995)", 3)
    ]


def test_the_sequel_is_first_and_its_reason_says_so(service):
    first = service.similar("Toy Story (1995)", 5)[0]
    assert first["title"] == "Toy Story 2" and first["reason"].startswith("Same series")
    named = service.similar("Toy Story (1995)", 5, "ease")
    assert [line["item_id"] for line in named] != [line["item_id"] for line in service.similar("Toy Story (1995)", 5)]


def test_filters_narrow_the_candidates_and_the_list_stays_full(service, likeness):
    release = service.release
    among = np.zeros(len(release.items), dtype=bool)
    among[::3] = True
    number = release.items.number("1")
    found = likeness.with_all("1").ranked(10, among)
    assert len(found.numbers) == min(10, among.sum() - among[number]) and among[found.numbers].all()
    assert number not in found.numbers


def test_a_shorter_list_is_the_beginning_of_a_longer_one(service, likeness):
    answers = Answers(ReleasedModels(service.catalogue, service.release))
    for filters in (NO_FILTERS, Filters(genres_out=("Drama",)), Filters(diversity=0.7), Filters(popularity=-0.5)):
        longest = answers.similar("1", 100, "", filters)
        for n in (1, KEPT, KEPT + 1, 10, USUAL, USUAL + 1):
            shorter = answers.similar("1", n, "", filters)
            assert shorter.item_ids == longest.item_ids[:n] and shorter.reasons == longest.reasons[:n]
            assert np.allclose(shorter.scores, longest.scores[:n])


def test_one_model_of_ratings_counts_nearly_as_much_as_two(service, monkeypatch):
    def compared(*names: str) -> Comparison:
        monkeypatch.setattr(Release, "names", names)
        return Likeness(ReleasedModels(service.catalogue, service.release)).with_all("1")

    alone, found = np.nan_to_num(compared("content").total), compared("content", "ease")
    count, liked = service.catalogue.item("1")["n_ratings"], found.people > 0
    assert liked.sum() > 3
    weights = (found.total - alone)[liked] / found.people[liked]
    np.testing.assert_allclose(weights, ONE_OF_RATINGS * count / (count + ITS_RATERS), rtol=1e-3)


def test_little_known_strangers_are_not_among_the_first(likeness):
    compared = likeness.with_all("1")
    nearest = compared.ranked(FIRST + 3).numbers
    by_same = compared.content.cosines(compared.number, dict.fromkeys(MAKERS, 1.0), among=nearest) > 0
    assert by_same[:FIRST].any() and not by_same[:FIRST].all()
    strangers = np.zeros(len(compared.total), dtype=bool)
    strangers[nearest[:FIRST]] = True
    compared = dataclasses.replace(compared, rare=strangers)
    first = compared.ranked(FIRST).numbers
    assert set(nearest[:FIRST][by_same[:FIRST]]) <= set(first), "those by the same makers stay"
    assert not set(nearest[:FIRST][~by_same[:FIRST]]) & set(first)
    # unless hardly anything else is left
    among = np.zeros(len(strangers), dtype=bool)
    among[nearest[:4]] = True
    assert set(compared.ranked(FIRST, among).numbers) == set(nearest[:4])


def test_an_item_of_which_nothing_is_known_is_left_to_one_model(likeness):
    compared = likeness.with_all("1")
    object.__setattr__(compared, "total", np.full(len(compared.total), np.nan, np.float32))
    found = compared.ranked(4)
    assert found.numbers.tolist() == compared.base.ranked_similar("1", 4).numbers.tolist()


def test_reasons_hold_in_the_data(service, likeness):
    features, items = service.catalogue.features(), service.release.items
    for number in range(0, len(items), 4):
        item_id = items.ids[number]
        compared = likeness.with_all(item_id)
        found = compared.ranked(10).numbers
        for other, reason in zip(found, compared.reasons(found), strict=True):
            assert reason.items == (item_id,)
            for block, term in reason.traits:
                if block != SERIES and block in features.tags:
                    assert term in features.tags[block][number] and term in features.tags[block][other]
            if reason.kind in (Kind.LIKED_TOGETHER, Kind.CHOSEN_TOGETHER):
                assert compared.people[other] > 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("dataset", "least"),
    [
        ("movietweetings", 0.60),  # measured 0.65; content alone 0.45
        ("ml-latest-small", 0.67),  # measured 0.71; content alone 0.43, hybrid 0.48
    ],
)
def test_companions_that_film_lovers_name_are_in_the_first_ten(dataset, least, answers_on):
    answers = answers_on(dataset)
    catalogue = answers.models.catalogue
    hits = wanted = 0
    for film, others in companions().items():
        expected = ids(catalogue, others)
        for own in ids(catalogue, [film]):
            first = answers.similar(own, 10, "", NO_FILTERS).item_ids
            hits, wanted = hits + len(set(first) & set(expected)), wanted + len(expected)
    assert wanted > 200 and hits / wanted >= least
