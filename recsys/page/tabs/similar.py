"""Tab "Similar films": find one, see what is like it and why."""

from __future__ import annotations

from typing import Any

from recsys.errors import RecsysError
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.card_list import card_list, failed, listing
from recsys.page.components.parts import part
from recsys.page.components.picker import picker
from recsys.page.components.view import Context, Tab, View
from recsys.serving.cards import label
from recsys.serving.filters import Filters
from recsys.serving.service import Service

EXAMPLES = 5


def build(context: Context) -> View:
    """The tab's components, to be called inside its `gr.Tab`."""
    service = context.service
    words = service.words
    find = picker(service, "rs-find", f"Find a {words.item} you like", "A title, or a few words about it", clear=True)
    chips = part("chips", {}, elem_id="rs-similar-chips", elem_classes=["rs-examples"])
    found = card_list(service, "rs-similar", waiting=True)

    def show(query: Query, n: int, filters: Filters, visitor: dict[str, Any]) -> list[Any]:
        if query.q and not query.film:
            return [{"text": query.q}, examples(service), searched(service, query.q, n, filters)]
        if not query.film:
            return [{"text": ""}, examples(service), landing(service, n, filters)]
        model = service.defaults.similar
        try:
            name = service.landing.surprise_item() if query.film == SURPRISE else query.film
            item = service.item(name)
            lines = service.similar(item["item_id"], n, model, filters)
        except RecsysError as error:
            return [{"text": query.film}, examples(service), failed(error)]
        heading = f"{words.items.capitalize()} like {item['title']}"
        value = listing(
            lines,
            heading=heading,
            source="similar",
            model=model,
            hero=item | {"eyebrow": "You chose"},
            empty="No other matches these filters.",
            refresh=service.artwork.is_fetching,
            call=("similar", {"title": label(item), "n": n, "model": model}),
            address={"film": item["item_id"]} if query.film == SURPRISE else None,
        )
        return [{"text": label(item)}, examples(service), value]

    return View([find, chips, found], show)


TAB = Tab("similar", "Similar {items}", build)


def landing(service: Service, n: int, filters: Filters) -> dict[str, Any]:
    """The shelf shown before anything is typed."""
    words = service.words
    try:
        items = service.cards(service.landing.shelf(n, filters))
    except RecsysError as error:
        return failed(error)
    return listing(
        items,
        heading="A good place to start",
        source="shelf",
        empty="Nothing passes these filters.",
        refresh=service.artwork.is_fetching,
        note=f"Well-known, well-liked {words.items} from every corner of the catalogue. Open one to see more like it.",
    )


def searched(service: Service, text: str, n: int, filters: Filters) -> dict[str, Any]:
    """Everything that a search finds and the filters let pass, as cards."""
    try:
        items = service.search(text, n, filters)
    except RecsysError as error:
        return failed(error)
    return listing(
        items,
        heading=f"Results for “{text}”",
        source="search",
        call=("search", {"query": text, "n": n}),
        empty=f"Nothing fits “{text}”. Try fewer words.",
        refresh=service.artwork.is_fetching,
    )


def examples(service: Service) -> dict[str, Any]:
    """A few items to click."""
    items = service.landing.examples(EXAMPLES)
    return {
        "label": "Try",
        "chips": [
            {"text": item["title"], "go": {"tab": "similar", "film": item["item_id"], "q": None}} for item in items
        ],
        "surprise": {"tab": "similar", "film": SURPRISE, "q": None},
    }
