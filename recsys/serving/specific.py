"""Make repeated reasons of a list more specific: name the traits that an item shares with the item of the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from recsys.data.ids import IdMap
from recsys.models.content_based.content import Content
from recsys.models.content_based.terms import BAG
from recsys.models.reason import Kind, Reason, is_telling

OFTEN = 2  # how often one list may name the same items of a history without shared traits
MOST_SHARED = 12  # number of traits from which a sentence chooses


def specific(reasons: Sequence[Reason], numbers: np.ndarray, content: Content | None, items: IdMap) -> list[Reason]:
    """Return the reasons of a list, more specific if the same items of a history occur more than OFTEN times.

    An item that shares people, a series or themes with one of them gets these traits as its reason; for the others the
    reason names only the first of them, which adds most.

    Args:
        reasons: reasons of the items of the list.
        numbers: (k,) the items.
        content: the content model, for the shared traits; if it is None, the reasons are returned unchanged.
        items: the ids of all items.
    """
    cited = Counter(frozenset(one.items) for one in reasons if one.kind is Kind.HISTORY)
    often = {group for group, times in cited.items() if times > OFTEN}
    if content is None or not often:
        return list(reasons)
    return [
        _shared(reason, int(number), content, items)
        if reason.kind is Kind.HISTORY and frozenset(reason.items) in often
        else reason
        for reason, number in zip(reasons, numbers, strict=True)
    ]


def _shared(reason: Reason, number: int, content: Content, items: IdMap) -> Reason:
    for item_id, traits in zip(
        reason.items, content.shared(number, items.numbers(reason.items), MOST_SHARED), strict=True
    ):
        # Single words of a text name no theme.
        if telling := tuple(trait for trait in traits if trait[0] != BAG and is_telling(trait)):
            return Reason(Kind.TRAITS_OF_ITEM, (item_id,), telling)
    return Reason(Kind.HISTORY, reason.items[:1])
