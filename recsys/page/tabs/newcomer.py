"""Tab "New here?": like or skip a few films, get picks at once, keep them as a profile."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components import account
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import card_list, failed, listing
from recsys.page.components.filters import read
from recsys.page.components.parts import PRIVATE, part
from recsys.page.components.picker import picker
from recsys.page.components.view import Context, Tab, View
from recsys.page.components.visitor import clean, marked
from recsys.serving.filters import Filters
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

STARTERS = 12


def build(context: Context) -> View:
    """Build the tab's components inside its `gr.Tab`."""
    service, words = context.service, context.service.words
    starters = card_list(service, "rs-starters", waiting=True, strip=True)
    with gr.Row(elem_classes="rs-split"):
        with gr.Column(scale=2, min_width=280):
            find = picker(service, "rs-add", f"Or add another {words.item}", "Any title", mark=True)
        with gr.Column(scale=3, min_width=280):
            mine = part("marked", {}, events=["join", "enter", "leave"], elem_id="rs-marked")
    picks = card_list(service, "rs-newcomer")
    listen(context, mine, picks)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [choice(service, visitor, query.batch), {"text": ""}, {}, picked(service, visitor, n, filters)]

    return View([starters, find, mine, picks], show)


def listen(context: Context, mine: gr.HTML, picks: gr.HTML) -> None:
    """Update the picks when the visitor's marks change, and the visitor when a profile is made, entered or deleted."""
    service, visitor = context.service, context.visitor
    asked = [context.header, visitor]

    def mark(given: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
        person = clean(person)
        try:
            with service.call("page newcomer", person["session"]):
                return picked(service, person, *read(given))
        except RecsysError as error:
            return failed(error)

    def changed(answer: account.Answer, given: dict[str, Any]) -> list[Any]:
        person, said = answer
        return [person, said, mark(given, person)]

    def join(given: dict[str, Any], person: dict[str, Any]) -> list[Any]:
        return changed(account.keep(service, clean(person)), given)

    def enter(given: dict[str, Any], person: dict[str, Any], event: gr.EventData) -> list[Any]:
        return changed(account.enter(service, clean(person), sent(event, "user_id"), sent(event, "key")), given)

    def leave(given: dict[str, Any], person: dict[str, Any]) -> list[Any]:
        return changed(account.leave(service, clean(person)), given)

    context.visitor.marked(mark, asked, picks, trigger_mode="always_last", **PRIVATE)
    for event, answer in ((mine.join, join), (mine.enter, enter), (mine.leave, leave)):
        event(answer, asked, [visitor, mine, picks], **PRIVATE)


def sent(event: gr.EventData, name: str) -> str:
    """A text that a browser sent with an event, "" if it sent none."""
    try:
        value = getattr(event, name, "")
    except (TypeError, KeyError):  # the browser sent something other than an object
        return ""
    return value[:LONGEST] if isinstance(value, str) else ""


TAB = Tab("newcomer", "Start here", build)


def choice(service: Service, visitor: dict[str, Any], batch: int) -> dict[str, Any]:
    """Items to like or skip, without those that have a verdict."""
    words = service.words
    items = service.cards(service.landing.starters(STARTERS, set(marked(visitor, *VERDICTS)), batch))
    return listing(
        items,
        heading=words.question,
        source="starters",
        marks=True,
        note="Three are enough to begin with; the picks below change with every one.",
        step=("Show others", {"tab": "newcomer", "batch": batch + 1}),
        refresh=service.artwork.is_fetching,
    )


def picked(service: Service, visitor: dict[str, Any], n: int, filters: Filters) -> dict[str, Any]:
    """Picks for what is marked so far."""
    words = service.words
    liked, disliked, seen = (service.known(marked(visitor, verdict)) for verdict in VERDICTS)
    if not liked:
        return {"heading": "Your picks", "empty": f"Choose a {words.item} above and your picks appear here."}
    model = service.defaults.newcomer
    try:
        lines = service.recommend_for(liked, disliked, n, model, filters, seen)
    except RecsysError as error:
        return failed(error, "Your picks")
    return listing(
        lines,
        heading="Your picks",
        source="newcomer",
        model=model,
        empty="Nothing is left under these filters.",
        refresh=service.artwork.is_fetching,
        call=("recommend_for", {"liked": liked, "disliked": disliked, "n": n, "model": model}),
    )
