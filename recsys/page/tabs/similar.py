"""Tab "Similar films": find an item and list similar ones with reasons."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import Listing, Step, card_list, failed
from recsys.page.components.controls import Field, controls, settings
from recsys.page.components.opinions import Opinions
from recsys.page.components.parts import part
from recsys.page.components.picker import picker
from recsys.page.components.view import Context, Tab, View
from recsys.page.components.wish import chips as chips_of
from recsys.page.components.wish import heading, wish_chips
from recsys.page.components.words import results_heading
from recsys.page.tabs.newcomer import picked
from recsys.serving import likeness
from recsys.serving.cards import label
from recsys.serving.filters import Filters
from recsys.serving.remarks import by_id, taken_for
from recsys.serving.service import Service
from recsys.serving.themes import names_theme
from recsys.serving.wishes.wish import Wish, not_used

EXAMPLES = 5


def build(context: Context) -> View:
    """Build the search box, the examples and the list."""
    service = context.service
    words = service.words
    hint = "A title, a name, or a wish: like A and B, but newer"
    find = picker(service, "rs-find", f"Find a {words.item} you like", hint, clear=True, wishes=True)
    understood = wish_chips("rs-wish")
    chips = part("chips", {}, elem_id="rs-similar-chips", elem_classes=["rs-examples"])
    found = card_list(service, "rs-similar", waiting=True)
    # below the list, so that the list does not move when the control appears
    by = controls("rs-by", Field("by", "choice", "Compare by"))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        wish = None
        if query.film:
            text, value = similar(service, query.film, n, filters, query.by)
        elif query.q:
            text, wish, value = query.q, *answered(service, query, n, filters)
        else:
            text, value = "", landing(service, n, filters, visitor)
        return [{"text": text}, chips_of(wish), comparing(service, query, wish), examples(service), value]

    return View([find, understood, by, chips, found], show)


TAB = Tab("similar", "Similar {items}", "Find {items} like one you know, with the reasons.", build)


def comparing(service: Service, query: Query, wish: Wish | None) -> dict[str, Any]:
    """Value of the control for the comparison method, which is hidden without an item."""
    titles = {line["name"]: line["title"] for line in service.models() if line["family"] != "baseline"}
    if not query.film and not (wish and wish.seeds):
        return settings({})
    return settings({"by": query.by if query.by in titles else ""}, {"by": [("", likeness.TITLE), *titles.items()]})


def similar(service: Service, name: str, n: int, filters: Filters, model: str = "") -> tuple[str, dict[str, Any]]:
    """Text of the search box, and list of items similar to one, which may be SURPRISE.

    Args:
        model: the model that compares them; "" for all together.
    """
    try:
        chosen = by_id(service, service.landing.surprise_item() if name == SURPRISE else name)
        item = service.item(chosen)
        lines = service.similar(by_id(service, item["item_id"]), n, model, filters)
    except RecsysError as error:
        return name, failed(error)
    listing = Listing(
        heading=f"{service.words.items.capitalize()} like {item['title']}",
        source="similar",
        model=model,
        hero=item | {"eyebrow": "You chose"},
        empty=f"No {service.words.items} match these filters.",
        note=taken_for(service, chosen),
        call=("similar", {"title": label(item), "n": n, "model": model}),
        address={"film": item["item_id"]} if name == SURPRISE else None,
    )
    return label(item), listing.of(lines)


def landing(service: Service, n: int, filters: Filters, visitor: dict[str, Any]) -> dict[str, Any]:
    """Shown before anything is typed: picks for a visitor who has marked items, well-known items for others."""
    items = service.words.items
    if Opinions.of(service, visitor).favour:
        return picked(service, visitor, n, filters)
    listing = Listing(
        heading="A good place to start",
        source="landing",
        empty=f"No {items} match these filters.",
        note=f"Well-known, well-liked {items} of all kinds.",
        step=Step(f"{service.words.mark_a_few} to get your own picks", {"tab": "newcomer"}),
    )
    try:
        return listing.of(service.cards(service.landing.popular_items(n, filters)))
    except RecsysError as error:
        return failed(error)


def answered(service: Service, query: Query, n: int, filters: Filters) -> tuple[Wish | None, dict[str, Any]]:
    """The wish in a typed text, or None, and the list for the text."""
    try:
        wish = service.wishes.beyond_search(query.q)
        return wish, wished(service, query, wish, n, filters) if wish else searched(service, query.q, n, filters)
    except RecsysError as error:
        return None, failed(error)


def wished(service: Service, query: Query, wish: Wish, n: int, filters: Filters) -> dict[str, Any]:
    """The items for a wish."""
    listing = Listing(
        heading=heading(service, wish),
        source="similar",
        model=query.by,
        note=not_used(wish),
        call=("similar", {"title": query.q, "n": n, "model": query.by}),
        empty=f"No {service.words.items} fit the whole wish. Remove a part of it.",
    )
    try:
        return listing.of(service.similar(query.q, n, query.by, filters))
    except RecsysError as error:
        return failed(error)


def searched(service: Service, text: str, n: int, filters: Filters) -> dict[str, Any]:
    """All results of a search that pass the filters."""
    item = service.words.item
    try:
        listing = Listing(
            heading=results_heading(text),
            source="search",
            note="" if names_theme(text) else service.understood(text),  # the heading names a theme
            call=("search", {"query": text, "n": n}),
            empty=f"No {item} found for “{text}”. Check the spelling or describe the {item}.",
        )
        return listing.of(service.search(text, n, filters))
    except RecsysError as error:
        return failed(error)


def examples(service: Service) -> dict[str, Any]:
    """A few items to click."""
    chips = [
        {"text": item["title"], "go": {"tab": "similar", "film": item["item_id"], "q": None}}
        for item in service.landing.examples(EXAMPLES)
    ]
    return {"label": "Try", "chips": chips, "surprise": {"tab": "similar", "film": SURPRISE, "q": None}}
