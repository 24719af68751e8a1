"""Make the reasons of one list specific where they would repeat: say what an item shares with the one it is due to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from recsys.data.ids import IdMap
from recsys.models.content_based.content import Content
from recsys.models.reason import Kind, Reason

OFTEN = 2  # times that one list may cite the same items of a history in the same way
MOST_SHARED = 12  # traits from which a sentence chooses


def specific(reasons: Sequence[Reason], numbers: np.ndarray, content: Content | None, items: IdMap) -> list[Reason]:
    """The reasons of a list; those that cite the same items of a history more than OFTEN times say what is shared.

    An item that shares people, a series or themes with one of them gets that as its reason; the others cite the first
    of them alone, which adds most.

    Args:
        reasons: of each item of the list.
        numbers: (k,) the items.
        content: knows what items share; None changes nothing.
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
        if any(block != "genres" for block, _ in traits):
            return Reason(Kind.TRAITS_OF_ITEM, (item_id,), tuple(traits))
    return Reason(Kind.HISTORY, reason.items[:1])
