"""Tab "For you": recommendations for the visitor, or for a user of the data set, from a selectable model."""

from __future__ import annotations

from typing import Any

import gradio as gr

from recsys.errors import NotAllowed, RecsysError, UnknownUser
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import Listing, Step, card_list, failed, invitation
from recsys.page.components.controls import Field, controls, settings
from recsys.page.components.keys import key_of
from recsys.page.components.opinions import Opinions, with_less
from recsys.page.components.parts import part
from recsys.page.components.rows import ROWS, Person, rows, shares_of
from recsys.page.components.view import Context, Tab, View
from recsys.serving.arguments import MAX_RESULTS
from recsys.serving.filters import Filters
from recsys.serving.remarks import nothing_left
from recsys.serving.service import Service

EXAMPLES = 5
FAVOURITES = 8
FOLDED = 8  # picks that are shown at first, so that the rows below are in sight
NO_ROWS: list[dict[str, Any]] = [{}] * ROWS


def build(context: Context) -> View:
    """Build the controls, the list, the rows below it, and the panel about the user."""
    service, words = context.service, context.service.words
    person = words.person.capitalize()
    fields = (
        Field("user", "text", f"{person} number or profile name", "Leave empty for your own picks"),
        Field("model", "choice", "Model"),
    )
    ask = controls("rs-user", *fields, submit="Show picks")
    chips = part("chips", {}, elem_id="rs-user-chips", elem_classes=["rs-examples"])
    with gr.Row(elem_classes="rs-split"):
        found = card_list(service, "rs-foryou", waiting=True, folded=FOLDED)
        about = part("user", {"loading": True}, elem_id="rs-profile")
    told = part("told", {}, elem_id="rs-told")
    below = [card_list(service, f"rs-row-{place}", strip=True) for place in range(ROWS)]

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        who = service.landing.surprise_user() if query.user == SURPRISE else query.user
        own = not who or who == visitor["user_id"]
        who = who or visitor["user_id"]
        filters = with_less(service, filters, visitor) if own else filters
        model = chosen(service, query.model, bool(who))
        before = [asking(service, query, who, model), examples(service, visitor)]
        try:
            if who:
                picks, about_them, *more = of_user(service, who, n, model, filters, visitor, own)
            elif (opinions := Opinions.of(service, visitor)).favour:
                picks, about_them, *more = of_visitor(service, opinions, n, model, filters)
            else:
                picks, about_them, *more = [invited(service), {}, *NO_ROWS]
        except RecsysError as error:
            step = newcomer(service) if isinstance(error, UnknownUser) else None
            picks, about_them, *more = [failed(error, step=step), {}, *NO_ROWS]
        if query.user == SURPRISE:
            picks = {**picks, "address": {"user": who}}
        return [*before, picks, about_them, {"own": own}, *more]

    return View([ask, chips, found, about, told, *below], show)


TAB = Tab("foryou", "For you", "Picks for you or for a member of the data set, each with its reason.", build)


def of_user(
    service: Service, who: str, n: int, model: str, filters: Filters, visitor: dict[str, Any], own: bool
) -> list[dict[str, Any]]:
    """List, panel and rows for a user of the data set or a profile."""
    user = about_user(service, who, visitor)
    lines = service.recommend(who, n, model, filters)
    words = service.words
    less = {"filters": {"less": list(filters.less)}} if filters.less else {}
    listing = Listing(
        heading="Your picks" if own else f"Picks for {words.person} {who}",
        note=summary(service, model),
        source="foryou",
        user=who,
        model=model,
        empty=("" if lines else nothing_left(service, who)) or f"No new {words.items} match these filters.",
        call=("recommend", {"user_id": who, "n": n, "model": model} | less),
    )
    if not user:
        return [listing.of(lines), {}, *NO_ROWS]
    person = Person(
        lambda count, narrowed: service.recommend(who, count, model, narrowed),
        user["history"],
        {line["genre"]: line["share"] for line in user["taste"]},
    )
    return [listing.of(lines), panel(service, user), *rows(service, person, lines, filters)]


def of_visitor(service: Service, opinions: Opinions, n: int, model: str, filters: Filters) -> list[dict[str, Any]]:
    """List and rows for a visitor without a profile, from their marks; there is no panel."""
    words = service.words
    lines = opinions.recommend(service, n, model, filters)
    listing = Listing(
        heading="Your picks",
        note=f"From the {words.items} you have marked.",
        source="foryou",
        model=model,
        empty=f"No new {words.items} match these filters.",
        step=Step(f"Mark more {words.items}", {"tab": "newcomer", "user": None}),
        call=opinions.call(n, model, filters.less),
    )
    history = opinions.history(service)
    person = Person(
        lambda count, narrowed: opinions.recommend(service, count, model, narrowed), history, shares_of(history)
    )
    return [listing.of(lines), {}, *rows(service, person, lines, filters)]


def chosen(service: Service, name: str, stored: bool) -> str:
    """The requested model, or the default for a stored history or for marks."""
    known = {line["name"] for line in service.models()}
    return name if name in known else service.defaults.user if stored else service.defaults.newcomer


def asking(service: Service, query: Query, who: str, model: str) -> dict[str, Any]:
    """The value of the controls."""
    choices = [(line["name"], line["title"]) for line in service.models()]
    return settings({"user": who if query.user else "", "model": model}, {"model": choices})


def summary(service: Service, model: str) -> str:
    """What a model does, in one sentence."""
    return next((line["summary"] for line in service.models() if line["name"] == model), "")


def about_user(service: Service, user_id: str, visitor: dict[str, Any]) -> dict[str, Any]:
    """Figures, taste and latest ratings of a user; of a profile for its owner only, {} for others."""
    own = visitor["user_id"] == user_id
    try:
        user = service.user(user_id, MAX_RESULTS, key_of(service, user_id, visitor["key"]) if own else "")
    except NotAllowed:
        return {}
    return {**user}


def panel(service: Service, user: dict[str, Any]) -> dict[str, Any]:
    """The panel about a user: figures, taste, and the favourites among the latest ratings."""
    history = sorted(user["history"], key=lambda item: -item["rating"])[:FAVOURITES]
    # Ratings with names, such as "completed" and "audited", do not express a preference.
    liking = service.has_scale and not service.words.worth
    title = "Recent favourites" if liking else f"Latest {service.words.ratings}"
    return user | {"history": history, "history_title": title}


def newcomer(service: Service) -> Step:
    """The link to the tab for newcomers."""
    return Step(f"{service.words.mark_a_few} to get your own picks", {"tab": "newcomer", "user": None})


def invited(service: Service) -> dict[str, Any]:
    """Value of the list before a user is chosen."""
    words = service.words
    return invitation(
        f"{words.mark_a_few} for your own picks, or choose a {words.person} of the data set above to see what we would "
        "suggest to them.",
        newcomer(service),
    )


def examples(service: Service, visitor: dict[str, Any]) -> dict[str, Any]:
    """Users to click, the visitor first."""
    person, users = service.words.person.capitalize(), service.landing.example_users[:EXAMPLES]
    own = visitor["user_id"] or Opinions.of(service, visitor).favour
    chips = [{"text": "You", "go": {"user": None}}] if own else []
    chips += [{"text": f"{person} {one}", "go": {"user": one}} for one in users]
    return {"label": "Try", "chips": chips, "surprise": {"user": SURPRISE} if users else None}
