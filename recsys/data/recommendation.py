"""The type of one recommended item: id, score, rank and reason."""

from __future__ import annotations

from typing import NamedTuple


class Recommendation(NamedTuple):
    """A recommended item.

    Attributes:
        item_id: the item.
        score: higher is better; the unit is the model's own.
        rank: place in the list, from 1.
        reason: one sentence on why the item is in the list.
    """

    item_id: str
    score: float
    rank: int
    reason: str
