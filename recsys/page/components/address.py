"""The address of a view: which tab, about which item and person."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST = 200  # characters of any value; what is longer was not made by this page
SURPRISE = "~surprise"  # stands for an item or person that the server picks


@dataclass(frozen=True)
class Query:
    """What the address asks for; read from outside, so every field is bounded and of its type.

    Attributes:
        tab: key of the tab, "" where not said.
        film, user, model: ids or titles, "" where not said.
        q: words searched for.
        balance: 0 all content … 1 all collaborative.
        page: which choice of films a newcomer sees, from 0.
    """

    tab: str = ""
    film: str = ""
    user: str = ""
    model: str = ""
    q: str = ""
    balance: float = 0.5
    page: int = 0

    @classmethod
    def read(cls, values: Mapping[str, Any] | None) -> Query:
        """The query in an address; what makes no sense counts as not said."""
        values = values if isinstance(values, Mapping) else {}

        def text(name: str) -> str:
            value = values.get(name)
            return value.strip()[:LONGEST] if isinstance(value, str) else ""

        tab, film, user = text("tab"), text("film"), text("user")
        if not tab:
            tab = "blend" if film and user else "foryou" if user else "similar"
        return cls(
            tab,
            film,
            user,
            text("model"),
            text("q"),
            _number(values.get("balance"), 0.5, 0, 1),
            int(_number(values.get("page"), 0, 0, 1000)),
        )


def _number(value: object, default: float, low: float, high: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return default
    return min(max(number, low), high) if math.isfinite(number) else default
