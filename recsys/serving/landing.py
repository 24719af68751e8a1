"""Content of the landing page: popular items, items for onboarding, example users; computed once per release."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Collection
from functools import cached_property, partial
from typing import Any

import numpy as np

from recsys.data.memory import bytes_of
from recsys.serving import starters
from recsys.serving.cache import AnswerCache
from recsys.serving.filters import NO_FILTERS, Filters
from recsys.serving.released_models import ReleasedModels

KNOWN = 400  # number of the most rated items, from which all items of the landing page are chosen
CACHED_BYTES = 4_000_000
PRIOR_RATINGS = 40.0  # number of average ratings added to each item's mean
CROWDING = 0.05  # stars subtracted from an item for each chosen item of the same genre or decade
EXAMPLE_USERS, SURPRISE_USERS, SURPRISES = 40, 1000, 100
HISTORY_SIZES = (20, 400)  # fewest and most ratings of example users


class Landing:
    """Items and users of the landing page, from one release over one catalogue."""

    def __init__(self, models: ReleasedModels):
        self._models, self._catalogue = models, models.catalogue
        self._popular_lists: AnswerCache[list[str]] = AnswerCache(
            CACHED_BYTES, bytes_of, threading.BoundedSemaphore(1), bytes_of
        )

    def popular_items(self, n: int, filters: Filters = NO_FILTERS) -> list[str]:
        """Ids of popular and well-rated items that pass the filters, with few of the same genre or decade."""
        return self._popular_lists.get((n, filters), partial(self._choose_popular, n, filters))

    def examples(self, n: int) -> list[dict[str, Any]]:
        """Items of the popular list without filters, with all their fields."""
        return self._catalogue.items(self.popular_items(n))

    def starters(self, n: int, seen: Collection[str], page: int) -> list[str]:
        """Ids of items for onboarding: popular, so that a newcomer knows them, of several decades and languages, unlike
        one another, and liked by some users rather than by all, so that a verdict tells more.

        Args:
            seen: ids to leave out.
            page: number of choices of n that were shown before; those are left out too.
        """
        left = [place for place, item_id in enumerate(self._known_ids) if item_id not in seen]
        if not left:
            return []
        start = (page * n) % len(left)
        likeness = None if self._likeness is None else self._likeness[np.ix_(left, left)]
        order = starters.choose([self._known[place] for place in left], likeness, min(len(left), start + n))
        return [self._known_ids[left[place]] for place in order[start:]]

    @cached_property
    def example_users(self) -> list[str]:
        """Users of the data set whose number of ratings is in HISTORY_SIZES; any users if there are no such users."""
        return self._some_users(EXAMPLE_USERS)

    def surprise_item(self) -> str:
        """Id of a random item that is well known and well liked."""
        return random.choice(self.popular_items(SURPRISES))

    def surprise_user(self) -> str:
        """A random user of the data set; "" if it has none."""
        return random.choice(self._users) if self._users else ""

    # -- computing ------------------------------------------------------------------------------

    @cached_property
    def _users(self) -> list[str]:
        return self._some_users(SURPRISE_USERS)

    def _some_users(self, n: int) -> list[str]:
        return self._catalogue.users(n, *HISTORY_SIZES) or self._catalogue.users(n)

    @cached_property
    def _known_ids(self) -> list[str]:
        return self._models.popular(KNOWN)

    @cached_property
    def _known(self) -> list[dict[str, Any]]:
        return self._catalogue.items(self._known_ids)

    def _choose_popular(self, n: int, filters: Filters) -> list[str]:
        items = self._catalogue.items(self._models.popular(KNOWN, filters) if filters.narrows else self._known_ids)
        worth = self._worth(items)
        left = sorted(items, key=lambda item: -worth[item["item_id"]])
        chosen: list[str] = []
        genres: Counter[str] = Counter()
        decades: Counter[int] = Counter()
        while left and len(chosen) < n:
            best = max(
                left[: 4 * n],
                key=lambda item: worth[item["item_id"]] - CROWDING * (genres[_genre(item)] + decades[_decade(item)]),
            )
            left.remove(best)
            chosen.append(best["item_id"])
            genres[_genre(best)] += 1
            decades[_decade(best)] += 1
        return chosen

    def _worth(self, items: list[dict[str, Any]]) -> dict[str, float]:
        """Mean rating of each item on a scale of 0 to 5, shrunk to the average by PRIOR_RATINGS."""
        low, high = self._catalogue.info["scale"]
        width = (high - low) or 1
        means = {item["item_id"]: 5 * (item["mean_rating"] - low) / width for item in items if item["n_ratings"]}
        average = sum(means.values()) / len(means) if means else 0.0
        return {
            item["item_id"]: (item["n_ratings"] * means.get(item["item_id"], average) + PRIOR_RATINGS * average)
            / (item["n_ratings"] + PRIOR_RATINGS)
            for item in items
        }

    @cached_property
    def _likeness(self) -> np.ndarray | None:
        """Similarity of each pair of the most rated items; None if the release has no content model."""
        content = self._models.content
        if content is None:
            return None
        return content.likeness(self._models.release.items.numbers(self._known_ids)).matrix()


def _genre(item: dict[str, Any]) -> str:
    return (item.get("genres") or [""])[0]


def _decade(item: dict[str, Any]) -> int:
    return (item.get("year") or 0) // 10
