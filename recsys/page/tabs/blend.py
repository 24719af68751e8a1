"""Tab "Blend": recommendations near an item, for a user, or both, from content-based to collaborative."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError, UnknownUser
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import Listing, card_list, failed, invitation
from recsys.page.components.controls import Field, controls, settings
from recsys.page.components.parts import part
from recsys.page.components.picker import picker
from recsys.page.components.together import group
from recsys.page.components.view import Context, Tab, View
from recsys.page.tabs.for_you import newcomer
from recsys.serving.cards import FullItem, label
from recsys.serving.filters import Filters
from recsys.serving.remarks import by_id, taken_for
from recsys.serving.service import Service

EXAMPLES = 3
# The origin of a pick by side and kind of model; `{item}` is the title of the item that the list stays near.
ORIGINS = {
    "person content": "From your ratings",
    "person hybrid": "From your taste",
    "person collaborative": "From people like you",
    "item content": "Similar to {item}",
    "item hybrid": "Near {item}",
    "item collaborative": "Liked with {item}",
}


def build(context: Context) -> View:
    """Build the controls, the examples and the list."""
    service, words = context.service, context.service.words
    fields = (
        Field("user", "text", f"For this {words.person}", "Number or profile name"),
        Field("balance", "slider", "Balance", low="Similar story", high="Similar audience"),
    )
    with gr.Row(elem_classes="rs-split"):
        film = picker(service, "rs-blend-find", f"Pick a {words.item}", "Any title, or leave empty", clear=True)
        ask = controls("rs-balance", *fields)
    chips = part("chips", {}, elem_id="rs-blend-chips", elem_classes=["rs-examples"])
    found = card_list(service, "rs-blend", waiting=True, asked_by=("film", "user"))
    group(context)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        film_name = service.landing.surprise_item() if query.film == SURPRISE else query.film
        person = service.landing.surprise_user() if query.user == SURPRISE else query.user
        before = [settings({"user": person, "balance": query.balance}), examples(service)]
        if not film_name and not person:
            return [{"text": ""}, *before, invited(service)]
        text = film_name
        try:
            item = service.item(by_id(service, film_name)) if film_name else None
            text = label(item) if item else ""
            note = taken_for(service, by_id(service, film_name)) if film_name else ""
            value = blended(service, item, person, n, query.balance, filters, note)
        except RecsysError as error:
            step = newcomer(service) if isinstance(error, UnknownUser) else None
            return [{"text": text}, *before, failed(error, step=step)]
        if SURPRISE in (query.film, query.user):
            value["address"] = {"film": item and item["item_id"], "user": person}
        return [{"text": text}, *before, value]

    return View([film, ask, chips, found], show)


TAB = Tab("blend", "Blend", "Picks near one of the {items} and for one person.", build)


def blended(
    service: Service, item: FullItem | None, person: str, n: int, balance: float, filters: Filters, note: str = ""
) -> dict[str, Any]:
    """The list near an item, for a user, or both; the note names the item chosen for an ambiguous name."""
    lines = service.hybrid(person, by_id(service, item["item_id"]) if item else "", n, balance, filters)
    listing = Listing(
        heading=title(service, item, person),
        note=note,
        source="blend",
        user=person,
        model=service.defaults.blend,
        empty=f"No {service.words.items} match these filters.",
        call=("hybrid", {"user_id": person, "title": label(item) if item else "", "n": n, "balance": balance}),
    )
    return listing.of(line | {"origin": origin(line.get("part", ""), item)} for line in lines)


def title(service: Service, item: FullItem | None, person: str) -> str:
    """Heading of the list."""
    if not person:
        return f"Close to {item['title']}" if item else ""
    who = f"For {service.words.person} {person}"
    return f"{who}, with {item['title']} in mind" if item else who


def origin(part_name: str, item: FullItem | None) -> str:
    """The origin of a pick in words; `part_name` is its part of the blend, such as "item content"."""
    text = ORIGINS.get(part_name, "")
    if "{item}" not in text:
        return text
    return text.format(item=item["title"]) if item else ""


def invited(service: Service) -> dict[str, Any]:
    """Value of the list before an item or a user is chosen."""
    words = service.words
    return invitation(
        f"Pick a {words.item}, enter a {words.person}, or both. Then move the balance and watch the list change."
    )


def examples(service: Service) -> dict[str, Any]:
    """Pairs of item and user to click."""
    items, users = service.landing.examples(2 * EXAMPLES)[1::2], service.landing.example_users[:EXAMPLES]
    chips = [
        {"text": f"{item['title']} + {service.words.person} {user}", "go": {"film": item["item_id"], "user": user}}
        for item, user in zip(items, users, strict=False)
    ]
    return {"label": "Try", "chips": chips, "surprise": {"film": SURPRISE, "user": SURPRISE} if users else None}
