"""The one list component of every tab, and the values it draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from recsys.page.components.parts import part
from recsys.serving.artwork import is_drawn, with_fallback
from recsys.serving.service import Service

GHOSTS = 12  # cards of the skeleton shown until the first answer, so that nothing jumps


def card_list(service: Service, elem_id: str, *, waiting: bool = False, strip: bool = False) -> gr.HTML:
    """A list of poster cards, in one row that scrolls where `strip`."""

    def posters(item_ids: list[str]) -> dict[str, str]:
        return arrived(service, item_ids)

    return part(
        "list",
        {"loading": GHOSTS} if waiting else {},
        server=[posters] if service.artwork.is_fetching else [],
        elem_id=elem_id,
        elem_classes=["rs-strip"] if strip else [],
        strip=strip,
    )


def arrived(service: Service, item_ids: object) -> dict[str, str]:
    """Addresses of real posters by item id, for the items of a list that have one by now."""
    known = service.known(map(str, item_ids))[:100] if isinstance(item_ids, list) else []
    return {card["item_id"]: card["poster"] for card in service.cards(known) if not is_drawn(card["poster"])}


def listing(
    items: Sequence[dict[str, Any]],
    *,
    heading: str,
    source: str,
    note: str = "",
    empty: str = "",
    step: tuple[str, dict[str, Any]] | None = None,
    hero: dict[str, Any] | None = None,
    user: str = "",
    model: str = "",
    call: tuple[str, dict[str, Any]] | None = None,
    marks: bool = False,
    address: dict[str, Any] | None = None,
    refresh: bool = False,
) -> dict[str, Any]:
    """The value of a list.

    Args:
        items: items or recommendations, as the service gives them.
        heading, note: what the list is.
        source: where it is shown, kept with the feedback it gets.
        empty: said where there are no items.
        step: label and changes of the address of a way on, offered beside `empty` or an error.
        hero: the item that the list is about, in full.
        user, model: who and which model it is for.
        call: endpoint and arguments that give the same list.
        marks: whether cards carry like and not-for-me buttons.
        address: what the page's address should say, where the server chose.
        refresh: whether to ask again later for posters that are still drawn.
    """
    return {
        "items": [with_fallback(item) for item in items],
        "heading": heading,
        "note": note,
        "empty": empty,
        "next": step and {"label": step[0], "go": step[1]},
        "hero": hero and with_fallback(hero),
        "source": source,
        "user": user,
        "model": model,
        "call": call and {"name": call[0], "args": call[1]},
        "marks": marks,
        "address": address,
        "refresh": refresh,
    }


def failed(error: Exception, heading: str = "", step: tuple[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    """The value of a list that could not be made, with the one sentence why."""
    text = str(error)
    return {
        "heading": heading,
        "error": text[:1].upper() + text[1:],
        "next": step and {"label": step[0], "go": step[1]},
    }
