"""Find the rows in the JSON that APIs and databases answer: below other objects, and each within an object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INNER = ("fields", "attributes", "_source", "doc", "node", "Item", "document", "record")
"""Names of the object of a row that has its cells, in answers of Airtable, Strapi, Elasticsearch, CouchDB, GraphQL."""
LISTS = frozenset(
    "records data docs documents hits rows edges items item nodes results response bindings content entries value"
    " values list result objects".casefold().split()
)
"""Names below which such answers have the list of rows."""
AROUND = frozenset(
    "id _id pk key value model createdTime _index _type _score _version _seq_no _primary_term type rev relationships"
    " links meta cursor sort highlight ignored _ignored".split()
)
"""Names beside that object, which are no cells of the row."""
DEPTH = 5
_TYPES = {"S": str, "N": str, "B": str, "BOOL": bool, "NULL": bool, "SS": list, "NS": list, "L": list, "M": Mapping}
"""Names of types in DynamoDB's JSON, and what Python reads below them."""


def rows_below(value: Any, depth: int = 0) -> list[Any] | None:
    """The one list of objects below other objects; None if there is none or several.

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
    name = next((one for one in INNER if isinstance(record.get(one), dict) and record[one]), "")
    if name and AROUND.issuperset(record.keys() - {name}):
        ids = {"id" if key == "pk" else key: record[key] for key in ("_id", "id", "pk") if key in record}
        inner = record[name]
        record = inner if {"_id", "id"} & inner.keys() else {**ids, **inner}
    if record and all(_typed(one) or _bound(one) for one in record.values()):
        return {key: _plain(one) for key, one in record.items()}
    return record


def without_lists_of_one(records: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The rows with a value for a list of one value in columns that have only such lists, as Solr answers.

    >>> without_lists_of_one([(1, {"title": ["A"], "tags": ["x"]}), (2, {"title": ["B"], "tags": ["x", "y"]})])
    [(1, {'title': 'A', 'tags': ['x']}), (2, {'title': 'B', 'tags': ['x', 'y']})]
    """
    single: dict[str, bool] = {}
    for _, row in records:
        for name, value in row.items() if type(row) is dict else ():
            is_one = isinstance(value, list) and len(value) == 1 and isinstance(value[0], (str, int, float))
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


def _bound(value: Any) -> bool:
    """Whether a value is one of SPARQL with its type, such as {"type": "uri", "value": "…"}."""
    return isinstance(value, dict) and {"type", "value"} <= value.keys() and isinstance(value["value"], str)


def _plain(value: Any) -> Any:
    if _bound(value):
        return value["value"]
    if not _typed(value):
        return value
    kind, inner = next(iter(value.items()))
    if kind == "NULL":
        return None
    if kind == "M":
        return {key: _plain(one) for key, one in inner.items()}
    return [_plain(one) for one in inner] if kind == "L" else inner
