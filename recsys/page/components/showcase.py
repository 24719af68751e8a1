"""What is shown before anybody has asked: a shelf of well-liked items, starters for newcomers, people to try."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from recsys.models.baseline.popular import Popular
from recsys.serving.filters import Filters
from recsys.serving.service import Service

KNOWN = 400  # the best-known items that everything here is chosen from
LIKENESS_WEIGHT = 0.6
CALM = 40.0  # ratings of average worth that each item's mean is mixed with


def shelf(service: Service, n: int, filters: Filters | None = None) -> list[dict[str, Any]]:
    """Well-known and well-liked items that pass the filters, few of one genre or decade."""
    known = _known(service, filters)
    low, high = service.catalogue.info["scale"]
    # on any scale as if from 0 to 5, so that worth and variety weigh against each other alike
    width = (high - low) or 1
    means = {item["item_id"]: 5 * (item["mean_rating"] - low) / width for item in known if item["n_ratings"]}
    average = sum(means.values()) / len(means) if means else 0.0

    def worth(item: dict[str, Any]) -> float:
        count, mean = item["n_ratings"], means.get(item["item_id"], average)
        return (count * mean + CALM * average) / (count + CALM)

    chosen: list[dict[str, Any]] = []
    seen: Counter = Counter()
    left = sorted(known, key=lambda item: -worth(item))
    while left and len(chosen) < n:

        def crowded(item: dict[str, Any]) -> int:
            genre = (item.get("genres") or [""])[0]
            return seen[genre] + seen[(item.get("year") or 0) // 10]

        best = max(left[: 4 * n], key=lambda item: worth(item) - 0.05 * crowded(item))
        left.remove(best)
        chosen.append(best)
        seen[(best.get("genres") or [""])[0]] += 1
        seen[(best.get("year") or 0) // 10] += 1
    return service.cards([item["item_id"] for item in chosen])


def starters(service: Service, n: int, seen: set[str], page: int) -> list[dict[str, Any]]:
    """Items that a newcomer is likely to know and whose verdicts tell much: popular and unlike one another.

    Greedy maximal marginal relevance over the best-known items (relevance: place by popularity; likeness: of
    content). `page` k leaves out what pages 0..k-1 showed.
    """
    known = [item for item in _known(service) if item["item_id"] not in seen]
    if not known:
        return []
    n_wanted = min(len(known), n * (page + 1))
    order = _varied(service, known, n_wanted)
    start = (page * n) % max(1, len(known))
    return service.cards([known[place]["item_id"] for place in order[start : start + n]])


def example_users(service: Service, n: int) -> list[str]:
    """A few people with enough history to have a taste and not so much that nothing is left."""
    candidates = service.catalogue.users(40)
    sizes = {user: len(service.catalogue.history(user)) for user in candidates}
    fitting = [user for user in candidates if 20 <= sizes[user] <= 400]
    return (fitting or candidates)[:n]


def surprise_item(service: Service) -> str:
    """Id of a random well-known item."""
    return random.choice(_known(service))["item_id"]


def surprise_user(service: Service) -> str:
    """A random person of the data set, "" where there is none."""
    users = service.catalogue.users(1000)
    return random.choice(users) if users else ""


def _known(service: Service, filters: Filters | None = None) -> list[dict[str, Any]]:
    """The best-known items in full, most popular first."""
    model = service.model(Popular.name if Popular.name in service.release.names else service.default_model)
    among = service.facets.mask(filters) if filters and filters.narrows else None
    return service.catalogue.items(line.item_id for line in model.recommend([], KNOWN, among=among))


def _varied(service: Service, items: list[dict[str, Any]], n: int) -> list[int]:
    """Places in `items` of n that are well known and unlike one another."""
    import numpy as np

    content = service.serving.content
    if content is None:
        return list(range(n))
    alike = content.likeness(content.items.numbers(item["item_id"] for item in items))
    alike = alike / max(float(alike.max(initial=0)), 1e-9)
    relevance = np.linspace(1, 0, len(items))
    nearest, picked = np.zeros(len(items)), []
    for _ in range(n):
        value = (1 - LIKENESS_WEIGHT) * relevance - LIKENESS_WEIGHT * nearest
        value[picked] = -np.inf
        best = int(value.argmax())
        picked.append(best)
        nearest = np.maximum(nearest, alike[best])
    return picked
