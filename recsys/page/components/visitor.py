"""What a visitor has marked. The visitor's browser stores it and sends it with each question; the server keeps none."""

from __future__ import annotations

from typing import Any

from recsys.serving.verdicts import VERDICTS

MOST = 500  # marks and watch-list entries that are read, the latest
LONGEST = 300  # characters of a text
EMPTY: dict[str, Any] = {"marks": [], "watch": [], "user_id": "", "key": "", "session": ""}


def clean(value: object) -> dict[str, Any]:
    """Validate what a browser sent: a visitor in the form of `EMPTY`, without the parts that make no sense.

    `marks` holds `{"item_id", "verdict", "title", "year"}`, oldest first. `watch` holds items with their `url` in
    place of a verdict. `session` is a random name that tells anonymous visitors apart in the event log.
    """
    value = value if isinstance(value, dict) else {}
    marks = [
        _item(one) | {"verdict": one["verdict"]} for one in _items(value.get("marks")) if one.get("verdict") in VERDICTS
    ]
    return {
        "marks": marks,
        "watch": [_item(one) | {"url": _text(one.get("url"))} for one in _items(value.get("watch"))],
        "user_id": _text(value.get("user_id")),
        "key": _text(value.get("key")),
        "session": _text(value.get("session"))[:32],
    }


def marked(visitor: dict[str, Any], *verdicts: str) -> list[str]:
    """Ids of the items with one of these verdicts, oldest first."""
    return [mark["item_id"] for mark in visitor["marks"] if mark["verdict"] in verdicts]


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
