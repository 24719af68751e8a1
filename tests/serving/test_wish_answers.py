"""Answers to wishes: near every item, in the wanted direction, within what must be, with reasons that hold."""

from __future__ import annotations

import numpy as np
import pytest

from recsys.errors import BadInput, UnknownItem, UnknownModel
from recsys.serving.answers import Answers
from recsys.serving.filters import Filters
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.answering import WishAnswers
from recsys.serving.wishes.ranking import KEPT, STRONGEST, strongest
from recsys.serving.wishes.seeds import FIRST, FLOOR, MOST, compared
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.values import ItemValues


@pytest.fixture
def answers(service) -> Answers:
    return Answers(ReleasedModels(service.catalogue, service.release))


@pytest.fixture
def values(answers) -> ItemValues:
    return ItemValues(answers.models)


def numbers(service, lines) -> np.ndarray:
    return service.release.items.numbers([line["item_id"] for line in lines])


def test_an_item_like_one_seed_alone_is_behind_one_like_both(service, answers):
    wish = WishAnswers(answers).wanted("like Alien and Toy Story")
    seeds = compared(answers.models, answers.likeness, wish.seeds)
    first, second = seeds.rows.clip(max=MOST)
    expected = 2 / (1 / (first + FLOOR) + 1 / (second + FLOOR)) - FLOOR
    assert np.allclose(seeds.likeness, expected.clip(0), atol=1e-5)
    assert np.allclose([np.sort(row)[-FIRST:].mean() for row in seeds.rows], 1, atol=1e-5)
    least = seeds.rows.min(axis=0)
    both = numbers(service, service.similar("like Alien and Toy Story", 5))
    one = numbers(service, service.similar("Alien", 5))
    assert least[both].mean() > least[one].mean()


def test_a_seed_that_counts_more_pulls_the_list_to_it(service, answers):
    def to_heat(text: str) -> float:
        found = numbers(service, service.similar(text, 10))
        return float(
            np.nan_to_num(answers.likeness.with_all(service.catalogue.find("Heat (1995)")).total)[found].mean()
        )

    assert to_heat("like Alien and more like Heat") > to_heat("like Alien and Heat") > to_heat("like Alien")


@pytest.mark.parametrize(
    "text", ["like Heat", "like Heat but funnier", "like Alien and Heat", "Alien, no comedy, newer"]
)
def test_the_named_items_are_not_listed_and_shorter_lists_begin_longer_ones(service, text):
    longest = service.similar(text, 30)
    seeds = {title for title in ("Heat", "Alien") if title in text}
    assert not seeds & {line["title"] for line in longest}
    assert len({line["item_id"] for line in longest}) == len(longest) > 10
    for n in (1, 5, 10, 24):
        assert [line["item_id"] for line in service.similar(text, n)] == [line["item_id"] for line in longest[:n]]


def test_what_must_be_holds_for_every_item(service):
    lines = service.similar("like Heat, no comedy, before 1996, not French, without Robert De Niro", 30)
    assert lines
    for line in lines:
        assert "Comedy" not in line["genres"] and line["year"] < 1996
        item = service.item(line["title"])
        assert "Robert De Niro" not in item["cast"]
    narrowed = service.similar("like Heat, no comedy", 30, filters=Filters(year_from=1994))
    assert narrowed and all(line["year"] >= 1994 and "Comedy" not in line["genres"] for line in narrowed)


@pytest.mark.parametrize("direction", [name for name, row in directions().items() if row.measure in ("", "year")])
@pytest.mark.parametrize("sign", [1, -1])
def test_each_direction_moves_and_keeps_the_likeness(service, answers, values, direction, sign):
    along = values.along(direction)
    if along is None:
        pytest.skip("nothing in the small catalogue tells")
    seed = "Blade Runner (1982)"
    number = service.release.items.number(service.catalogue.find(seed))
    likeness = np.nan_to_num(answers.likeness.with_all(service.catalogue.find(seed)).total)
    plain = numbers(service, service.similar(seed, 10))
    moved = numbers(service, service.similar(f"like {seed}, {directions()[direction].label(sign)}", 10))
    assert likeness[moved].mean() >= 0.8 * likeness[plain].mean()
    # nothing can move where no item goes further than those of the plain list
    others = np.delete(np.arange(len(along)), [number, *plain])
    if (sign * along[others]).max() > (sign * along[plain]).min():
        assert sign * (along[moved].mean() - along[plain].mean()) >= 0


def test_the_strongest_step_keeps_its_share_of_the_likeness():
    rng = np.random.default_rng(3)
    near = np.sort(rng.random(200))[::-1]
    moved = rng.normal(size=200)
    strength = strongest(near, moved, near)

    def kept(strength: float) -> float:
        first = np.argsort(-(near + strength * moved), kind="stable")[:FIRST]
        return float(near[first].mean() / near[:FIRST].mean())

    assert 0 < strength < STRONGEST and kept(strength) >= KEPT
    assert min(kept(strength + step) for step in (0.01, 0.05, 0.1)) < KEPT
    assert strongest(near, np.zeros(200), near) == STRONGEST


def test_reasons_name_what_the_item_has(service, answers, values):
    items, features = service.release.items, service.catalogue.features().align(service.release.items)
    found = 0
    for seed in ("Heat (1995)", "Alien (1979)", "Toy Story (1995)", "Fargo (1996)"):
        for name, sign in (("funny", 1), ("dark", 1), ("dark", -1), ("violent", -1), ("sad", 1), ("new", 1)):
            row = directions()[name]
            label = row.label(sign)
            for line in service.similar(f"like {seed}, {label}", 10):
                _, opened, claim = line["reason"].partition(f"{label[0].upper()}{label[1:]}: ")
                if not opened:
                    continue
                found += 1
                number = items.number(line["item_id"])
                if row.measure:
                    assert claim == str(line["year"])
                    continue
                own = {trait.casefold() for tags in ("genres", "keywords") for trait in features.tags[tags][number]}
                for trait in claim.split(", "):
                    if trait.startswith("no "):
                        assert trait[3:].casefold() not in own, line["reason"]
                    else:
                        assert trait.casefold() in own, line["reason"]
                        assert dict(values.traits(name, number))[trait] * sign > 0
    assert found > 50


def test_a_reason_says_which_of_the_items_it_is_like(service):
    reasons = {line["title"]: line["reason"] for line in service.similar("like Alien and Toy Story", 20)}
    assert reasons["Aliens"].startswith("Like Alien (1979): same series")
    assert "like Toy Story (1995): same series" in reasons["Toy Story 2"].replace("Like", "like")


def test_one_model_can_compare(service):
    lines = service.similar("like Heat and Casino", 5, "content")
    assert len(lines) == 5 and all(line["reason"].startswith("Like ") for line in lines)
    with pytest.raises((UnknownModel, BadInput)):
        service.similar("like Heat and Casino", 5, "nothing")


def test_a_wish_without_items_is_answered_and_one_without_sense_is_not(service):
    lines = service.similar("slow melancholic science fiction, nothing gory", 10)
    assert lines and all("Sci-Fi" in line["genres"] for line in lines)
    with pytest.raises(UnknownItem, match="No film is called"):
        service.similar("quux blorp", 5)
    with pytest.raises(UnknownItem, match="No film is called"):
        service.similar("like quux blorp", 5)
