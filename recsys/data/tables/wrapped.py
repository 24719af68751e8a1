"""Find the rows in the JSON that APIs and databases answer: below other objects, and each within an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

INNER = ("fields", "attributes", "properties", "_source", "doc", "node", "Item", "document", "record")
"""Names of the object of a row that has its cells: of Airtable, Strapi, Notion, Elasticsearch, CouchDB, GraphQL."""
LISTS = frozenset(
    "records data docs documents hits rows edges items item nodes results response bindings content entries value"
    " values list result objects features".split()
)
"""Names below which such answers have the list of rows."""
AROUND = frozenset(
    "id _id pk key value model createdTime _index _type _score _version _seq_no _primary_term type rev relationships"
    " links meta cursor sort highlight ignored _ignored name createTime updateTime object parent created_time"
    " last_edited_time created_by last_edited_by archived in_trash url public_url icon cover geometry bbox"
    " sys metadata identity elementId labels".split()
)
"""Names beside that object, which are no cells of the row."""
SINGLE = ("title", "name", "id", "year")
"""Ends of the names of columns that have one value each."""
DEPTH = 5
_TYPES: dict[str, type | tuple[type, ...]] = {
    **{"S": str, "N": str, "B": str, "BOOL": bool, "NULL": bool, "SS": list, "NS": list, "L": list, "M": dict},
    **{"stringValue": str, "integerValue": (str, int), "doubleValue": (int, float), "booleanValue": bool},
    **{"timestampValue": str, "referenceValue": str, "nullValue": type(None), "arrayValue": dict, "mapValue": dict},
}
"""Names of types in the JSON of DynamoDB and Firestore, and what Python reads below them."""
_LANGUAGE = re.compile(r"[a-z]{2}(?:-[A-Z]{2})?")
_PARTS = ("plain_text", "name", "start", "string", "number")
"""Names below which an object of Notion has its text."""


def rows_below(value: Any, depth: int = 0) -> list[Any] | None:
    """Return the only list of objects nested in an object, or None if there is no such list or more than one.

    >>> rows_below({"took": 3, "hits": {"total": 1, "hits": [{"_id": "a"}]}})
    [{'_id': 'a'}]
    >>> rows_below({"data": {"books": {"edges": [{"node": {"id": 1}}]}}}), rows_below({"items": [{}], "data": [{}]})
    ([{'node': {'id': 1}}], None)
    """
    if not isinstance(value, Mapping) or depth > DEPTH or "title" in value:
        return None
    found = [
        one
        for name, one in value.items()
        if isinstance(one, list) and one and str(name).casefold() in LISTS and all(isinstance(row, dict) for row in one)
    ]
    inner = [below for one in value.values() if (below := rows_below(one, depth + 1)) is not None]
    return (found or inner)[0] if len(found or inner) == 1 else None


def unwrapped(record: Any) -> Any:
    """A row without the objects around its cells, with the identifier beside them; other rows as they are.

    >>> unwrapped({"_id": "a", "_source": {"title": "A"}}), unwrapped({"pk": 7, "fields": {"title": "A"}})
    ({'_id': 'a', 'title': 'A'}, {'id': 7, 'title': 'A'})
    >>> unwrapped({"Item": {"title": {"S": "A"}, "tags": {"SS": ["x"]}}})
    {'title': 'A', 'tags': ['x']}
    """
    if not isinstance(record, dict):
        return record
    only = next(iter(record.values())) if len(record) == 1 else None
    if isinstance(only, dict) and len(only) > 1:
        return unwrapped(only)
    name = next((one for one in INNER if isinstance(record.get(one), dict) and record[one]), "")
    if not name or not AROUND.issuperset(record.keys() - {name}):
        return _without_types(record)
    inner = _without_types(record[name])
    record = (record["sys"] if isinstance(record.get("sys"), dict) else {}) | record
    has_id = bool({"_id", "id"} & inner.keys())
    beside = {"id" if key == "pk" else key: record[key] for key in ("_id", "id", "pk") if key in record and not has_id}
    return beside | ({"name": record["name"]} if "name" in record else {}) | inner


def _without_types(cells: dict[str, Any]) -> dict[str, Any]:
    languages = {tuple(one) if isinstance(one, dict) else () for one in cells.values()}
    if len(languages) == 1 and len(language := languages.pop()) == 1 and _LANGUAGE.fullmatch(language[0]):
        return {key: one[language[0]] for key, one in cells.items()}
    is_typed = bool(cells) and all(_typed(one) or _said(one) is not None for one in cells.values())
    return {key: _plain(one) for key, one in cells.items()} if is_typed else cells


def without_lists_of_one(records: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The rows with a value for a list of one value in columns of titles, ids and years, as Solr answers.

    >>> without_lists_of_one([(1, {"title": ["A"], "tags": ["x"]}), (2, {"title": ["B"], "tags": ["y"]})])
    [(1, {'title': 'A', 'tags': ['x']}), (2, {'title': 'B', 'tags': ['y']})]
    """
    single: dict[str, bool] = {}
    for _, row in records:
        for name, value in row.items() if type(row) is dict else ():
            is_one = (
                name.casefold().endswith(SINGLE)
                and isinstance(value, list)
                and len(value) == 1
                and isinstance(value[0], (str, int, float))
            )
            single[name] = single.get(name, True) and (is_one or value is None)
    if len(records) < 2 or not any(single.values()):
        return records
    return [
        (line, {name: one[0] if single[name] and one else one for name, one in row.items()})
        if type(row) is dict
        else (line, row)
        for line, row in records
    ]


