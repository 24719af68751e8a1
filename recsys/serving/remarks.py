"""Remarks on an answer: which item was chosen for an ambiguous name, and that a user has seen all items."""

from __future__ import annotations

from collections.abc import Iterable

from recsys.serving import arguments
from recsys.serving.cards import label
from recsys.serving.service import Service
from recsys.visitors.profiles import PREFIX


def by_id(service: Service, item_id: str) -> str:
    """Return a name that always means the item with this id; a text that is not an id is returned unchanged."""
    return service.catalogue.name_of(item_id)


def taken_for(service: Service, title: str) -> str:
    """Return a sentence on which item was chosen for an ambiguous name, "" if the name is not ambiguous."""
    return service.catalogue.choice(arguments.title(title))


def item_ids(service: Service, names: Iterable[str]) -> list[str]:
    """The ids of named items.

    Raises:
        UnknownItem: there is no item of one of these names.
    """
    return [service.catalogue.find(arguments.title(name)) for name in names]


def title_of(service: Service, name: str) -> str:
    """`Title (Year)` of a named item, or another text that always means it.

    Raises:
        UnknownItem: there is no item of this name.
    """
    (item_id,) = item_ids(service, [name])
    title = label(service.catalogue.item(item_id))
    return title if service.catalogue.find(title) == item_id else by_id(service, item_id)


def names_user(service: Service, text: str) -> bool:
    """Whether a text is the id of a user of the data set, or has the form of a profile's id."""
    return text.startswith(PREFIX) or service.catalogue.has_user(text)


def nothing_left(service: Service, user_id: str) -> str:
    """Return a sentence for a user or profile who has seen all items, "" for others."""
    catalogue, words = service.catalogue, service.words
    source = catalogue if catalogue.has_user(user_id) else service.visitors
    seen = sum(item_id in catalogue for item_id in source.history(user_id))
    if seen < len(catalogue):
        return ""
    return f"{words.person.capitalize()} {user_id} has {words.done} all {seen:,} {words.items}; nothing is left."
