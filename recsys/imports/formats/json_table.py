"""Read tables in JSON: a list of objects, one object in each line, or an object in a form that pandas writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from recsys.data.tables.objects import as_text, rows_of
from recsys.imports import names
from recsys.imports.entries import Imported
from recsys.imports.files import MAX_ROWS, Document, column
from recsys.imports.formats import headerless, json_lists, plain

NAME = "json"
HIGHEST = 100  # rating
LABEL = "index"
BESIDE = ("user data", "provider ids", "list status")
"""Objects beside the fields of a film: whether it was played, its identifiers, its score."""
FILMS = ("movies", "films", "games", "books", "Metadata")
"""Names of the list of films in an object with other lists, or in an object of an object."""
_COLUMNS = frozenset((*names.KNOWN, *names.YEARS, *names.RATINGS))


def matches(document: Document) -> bool:
    """Whether it is a table in JSON with a column of titles or identifiers, or one without names of columns."""
    return bool(_rows(document.content) or _unnamed(document.content))


def read(document: Document) -> Imported:
    """Read the rows as those of a plain table with the same columns."""
    rows, said = _rows(document.content), ""
    if not rows:
        table = headerless.of_rows(_unnamed(document.content), document.name)
        rows, said = (table.rows, table.said if len(table.names) > 1 else "") if table else ([], "")
    found = plain.read_rows(rows, [name for row in rows for name in row], document.name, said)
    return replace(found, format=NAME)


def _rows(content: Any) -> list[dict[str, str]]:
    """The rows by the names of columns as plain tables have them; empty if this is no such table.

    The labels of rows are their titles if no column has any and not all labels are numbers.
    """
    rows = _as_rows(_records(content))
    known = {name for row in rows for name in row}
    if not known & names.KNOWN and (listed := json_lists.records(content)):
        return _as_rows(listed)
    if known & names.KNOWN:
        return rows
    if LABEL in known and known & _COLUMNS and not all(row.get(LABEL, "").isdecimal() for row in rows):
        return [row | {names.TITLES[0]: row.get(LABEL, "")} for row in rows]
    return []


def _as_rows(records: Sequence[Any]) -> list[dict[str, str]]:
    flat = [_flat(one) for one in records[:MAX_ROWS] if isinstance(one, Mapping)]
    return [
        {
            column(str(name)): as_text(json_lists.title_of(value) if name in names.TITLES else value)
            for name, value in one.items()
        }
        for one in flat
    ]


def _flat(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The record with the fields of the film in it beside its own: {"rating": 9, "movie": {"title": "Heat"}}."""
    inner = [value for name, value in record.items() if column(name) in json_lists.INNER and isinstance(value, Mapping)]
    beside = [value for name, value in record.items() if column(name) in BESIDE and isinstance(value, Mapping)]
    parts = [*beside, *inner] if len(inner) == 1 else beside
    return {name: value for part in (*parts, record) for name, value in part.items()} if parts else record


def _records(content: Any) -> list[Any]:
    if isinstance(content, list) and content and all(isinstance(one, list) for one in content):
        pages = [record for page in content for record in page]  # as an API answers
        return pages if all(isinstance(one, Mapping) for one in pages) else content
    return _films(content) or _records_of_object(content)


def _films(content: Any) -> list[Any]:
    """The list under a key of FILMS, in the object itself or one level below; an empty list if there is no such key."""
    inner = next(iter(content.values())) if isinstance(content, dict) and len(content) == 1 else None
    places = [one for one in (content, inner) if isinstance(one, dict)]
    lists = [one[name] for one in places for name in FILMS if isinstance(one.get(name), list)]
    return next((one for one in lists if one and all(isinstance(film, Mapping) for film in one)), [])


def _records_of_object(content: Any) -> list[Any]:
    if not isinstance(content, dict) or not content:
        return content if isinstance(content, list) else []
    if len(content) == 1 and isinstance(inner := next(iter(content.values())), dict) and (rated := _rated(inner)):
        return rated
    if all(isinstance(value, (int, float)) for value in content.values()):
        return _rated(content)
    if all(isinstance(value, (str, int, float, type(None))) for value in content.values()):
        return [content]  # one row
    return rows_of(content, _is_column) or []


def _rated(content: Mapping[str, float]) -> list[dict[str, Any]]:
    """Ratings by title, unless the names are those of columns or numbers."""
    if not all(isinstance(value, (int, float)) for value in content.values()):
        return []
    if any(_is_column(name) for name in content) or all(map(str.isdecimal, content)):
        return []
    if not all(0 <= rating <= HIGHEST for rating in content.values()):
        return []
    return [{"title": title, "rating": rating} for title, rating in content.items()]


def _unnamed(content: Any) -> list[list[str]]:
    """The rows of a list of titles or of rows without names; empty if it is none."""
    listed = content[:MAX_ROWS] if isinstance(content, list) else []
    if listed and all(isinstance(one, str) for one in listed):
        return [[title] for title in listed]
    if not listed or not all(isinstance(one, list) and one for one in listed):
        return []
    return [[as_text(cell) for cell in one] for one in listed] if len(set(map(len, listed))) == 1 else []


def _is_column(name: str) -> bool:
    return column(name) in _COLUMNS
