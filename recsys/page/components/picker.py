"""Search box with suggestions; the server searches at each key press, so the browser never loads the catalogue."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST
from recsys.page.components.parts import part
from recsys.serving.service import Service

SUGGESTIONS = 8


def picker(service: Service, elem_id: str, name: str, hint: str, *, clear: bool = False, mark: bool = False) -> gr.HTML:
    """Create a search box with suggestions.

    Args:
        name, hint: label and placeholder.
        clear: whether clearing the box removes the item from the URL.
        mark: whether a choice is marked as liked instead of becoming the item in the URL.
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
    """Suggestions for a typed text: `{"items", "note"}`, where the note says what was understood, or `{"error"}`."""
    text = query.strip()[:LONGEST] if isinstance(query, str) else ""
    if not text:
        return {"items": []}
    try:
        return {"items": service.search(text, SUGGESTIONS), "note": service.understood(text)}
    except RecsysError as error:
        return {"error": str(error)}
