"""The card list component of all tabs, and its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from recsys.page.components.parts import part
from recsys.serving.artwork import is_drawn, with_fallback
from recsys.serving.service import Service

GHOSTS = 12  # number of placeholder cards before the first answer
MOST_POSTERS = 100  # largest number of posters in one lookup


@dataclass(frozen=True)
class Step:
    """A link to another view: its label, and the changes of the URL."""

    label: str
    changes: Mapping[str, Any]

    def value(self) -> dict[str, Any]:
        """The link as plain values for the scripts."""
        return {"label": self.label, "go": dict(self.changes)}


@dataclass(frozen=True)
class Listing:
    """Properties of a list besides its cards.

    Attributes:
        heading, note: heading and description of the list.
        source: place of the list; recorded with feedback on its items.
        empty: text if there are no items.
        step: link beside the heading, or beside `empty`.
        hero: the item that the list is about, with all its fields.
        user, model: the user and the model of the recommendations.
        call: endpoint and arguments that return the same list.
        marks: whether cards have labelled buttons to like or reject an item.
        address: changes of the URL if the server chose the item or user.
    """

    heading: str
    source: str
    note: str = ""
    empty: str = ""
    step: Step | None = None
    hero: Mapping[str, Any] | None = None
    user: str = ""
    model: str = ""
    call: tuple[str, dict[str, Any]] | None = None
    marks: bool = False
    address: dict[str, Any] | None = None

    def of(self, items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        """Value of the list with items or recommendations of the service."""
        return {
            "items": [with_fallback(item) for item in items],
            "heading": self.heading,
            "note": self.note,
            "empty": self.empty,
            "next": self.step and self.step.value(),
            "hero": self.hero and with_fallback(self.hero),
            "source": self.source,
            "user": self.user,
            "model": self.model,
            "call": self.call and {"name": self.call[0], "args": self.call[1]},
            "marks": self.marks,
            "address": self.address,
        }


def card_list(
    service: Service,
    elem_id: str,
    *,
    waiting: bool = False,
    asked_by: Sequence[str] = (),
    strip: bool = False,
    folded: int = 0,
) -> gr.HTML:
    """Create a list of cards.

    Args:
        waiting: whether to show placeholder cards until the first value arrives.
        asked_by: keys of the URL without any of which the first value is an invitation and no list.
        strip: whether the cards are in one row that scrolls horizontally.
        folded: number of cards shown before the visitor opens the whole list, if the width is unknown; 0 for all.
    """

    def posters(item_ids: list[str]) -> dict[str, str]:
        return arrived(service, item_ids)

    return part(
        "list",
        {"loading": GHOSTS} if waiting else {},
        server=[posters] if service.artwork.is_fetching else [],
        elem_id=elem_id,
        elem_classes=["rs-strip"] if strip else [],
        asked_by=list(asked_by),
        strip=strip,
        folded=folded,
        posters=service.artwork.is_fetching,
    )


def arrived(service: Service, item_ids: object) -> dict[str, str]:
    """URLs of real posters by item id, for the items of a list that have one by now."""
    known = service.known(map(str, item_ids))[:MOST_POSTERS] if isinstance(item_ids, list) else []
    return {card["item_id"]: card["poster"] for card in service.cards(known) if not is_drawn(card["poster"])}


def invitation(text: str, step: Step | None = None) -> dict[str, Any]:
    """Value of a list before the first request: an instruction and a link."""
    return {"empty": text, "next": step and step.value()}


def failed(error: Exception, heading: str = "", step: Step | None = None) -> dict[str, Any]:
    """Value of a list after an error: the reason in one sentence, and a link to another view."""
    return {"heading": heading, "error": sentence(error), "next": step and step.value()}


def sentence(error: Exception) -> str:
    """The message of an error with a capital first letter."""
    text = str(error)
    return text[:1].upper() + text[1:]
