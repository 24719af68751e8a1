"""Tab "For you": a person, who they are, and their picks from the model of one's choice."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError, UnknownUser
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import card_list, failed, listing
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.serving.arguments import MAX_RESULTS
from recsys.serving.filters import Filters
from recsys.serving.service import Service

EXAMPLES = 5
FAVOURITES = 8
NEWCOMER = ("Make a profile in New here?", {"tab": "newcomer", "user": None})


def build(context: Context) -> View:
    """The tab's components, to be called inside its `gr.Tab`."""
    service = context.service
    words = service.words
    with gr.Row(elem_classes="rs-controls"):
        user = gr.Textbox(
            label=f"{words.person.capitalize()} ID",
            placeholder="An ID from the data set, or of your profile",
            max_lines=1,
            elem_id="rs-user",
            scale=3,
            min_width=240,
        )
        model = gr.Dropdown(choices=[], label="Model", elem_id="rs-model", filterable=False, scale=3, min_width=240)
        ask = gr.Button("Show picks", variant="primary", elem_id="rs-ask", scale=1, min_width=140)
    chips = part("chips", {}, elem_id="rs-user-chips", elem_classes=["rs-examples"])
    with gr.Row(elem_classes="rs-split"):
        with gr.Column(scale=7, min_width=320):
            found = card_list(service, "rs-foryou", waiting=True)
        with gr.Column(scale=3, min_width=300):
            profile = part("user", {}, elem_id="rs-profile")

    go = "(user) => { recsys.go({user}); }"
    user.submit(None, user, None, js=go, api_visibility="private")
    ask.click(None, user, None, js=go, api_visibility="private")
    model.input(None, model, None, js="(model) => { recsys.go({model}); }", api_visibility="private")

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        name, choice = chosen(service, query.model)
        top = [choice, examples(service, visitor)]
        if not query.user:
            return ["", *top, invitation(service), {}]
        person = service.landing.surprise_user() if query.user == SURPRISE else query.user
        try:
            about = who(service, person)
            lines = service.recommend(person, n, name, filters)
        except UnknownUser as error:
            return [person, *top, failed(error, step=NEWCOMER), {}]
        except RecsysError as error:
            return [person, *top, failed(error), {}]
        value = listing(
            lines,
            heading=f"Picks for {words.person} {person}",
            source="foryou",
            user=person,
            model=name,
            empty="Nothing new is left under these filters.",
            refresh=service.artwork.is_fetching,
            call=("recommend", {"user_id": person, "n": n, "model": name}),
            address={"user": person} if query.user == SURPRISE else None,
        )
        return [person, *top, value, about]

    return View([user, model, chips, found, profile], show)


TAB = Tab("foryou", "For you", build)


def chosen(service: Service, name: str) -> tuple[str, dict[str, Any]]:
    """The model asked for, or the default; and the update of the control that shows it."""
    models = {line["name"]: line for line in service.models()}
    name = name if name in models else service.defaults.user
    info = models[name]["summary"] if name in models else ""
    return name, gr.update(choices=[(line["title"], key) for key, line in models.items()], value=name, info=info)


def who(service: Service, user_id: str) -> dict[str, Any]:
    """The profile panel's value: figures, taste, and the best rated of the latest ratings."""
    user = service.user(user_id, MAX_RESULTS)
    liked = sorted(user["history"], key=lambda item: -item["rating"])[:FAVOURITES]
    return user | {
        "history": liked,
        "history_title": "Recent favourites" if service.has_scale else f"Latest {service.words.ratings}",
    }


def invitation(service: Service) -> dict[str, Any]:
    """What stands where no person was given yet."""
    words = service.words
    return {
        "empty": f"Type the ID of a {words.person}, or click one above, to see their taste and their picks.",
        "next": {"label": NEWCOMER[0], "go": NEWCOMER[1]},
    }


def examples(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """People to click; the visitor's own profile first."""
    people = service.landing.example_users[:EXAMPLES]
    own = [visitor["user_id"]] if visitor["user_id"] else []
    chips = [{"text": f"You: {one}", "go": {"user": one}} for one in own]
    chips += [{"text": f"{service.words.person.capitalize()} {one}", "go": {"user": one}} for one in people]
    return {"label": "Try", "chips": chips, "surprise": {"user": SURPRISE} if people else None}
