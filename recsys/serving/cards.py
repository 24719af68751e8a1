"""Convert items and recommendations to the plain dicts that the API, the command line and the page share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from recsys.catalogue import titles

CatalogueItem = Mapping[str, Any]
Poster = Callable[[CatalogueItem], str]


class Item(TypedDict):
    """The fields of an item in a list.

    Attributes:
        year: None if unknown.
        poster: URL of the picture, or a drawn one as a data URL.
        url: URL of a page about the item, "" if unknown.
    """

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    poster: str
    url: str


class Recommendation(Item):
    """An item with its place in a list of recommendations.

    Attributes:
        rank: position in the list, from 1.
        score: score of the model, in its own unit.
        match: calibrated probability in per cent, None if not available.
        reason: one sentence.
    """

    rank: int
    score: float
    match: int | None
    reason: str


class FullItem(Item):
    """An item with all its fields; texts are "" if unknown, the mean is None without ratings.

    Attributes:
        original_title, runtime, certificate, providers: from TMDb; the running time is in minutes, None if unknown.
            `providers` has, by country code, the services that offer to "stream", "rent" or "buy" the film.
    """

    overview: str
    director: str
    cast: list[str]
    keywords: list[str]
    language: str
    trailer: str
    n_ratings: int
    mean_rating: float | None
    original_title: str
    runtime: int | None
    certificate: str
    providers: dict[str, dict[str, list[str]]]


def label(item: CatalogueItem) -> str:
    """`Title (Year)`, or the title alone if the year is unknown.

    >>> label({"title": "Heat", "year": 1995})
    'Heat (1995)'
    """
    return titles.label(item["title"], item.get("year"))


def card(item: CatalogueItem, poster: Poster) -> Item:
    """Return the fields that all lists of items have."""
    return {
        "item_id": item["item_id"],
        "title": item["title"],
        "year": item.get("year"),
        "genres": list(item.get("genres") or []),
        "poster": poster(item),
        "url": item.get("url") or "",
    }


def full(item: CatalogueItem, poster: Poster, extra: CatalogueItem | None = None) -> FullItem:
    """Return one item with all its fields; `extra` (details from TMDb) fills fields that the catalogue lacks."""
    extra = extra or {}

    def known(name: str, empty: Any) -> Any:
        return item.get(name) or extra.get(name) or empty

    return {
        **card(item, poster),
        "overview": known("overview", ""),
        "director": known("director", ""),
        "cast": list(known("cast", [])),
        "keywords": list(known("keywords", [])),
        "language": known("language", ""),
        "trailer": extra.get("trailer") or "",
        "n_ratings": item.get("n_ratings") or 0,
        "mean_rating": item.get("mean_rating"),
        "original_title": known("original_title", ""),
        "runtime": known("runtime", None),
        "certificate": known("certificate", ""),
        "providers": dict(extra.get("providers") or {}),
    }


def item_fields(line: Mapping[str, Any]) -> Item:
    """Return the fields of `Item`, without fields that only the page uses."""
    return {field: line[field] for field in Item.__annotations__}  # type: ignore[return-value]


def recommendation_fields(line: Mapping[str, Any]) -> Recommendation:
    """Return the fields of `Recommendation`, without fields that only the page uses."""
    return {field: line[field] for field in Recommendation.__annotations__}  # type: ignore[return-value]
