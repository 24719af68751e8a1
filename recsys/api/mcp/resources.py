"""Resources that assistants can read: the catalogue, an item, a profile."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from recsys.api.calls import call
from recsys.api.endpoints import ENDPOINTS
from recsys.errors import BadInput
from recsys.serving.filters import FILTER_KEYS
from recsys.serving.service import Service

SCHEME = "recsys://"
MIME_TYPE = "application/json"
MOST_RATINGS = 100  # largest number of ratings in a profile


@dataclass(frozen=True)
class ReadableResource:
    """One resource, or one template of resources.

    Attributes:
        name: the first part of the address.
        parts: names of the other parts, such as `item_id`; a resource without them has one address.
        about: what it has, with words of the catalogue in braces.
        read: returns the content, given the service and the parts.
    """

    name: str
    parts: tuple[str, ...]
    about: str
    read: Callable[..., dict[str, Any]]

    @property
    def address(self) -> str:
        """The address, with its parts in braces."""
        return SCHEME + "/".join([self.name, *(f"{{{part}}}" for part in self.parts)])


def _catalogue(service: Service) -> dict[str, Any]:
    about: Any = call(service, ENDPOINTS["about"], [])
    choices = dataclasses.asdict(service.filter_choices())
    facts = {name: about[name] for name in ("title", "licence", "notes", "counts", "scale", "match")}
    return {**facts, "filters": list(FILTER_KEYS), "values": {name: one for name, one in choices.items() if one}}


def _item(service: Service, item_id: str) -> dict[str, Any]:
    return call(service, ENDPOINTS["item"], [f"id:{item_id}"])  # type: ignore[return-value]


def _profile(service: Service, user_id: str, key: str) -> dict[str, Any]:
    return call(service, ENDPOINTS["user"], [user_id, MOST_RATINGS, key])  # type: ignore[return-value]


RESOURCES = (
    ReadableResource(
        "catalogue", (), "What is here: number of {items}, licence, scale of {ratings}, values of filters.", _catalogue
    ),
    ReadableResource("items", ("item_id",), "Everything about one {item}, by its id.", _item),
    ReadableResource("profiles", ("user_id", "key"), "{Ratings} and taste of a profile; needs its key.", _profile),
)


def read(service: Service, address: str) -> dict[str, Any]:
    """The content of a resource.

    Raises:
        BadInput: there is no resource at this address.
        RecsysError: its parts name no item or profile.
    """
    name, *parts = [unquote(part) for part in address.removeprefix(SCHEME).rstrip("/").split("/")]
    for one in RESOURCES:
        if address.startswith(SCHEME) and one.name == name and len(one.parts) == len(parts) and all(parts):
            return one.read(service, *parts)
    legal = ", ".join(one.address for one in RESOURCES)
    raise BadInput(f"There is no resource {address!a:.200}. Read one of {legal}.")
