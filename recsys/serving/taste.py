"""Summarize a user's taste: number and mean of the ratings by genre and by decade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict

import numpy as np

from recsys.catalogue.posters import NO_GENRE
from recsys.data.liking import liked
from recsys.serving.cards import CatalogueItem

RatedItem = Mapping[str, Any]  # an item with its `rating`


class Group(TypedDict):
    """Ratings of one genre or one decade: number, share of all, and mean."""

    genre: NotRequired[str]
    decade: NotRequired[int]
    n: int
    share: float
    mean: float


class Taste(TypedDict):
    """Ratings by genre and by decade, most rated first."""

    taste: list[Group]
    decades: list[Group]


def taste(history: Mapping[str, float], items: Sequence[CatalogueItem]) -> Taste:
    """Number of ratings, share of all, and mean rating: `taste` by genre and `decades`, most rated first.

    Args:
        history: ratings by item id.
        items: the items of the history, in full.

    >>> taste({"a": 4.0}, [{"item_id": "a", "genres": ["Drama"], "year": 1994}])["decades"]
    [{'decade': 1990, 'n': 1, 'share': 1.0, 'mean': 4.0}]
    """
    genres: dict[str, list[float]] = defaultdict(list)
    decades: dict[int, list[float]] = defaultdict(list)
    for item in items:
        rating = history[item["item_id"]]
        for genre in item.get("genres") or ():
            genres[genre].append(rating)
        if item.get("year"):
            decades[item["year"] // 10 * 10].append(rating)
    by_genre: list[Group] = [{"genre": genre, **_counted(genres[genre], len(items))} for genre in sorted(genres)]
    by_decade: list[Group] = [{"decade": start, **_counted(decades[start], len(items))} for start in sorted(decades)]
    return {"taste": sorted(by_genre, key=_most_rated), "decades": sorted(by_decade, key=_most_rated)}


def is_genre(name: str) -> bool:
    """Whether a name among the genres says what an item is about, and not only its format, such as IMAX."""
    return name not in NO_GENRE


def _counted(ratings: Sequence[float], total: int) -> Group:
    return {
        "n": len(ratings),
        "share": round(len(ratings) / total, 3),
        "mean": round(sum(ratings) / len(ratings), 2),
    }


def _most_rated(line: Group) -> int:
    return -line["n"]


def favourites(history: Sequence[RatedItem], scale: tuple[float, float], mean: float | None) -> list[RatedItem]:
    """The liked items of a history, the best first, then in the order of the history.

    Args:
        scale: lowest and highest rating of the data.
        mean: mean of all ratings of the data, None if they do not differ; then every item is liked.
    """
    if mean is None:
        return list(history)
    are_liked = liked(np.array([item["rating"] for item in history], dtype=np.float32), scale, mean).tolist()
    return sorted((item for item, yes in zip(history, are_liked, strict=True) if yes), key=lambda item: -item["rating"])
