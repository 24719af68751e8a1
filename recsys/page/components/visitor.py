"""A visitor's marks, which the browser stores and sends with each request; the server does not store them."""

from __future__ import annotations

import math
from typing import Any

from recsys.serving.verdicts import VERDICTS

MOST = 500  # largest number of marks and watch-list entries, the latest
LONGEST = 300  # largest number of characters of a text
LATEST = 10**14  # milliseconds since 1970
EMPTY: dict[str, Any] = {"marks": [], "watch": [], "less": [], "user_id": "", "key": "", "session": ""}


def clean(value: object) -> dict[str, Any]:
    """Validate a visitor that a browser sent, in the form of `EMPTY`; invalid parts are removed.

    `marks` has `{"item_id", "verdict", "rating", "time", "sent", "title", "year"}`, oldest first: the verdict is "" if
    the mark was removed, the rating is None if only a verdict was given, the time is in milliseconds since 1970, and
    `sent` is whether the profile has the mark. `watch` has items with their `url`, and `gone` if one was removed.
    `less` has what to show less of, as texts of the filter `less` in `item_id`, and `gone`.
    `session` is a random name that identifies an anonymous visitor in the event log.
    """
    value = value if isinstance(value, dict) else {}
    return {
        "marks": [_mark(one) for one in _items(value.get("marks")) if one.get("verdict") in ("", *VERDICTS)],
        "watch": [
            _item(one) | {"url": _text(one.get("url")), "time": _time(one), "gone": one.get("gone") is True}
            for one in _items(value.get("watch"))
        ],
        "less": [
            _item(one) | {"time": _time(one), "gone": one.get("gone") is True} for one in _items(value.get("less"))
        ],
        "user_id": _text(value.get("user_id")),
        "key": _text(value.get("key")),
        "session": _text(value.get("session"))[:32],
    }


def marked(visitor: dict[str, Any], *verdicts: str) -> list[str]:
    """Ids of the items with one of these verdicts, rated or not, oldest first."""
    return [mark["item_id"] for mark in visitor["marks"] if mark["verdict"] in verdicts]


def rejected(visitor: dict[str, Any]) -> list[str]:
    """What the visitor wants less of, as texts of the filter `less`, oldest first."""
    return [one["item_id"] for one in visitor["less"] if not one["gone"]]


def rated(visitor: dict[str, Any]) -> dict[str, float]:
    """The ratings that were given in stars, by item id, oldest first."""
    return {
        mark["item_id"]: mark["rating"] for mark in visitor["marks"] if mark["verdict"] and mark["rating"] is not None
    }


def _items(value: object) -> list[dict]:
    many = value[-MOST:] if isinstance(value, list) else []
    return [one for one in many if isinstance(one, dict) and isinstance(one.get("item_id"), str)]


def _item(value: dict) -> dict[str, Any]:
    year = value.get("year")
    return {
        "item_id": _text(value["item_id"]),
        "title": _text(value.get("title")),
        "year": year if isinstance(year, int) else None,
    }


def _text(value: object) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def _mark(value: dict) -> dict[str, Any]:
    rating = value.get("rating")
    is_number = isinstance(rating, (int, float)) and not isinstance(rating, bool) and math.isfinite(rating)
    return _item(value) | {
        "verdict": value["verdict"],
        "rating": rating if is_number else None,
        "time": _time(value),
        "sent": value.get("sent") is True,
    }


def _time(value: dict) -> int:
    time = value.get("time")
    return time if isinstance(time, int) and not isinstance(time, bool) and 0 <= time < LATEST else 0
