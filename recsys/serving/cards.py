"""Items and recommendations as the plain dicts that the API, the command line and the page share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from recsys.catalogue import titles

Item = Mapping[str, Any]
Poster = Callable[[Item], str]

ITEM = ("item_id", "title", "year", "genres", "poster", "url")
RECOMMENDATION = (*ITEM, "rank", "score", "match", "reason")


def label(item: Item) -> str:
    """`Title (Year)`, or the title alone where the year is not known.

    >>> label({"title": "Heat", "year": 1995})
    'Heat (1995)'
    """
    return titles.label(item["title"], item.get("year"))


def card(item: Item, poster: Poster) -> dict[str, Any]:
    """The fields every list of items has."""
    return {
        "item_id": item["item_id"],
        "title": item["title"],
        "year": item.get("year"),
        "genres": list(item.get("genres") or []),
        "poster": poster(item),
        "url": item.get("url") or "",
    }


def full(item: Item, poster: Poster, extra: Item | None = None) -> dict[str, Any]:
    """One item with everything known of it; `extra` (TMDb's answer) fills what the catalogue lacks."""
    extra = extra or {}

    def known(name: str, empty: Any) -> Any:
        return item.get(name) or extra.get(name) or empty

    return card(item, poster) | {
        "overview": known("overview", ""),
        "director": known("director", ""),
        "cast": list(known("cast", [])),
        "keywords": list(known("keywords", [])),
        "language": known("language", ""),
        "trailer": extra.get("trailer") or "",
        "n_ratings": item.get("n_ratings") or 0,
        "mean_rating": item.get("mean_rating"),
    }


def only(line: Item, fields: tuple[str, ...]) -> dict[str, Any]:
    """The named fields of a card: what the API promises, without what only the page uses."""
    return {field: line[field] for field in fields}
