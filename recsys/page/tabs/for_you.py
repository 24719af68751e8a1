"""Tab "For you": recommendations for a user of the data set or a profile, from a model of choice."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import NotAllowed, RecsysError, UnknownUser
from recsys.page.components.account import key_of
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import Listing, Step, card_list, failed, invitation
from recsys.page.components.parts import part
from recsys.page.components.view import Context, Tab, View
from recsys.serving.arguments import MAX_RESULTS
from recsys.serving.filters import Filters
from recsys.serving.remarks import nothing_left
from recsys.serving.service import Service

EXAMPLES = 5
FAVOURITES = 8


def build(context: Context) -> View:
    """Build the controls, the list and the panel about the user."""
    service, person = context.service, context.service.words.person
    with gr.Row(elem_classes="rs-controls"):
        user = gr.Textbox(
            label=f"{person.capitalize()} or profile",
            placeholder=f"ID of a {person}, or the name of your profile",
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
            about = part("user", {}, elem_id="rs-profile")

    go = "(user) => { recsys.go({user}); }"
    user.submit(None, user, None, js=go, api_visibility="private")
    ask.click(None, user, None, js=go, api_visibility="private")
    model.input(None, model, None, js="(model) => { recsys.go({model}); }", api_visibility="private")

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        name, choice = chosen(service, query.model)
        chips = examples(service, visitor)
        if not query.user:
            return ["", choice, chips, invited(service), {}]
        person = service.landing.surprise_user() if query.user == SURPRISE else query.user
        try:
            about_user = who(service, person, visitor)
            value = picks(service, person, n, name, filters)
        except RecsysError as error:
            step = newcomer(service) if isinstance(error, UnknownUser) else None
            return [person, choice, chips, failed(error, step=step), {}]
        if query.user == SURPRISE:
            value["address"] = {"user": person}
        return [person, choice, chips, value, about_user]

    return View([user, model, chips, found, about], show)


TAB = Tab("foryou", "For you", build)


def picks(service: Service, person: str, n: int, model: str, filters: Filters) -> dict[str, Any]:
    """The list of recommendations for a user."""
    lines = service.recommend(person, n, model, filters)
    summaries = {line["name"]: line["summary"] for line in service.models()}
    listing = Listing(
        heading=f"Picks for {service.words.person} {person}",
        note=summaries.get(model, ""),
        source="foryou",
        user=person,
        model=model,
        empty=("" if lines else nothing_left(service, person)) or f"No new {service.words.items} match these filters.",
        call=("recommend", {"user_id": person, "n": n, "model": model}),
    )
    return listing.of(lines)


def chosen(service: Service, name: str) -> tuple[str, dict[str, Any]]:
    """The model asked for, or the default; and the update of the control that shows it."""
    titles = {line["name"]: line["title"] for line in service.models()}
    name = name if name in titles else service.defaults.user
    return name, gr.update(choices=[(title, key) for key, title in titles.items()], value=name)


def who(service: Service, user_id: str, visitor: dict[str, Any]) -> dict[str, Any]:
    """The panel about a user: figures, taste, and the favourites among the latest ratings.

    A profile is shown to its owner only; for others the panel is empty.
    """
    own = visitor["user_id"] == user_id
    try:
        user = service.user(user_id, MAX_RESULTS, key_of(service, user_id, visitor["key"]) if own else "")
    except NotAllowed:
        return {}
    history = sorted(user["history"], key=lambda item: -item["rating"])[:FAVOURITES]
    # Ratings with names, such as "completed" and "audited", say nothing about liking.
    liking = service.has_scale and not service.words.worth
    title = "Recent favourites" if liking else f"Latest {service.words.ratings}"
    return user | {"history": history, "history_title": title}


def newcomer(service: Service) -> Step:
    """The link to the tab for newcomers."""
    return Step(f"Choose a few {service.words.items} to get your own picks", {"tab": "newcomer", "user": None})


def invited(service: Service) -> dict[str, Any]:
    """What the list says before a user was chosen."""
    person = service.words.person
    return invitation(
        f"Choose a {person} of the data set above to see their taste and what would be recommended to them.",
        newcomer(service),
    )


def examples(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """Users to click, the visitor's own profile first."""
    person, users = service.words.person.capitalize(), service.landing.example_users[:EXAMPLES]
    own = [visitor["user_id"]] if visitor["user_id"] else []
    chips = [{"text": f"You: {one}", "go": {"user": one}} for one in own]
    chips += [{"text": f"{person} {one}", "go": {"user": one}} for one in users]
    return {"label": "Try", "chips": chips, "surprise": {"user": SURPRISE} if users else None}
