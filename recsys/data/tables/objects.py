"""Read the rows of JSON, JSON lines and Parquet files."""

from __future__ import annotations

import ast
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import IO, Any

from recsys.data.json_names import WithRepeats, clause, loads, marked
from recsys.data.tables.delimited import ROWS, Bad, Block
from recsys.data.tables.encoding import Encoding, open_text
from recsys.data.tables.layout import looks_like_data
from recsys.data.tables.nested import EXTENDED, expanded
from recsys.data.tables.wrapped import rows_below, tables_of, unwrapped, without_lists_of_one
from recsys.errors import BadData, MissingExtra

Rows = tuple[list[str], Iterator[Block]]
"""Names of the columns, and the rows."""
BELOW = frozenset(
    "books courses data docs entries events films games history hits interactions items list movies orders products"
    " purchases ratings recipes records response results reviews rows songs tracks values".split()
)
"""Names below which programs write the rows of a table."""
_BETWEEN = re.compile(r"[\s,]*")
AS_ROWS = 'save a list of rows, in pandas with to_json(orient="records")'


def as_text(value: Any) -> str:
    """Return a value as the text that a delimited file would contain; lists and objects as JSON.

    >>> as_text(3.0), as_text(None), as_text(["a", "b"])
    ('3', '', '["a", "b"]')
    >>> as_text({"$oid": "5f1e"}), as_text({"$date": {"$numberLong": "1583020800000"}})
    ('5f1e', '1583020800000')
    """
    if value is None:
        return ""
    if isinstance(value, float):
        if math.isnan(value):
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in EXTENDED:
        return as_text(next(iter(value.values())))
    if isinstance(value, (list, tuple, set, Mapping)):
        plain = value if isinstance(value, Mapping) else list(value)
        return json.dumps(plain, ensure_ascii=False, default=str) if plain else ""
    return str(value)


def json_rows(file: IO[bytes], encoding: Encoding, name: str, bad: Bad) -> Rows:
    """The rows of a JSON file: a list of objects, or one object per line.

    Raises:
        BadData: the file is JSON of another shape, or nested too deeply.
    """
    try:
        records = _records(open_text(file, encoding), name, bad)
    except RecursionError:
        raise BadData(f"{name} has lists or objects that are nested too deeply; {AS_ROWS}.") from None
    names = list(dict.fromkeys(str(key) for _, one in records if isinstance(one, Mapping) for key in one))
    if not names:
        raise BadData(f"{name} has no objects; write one JSON object per row.")
    return names, _blocks(names, records, bad)


def _records(text: io.TextIOBase, name: str, bad: Bad) -> list[tuple[int, Any]]:
    """Line or number of each row, and its object."""
    start = text.read(4096)
    text = io.StringIO(start + text.read())
    if start.lstrip()[:1] == "[":
        try:
            listed = tables_of(json.load(text, object_pairs_hook=marked))
        except ValueError as error:
            raise BadData(f"{name} is not JSON ({error}); save it as CSV or as one JSON object per line.") from None
        records = list(enumerate(_named(listed), start=1))
    else:
        listed = _rows_of_object(text.getvalue(), name) or _one_after_another(text.getvalue())
        records = list(_lines(text, bad)) if listed is None else list(enumerate(listed, start=1))
    if len(records) == 1 and (below := rows_below(records[0][1])) is not None:
        records = list(enumerate(below, start=1))
    records = without_lists_of_one([(line, unwrapped(one)) for line, one in records])
    if len(records) == 1 and (inner := _is_nested(records[0][1])):
        raise BadData(f"{name} is one object of {inner}s, and these may be its rows or its columns; {AS_ROWS}.")
    return expanded(records)


def _is_nested(record: Any) -> str:
    """What all values of an object are, an object or a list, so that it is no row; "" otherwise."""
    values = list(record.values()) if isinstance(record, dict) else []
    kinds = ((dict, "object"), (list, "list"))
    return next((said for kind, said in kinds if len(values) > 1 and all(isinstance(one, kind) for one in values)), "")


def _named(listed: list[Any]) -> list[Any]:
    """The rows of a list of lists whose first one has the names of the columns, as objects; any other list as it is."""
    first = listed[0] if listed else None
    if not isinstance(first, list) or not first or not all(isinstance(one, str) and one for one in first):
        return listed
    rows = [one for one in listed[1:] if isinstance(one, list) and len(one) == len(first)]
    is_table = rows and len(rows) == len(listed) - 1 and len(set(first)) == len(first)
    is_data = looks_like_data(first, [list(map(as_text, row)) for row in rows]) or not any(
        isinstance(cell, (int, float)) for row in rows for cell in row
    )
    return [dict(zip(first, row, strict=True)) for row in rows] if is_table and not is_data else listed


def _one_after_another(text: str) -> list[Any] | None:
    """The objects of a text in which each spans several lines, or several stand in one; None for any other text."""
    decoder, found, place = json.JSONDecoder(object_pairs_hook=marked), [], 0
    try:
        while place < len(text) and (start := _BETWEEN.match(text, place)) and start.end() < len(text):
            one, place = decoder.raw_decode(text, start.end())
            found.append(one)
    except (ValueError, RecursionError):
        return None
    return found if len(found) > 1 and all(isinstance(one, dict) for one in found) else None


