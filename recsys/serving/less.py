"""“Less like this”: move items that resemble a rejected item, person or theme down a list.

A rejection is soft: an item moves down by how close it is to what was rejected, a from 0 to 1, and no model has to be
asked differently. With a rejected person or theme, the item at place r of a list goes to place r (1 + STRENGTH a). A
rejected item does not say why, so those that the model is surest of hardly move: place r goes to
r (1 + a (r / SURE)^6), from 3 to 3.7, but from 5 to 31.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.catalogue.titles import fold
from recsys.data.lru import LruCache
from recsys.errors import BadInput, UnknownItem
from recsys.models.base import Ranked
from recsys.ranking.top_n import top_n
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels
from recsys.serving.themes import THEME

PERSON = "person:"
"""Beginning of a rejected person, as THEME is of a theme; any other text names an item."""
STRENGTH, SURE, SLOPE = 9.0, 3.8, 6  # chosen with scripts/measure_less.py
CLOSE, FAR = 40, 80  # the most similar items that are fully close to a rejected one, and those that are not close
CACHED = 32  # number of rejections of which the closeness is cached


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
        places = 1.0 + np.arange(len(numbers))
        factors = np.ones(len(numbers))
        rejected = np.zeros(len(numbers), dtype=bool)
        for text in less:
            says_why = text.startswith((PERSON, THEME))
            closeness = self.closeness(text)[numbers]
            factors = np.maximum(factors, 1.0 + closeness * (STRENGTH if says_why else (places / SURE) ** SLOPE))
            if not says_why:
                rejected |= numbers == self._number(text)
        return np.argsort(np.where(rejected, np.inf, places * factors), kind="stable")

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
            found = self._with_theme(fold(theme := text.removeprefix(THEME).strip()))
            if not found.any():
                raise BadInput(f"Filter less names the theme {theme!r}, which no {self._item} has; use a keyword.")
            return found.astype(np.float32)
        return self._like_item(self._number(text))

    def _with_theme(self, theme: str) -> np.ndarray:
        """(n_items,) bool: the items with a keyword or genre that contains the words of a folded theme."""
        found = self._models.themes.holding(theme)
        for genre, has_genre in self._models.facets.genres.items():
            if f" {theme} " in f" {fold(genre)} ":
                found = found | has_genre
        return found

    def _like_item(self, number: int) -> np.ndarray:
        total = self._similarity(number)
        total[number] = -np.inf
        order, alike = top_n(total, FAR, self._models.model(self._models.release.names[0]).popularity_rank)
        fading = np.clip((FAR - 1 - np.arange(len(order))) / (FAR - CLOSE), 0.0, 1.0)
        found = np.zeros(len(total), dtype=np.float32)
        found[order] = np.where(alike > 0, fading, 0.0)
        found[number] = 1.0
        return found

    def _similarity(self, number: int) -> np.ndarray:
        """By content if there is a model of it: who rejects a film does not reject everything its audience likes."""
        content = self._models.content
        if content is not None and content.described[number]:
            return content.similar_scores(number)
        return self._likeness.with_all(self._models.release.items.ids[number]).total

    def _number(self, text: str) -> int:
        return self._models.release.items.number(self._models.catalogue.find(text))

    def _at(self, numbers: np.ndarray) -> np.ndarray:
        found = np.zeros(len(self._models.release.items), dtype=np.float32)
        found[numbers] = 1.0
        return found

    @property
    def _item(self) -> str:
        return self._models.catalogue.wording.item
