"""Who likes two items: those who rated both at or above their own mean."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd

from recsys import Interactions
from recsys.data import IdMap
from recsys.serving import fans
from recsys.serving.fans import Fans

RATINGS = [("a", "x", 5), ("a", "y", 4), ("a", "z", 1), ("b", "y", 5), ("b", "z", 5), ("c", "x", 3), ("c", "w", 3)]


def fans_of(items: list[str]) -> Fans:
    data = Interactions.from_frame(pd.DataFrame(RATINGS, columns=["user_id", "item_id", "rating"]))
    info = {"n_ratings": len(RATINGS), "n_users": len(data.users)}
    catalogue = SimpleNamespace(info=info, ids=data.items, interactions=lambda: data)
    return Fans(catalogue, IdMap(items))  # type: ignore[arg-type]


def test_fans_are_shared_only_if_somebody_likes_both():
    found = fans_of(["x", "y", "z", "w", "new"])
    assert found.shared(0, np.array([1, 2, 3, 4])).tolist() == [True, False, True, False]
    assert found.shared(2, np.array([1, 0])).tolist() == [True, False], "a rating below the own mean is no liking"
    assert found.shared(4, np.array([0])).tolist() == [False], "an item without ratings has no fans"


def test_ratings_of_a_large_data_set_are_not_read(monkeypatch):
    monkeypatch.setattr(fans, "MOST_RATINGS", 3)
    assert fans_of(["x", "z"]).shared(0, np.array([1])).tolist() == [True]
