"""Replies about one user: their history with taste, and the explanation of a recommendation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from recsys.serving.answers import Explanation as Explained
from recsys.serving.cards import CatalogueItem, Item
from recsys.serving.profile_lists import ProfileLists
from recsys.serving.replies import Explanation, User
from recsys.serving.taste import taste

Cards = Callable[[Iterable[str]], list[Item]]


def explanation(cards: Cards, user_id: str, item_id: str, found: Explained, *, shows_history: bool) -> Explanation:
    """The reply of `/explain`; the history of a profile is private, so that it is left out for others."""
    item, *others = cards([item_id, *(other for other, _, _ in found.history)])
    return {
        "user_id": user_id,
        "model": found.model,
        "item": item,
        "score": found.score,
        "reason": found.reason,
        "history": [
            {**card, "rating": rating, "share": share}
            for card, (_, rating, share) in zip(others, found.history, strict=True)
            if shows_history
        ],
        "shared": list(found.shared),
    }


def user(
    cards: Cards,
    user_id: str,
    ratings: Mapping[str, float],
    latest: Sequence[Mapping[str, Any]],
    items: Sequence[CatalogueItem],
    lists: ProfileLists | None,
) -> User:
    """The reply of `/user`.

    Args:
        ratings: all ratings by item id.
        latest: rows of the latest ratings with `item_id`, `rating` and `timestamp`.
        items: the items of `ratings` in full.
        lists: the lists of profiles if the user is a profile.
    """
    shown = zip(cards(row["item_id"] for row in latest), latest, strict=True)
    found: User = {
        "user_id": user_id,
        "profile": lists is not None,
        "n_ratings": len(ratings),
        "mean_rating": round(float(np.mean(list(ratings.values()))), 2) if ratings else None,
        "history": [{**card, "rating": row["rating"], "timestamp": row["timestamp"]} for card, row in shown],
        **taste(ratings, items),
    }
    if lists is None:
        return found
    return {**found, "watchlist": cards(lists.watched(user_id)), "less": lists.rejected(user_id)}
