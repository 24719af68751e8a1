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
from recsys.page.tabs.newcomer import picked
from recsys.serving import likeness
from recsys.serving.cards import label
from recsys.serving.filters import Filters
from recsys.serving.remarks import by_id, taken_for
from recsys.serving.service import Service

EXAMPLES = 5


def build(context: Context) -> View:
    """Build the search box, the examples and the list."""
    service = context.service
    words = service.words
    hint = "A title, a name, or a few words about it"
    find = picker(service, "rs-find", f"Find a {words.item} you like", hint, clear=True)
    chips = part("chips", {}, elem_id="rs-similar-chips", elem_classes=["rs-examples"])
    found = card_list(service, "rs-similar", waiting=True)
    # below the list, so that the list does not move when the control appears
    by = controls("rs-by", Field("by", "choice", "Compare by"))

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        if query.film:
            text, value = similar(service, query.film, n, filters, query.by)
        elif query.q:
            text, value = query.q, searched(service, query.q, n, filters)
        else:
            text, value = "", landing(service, n, filters, visitor)
        return [{"text": text}, comparing(service, query), examples(service), value]

    return View([find, by, chips, found], show)


TAB = Tab("similar", "Similar {items}", "Find {items} like one you know, with the reasons.", build)


def comparing(service: Service, query: Query) -> dict[str, Any]:
    """Value of the control for the comparison method, which is hidden without an item."""
    titles = {line["name"]: line["title"] for line in service.models() if line["family"] != "baseline"}
    if not query.film:
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
        note=f"Well-known, well-liked {items} of all kinds. Open one to see more like it.",
        step=Step(f"Like a few {items} to get your own picks", {"tab": "newcomer"}),
    )
    try:
        return listing.of(service.cards(service.landing.popular_items(n, filters)))
    except RecsysError as error:
        return failed(error)


def searched(service: Service, text: str, n: int, filters: Filters) -> dict[str, Any]:
    """All results of a search that pass the filters."""
    item = service.words.item
    try:
        listing = Listing(
            heading=f"Results for “{text}”",
            source="search",
            note=service.understood(text),
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
