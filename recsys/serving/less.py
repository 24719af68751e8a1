"""“Less like this”: move items that resemble a rejected item, person or theme down a list.

A rejection is soft: the item at place r of a list goes to place r (1 + STRENGTH a), where a is how close it is to what
was rejected, from 0 to 1. So a few of the best stay in a long list, and no model has to be asked differently.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.catalogue.titles import fold
from recsys.data import ItemFeatures
from recsys.data.lru import LruCache
from recsys.errors import BadInput, UnknownItem
from recsys.models.base import Ranked
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels

PERSON, THEME = "person:", "theme:"
"""Beginnings of a rejected person and theme; any other text names an item."""
STRENGTH = 9.0
CLOSE, FAR = 40, 80  # the most similar items that are fully close to a rejected one, and those that are not close
CACHED = 32  # number of rejections of which the closeness is cached
THEMES = ("keywords", "genres", "subjects")  # facets of the catalogue


class LessLike:
    """Closeness of all items of a release to rejected items, people and themes."""

    def __init__(self, models: ReleasedModels, likeness: Likeness):
        self._models, self._likeness = models, likeness
        self._cached: LruCache[str, np.ndarray] = LruCache(CACHED)

    def applied(self, found: Ranked, less: Sequence[str]) -> Ranked:
        """The ranked items in the order after the rejections, with their scores in descending order."""
        if not less or not len(found.numbers):
            return found
        return found._replace(numbers=found.numbers[self.ordered(found.numbers, less)])

    def ordered(self, numbers: np.ndarray, less: Sequence[str]) -> np.ndarray:
        """Indices in `numbers`, which are ranked, in the order after the rejections; rejected items come last.

        Raises:
            BadInput: a person or theme is not in the catalogue.
            UnknownItem: a text names no item.
        """
        closeness = np.zeros(len(numbers), dtype=np.float32)
        rejected = np.zeros(len(numbers), dtype=bool)
        for text in less:
            closeness = np.maximum(closeness, self.closeness(text)[numbers])
            if not text.startswith((PERSON, THEME)):
                rejected |= numbers == self._number(text)
        places = (1.0 + np.arange(len(numbers))) * (1.0 + STRENGTH * closeness)
        return np.argsort(np.where(rejected, np.inf, places), kind="stable")

    def knows(self, text: str) -> bool:
        """Whether the catalogue has the item, person or theme."""
        try:
            self.closeness(text)
        except (BadInput, UnknownItem):
            return False
        return True

    def closeness(self, text: str) -> np.ndarray:
        """(n_items,) float32: how close each item is to what a text rejects, from 0 to 1."""
        if text not in (found := self._cached.get_many([text])):
            self._cached.put_many(found := {text: self._closeness(text)})
        return found[text]

    def _closeness(self, text: str) -> np.ndarray:
        if text.startswith(PERSON):
            numbers = self._models.people.numbers(name := text.removeprefix(PERSON).strip())
            if numbers is None:
                raise BadInput(f"Filter less names {name!r}; no director or actor is called that.")
            return self._at(numbers)
        if text.startswith(THEME):
            numbers = with_theme(self._models.features, theme := text.removeprefix(THEME).strip())
            if not len(numbers):
                raise BadInput(f"Filter less names the theme {theme!r}, which no {self._item} has; use a keyword.")
            return self._at(numbers)
        return self._like_item(self._number(text))

    def _like_item(self, number: int) -> np.ndarray:
        total = self._similarity(number)
        total[number] = np.inf
        order = np.argsort(-total, kind="stable")[: FAR + 1]
        fading = np.clip((FAR - np.arange(len(order))) / (FAR - CLOSE), 0.0, 1.0)
        found = np.zeros(len(total), dtype=np.float32)
        found[order] = np.where(total[order] > 0, fading, 0.0)
        return found

    def _similarity(self, number: int) -> np.ndarray:
        """By content if there is a model of it: who rejects a film does not reject everything its audience likes."""
        content = self._models.content
        if content is not None and content.described[number]:
            return np.nan_to_num(content.similar_scores(number))
        return np.nan_to_num(self._likeness.with_all(self._models.release.items.ids[number]).total)

    def _number(self, text: str) -> int:
        return self._models.release.items.number(self._models.catalogue.find(text))

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        found = np.zeros(len(self._models.release.items), dtype=np.float32)
        found[numbers] = 1.0
        return found

    @property
    def _item(self) -> str:
        return self._models.catalogue.wording.item


def with_theme(features: ItemFeatures, theme: str) -> np.ndarray:
    """Numbers of the items with a keyword, genre or word of this name, or with a keyword that contains its words."""
    wanted = f" {fold(theme)} "
    if not wanted.strip():
        return np.empty(0, dtype=np.int64)
    found = {
        number
        for facet in THEMES
        for number, values in enumerate(features.tags.get(facet, []))
        if any(wanted in f" {fold(value)} " for value in values)
    }
    found |= {number for number, words in enumerate(features.bags) if wanted.strip() in words}
    return np.array(sorted(found), dtype=np.int64)
