"""Reasons that repeat in a list say what each item shares with the history instead, and stay true."""

from __future__ import annotations

import numpy as np

from recsys.models.reason import Kind, Reason
from recsys.serving.specific import OFTEN, specific

BOTH = Reason(Kind.HISTORY, ("1", "6"))


def parts(service):
    models = service._in_use.models
    return models.content, models.release.items


def test_a_reason_that_repeats_becomes_what_is_shared(service):
    content, items = parts(service)
    numbers = np.arange(len(items))[:12]
    found = specific([BOTH] * len(numbers), numbers, content, items)
    assert len({(one.items, one.traits) for one in found}) > 2
    for number, reason in zip(numbers, found, strict=True):
        if reason.kind is Kind.TRAITS_OF_ITEM:
            shared = content.shared(int(number), items.numbers(reason.items), 50)[0]
            assert set(reason.traits) <= set(shared) and all(block != "genres" for block, _ in reason.traits)
        else:
            assert reason == Reason(Kind.HISTORY, ("1",)), "the first adds most"


def test_other_reasons_and_those_that_hardly_repeat_stay(service):
    content, items = parts(service)
    few = [BOTH] * OFTEN + [Reason(Kind.POPULAR), Reason(Kind.HISTORY, ("6",))]
    numbers = np.arange(len(few))
    assert specific(few, numbers, content, items) == few
    assert specific([BOTH] * 5, np.arange(5), None, items) == [BOTH] * 5
