"""Title, description and picture of each URL, for link previews, history and bookmarks."""

from __future__ import annotations

from dataclasses import dataclass

from recsys.errors import RecsysError
from recsys.page.components.address import SURPRISE, Query
from recsys.page.components.wish import heading
from recsys.page.components.words import NAME, results_heading, tagline
from recsys.page.tabs import TABS
from recsys.serving.cards import label
from recsys.serving.remarks import by_id
from recsys.serving.service import Service

NAMED = 5  # number of items in a description


@dataclass(frozen=True)
class Preview:
    """Link preview of a view: title, one or two sentences, and the URL of a picture or ""."""

    title: str
    description: str
    image: str = ""


def preview(service: Service, query: Query, details: str = "") -> Preview:
    """Return the preview of a view, or that of the whole page if its item or user is unknown.

    Args:
        details: the item in the open details dialog.
    """
    words, general = service.words, f"{tagline(service)}. {service.about()['title']}."
    try:
        if details:
            return _item(service, details, "{}")
        if query.film and query.film != SURPRISE and query.tab == "similar":
            return _item(service, query.film, f"{words.items.capitalize()} like {{}}", names_alike=True)
        if query.tab == "blend" and query.film and query.film != SURPRISE:
            person = query.user if query.user != SURPRISE else ""
            return _item(service, query.film, f"{{}} for {words.person} {person}" if person else "Close to {}")
        if query.tab == "similar" and query.q and (wish := service.wishes.beyond_search(query.q)):
            return Preview(heading(service, wish), _wished(service, query.q) or general)
        if query.tab == "similar" and query.q:
            return Preview(results_heading(query.q), _found(service, query.q) or general)
    except RecsysError:
        return Preview(NAME, general)
    if query.user and query.user != SURPRISE and query.tab in ("foryou", "blend"):
        about = f"What {NAME} suggests to {words.person} {query.user} of {service.about()['title']}, and why."
        return Preview(f"Picks for {words.person} {query.user}", about)
    tab = next((tab for tab in TABS if tab.key == query.tab), None)
    if tab is None:
        return Preview(NAME, general)
    title = tagline(service) if tab is TABS[0] else tab.title.format(items=words.items)
    return Preview(title, f"{tab.about.format(items=words.items)} {service.about()['title']}.")


def _item(service: Service, name: str, title: str, names_alike: bool = False) -> Preview:
    """The preview of an item; `title` is a format for its name. The description is its overview or similar items."""
    item = service.item(name)
    named = label(item)
    with service.activity.unrecorded():  # a preview is not a visit
        alike = service.similar(by_id(service, item["item_id"]), NAMED) if names_alike else []
    about = item["overview"] or ", ".join(filter(None, [item["director"], *(item["genres"] or ())]))
    described = f"{', '.join(map(label, alike))}, with the reasons." if alike else about or f"{named} on {NAME}."
    image = item["poster"] if item["poster"].startswith("http") else ""
    return Preview(title.format(named), described, image)


def _wished(service: Service, words: str) -> str:
    with service.activity.unrecorded():  # a preview is not a visit
        return ", ".join(label(item) for item in service.similar(words, NAMED))


def _found(service: Service, words: str) -> str:
    return ", ".join(label(item) for item in service.search(words, NAMED))
