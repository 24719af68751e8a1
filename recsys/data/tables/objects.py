"""Read the rows of JSON, JSON lines, Parquet and spreadsheet files."""

from __future__ import annotations

import ast
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import IO, Any

from recsys.data.tables.delimited import ROWS, Bad, Block
from recsys.data.tables.encoding import Encoding, open_text
from recsys.errors import BadData, MissingExtra

Rows = tuple[list[str], Iterator[Block]]
"""Names of the columns, and the rows."""


def as_text(value: Any) -> str:
    """Return a value as the text that a delimited file would contain; lists and objects as JSON.

    >>> as_text(3.0), as_text(None), as_text(["a", "b"])
    ('3', '', '["a", "b"]')
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
    if isinstance(value, (list, tuple, set, Mapping)):
        plain = value if isinstance(value, Mapping) else list(value)
        return json.dumps(plain, ensure_ascii=False, default=str) if plain else ""
    return str(value)


def json_rows(file: IO[bytes], encoding: Encoding, name: str, bad: Bad) -> Rows:
    """The rows of a JSON file: a list of objects, or one object per line.

    Raises:
        BadData: the file is JSON of another shape.
    """
    text = open_text(file, encoding)
    start = text.read(4096)
    text = io.StringIO(start + text.read())
    if start.lstrip()[:1] == "[":
        try:
            listed = json.load(text)
        except ValueError as error:
            raise BadData(f"{name} is not JSON ({error}); save it as CSV or as one JSON object per line.") from None
        records = [(line, one) for line, one in enumerate(listed, start=1)]
    else:
        records = list(_lines(text, bad))
    names = list(dict.fromkeys(str(key) for _, one in records if isinstance(one, Mapping) for key in one))
    if not names:
        raise BadData(f"{name} has no objects; write one JSON object per row.")
    return names, _blocks(names, records, bad)


def _lines(text: Iterable[str], bad: Bad) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except ValueError:
            try:  # what Python prints for a dictionary
                yield number, ast.literal_eval(line.strip())
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                bad(number, "the line is not a JSON object; correct or remove it")


def _blocks(names: list[str], records: list[tuple[int, Any]], bad: Bad) -> Iterator[Block]:
    for start in range(0, len(records), ROWS):
        part = []
        for line, one in records[start : start + ROWS]:
            if isinstance(one, Mapping):
                part.append((line, one))
            else:
                bad(line, "the row is not a JSON object; correct or remove it")
        yield Block([line for line, _ in part], [[as_text(one.get(name)) for _, one in part] for name in names])


def parquet_rows(file: IO[bytes], name: str) -> Rows:
    """The rows of a Parquet file; line 1 is the first row.

    Raises:
        MissingExtra: pyarrow is not installed.
        BadData: the file is not a Parquet file.
    """
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise MissingExtra(f"Reading {name} needs pyarrow: pip install pyarrow, or save the table as CSV.") from None
    try:
        opened = parquet.ParquetFile(file)
    except (ArrowException, OSError) as error:
        raise BadData(f"{name} is not a usable Parquet file: {error}.") from error

    def rows() -> Iterator[Block]:
        line = 1
        for batch in opened.iter_batches():
            columns = [[as_text(value) for value in column.to_pylist()] for column in batch.columns]
            yield Block(range(line, line + batch.num_rows), columns)
            line += batch.num_rows

    return [str(one) for one in opened.schema_arrow.names], rows()


def sheet_rows(file: IO[bytes], name: str) -> Rows:
    """The rows of the first sheet of a workbook (.xlsx) that has any.

    Raises:
        MissingExtra: openpyxl is not installed.
        BadData: the file is not a workbook, or it is empty.
    """
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise MissingExtra(f"Reading {name} needs openpyxl: pip install openpyxl, or save the sheet as CSV.") from None
    try:
        book = load_workbook(io.BytesIO(file.read()), read_only=True, data_only=True)
    except Exception as error:  # openpyxl raises errors of any type for a damaged file
        raise BadData(f"{name} is not a usable workbook: {error}. Save the sheet as CSV.") from error
    for sheet in book.worksheets:
        filled = [
            (line, cells)
            for line, row in enumerate(sheet.iter_rows(values_only=True), start=1)
            if any(cells := [as_text(value).strip() for value in row])
        ]
        if filled:
            names = filled[0][1]
            while names and not names[-1]:
                names.pop()
            rows = [(line, (cells + [""] * len(names))[: len(names)]) for line, cells in filled[1:]]
            columns = [[cells[place] for _, cells in rows] for place in range(len(names))]
            return names, iter([Block([line for line, _ in rows], columns)] if rows else [])
    raise BadData(f"{name} has no rows; begin its first sheet with a line of column names.")
