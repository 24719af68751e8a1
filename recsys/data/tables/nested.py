"""Make columns of the objects in the rows of JSON that stand for a user, an item or a title."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from recsys.data.json_names import WithRepeats

TITLES = ("title", "name", "label")
"""Names below which an object has the titles in several languages."""
EXTENDED = frozenset(f"${kind}" for kind in "oid date symbol numberInt numberLong numberDouble numberDecimal".split())
"""Names below which MongoDB's extended JSON writes a value of this kind."""


def expanded(records: list[tuple[int, Any]]) -> list[tuple[int, Any]]:
    """The rows with objects that stand for a user, an item or a title as columns: `{"user": {"id": 7}}` as `user.id`.

    >>> expanded([(1, {"user": {"id": 7}, "title": {"en": "A", "fr": "B"}, "tags": {"x": 1}})])
    [(1, {'user.id': 7, 'title.en': 'A', 'title.fr': 'B', 'tags': {'x': 1}})]
    """
    rows = [one for _, one in records if isinstance(one, Mapping)]
    inner: dict[str, bool] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                fits = isinstance(value, Mapping) and bool(value) and not EXTENDED.intersection(value)
                inner[name] = inner.get(name, True) and fits and (name in TITLES or "id" in value or "_id" in value)
    if not any(inner.values()):
        return records
    keys = {name: {key for row in rows for key in row.get(name) or ()} for name in TITLES if inner.get(name)}
    single = [name for name, parts in keys.items() if len(parts) == 1]
    return [(line, _expanded(one, inner, single) if isinstance(one, Mapping) else one) for line, one in records]


def _expanded(row: Mapping[str, Any], inner: Mapping[str, bool], single: Collection[str]) -> Mapping[str, Any]:
    if isinstance(row, WithRepeats):
        return row
    found: dict[str, Any] = {}
    for name, value in row.items():
        parts = value if isinstance(value, Mapping) and inner.get(name) else None
        if parts is not None and name in single:
            found[name] = next(iter(parts.values()))
            continue
        found |= {name: value} if parts is None else {f"{name}.{part}": one for part, one in parts.items()}
    return found
