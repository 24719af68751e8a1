"""Estimate how much memory a plain value takes."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from typing import Any

SCALARS = frozenset((str, bytes, int, float, bool, type(None)))


def bytes_of(value: Any) -> int:
    """Bytes of a value made of texts, numbers, tuples, lists, mappings and dataclasses; shared parts count each time.

    >>> bytes_of("x" * 1000) - bytes_of("x" * 900)
    100
    >>> bytes_of(("a", ["b"])) > bytes_of("a") + bytes_of("b")
    True
    """
    total, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        total += sys.getsizeof(one, 64)
        if type(one) in SCALARS:
            continue
        if isinstance(one, Mapping):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, (tuple, list, set, frozenset)):
            # most lists contain only texts or only numbers, which can be summed at once
            if SCALARS.issuperset(map(type, one)):
                total += sum(map(sys.getsizeof, one))
            else:
                waiting += one
        elif dataclasses.is_dataclass(one) and not isinstance(one, type):
            waiting += vars(one).values()
    return total
