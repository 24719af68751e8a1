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
    places = [place for place, one in enumerate(reasons) if one.kind is Kind.HISTORY and frozenset(one.items) in often]
    cited_items = dict.fromkeys(item_id for place in places for item_id in reasons[place].items)
    # compared by item of the history, because these are few
    shared = {item_id: _telling(items.number(item_id), numbers[places], content) for item_id in cited_items}
    found = list(reasons)
    for row, place in enumerate(places):
        cited_by = reasons[place].items
        near = next((item_id for item_id in cited_by if shared[item_id][row]), None)
        found[place] = (
            Reason(Kind.HISTORY, cited_by[:1])
            if near is None
            else Reason(Kind.TRAITS_OF_ITEM, (near,), shared[near][row])
        )
    return found


def _telling(number: int, others: np.ndarray, content: Content) -> list[tuple[tuple[str, str], ...]]:
    """The traits that an item shares with each of some others and that a reason may name."""
    return [
        # Single words of a text name no theme.
        tuple(trait for trait in traits if trait[0] != BAG and is_telling(trait))
        for traits in content.shared(number, others, MOST_SHARED)
    ]
