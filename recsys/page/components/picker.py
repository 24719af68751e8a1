"""Finding an item by typing: the server searches, the page never holds the catalogue."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST
from recsys.page.components.parts import part
from recsys.serving.service import Service

SUGGESTIONS = 8


def picker(service: Service, elem_id: str, name: str, hint: str, *, clear: bool = False, mark: bool = False) -> gr.HTML:
    """A search box with suggestions.

    Args:
        name, hint: its label and placeholder.
        clear: whether emptying it takes the item out of the address.
        mark: whether a pick is liked, instead of becoming the address's item.
    """

    def search(query: str) -> dict[str, Any]:
        return suggestions(service, query)

    return part(
        "picker",
        {"text": ""},
        server=[search],
        elem_id=elem_id,
        label=name,
        hint=hint,
        clear=clear,
        mark=mark,
    )


def suggestions(service: Service, query: object) -> dict[str, Any]:
    """`{"items"}` for a query, or `{"error"}`: what the box shows below itself."""
    text = query.strip()[:LONGEST] if isinstance(query, str) else ""
    if not text:
        return {"items": []}
    try:
        return {"items": service.search(text, SUGGESTIONS)}
    except RecsysError as error:
        return {"error": str(error)}
