"""Search box with suggestions; the server searches at each key press, so the browser never loads the catalogue."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components.address import LONGEST
from recsys.page.components.parts import part
from recsys.page.components.wish import heading
from recsys.serving.service import Service
from recsys.serving.wishes.wish import not_used

SUGGESTIONS = 8


def picker(
    service: Service,
    elem_id: str,
    name: str,
    hint: str,
    *,
    clear: bool = False,
    mark: bool = False,
    wishes: bool = False,
) -> gr.HTML:
    """Create a search box with suggestions.

    Args:
        name, hint: label and placeholder.
        clear: whether clearing the box removes the item from the URL.
        mark: whether a choice is marked as liked instead of becoming the item in the URL.
        wishes: whether a wish such as "like A and B" is suggested too.
    """

    def search(query: str) -> dict[str, Any]:
        return suggestions(service, query, wishes)

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


def suggestions(service: Service, query: object, wishes: bool = False) -> dict[str, Any]:
    """Suggestions for a typed text, or `{"error"}`.

    They are `{"items", "note", "wish"}`: the note says what was understood, and the wish is the heading of its list,
    "" if the text is no wish.
    """
    text = query.strip()[:LONGEST] if isinstance(query, str) else ""
    if not text:
        return {"items": []}
    try:
        wish = service.wishes.beyond_search(text) if wishes else None
        found = {"items": service.search(text, SUGGESTIONS), "note": service.understood(text)}
        return {**found, "wish": heading(service, wish), "note": not_used(wish)} if wish else found
    except RecsysError as error:
        return {"error": str(error)}