def tables_of(listed: list[Any]) -> list[Any]:
    """The rows of the one table in what phpMyAdmin exports; any other list as it is."""
    tables = [one for one in listed if isinstance(one, dict) and one.get("type") == "table"]
    is_export = len(tables) == 1 and isinstance(listed[0], dict) and listed[0].get("type") == "header"
    return tables[0]["data"] if is_export and isinstance(tables[0].get("data"), list) else listed


def _typed(value: Any) -> bool:
    """Whether a value is one of DynamoDB with its type, such as {"S": "text"}."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    kind, inner = next(iter(value.items()))
    return kind in _TYPES and isinstance(inner, _TYPES[kind])


def _said(value: Any) -> str | None:
    """The name of the part of a typed value, such as `value` in {"type": "uri", "value": "…"} of SPARQL; None if none.

    In {"type": "number", "number": 5}, as Notion writes, it is the type.
    """
    if not isinstance(value, dict) or not isinstance(kind := value.get("type"), str):
        return None
    return kind if kind in value else "value" if isinstance(value.get("value"), str) else None


def _plain(value: Any) -> Any:
    if (part := _said(value)) is not None:
        return _text_in(value[part])
    if not _typed(value):
        return value
    kind, inner = next(iter(value.items()))
    if kind in ("NULL", "nullValue"):
        return None
    inner = inner.get("fields") if kind == "mapValue" else inner.get("values") if kind == "arrayValue" else inner
    if kind in ("M", "mapValue"):
        return {key: _plain(one) for key, one in inner.items()} if isinstance(inner, dict) else None
    if kind in ("L", "arrayValue"):
        return [_plain(one) for one in inner] if isinstance(inner, list) else None
    return inner


def _text_in(value: Any) -> Any:
    """The text of a value of Notion: of one object, of the pieces of a text, or of each choice."""
    if isinstance(value, dict):
        return next((value[part] for part in _PARTS if value.get(part) is not None), None)
    if isinstance(value, list) and value and all(isinstance(one, dict) and "plain_text" in one for one in value):
        return "".join(str(one["plain_text"]) for one in value)
    return [_text_in(one) for one in value] if isinstance(value, list) else value
