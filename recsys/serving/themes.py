"""Items by theme: the keywords of films, the subjects of courses, and other facets that say what an item is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from recsys.catalogue.titles import fold
from recsys.data import ItemFeatures
from recsys.models.content_based.terms import MAKERS

THEME = "theme:"
"""Beginning of a text that names a theme, in searches and in `Filters.less`."""
# Facets that do not say what an item is about.
OTHER_FACETS = frozenset(("genres", "cast", "language", "runtime", "certificate", *MAKERS))
ENDINGS = (("ies", "y"), ("oes", "o"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("s", ""))
"""Endings of the plural and the singular, the most specific first."""


class Themes:
    """Index of the items of a release by theme.

    Args:
        features: with all facets.
        spell: returns a theme of the catalogue with its capital letters.

    >>> import pandas as pd
    >>> keywords = [["Time travel"], ["toys", "time travel"]]
    >>> frame = pd.DataFrame({"item_id": ["a", "b"], "title": ["Far Signal", "Toy Story"], "keywords": keywords})
    >>> themes = Themes(ItemFeatures.from_frame(frame))
    >>> themes.holding("travel").tolist(), themes.known("toy"), themes.known("car")
    ([True, True], True, False)
    >>> themes.named("toy"), themes.having("time travel").tolist(), themes.of(1), themes.written("time travel")
    ('toys', [True, True], ['toys', 'time travel'], 'Time travel')
    """

    def __init__(self, features: ItemFeatures, spell: Callable[[str], str] = str):
        self._spell, self._bags = spell, features.bags
        self._tags, self._n_items = features.tags, len(features.ids)
        self._facets = [facet for facet, lists in features.tags.items() if lists and facet not in OTHER_FACETS]

    def of(self, number: int) -> list[str]:
        """The themes of an item, as the catalogue writes them."""
        return [theme for facet in self._facets for theme in self._tags[facet][number]]

    @cached_property
    def by_name(self) -> dict[str, np.ndarray]:
        """Numbers of the items by folded theme."""
        return index((self.of(number) for number in range(self._n_items)), fold)

    def named(self, text: str) -> str | None:
        """The folded theme that a folded text names in the singular or plural, the more common; None if none."""
        known = (form for form in forms(text) if form in self.by_name)
        return max(known, key=lambda form: len(self.by_name[form]), default=None)

    def having(self, theme: str) -> np.ndarray:
        """(n_items,) bool: the items with a folded theme, in the singular or plural."""
        found = np.zeros(self._n_items, dtype=bool)
        for form in forms(theme):
            found[self.by_name.get(form, [])] = True
        return found

    def known(self, text: str) -> bool:
        """Whether a folded text is a theme or a word of the bags of words, in the singular or plural."""
        return any(form in self.by_name or form in self._by_word for form in forms(text))

    def holding(self, text: str) -> np.ndarray:
        """(n_items,) bool: the items with a theme that contains the words of a folded text, or with it in their bag."""
        found = np.zeros(self._n_items, dtype=bool)
        for form in forms(text) if text else ():
            for theme, numbers in self.by_name.items():
                if f" {form} " in f" {theme} ":
                    found[numbers] = True
            found[self._by_word.get(form, [])] = True
        return found

    def written(self, theme: str) -> str:
        """A folded theme as people write it."""
        number = int(self.by_name[theme][0])
        return self._spell(next(one for one in self.of(number) if fold(one) == theme))

    @cached_property
    def _by_word(self) -> dict[str, np.ndarray]:
        """Numbers of the items by word of the bags of words."""
        return index(self._bags, str)


def names_theme(text: str) -> bool:
    """Whether a text begins with THEME.

    >>> names_theme("Theme: heist"), names_theme("heist")
    (True, False)
    """
    return text.lower().startswith(THEME)


def index(lists: Iterable[Iterable[str]], form: Callable[[str], str]) -> dict[str, np.ndarray]:
    """Numbers of the items by value, in the given form."""
    found: dict[str, list[int]] = {}
    for number, values in enumerate(lists):
        for value in dict.fromkeys(map(form, values)):
            found.setdefault(value, []).append(number)
    return {value: np.array(numbers, dtype=np.int64) for value, numbers in found.items() if value}


def forms(theme: str) -> list[str]:
    """A folded theme in the singular and plural.

    >>> forms("robots"), forms("stories"), forms("superheroes")
    (['robots', 'robot'], ['stories', 'story', 'storie'], ['superheroes', 'superhero', 'superheroe'])
    >>> forms("family"), forms("hero")
    (['family', 'families', 'familys'], ['hero', 'heroes', 'heros'])
    """
    if theme.endswith("s"):
        others = [theme[: -len(plural)] + single for plural, single in ENDINGS if theme.endswith(plural)]
    else:
        others = [theme[: len(theme) - len(single)] + plural for plural, single in ENDINGS if theme.endswith(single)]
    return [theme, *(one for one in others if len(one) > 2)]
