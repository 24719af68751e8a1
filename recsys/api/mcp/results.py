"""Shorten the results of endpoints for language models, which pay for every word that they read."""

from __future__ import annotations

import json
from typing import Any

FOR_SCREENS = frozenset({"poster", "rank", "score", "part"})
"""Fields of items that say nothing to a reader of text: the order of a list is its rank."""
IN_LISTS = FOR_SCREENS | {"url"}


def short(value: Any, inside: bool = False) -> Any:
    """A result without fields for screens and without empty fields; lists of items have no links either.

    >>> short([{"item_id": "6", "title": "Heat", "year": 1995, "poster": "/6.jpg", "rank": 1, "reason": ""}])
    [{'item_id': '6', 'title': 'Heat', 'year': 1995}]
    """
    if isinstance(value, list):
        return [short(one, inside=True) for one in value]
    if isinstance(value, float):
        return round(value, 2)
    if not isinstance(value, dict):
        return value
    hidden = (IN_LISTS if inside else FOR_SCREENS) if "item_id" in value else frozenset()
    return {name: short(one, inside) for name, one in value.items() if name not in hidden and one not in (None, "", {})}


def structured(value: Any) -> dict[str, Any]:
    """A result as the object that the protocol wants: a list is its field `result`."""
    return value if isinstance(value, dict) else {"result": value}


def text(value: Any) -> str:
    """A result as JSON text."""
    return json.dumps(value, ensure_ascii=False)
