"""A user's taste in figures: number and mean of the ratings by genre and by decade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any


def taste(history: Mapping[str, float], items: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Number of ratings, share of all, and mean rating: `taste` by genre and `decades`, most rated first.

    Args:
        history: ratings by item id.
        items: the items of the history, in full.

    >>> taste({"a": 4.0}, [{"item_id": "a", "genres": ["Drama"], "year": 1994}])["decades"]
    [{'decade': 1990, 'n': 1, 'share': 1.0, 'mean': 4.0}]
    """
    genres: dict[Any, list[float]] = defaultdict(list)
    decades: dict[Any, list[float]] = defaultdict(list)
    for item in items:
        rating = history[item["item_id"]]
        for genre in item.get("genres") or ():
            genres[genre].append(rating)
        if item.get("year"):
            decades[item["year"] // 10 * 10].append(rating)
    return {"taste": _lines("genre", genres, len(items)), "decades": _lines("decade", decades, len(items))}


def _lines(name: str, groups: Mapping[Any, list[float]], total: int) -> list[dict[str, Any]]:
    lines = [
        {
            name: key,
            "n": len(ratings),
            "share": round(len(ratings) / total, 3),
            "mean": round(sum(ratings) / len(ratings), 2),
        }
        for key, ratings in groups.items()
    ]
    return sorted(lines, key=lambda line: (-line["n"], line[name]))
