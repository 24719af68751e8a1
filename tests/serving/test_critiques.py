"""Two hundred critiques of known films: the wanted direction moves, and likeness to the film stays.

`python -m pytest tests/serving/test_critiques.py -s` prints the figures of docs/accuracy.md.

A direction is measured twice: by what the ranking reads, and by company: the mean of a film is that of the twenty films
with the most similar ratings, without the film itself. The ranking does not read this.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from recsys.errors import UnknownItem
from recsys.models.collaborative.als import Als
from recsys.serving.answers import Answers
from recsys.serving.filters import NO_FILTERS
from recsys.serving.wishes.answering import WishAnswers
from recsys.serving.wishes.seeds import compared
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.values import ItemValues
from recsys.serving.wishes.wish import Kind, Part

CRITIQUES = Path(__file__).with_name("critiques.txt")
N, COMPANY, NEAR = 10, 20, 200


class Critique(NamedTuple):
    film: str
    words: str
    direction: str
    sign: int


class Moved(NamedTuple):
    """What a critique changes: in the wanted direction, by the films and by their company, and the likeness kept."""

    critique: Critique
    films: float
    company: float
    likeness: float


def critiques() -> list[Critique]:
    lines = [line.split("|") for line in CRITIQUES.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
    return [Critique(film, words, way.lstrip("-"), -1 if way[0] == "-" else 1) for film, words, way in lines]


class Measurement:
    """Critiques against the lists of similar films without them."""

    def __init__(self, answers: Answers):
        self.answers, self.wishes, self.values = answers, WishAnswers(answers), ItemValues(answers.models)
        self._by_company: dict[tuple[str, int], float] = {}

    @cached_property
    def moved(self) -> list[Moved]:
        return [found for critique in critiques() if (found := self._moved(critique))]

    def _moved(self, critique: Critique) -> Moved | None:
        catalogue, items = self.answers.models.catalogue, self.answers.models.release.items
        try:
            own = catalogue.find(critique.film)
        except UnknownItem:
            return None
        if str(catalogue.item(own)["year"]) != critique.film[-5:-1]:
            return None
        wish = self.wishes.wanted(f"like {critique.film} but {critique.words}")
        assert [part.value for part in wish.seeds] == [own] and len(wish.parts) == 2
        assert [(part.value, part.sign) for part in wish.of(Kind.DIRECTION)] == [(critique.direction, critique.sign)]
        plain = items.numbers(self.answers.similar(own, N, "", NO_FILTERS).item_ids)
        after = items.numbers(self.wishes.picks(wish, N, "", NO_FILTERS).item_ids)
        total = np.nan_to_num(self.answers.likeness.with_all(own).total)
        along = self.values.along(critique.direction)
        films = np.nanmean(along[after]) - np.nanmean(along[plain])
        company = np.mean([self._company(critique.direction, one) for one in after])
        company -= np.mean([self._company(critique.direction, one) for one in plain])
        kept = float(total[after].mean() / total[plain].mean())
        return Moved(critique, critique.sign * float(films), critique.sign * float(company), kept)

    def _company(self, direction: str, number: int) -> float:
        key = (direction, int(number))
        if key not in self._by_company:
            row = np.nan_to_num(self.answers.models.model(Als.name).similar_scores(int(number)))
            row[number] = -np.inf
            nearest = np.argpartition(-row, COMPANY)[:COMPANY]
            self._by_company[key] = float(np.nanmean(self.values.along(direction)[nearest]))
        return self._by_company[key]


def test_two_hundred_critiques_are_of_known_films_in_all_directions():
    found = critiques()
    assert len(found) == 200 and len({(one.film, one.words) for one in found}) == 200
    others = {"advanced", "hands-on", "long"}  # courses, and running times, which need TMDb
    assert {one.direction for one in found} == set(directions()) - others
    assert all(one.film[-6] == "(" and one.film[-5:-1].isdecimal() for one in found)


TITLES = (
    "Romeo and Juliet",
    "Lady and the Tramp",
    "Beauty and the Beast",
    "Good, the Bad and the Ugly, The (1966)",
    "The Good, the Bad and the Ugly",
    "Good, the Bad and the Ugly",
    "Like Water for Chocolate",
    "As Good as It Gets",
    "Some Like It Hot",
    "Alien vs. Predator",
    "Crouching Tiger, Hidden Dragon",
    "Lock, Stock & Two Smoking Barrels",
    "Harold and Maude",
    "The Fast and the Furious",
    "No Country for Old Men",
    "Not Another Teen Movie",
    "Less Than Zero",
    "Scary Movie",
    "Dark City",
    "Funny Games",
    "Big",
    "Up",
    "Cars",
    "Heat",
    "Before Sunrise",
    "Planes, Trains and Automobiles",
    "I, Robot",
    "Monsters vs Aliens",
)


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["movietweetings", "ml-latest-small"])
def test_titles_with_words_of_wishes_are_titles(dataset, answers_on):
    wishes = WishAnswers(answers_on(dataset))
    assert [title for title in TITLES if wishes.wanted(title) is not None] == []
    for text, seeds in (
        ("like The Good, the Bad and the Ugly but funnier", ["The Good, the Bad and the Ugly"]),
        ("like Beauty and the Beast and Shrek", ["Beauty and the Beast", "Shrek"]),
        ("Toy Story, Up and Cars", ["Toy Story", "Up", "Cars"]),
        ("something like Amelie but darker, before 2000, not French", ["Amelie"]),
    ):
        found = [part.value for part in wishes.wanted(text).seeds]
        assert found == [wishes.models.catalogue.find(title) for title in seeds]


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "fewest"), [("movietweetings", 130), ("ml-latest-small", 190)])
def test_critiques_move_the_list_and_keep_the_likeness(dataset, fewest, answers_on):
    moved = Measurement(answers_on(dataset)).moved
    films = np.array([one.films > 0 for one in moved])
    tonal = np.array([not directions()[one.critique.direction].measure for one in moved])
    company = np.array([one.company > 0 for one in moved])
    likeness = np.array([one.likeness for one in moved])
    shift = np.array([one.films for one in moved])
    print(
        f"\n{dataset}: {len(moved)} critiques; the films move in {films.mean():.1%}, the company of films in "
        f"{company[tonal].mean():.1%} of {tonal.sum()}; mean shift {shift[tonal].mean():.2f} of a scale from -1 to 1; "
        f"likeness kept {likeness.mean():.3f}, at least {likeness.min():.3f}"
    )
    for name in directions():
        of = [one for one in moved if one.critique.direction == name]
        if of:
            values = [np.mean([one.films > 0 for one in of]), np.mean([one.company > 0 for one in of])]
            print(f"  {name}: {len(of)} critiques, {values[0]:.0%}, by company {values[1]:.0%}")
    assert len(moved) >= fewest
    assert films.mean() >= 0.9 and likeness.mean() >= 0.8 and np.mean(likeness >= 0.8) >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["movietweetings", "ml-latest-small"])
def test_films_for_two_films_are_like_both(dataset, answers_on):
    answers = answers_on(dataset)
    known, rng = [item["item_id"] for item in answers.models.catalogue.popular(40)], np.random.default_rng(0)
    shares: dict[str, list[float]] = {"harmonic": [], "mean": []}
    for _ in range(60):
        pair = rng.choice(known, 2, replace=False)
        seeds = compared(answers.models, answers.likeness, [Part(Kind.SEED, one, one) for one in pair])
        ranks = np.stack([(-row).argsort().argsort() for row in seeds.rows])
        for name, row in (("harmonic", seeds.likeness.copy()), ("mean", seeds.rows.mean(axis=0))):
            row[seeds.numbers] = -1
            first = (-row).argsort(kind="stable")[:N]
            shares[name].append(float((ranks[:, first] < NEAR).all(axis=0).mean()))
    found = {name: float(np.mean(values)) for name, values in shares.items()}
    print(f"\n{dataset}: in the first {NEAR} of both films {found['harmonic']:.0%}, by the mean {found['mean']:.0%}")
    assert found["harmonic"] >= 0.7 and found["harmonic"] > found["mean"] + 0.1
