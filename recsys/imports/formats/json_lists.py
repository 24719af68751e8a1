"""Find the films in a JSON object that has a list of them for each status, such as that of AniList."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recsys.errors import BadInput
from recsys.imports import names
from recsys.imports.files import column

INNER = ("movie", "film", "item", "node", "content", "media", "anime", "manga", "book", "game")
"""Names of the object with the title in the record of a rating."""
_SEEN = frozenset(
    "completed watched seen read finished played rated ratings watching reading playing current dropped paused on hold"
    " repeating rewatching rereading done liked loved favorites favourites watchlist wishlist history".split()
) | {
    "on hold",
    "currently reading",
    "currently watching",
    "already read",
    "already watched",
    "already seen",
    "have read",
}
_STATUSES = _SEEN | names.UNSEEN
_LABELS = ("status", "name", "list", "title")
_DEPTH = 6
_LANGUAGES = ("english", "userPreferred", "en", "romaji", "native")
"""Keys of the title in an object of titles, in order of preference."""


def records(content: Any) -> list[dict[str, Any]]:
    """The records of lists whose names are those of a status, and records that have an object with the title.

    A record without a status gets that of its list.

    Raises:
        BadInput: the export has only the ids of a site.
    """
    if isinstance(content, Mapping):
        _refuse_ids_alone(content)
        return list(_found(content, "", 0))
    return []


def title_of(value: Any) -> Any:
    """The title in an object of titles by language; any other value as it is."""
    if not isinstance(value, Mapping):
        return value
    named = [value.get(name) for name in (*_LANGUAGES, *value)]
    return next((one for one in named if isinstance(one, str) and one.strip()), "")


def _found(content: Any, label: str, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEPTH or not isinstance(content, (Mapping, list)):
        return
    if isinstance(content, list):
        for one in content:
            if isinstance(one, str) and label in _STATUSES:
                yield {"title": one, "status": label}
            elif isinstance(one, Mapping) and (label in _STATUSES or _has_film(one)) and not _lists(one):
                yield {"status": label, **one}
            elif isinstance(one, Mapping):
                name = next((one[key] for key in _LABELS if isinstance(one.get(key), str)), label)
                yield from _found(one, column(name), depth + 1)
        return
    for key, value in content.items():
        name = column(str(key))
        yield from _found(value, name if name in _STATUSES else label, depth + 1)


def _has_film(record: Mapping[str, Any]) -> bool:
    return any(column(name) in INNER and isinstance(one, Mapping) and "title" in one for name, one in record.items())


def _lists(record: Mapping[str, Any]) -> bool:
    return any(isinstance(one, list) and one and isinstance(one[0], Mapping) for one in record.values())


def _refuse_ids_alone(content: Mapping[str, Any]) -> None:
    listed = content.get("lists")
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(first, Mapping) and {"series_id", "series_type"} <= first.keys() and "title" not in first:
        raise BadInput(
            "This is the export of an AniList account, which has the ids of AniList and no titles. "
            "Use a list with titles, such as a CSV table with the columns title and rating."
        )
