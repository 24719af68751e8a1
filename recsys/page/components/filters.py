"""Parse the filters that the page sends with each request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from recsys.errors import BadInput, RecsysError
from recsys.serving.arguments import MAX_RESULTS
from recsys.serving.filters import MAX_MINUTES, Filters
from recsys.serving.remarks import item_ids, title_of
from recsys.serving.service import Service

# Name and default of each filter, in the value of the header and in the URL. Lists contain texts.
DEFAULTS: dict[str, Any] = {
    "n": 24,
    "genres_in": [],
    "genres_out": [],
    "year_from": None,
    "year_to": None,
    "languages": [],
    "popularity": 0,
    "diversity": 0,
    "recency": None,
    "runtime_to": None,
    "certificates": [],
    "people": [],
    "only": [],  # titles
    "hide": [],  # titles
    "only_watched": False,
    "hide_marked": False,  # applied by the scripts, which know the marks
}
MOST_TEXTS = 50  # largest number of genres or languages


def asked(service: Service, value: object, visitor: dict[str, Any]) -> tuple[int, Filters]:
    """The number of results and the filters, with the ids of the named items and of the visitor's watch-list.

    Raises:
        BadInput, UnknownItem: a filter is invalid, or names no item.
    """
    n, filters = read(value)
    only = item_ids(service, filters.only)
    if isinstance(value, dict) and value.get("only_watched") is True:
        only += [one["item_id"] for one in visitor["watch"] if not one["gone"]]
        if not only:
            items, later = service.words.items, service.words.later.lower()
            raise BadInput(f"Your {later} is empty. Add {items} to it, or untick “Only from my {later}”.")
    return n, replace(filters, only=tuple(only), hide=tuple(item_ids(service, filters.hide)))


def named(service: Service, given: object) -> dict[str, str]:
    """The full name of a person, or the title of an item, that a visitor has typed: `{"name"}`, or `{"error"}`."""
    given = given if isinstance(given, dict) else {}
    text = str(given.get("text") or "")
    try:
        is_person = given.get("filter") == "people"
        return {"name": service.person(text, 1)["name"] if is_person else title_of(service, text)}
    except RecsysError as error:
        return {"error": str(error)}


def read(value: object) -> tuple[int, Filters]:
    """Return the number of results and the filters from the header's value, which is untrusted.

    Raises:
        BadInput: the years contradict each other, or a slider is out of range.
    """
    given = value if isinstance(value, dict) else {}
    year_from, year_to = _year(given, "year_from"), _year(given, "year_to")
    if year_from is not None and year_to is not None and year_from > year_to:
        raise BadInput(f"“From year” ({year_from}) is later than “To year” ({year_to}). Change one of them.")
    filters = Filters(
        genres_in=_texts(given, "genres_in"),
        genres_out=_texts(given, "genres_out"),
        year_from=year_from,
        year_to=year_to,
        languages=_texts(given, "languages"),
        popularity=_number(given, "popularity") or 0.0,
        diversity=_number(given, "diversity") or 0.0,
        recency=_number(given, "recency"),
        runtime_to=_minutes(given),
        certificates=_texts(given, "certificates"),
        people=_texts(given, "people"),
        only=_texts(given, "only"),
        hide=_texts(given, "hide"),
    )
    n = int(_number(given, "n") or DEFAULTS["n"])
    return min(max(n, 1), MAX_RESULTS), filters


def _number(given: dict, name: str) -> float | None:
    value = given.get(name)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _year(given: dict, name: str) -> int | None:
    value = _number(given, name)
    return None if value is None else int(value)


def _minutes(given: dict) -> int | None:
    value = _number(given, "runtime_to")
    return None if value is None else min(max(int(value), 1), MAX_MINUTES)


def _texts(given: dict, name: str) -> tuple[str, ...]:
    value = given.get(name)
    return tuple(str(one) for one in value[:MOST_TEXTS]) if isinstance(value, list) else ()
