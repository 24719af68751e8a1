"""What a visitor has marked, as their browser keeps it; nothing here is stored on the server."""

from __future__ import annotations

from typing import Any

from recsys.serving.verdicts import VERDICTS

MOST = 500  # marks and watch-list entries that are read
EMPTY: dict[str, Any] = {"marks": [], "watch": [], "user_id": "", "key": "", "session": ""}


def clean(value: object) -> dict[str, Any]:
    """A visitor in the form of `EMPTY` from whatever a browser sent; what makes no sense is left out.

    `marks` holds `{"item_id", "verdict", "title", "year"}`, oldest first; `watch` the same without verdicts;
    `session` is a random name that tells anonymous visitors apart in the log of what was shown.
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
    return value[:300] if isinstance(value, str) else ""
