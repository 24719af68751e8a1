"""Questions to each endpoint: typical users and titles of the catalogue, the same for both servers."""

from __future__ import annotations

from typing import Any, get_origin

import numpy as np

from recsys.api.endpoints import ENDPOINTS
from recsys.catalogue.database import Catalogue
from recsys.serving.answers import USUAL
from recsys.serving.cards import label

PARAMETERS: dict[str, tuple[tuple[str, type], ...]] = {
    name: tuple(
        (parameter.name, get_origin(parameter.annotation) or parameter.annotation) for parameter in one.parameters
    )
    for name, one in ENDPOINTS.items()
    if name != "forget"  # data can be deleted only once
}
"""Endpoint -> parameters and their types, in order."""

WRITING = tuple(name for name in PARAMETERS if ENDPOINTS[name].writes)
"""Endpoints that change data, so that answers to the same question differ."""
CHANGING = (*WRITING, "models", "about")
MIX = ("search", "similar", "recommend", "hybrid")
"""The most frequent requests of visitors."""
KNOWN = 2000  # titles are drawn from this many most rated items

UNCACHED = (*MIX, "recommend_for")
"""Endpoints that return lists, also measured with uncached questions."""
COUNTS = (11, 9, 12, 8, 13, 7, 14, 6, 15, 5)
"""Lengths of lists that make a question different from the cached ones, which have length 10."""
COMPUTED_ONCE = ("similar",)
"""Endpoints that compute lists up to the length USUAL at once; their uncached questions ask for longer lists."""


def uncached(name: str, rows: list[list[Any]]) -> list[list[list[Any]]]:
    """Rounds of the same questions with another list length each, so that no answer is cached."""
    place, more = PARAMETERS[name].index(("n", int)), USUAL if name in COMPUTED_ONCE else 0
    return [[[*row[:place], n + more, *row[place + 1 :]] for row in rows] for n in COUNTS]


def questions(
    catalogue: Catalogue, default_model: str, profile: dict[str, str], n: int = 64, seed: int = 0
) -> dict[str, list[list[Any]]]:
    """n lists of arguments for each endpoint, drawn from the users and the most rated titles.

    Args:
        default_model: model for /recommend and /explain.
        profile: user_id and key from /join, for /rate.
    """
    rng = np.random.default_rng(seed)
    users = catalogue.users(catalogue.info["n_users"])
    items = catalogue.popular(KNOWN)
    people = [users[place] for place in rng.choice(len(users), n)]
    # several directors are separated by commas
    makers = [item["director"].split(", ")[0] or (item["cast"] or [item["title"]])[0] for item in items]
    titles = [[label(items[place]) for place in rng.choice(len(items), 4, replace=False)] for _ in range(n)]
    typed = [_typed(items[place]["title"], rng) for place in rng.choice(len(items), n)]
    ratings = rng.integers(1, 6, n).astype(float).tolist()
    verdicts = ("like", "dislike", "seen")
    rows = zip(people, titles, typed, ratings, strict=True)
    asked: dict[str, list[list[Any]]] = {name: [] for name in PARAMETERS}
    for number, (person, (title, *others), words, rating) in enumerate(rows):
        asked["search"].append([words, 10])
        asked["similar"].append([title, 10, ""])
        asked["recommend"].append([person, 10, default_model])
        asked["hybrid"].append([person, title, 10, 0.5])
        asked["recommend_for"].append([[title, *others[:2]], others[2:], 10, "hybrid"])
        asked["explain"].append([person, title, default_model])
        asked["item"].append([title])
        asked["person"].append([makers[number % len(makers)]])
        asked["user"].append([person, 20])
        asked["join"].append([[title, *others]])
        asked["rate"].append([profile["user_id"], profile["key"], title, rating])
        asked["feedback"].append([verdicts[number % 3], title, "", "", ""])
        asked["together"].append([[person, [title, *others]]])
        asked["export"].append([{title: rating}, others])
        asked["feed_address"].append([profile["user_id"], profile["key"]])
        asked["import_ratings"].append(["title,rating\n" + "".join(f'"{one}",4\n' for one in (title, *others))])
    asked["models"], asked["about"] = [[]], [[]]
    return {name: [ENDPOINTS[name].complete(row) for row in rows] for name, rows in asked.items()}


def _typed(title: str, rng: np.random.Generator) -> str:
    """The beginning of a title, sometimes with a missing letter, as a visitor types it."""
    words = title.lower()[: max(3, int(rng.integers(4, 14)))].strip() or title
    if len(words) > 5 and rng.random() < 0.25:
        place = int(rng.integers(1, len(words) - 1))
        words = words[:place] + words[place + 1 :]
    return words
