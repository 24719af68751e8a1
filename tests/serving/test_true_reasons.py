"""Every fact in the reasons of hundreds of lists is true in the data: who liked what, and what two items share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from recsys.catalogue.series import Series
from recsys.catalogue.titles import fold, split_year
from recsys.data import ItemFeatures
from recsys.models.content_based.terms import BAG, words
from recsys.models.reason import SERIES, TEXT, TITLE, Kind, Reason
from recsys.serving.answers import Answers
from recsys.serving.filters import NO_FILTERS
from recsys.serving.likeness import PEOPLE, SURE_SERIES
from recsys.serving.scored_histories import History
from recsys.serving.together import recommend_together

LISTS, N, GROUPS = 200, 10, 20
OF_HISTORY = (Kind.HISTORY, Kind.TRAITS_OF_ITEM, Kind.MEANING)
BETWEEN = (Kind.TRAITS, Kind.TRAITS_OF_ITEM)
OF_PEOPLE = (Kind.LIKED_TOGETHER, Kind.CHOSEN_TOGETHER)


class Truth:
    """Check reasons against the tables of the catalogue, and count what was checked by kind and block."""

    def __init__(self, answers: Answers):
        self.models, self.checked = answers.models, Counter()
        self.items, self.titles = answers.models.release.items, answers.models.release.titles
        self.features: ItemFeatures = answers.models.catalogue.features().align(self.items)
        data = answers.models.catalogue.interactions()
        entries = data.matrix.tocoo()
        means = np.bincount(entries.row, entries.data) / np.maximum(data.user_counts, 1)
        low, high = answers.models.catalogue.info["scale"]
        middle = min((low + high) / 2, float(entries.data.mean()))
        self._liked: dict[str, set[int]] = {item_id: set() for item_id in data.items.ids.tolist()}
        for user, item, rating in zip(entries.row.tolist(), entries.col.tolist(), entries.data.tolist(), strict=True):
            if rating >= means[user] - 1e-6 and rating >= middle:
                self._liked[data.items.ids[item]].add(user)

    def check(self, item_id: str, reason: Reason, history: Mapping[str, float] | None = None, near: str = "") -> None:
        """Fail unless the reason for an item is true; `near` is the item that a list of similar items is about."""
        self.checked[reason.kind] += 1
        if reason.kind in OF_HISTORY:
            assert history is not None and reason.items
            mean, (low, high) = np.mean(list(history.values())), self.models.catalogue.info["scale"]
            for one in reason.items:
                assert history[one] >= mean - 1e-6, "liked: at or above the person's mean"
                assert history[one] >= (low + high) / 2, "liked: not below the middle of the scale"
            assert item_id not in reason.items
        elif near and reason.items:
            assert reason.items == (near,)
        if reason.kind in BETWEEN:
            for block, term in reason.traits:
                self.checked[block] += 1
                assert self.has(block, term, reason.items[0], item_id), (block, term, reason.items[0], item_id)
        if reason.kind in OF_PEOPLE:
            assert self._liked[reason.items[0]] & self._liked[item_id], "somebody likes both"
        if reason.kind is Kind.NEIGHBOURS:
            assert 0 <= reason.count <= reason.of

    def has(self, block: str, term: str, *item_ids: str) -> bool:
        """Whether all items have a trait."""
        numbers = [self.items.number(item_id) for item_id in item_ids]
        titles = [fold(split_year(self.titles[number])[0]) for number in numbers]
        if block == SERIES:
            first, second = (set(_stems(title)) for title in titles)
            return bool(first & second) and (self._same_head(numbers) or self._by_same(numbers))
        if block == TITLE:
            return all(set(_stems(fold(term))) <= set(_stems(title)) for title in titles)
        if block == TEXT:
            keywords = self.features.tags["keywords"]
            texts = [words(" ".join([self.features.texts[number], *keywords[number]])) for number in numbers]
            return bool(set.intersection(*map(set, texts)))
        if block == BAG:
            return all(term in self.features.bags[number] for number in numbers)
        return all(term in self.features.tags[block][number] for number in numbers)

    def _same_head(self, numbers: list[int]) -> bool:
        """Whether titles agree apart from a number and a subtitle."""
        titles = [split_year(self.titles[number])[0] for number in numbers]
        return Series(titles).likeness(0).max() == SURE_SERIES

    def _by_same(self, numbers: list[int]) -> bool:
        tags = [self.features.tags[block] for block in PEOPLE & self.features.tags.keys()]
        return any(set.intersection(*(set(people[number]) for number in numbers)) for people in tags)


def _stems(folded: str) -> list[str]:
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in folded.split()]


def watched(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Sequence[Reason], list[str]]]:
    """The reasons of all lists from now on, each with its sentences."""
    found: list[tuple[Sequence[Reason], list[str]]] = []
    real: Callable[..., list[str]] = answers.models.sentences

    def sentences(reasons: Sequence[Reason], who: str = "") -> list[str]:
        texts = real(reasons, who)
        found.append((reasons, texts))
        return texts

    monkeypatch.setattr(answers.models, "sentences", sentences)
    return found


@pytest.fixture(scope="module")
def answers(answers_on) -> Answers:
    # with caches of its own, because a cached list of another test would have no reasons to watch
    return Answers(answers_on("movietweetings").models)


@pytest.fixture(scope="module")
def truth(answers) -> Truth:
    return Truth(answers)


@pytest.fixture(scope="module")
def histories(answers) -> dict[str, Mapping[str, float]]:
    catalogue = answers.models.catalogue
    users = catalogue.users(100_000, at_least=10, at_most=150)
    drawn = np.random.default_rng(8).choice(users, LISTS, replace=False).tolist()
    return {user: catalogue.history(user) for user in drawn}


def checked(truth: Truth, listed: Any, told: tuple, history: Mapping[str, float] | None, near: str = "") -> None:
    reasons, texts = told
    # Lists of similar items are computed in the length of a page.
    assert len(reasons) >= len(listed.item_ids) > 0 and texts[: len(listed.item_ids)] == listed.reasons
    for item_id, reason in zip(listed.item_ids, reasons, strict=False):
        truth.check(item_id, reason, history, near)


def test_reasons_of_personal_lists_are_true(answers, truth, histories, monkeypatch):
    told = watched(answers, monkeypatch)
    names = ["ease", "ease", "als", "content"]
    for place, (user, history) in enumerate(histories.items()):
        listed = answers.personal(History(user, lambda one=history: one), N, names[place % len(names)], NO_FILTERS)
        checked(truth, listed, told[-1], history)
        assert not set(listed.item_ids) & set(history)
    assert truth.checked[Kind.HISTORY] > LISTS and truth.checked[Kind.TRAITS_OF_ITEM] > LISTS
    assert all(truth.checked[block] for block in ("director", "cast", "keywords", "genres"))


def test_reasons_of_lists_for_a_newcomer_are_true(answers, truth, histories, monkeypatch):
    told = watched(answers, monkeypatch)
    low, high = answers.models.catalogue.info["scale"]
    for place, history in enumerate(list(histories.values())[: LISTS // 4]):
        verdicts = dict.fromkeys(list(history)[:4], high) | dict.fromkeys(list(history)[4:6], low)
        listed = answers.personal(History.of(verdicts), N, ("ease", "content")[place % 2], NO_FILTERS)
        checked(truth, listed, told[-1], verdicts)


def test_without_a_liked_item_no_reason_names_one(answers, truth, monkeypatch):
    told = watched(answers, monkeypatch)
    low, high = answers.models.catalogue.info["scale"]
    items = answers.models.release.items.ids[np.argsort(-answers.models.rating_counts)[:8]].tolist()
    for model in ("ease", "als", "content", ""):
        for disliked in ({items[0]: low}, {one: low + place % 2 for place, one in enumerate(items)}):
            name = model or answers.models.defaults.newcomer
            listed = answers.personal(History.of(disliked), N, name, NO_FILTERS)
            checked(truth, listed, told[-1], disliked)
            assert not [text for text in listed.reasons if "liked" in text]
    answers.personal(History.of({items[0]: high, items[1]: high, items[2]: high - 1}), N, "ease", NO_FILTERS)
    assert not any(items[2] in one.items for one in told[-1][0]), "below the person's mean"


@pytest.mark.parametrize("model", ["", "ease", "content"])
def test_reasons_of_similar_items_are_true(answers, truth, monkeypatch, model):
    told, rng = watched(answers, monkeypatch), np.random.default_rng(9)
    counts = answers.models.rating_counts
    for number in rng.choice(np.flatnonzero(counts >= 3), LISTS if not model else LISTS // 4, replace=False):
        near = str(answers.models.release.items.ids[number])
        checked(truth, answers.similar(near, N, model, NO_FILTERS), told[-1], None, near)
    assert model or (truth.checked[Kind.TRAITS] > LISTS and truth.checked[SERIES])


def test_reasons_of_a_group_are_true_of_each_member(answers, truth, histories, monkeypatch):
    told, drawn = watched(answers, monkeypatch), list(histories.values())
    for place in range(GROUPS):
        size = 2 + place % 3
        members = drawn[4 * place : 4 * place + size]
        names = [f"Member {number}" for number in range(size)]
        del told[:]
        listed, groups = recommend_together(answers, members, N, NO_FILTERS, names=names)
        assert len(told) == size
        for member, (history, (reasons, texts)) in enumerate(zip(members, told, strict=True)):
            for place_in_list, (item_id, reason) in enumerate(zip(listed.item_ids, reasons, strict=True)):
                truth.check(item_id, reason, history)
                assert groups[place_in_list][member].reason == texts[place_in_list]
                assert item_id not in history


def test_reasons_of_every_model_are_true(service, monkeypatch):
    """On the small data set, which has all models of a first start."""
    answers = service._in_use.answers
    truth, told = Truth(answers), watched(answers, monkeypatch)
    for name in service.release.names:
        for user in service.catalogue.users(12):
            history = service.catalogue.history(user)
            checked(
                truth, answers.personal(History(user, lambda one=history: one), N, name, NO_FILTERS), told[-1], history
            )
        for near in service.catalogue.ids.ids[::7].tolist():
            checked(truth, answers.similar(near, N, name, NO_FILTERS), told[-1], None, near)
    assert truth.checked[Kind.NEIGHBOURS] and truth.checked[Kind.POPULAR]
