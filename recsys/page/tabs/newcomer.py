"""Tab "Start here": like a few items, get recommendations at once, and save the marks as a profile."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import RecsysError
from recsys.page.components import account
from recsys.page.components.address import LONGEST, Query
from recsys.page.components.card_list import Listing, Step, card_list, failed, invitation
from recsys.page.components.filters import asked
from recsys.page.components.opinions import Opinions, with_less
from recsys.page.components.parts import PRIVATE, part
from recsys.page.components.picker import picker
from recsys.page.components.view import Context, Tab, View
from recsys.page.components.visitor import clean, marked
from recsys.serving.filters import Filters
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS

STARTERS = 12


def build(context: Context) -> View:
    """Build the starters, the search box, the panel of marks and the picks."""
    service, words = context.service, context.service.words
    starters = card_list(service, "rs-starters", waiting=True, strip=True)
    with gr.Row(elem_classes="rs-split"):
        find = picker(service, "rs-add", f"Or add another {words.item}", "Any title", mark=True)
        mine = part("marked", {}, events=["join", "enter", "leave"], elem_id="rs-marked", profiles=True)
    picks = card_list(service, "rs-newcomer")
    listen(context, mine, picks)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        return [choice(service, visitor, query.batch), {"text": ""}, {}, picked(service, visitor, n, filters)]

    return View([starters, find, mine, picks], show)


def listen(context: Context, mine: gr.HTML, picks: gr.HTML) -> None:
    """Update the picks when marks change, and the visitor when a profile is created, entered or deleted."""
    service, visitor = context.service, context.visitor
    inputs = [context.header, visitor]

    def mark(given: dict[str, Any], person: dict[str, Any]) -> dict[str, Any]:
        person = clean(person)
        try:
            with service.call("page newcomer", person["session"]):
                return picked(service, person, *asked(service, given, person))
        except RecsysError as error:
            return failed(error)

    def changed(answer: account.Answer, given: dict[str, Any]) -> list[Any]:
        person, message = answer
        return [person, message, mark(given, person)]

    def join(given: dict[str, Any], person: dict[str, Any]) -> list[Any]:
        return changed(account.keep(service, clean(person)), given)

    def enter(given: dict[str, Any], person: dict[str, Any], event: gr.EventData) -> list[Any]:
        return changed(account.enter(service, clean(person), sent(event, "user_id"), sent(event, "key")), given)

    def leave(given: dict[str, Any], person: dict[str, Any]) -> list[Any]:
        return changed(account.leave(service, clean(person)), given)

    context.visitor.marked(mark, inputs, picks, trigger_mode="always_last", **PRIVATE)
    for event, answer in ((mine.join, join), (mine.enter, enter), (mine.leave, leave)):
        event(answer, inputs, [visitor, mine, picks], **PRIVATE)


def sent(event: gr.EventData, name: str) -> str:
    """A text that a browser sent with an event, or ""."""
    try:
        value = getattr(event, name, "")
    except (TypeError, KeyError):  # the browser did not send an object
        return ""
    return value[:LONGEST] if isinstance(value, str) else ""


TAB = Tab("newcomer", "Start here", "Like a few {items} and get picks of your own at once.", build)


def choice(service: Service, visitor: dict[str, Any], batch: int) -> dict[str, Any]:
    """Items to like or reject, without those that have a verdict."""
    items = service.cards(service.landing.starters(STARTERS, set(marked(visitor, *VERDICTS)), batch))
    listing = Listing(
        heading=service.words.question,
        source="starters",
        marks=True,
        note="Choose three or more. Your picks below update each time.",
        step=Step("Show others", {"tab": "newcomer", "batch": batch + 1}),
    )
    return listing.of(items)


def picked(service: Service, visitor: dict[str, Any], n: int, filters: Filters) -> dict[str, Any]:
    """Recommendations from the marks so far."""
    words, heading = service.words, "Your picks"
    opinions = Opinions.of(service, visitor)
    if not opinions.favour:
        return invitation(f"Choose a {words.item} above, and your picks appear here.") | {"heading": heading}
    model, filters = service.defaults.newcomer, with_less(service, filters, visitor)
    listing = Listing(
        heading=heading,
        source="newcomer",
        model=model,
        empty=f"No {words.items} match these filters.",
        step=Step("See more kinds of picks", {"tab": "foryou", "user": None}),
        call=opinions.call(n, model, filters.less),
    )
    try:
        return listing.of(opinions.recommend(service, n, model, filters))
    except RecsysError as error:
        return failed(error, heading)
