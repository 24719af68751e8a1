"""Search box with suggestions: the server searches on each key, so the browser never loads the catalogue."""

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
        name, hint: label and placeholder.
        clear: whether clearing the box removes the item from the address.
        mark: whether a choice is marked as liked instead of becoming the item of the address.
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
    """Suggestions for what is typed: `{"items"}`, or `{"error"}` if the search failed."""
    text = query.strip()[:LONGEST] if isinstance(query, str) else ""
    if not text:
        return {"items": []}
    try:
        return {"items": service.search(text, SUGGESTIONS)}
    except RecsysError as error:
        return {"error": str(error)}
