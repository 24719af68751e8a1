"""Tab "Blend": a person, a film, or both, and a slider from content to people alike."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError, UnknownUser
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import card_list, failed, listing
from recsys.page.components.parts import part
from recsys.page.components.picker import picker
from recsys.page.components.view import Context, Tab, View
from recsys.page.tabs.for_you import NEWCOMER
from recsys.serving.cards import label
from recsys.serving.filters import Filters
from recsys.serving.service import Service

PARTS = {"content": "content", "hybrid": "learned mix", "collaborative": "people alike"}


def build(context: Context) -> View:
    """The tab's components, to be called inside its `gr.Tab`."""
    service = context.service
    words = service.words
    with gr.Row(elem_classes="rs-controls"):
        with gr.Column(scale=4, min_width=280):
            film = picker(service, "rs-blend-find", f"A {words.item}", "Any title, or leave empty", clear=True)
        user = gr.Textbox(
            label=f"{words.person.capitalize()} ID",
            placeholder="Or leave empty",
            max_lines=1,
            elem_id="rs-blend-user",
            scale=2,
            min_width=160,
        )
        balance = gr.Slider(
            0,
            1,
            value=0.5,
            step=0.05,
            label="Balance",
            info="0 is all similar content, 1 all people alike",
            elem_id="rs-balance",
            scale=4,
            min_width=280,
        )
    chips = part("chips", {}, elem_id="rs-blend-chips", elem_classes=["rs-examples"])
    found = card_list(service, "rs-blend", waiting=True)

    user.submit(None, user, None, js="(user) => { recsys.go({user}); }", api_visibility="private")
    user.blur(None, user, None, js="(user) => { recsys.go({user}, {force: false}); }", api_visibility="private")
    balance.input(None, balance, None, js="(balance) => { recsys.goSoon({balance}); }", api_visibility="private")

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        film_name = service.landing.surprise_item() if query.film == SURPRISE else query.film
        person = service.landing.surprise_user() if query.user == SURPRISE else query.user
        top = [person, query.balance, examples(service)]
        if not film_name and not person:
            return [{"text": ""}, *top, invitation(service)]
        text = film_name
        try:
            item = service.item(film_name) if film_name else None
            text = label(item) if item else ""
            lines = service.hybrid(person, item["item_id"] if item else "", n, query.balance, filters)
        except UnknownUser as error:
            return [{"text": text}, *top, failed(error, step=NEWCOMER)]
        except RecsysError as error:
            return [{"text": text}, *top, failed(error)]
        surprised = {"film": item and item["item_id"], "user": person}
        value = listing(
            [line | {"origin": origin(line.get("part", ""), item, person)} for line in lines],
            heading=title(service, item, person),
            source="blend",
            user=person,
            model=service.defaults.blend,
            empty="Nothing is left under these filters.",
            refresh=service.artwork.is_fetching,
            call=("hybrid", {"user_id": person, "title": text, "n": n, "balance": query.balance}),
            address=surprised if SURPRISE in (query.film, query.user) else None,
        )
        return [{"text": text}, *top, value]

    return View([film, user, balance, chips, found], show)


TAB = Tab("blend", "Blend", build)


def title(service: Service, item: dict[str, Any] | None, person: str) -> str:
    """What the list is a blend of."""
    who = f"{service.words.person} {person}" if person else ""
    if item and who:
        return f"For {who}, near {item['title']}"
    return f"For {who}" if who else f"Near {item['title']}"


def origin(part_name: str, item: dict[str, Any] | None, person: str) -> str:
    """Which side of the blend a pick came from, in words: its part is "person …" or "item …"."""
    side, _, model = part_name.partition(" ")
    whose = "Your taste" if side == "person" else f"Near {item['title']}" if item else ""
    return f"{whose} · {PARTS[model]}" if whose and model in PARTS else ""


def invitation(service: Service) -> dict[str, Any]:
    """What stands where neither person nor item was given yet."""
    words = service.words
    return {
        "empty": f"Choose a {words.item}, type a {words.person} ID, or both; "
        "then move the balance and watch the list change."
    }


def examples(service: Service) -> dict[str, Any]:
    """Pairs of item and person to click."""
    items, people = service.landing.examples(6)[1::2], service.landing.example_users[:3]
    chips = [
        {"text": f"{item['title']} + {service.words.person} {user}", "go": {"film": item["item_id"], "user": user}}
        for item, user in zip(items, people, strict=False)
    ]
    return {"label": "Try", "chips": chips, "surprise": {"film": SURPRISE, "user": SURPRISE} if people else None}
