"""What a visitor has marked, as their browser keeps it; nothing here is stored on the server."""

from __future__ import annotations

from typing import Any

from recsys.service import VERDICTS

MOST = 500  # marks and watch-list entries that are read
EMPTY: dict[str, Any] = {"marks": {}, "watch": [], "user_id": "", "key": ""}


def clean(value: object) -> dict[str, Any]:
    """A visitor in the form of `EMPTY` from whatever a browser sent; what makes no sense is left out.

    `marks` maps item ids to `{"verdict", "title", "year"}`, oldest first; `watch` holds `{"item_id", "title", "year"}`.
    """
    value = value if isinstance(value, dict) else {}
    marks = value.get("marks") if isinstance(value.get("marks"), dict) else {}
    watch = value.get("watch") if isinstance(value.get("watch"), list) else []
    return {
        "marks": {
            str(item_id): {"verdict": mark["verdict"], **_item(mark)}
            for item_id, mark in list(marks.items())[-MOST:]
            if isinstance(mark, dict) and mark.get("verdict") in VERDICTS
        },
        "watch": [{"item_id": str(one["item_id"]), **_item(one)} for one in watch[-MOST:] if isinstance(one, dict) and one.get("item_id")],
        "user_id": _text(value.get("user_id")),
        "key": _text(value.get("key")),
    }


def marked(visitor: dict[str, Any], verdict: str) -> list[str]:
    """Item ids with a verdict, oldest first."""
    return [item_id for item_id, mark in visitor["marks"].items() if mark["verdict"] == verdict]


def _item(value: dict) -> dict[str, Any]:
    year = value.get("year")
    return {"title": _text(value.get("title")), "year": year if isinstance(year, int) else None}


def _text(value: object) -> str:
    return value[:300] if isinstance(value, str) else ""
