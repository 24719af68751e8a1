"""Remarks beside an answer: which item a name was taken for, and that nothing is left; names that mean an id."""

from __future__ import annotations

from recsys.serving import arguments
from recsys.serving.service import Service


def by_id(service: Service, item_id: str) -> str:
    """A name that means the item with this id, even if another has it as its title; other texts stay."""
    return service.catalogue.name_of(item_id)


def taken_for(service: Service, title: str) -> str:
    """A sentence on which item a bare name was taken for, "" if it has one meaning."""
    return service.catalogue.choice(arguments.title(title))


def nothing_left(service: Service, user_id: str) -> str:
    """A sentence for a user of the data set or a profile who has seen every item, "" for others."""
    catalogue, words = service.catalogue, service.words
    source = catalogue if catalogue.has_user(user_id) else service.visitors
    seen = sum(item_id in catalogue for item_id in source.history(user_id))
    if seen < len(catalogue):
        return ""
    return f"{words.person.capitalize()} {user_id} has {words.done} all {seen:,} {words.items}; nothing is left."
