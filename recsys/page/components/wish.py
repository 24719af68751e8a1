"""Chips of a wish: what was understood, and what the wish is after a part is changed or removed."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.page.components.parts import part
from recsys.serving.service import Service
from recsys.serving.wishes.editing import opposite
from recsys.serving.wishes.wish import Kind, Part, Wish


def wish_chips(elem_id: str) -> gr.HTML:
    """Create the row of chips, which is empty without a wish."""
    return part("wish", {}, elem_id=elem_id, elem_classes=["rs-examples"])


def chips(wish: Wish | None) -> dict[str, Any]:
    """Value of the row of chips."""
    if wish is None:
        return {}
    return {"label": "Understood", "chips": [_chip(wish, place, one) for place, one in enumerate(wish.parts)]}


def heading(service: Service, wish: Wish) -> str:
    """Heading of the list of a wish: "Films like Heat (1995), funnier"."""
    items = service.words.items.capitalize()
    used = Wish(tuple(one for one in wish.parts if one.used), wish.asks)
    return f"{items} {used.text}" if used.seeds else f"{items}: {used.text}" if used.parts else items


def _chip(wish: Wish, place: int, one: Part) -> dict[str, Any]:
    unknown = one.kind is Kind.UNKNOWN
    other = "" if unknown else opposite(one)
    return {
        "text": f"not understood: “{one.words}”" if unknown else one.words,
        "kind": "unknown" if not one.used else "out" if one.excludes else "in",
        "why": one.why,
        "without": wish.without(place),
        "change": {"text": other, "q": wish.changed(place, other)} if other and one.used else None,
    }