def _rows_of_object(text: str, name: str) -> list[Any] | None:
    repeated: list[WithRepeats] = []
    try:
        rows = rows_of(loads(text, repeated))
    except (ValueError, RecursionError):
        return None
    if rows is not None and repeated:
        raise BadData(f"In an object of {name}, {clause(repeated[0])}.")
    return rows


def rows_of(table: Any, known: Callable[[str], bool] | None = None) -> list[Any] | None:
    """The rows of a table that is one JSON object, in the forms that programs write; None for anything else.

    The forms are a list of rows below a name, lists of equal length by column, columns and data apart, the cells of
    each column by the label of the row, and the rows by their labels. Labels that do not just count the rows from 0
    become a column `index`.

    Args:
        known: whether a text is the name of a column. Without it, columns and rows are told apart if the others are
            numbers.

    >>> rows_of({"id": ["a", "b"], "title": ["A", "B"]})
    [{'id': 'a', 'title': 'A'}, {'id': 'b', 'title': 'B'}]
    >>> rows_of({"columns": ["id"], "data": [["a"]]}), rows_of({"items": [{"id": "a"}]})
    ([{'id': 'a'}], [{'id': 'a'}])
    >>> rows_of({"7": {"title": "A"}, "9": {"title": "B"}})
    [{'index': '7', 'title': 'A'}, {'index': '9', 'title': 'B'}]
    """
    if not isinstance(table, dict) or not table:
        return None
    lists = {name: one for name, one in table.items() if isinstance(one, list)}
    for name, rows in lists.items():
        is_below = len(table) == 1 or name.casefold() in BELOW  # alone, it may be a query
        if rows and len(lists) == 1 and is_below and all(isinstance(row, dict) for row in rows):
            return rows
    names, data = table.get("columns"), table.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        labels = table.get("index")
        labels = labels if isinstance(labels, list) and len(labels) == len(data) else range(len(data))
        return _labelled(labels, [dict(zip(map(str, names), row, strict=False)) for row in data])
    if len(lists) == len(table) > 1 and len(set(map(len, lists.values()))) == 1:
        return [dict(zip(table, row, strict=True)) for row in zip(*lists.values(), strict=True)]
    return _rows_by_label(table, known or (lambda name: False))


def _rows_by_label(table: Mapping[str, Any], known: Callable[[str], bool]) -> list[Any] | None:
    """The rows of columns by name, or of rows by label; None if either is possible."""
    inner = list(table.values())
    if not all(isinstance(one, dict) for one in inner):
        return None
    labels = list(dict.fromkeys(label for one in inner for label in one))
    by_column = labels and all(one.keys() == inner[0].keys() for one in inner)
    numbered, within = all(map(str.isdecimal, table)), all(map(str.isdecimal, labels))
    if numbered == within:  # both are numbers or both are texts: known names decide
        numbered, within = any(map(known, labels)), any(map(known, table))
    if within and not numbered and by_column:
        return _labelled(labels, [{name: one[label] for name, one in table.items()} for label in labels])
    return _labelled(list(table), inner) if numbered and not within and labels else None


def _labelled(labels: Sequence[Any], rows: list[Any]) -> list[Any]:
    """The rows with their labels in a column `index`, unless the labels only count the rows."""
    if [str(label) for label in labels] == [str(place) for place in range(len(rows))]:
        return rows
    return [{"index": label} | row for label, row in zip(labels, rows, strict=True)]


def _lines(text: Iterable[str], bad: Bad) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, object_pairs_hook=marked)
        except ValueError:
            try:  # what Python prints for a dictionary
                yield number, ast.literal_eval(line.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                bad(number, "the line is not a JSON object; correct or remove it")


def _blocks(names: list[str], records: list[tuple[int, Any]], bad: Bad) -> Iterator[Block]:
    for start in range(0, len(records), ROWS):
        part = []
        for line, one in records[start : start + ROWS]:
            if isinstance(one, WithRepeats):
                bad(line, clause(one))
            elif isinstance(one, Mapping):
                part.append((line, one))
            else:
                bad(line, "the row is not a JSON object; correct or remove it")
        yield Block([line for line, _ in part], [[as_text(one.get(name)) for _, one in part] for name in names])


def parquet_rows(file: IO[bytes], name: str, only_texts: bool = False) -> Rows:
    """The rows of a Parquet file, or their cells that are no numbers or times; line 1 is the first row.

    Raises:
        MissingExtra: pyarrow is not installed.
        BadData: the file is not a Parquet file.
    """
    try:
        from pyarrow import ArrowException, parquet, types
    except ImportError:
        raise MissingExtra(f"Reading {name} needs pyarrow: pip install pyarrow, or save the table as CSV.") from None
    try:
        opened = parquet.ParquetFile(file)
    except (ArrowException, OSError) as error:
        raise BadData(f"{name} is not a usable Parquet file: {error}.") from error

    others = (types.is_integer, types.is_floating, types.is_boolean, types.is_temporal, types.is_decimal)
    names = [one.name for one in opened.schema_arrow if not (only_texts and any(is_of(one.type) for is_of in others))]

    def rows() -> Iterator[Block]:
        line = 1
        for batch in opened.iter_batches(columns=names) if only_texts else opened.iter_batches():
            columns = [[as_text(value) for value in column.to_pylist()] for column in batch.columns]
            yield Block(range(line, line + batch.num_rows), columns)
            line += batch.num_rows

    return names, rows()
