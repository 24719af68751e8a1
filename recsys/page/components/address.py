"""Parse the query of a URL to a view: the tab, the item, the user and other parameters."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

LONGEST = 200  # largest number of characters of a value; the page never writes longer ones
SURPRISE = "~surprise"  # value for an item or user that the server picks at random
# The tab of a URL without a tab is the first one whose keys are all in the URL. The scripts use the same list.
TAB_BY_KEYS = (("blend", ("film", "user")), ("foryou", ("user",)), ("similar", ()))


@dataclass(frozen=True)
class Query:
    """The view of a URL. All fields are validated and bounded, because the URL is untrusted.

    Attributes:
        tab: key of the tab.
        film, user, model: ids or titles, "" if missing.
        q: the search text.
        balance: 0 only content-based … 1 only collaborative.
        batch: number of the batch of starter items to show, from 0.
        by: model that compares items, "" for all together.
    """

    tab: str = ""
    film: str = ""
    user: str = ""
    model: str = ""
    q: str = ""
    balance: float = 0.5
    batch: int = 0
    by: str = ""

    @classmethod
    def read(cls, values: Mapping[str, Any] | None) -> Query:
        """Parse the query of a URL; ignore invalid values."""
        values = values if isinstance(values, Mapping) else {}
        given = {name: text for name in KEYS if (text := _text(values.get(name)))}
        tab = given.get("tab") or next(tab for tab, keys in TAB_BY_KEYS if all(key in given for key in keys))
        return cls(
            tab,
            given.get("film", ""),
            given.get("user", ""),
            given.get("model", ""),
            given.get("q", ""),
            _number(values.get("balance"), 0.5, 0, 1),
            int(_number(values.get("batch"), 0, 0, 1000)),
            given.get("by", ""),
        )


KEYS = tuple(field.name for field in fields(Query))


def _text(value: object) -> str:
    return value.strip()[:LONGEST] if isinstance(value, str) else ""


def _number(value: object, default: float, low: float, high: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return default
    return min(max(number, low), high) if math.isfinite(number) else default
