"""Open a table in a file of any supported format: the names of its columns, and its rows in blocks."""

from __future__ import annotations

import itertools
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO, TextIO

from recsys.data.encoded_twice import note_on, undone
from recsys.data.file_kinds import PARQUET, START, WORKBOOK, ZIP, kind_of
from recsys.data.tables import objects
from recsys.data.tables.cells import one_line
from recsys.data.tables.delimited import Bad, Block, Kinds, blocks
from recsys.data.tables.encoding import Encoding, detect, open_text
from recsys.data.tables.layout import LINES, cells, is_numbered, looks_like_data, sniff
from recsys.data.tables.other_lines import is_no_row, printed_by
from recsys.data.tables.repair import layers_in, repaired
from recsys.data.tables.rewritten import AS_IT_IS, form_of
from recsys.data.tables.sheets import sheet_rows
from recsys.errors import BadData, RecsysError, SourceError

DELIMITED = (".csv", ".tsv", ".txt", ".tab", ".psv", ".dat", ".data")
JSON = (".jsonl", ".ndjson", ".json")
KINDS = (*DELIMITED, ".parquet", *JSON, ".xlsx")
"""File name extensions that can be read, in order of preference."""
CONVERT = (".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".sqlite", ".db", ".feather", ".pkl", ".h5", ".rds", ".sav")
"""File name extensions of tables that must be saved as CSV first."""
BROKEN = (OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
"""Errors of packed files that are damaged, cut off, or locked with a password."""
LONGEST_LINE = 1_000_000
MARK = "\x1f"
"""Separator of the cells of a sheet while its layout is detected."""
JSON_START = re.compile(r'\s*(?:\[\s*[\[{]|\{\s*")')
CONTENT = {".parquet": (PARQUET,), ".xlsx": (WORKBOOK, ZIP)}
"""The kinds of file that an extension promises; files with other extensions are text."""


@dataclass(frozen=True)
class Form:
    """What is known of a table before it is read; empty fields are detected.

    Attributes:
        encoding: name of the encoding.
        separator: between cells.
        quoted: whether cells may be in quotes.
        names: the columns of a table without a line of names; None to detect them.
    """

    encoding: str = ""
    separator: str = ""
    quoted: bool | None = None
    names: tuple[str, ...] | None = None


@dataclass
class Table:
    """A table that is opened for reading.

    Attributes:
        name: of its file.
        names: names of its columns; `column 1`, `column 2`, … if they are unnamed.
        has_names: whether the file names its columns.
        notes: what was detected about the file.
        sample: the first rows.
        encoding: of a text file.
    """

    name: str
    names: list[str]
    has_names: bool
    read: Callable[[Bad, Kinds], Iterator[Block]]
    notes: list[str] = field(default_factory=list)
    sample: list[list[str]] = field(default_factory=list)
    encoding: Encoding | None = None

    def rows(self, bad: Bad, kinds: Kinds | None = None) -> Iterator[Block]:
        """Yield all rows.

        Args:
            bad: called with the line number of each row that cannot be read, and the reason.
            kinds: the columns to read by position, and how (default: all as text).
        """
        return self.read(bad, kinds or {})

    @property
    def numbered(self) -> bool:
        """Whether the columns have no names."""
        return not self.has_names


def column(place: int) -> str:
    """The name of an unnamed column, counted from 1."""
    return f"column {place}"


def open_table(name: str, ending: str, open_file: Callable[[], IO[bytes]], form: Form | None = None) -> Table:
    """Open a table: find its encoding and layout, read the names of its columns.

    Args:
        name: of the file, for messages.
        ending: kind of the file, one of KINDS.
        open_file: opens the file from its start, unpacked.

    Raises:
        BadData: the file is not a table.
        MissingExtra: the kind of file needs a package that is not installed.
        SourceError: the file is damaged.
    """
    form = form or Form()
    try:
        _refuse_other_kinds(name, ending, open_file)
        if ending in DELIMITED:
            return _delimited(name, open_file, form)
        if ending in JSON:
            encoding = detect(open_file, form.encoding, may_repair=False)
            return _objects(name, lambda bad: objects.json_rows(open_file(), encoding, name, bad), form, encoding.note)
        if ending == ".parquet":

            def texts() -> Iterator[Block]:
                return objects.parquet_rows(open_file(), name, only_texts=True)[1]

            return _objects(name, lambda bad: objects.parquet_rows(open_file(), name), form, texts=texts)
        return _sheet(name, open_file, form)
    except BROKEN as error:
        if isinstance(error, RecsysError):
            raise
        raise damaged(name, error) from error


def damaged(name: str, error: Exception) -> SourceError:
    """Return the error for a file that cannot be read to its end."""
    return SourceError(f"{name} is damaged ({error}). Get the file again.")


def _refuse_other_kinds(name: str, ending: str, open_file: Callable[[], IO[bytes]]) -> None:
    """Raise `BadData` if the first bytes show a well-known format other than that of the file extension."""
    with open_file() as stream:
        kind = kind_of(stream.read(START))
    if kind is not None and kind not in CONTENT.get(ending, ()):
        remedy = kind.remedy[0].lower() + kind.remedy[1:]
        raise BadData(f"{name}, line 1: this is {kind.name}, not a {ending[1:].upper()} file; {remedy}")


def _delimited(name: str, open_file: Callable[[], IO[bytes]], form: Form) -> Table:
    encoding = detect(open_file, form.encoding)
    lines = _first_lines(open_text(open_file(), encoding))
    is_known = form != Form(form.encoding)
    rewriting = AS_IT_IS if is_known else form_of(lines[:-1] if len(lines) > LINES else lines)

    def opened() -> TextIO:
        return rewriting.open(open_text(open_file(), encoding))

    if rewriting is not AS_IT_IS:
        lines = _first_lines(opened())
    if not any(line.strip() for line in lines):
        raise BadData(f"{name}, line 1: the file is empty; begin it with a line of column names.")
    if JSON_START.match(lines[0]):
        stem = name.rpartition(".")[0] or name
        raise BadData(f"{name}, line 1: this is JSON, not a CSV file; rename it to {stem}.json.")
    if printed := printed_by(lines):
        raise BadData(f"{name}, line 1: this is {printed}.")
    if any("\0" in line for line in lines[:1]) or any(len(line) >= LONGEST_LINE for line in lines):
        raise BadData(f"{name}, line 1: this is not a CSV file; save the table as CSV in UTF-8.")
    layout = sniff([line.replace("\0", "") for line in lines], form.separator, may_have_title=form.names is None)
    layout = layout if form.quoted is None else layout._replace(quoted=form.quoted)
    first = [one_line(cell) for cell in layout.first]
    sample = [cells(line.rstrip("\n"), layout.separator, layout.quoted) for line in lines[layout.skipped :]]
    sample = [row for row in sample if any(map(str.strip, row)) and not is_no_row(layout.separator.join(row))]
    notes = [note for note in (encoding.note, rewriting.note) if note]
    if layout.title:
        notes.append(f"{layout.title!r} is read as a title above the table")
    if form.names is not None:
        names, has_names = list(form.names[: len(first)]), False
        names += [column(place) for place in range(len(names) + 1, len(first) + 1)]
    elif looks_like_data(first, sample[1:]):
        names, has_names = [column(place) for place in range(1, len(first) + 1)], False
    else:
        while len(first) > 1 and not first[-1]:
            first.pop()  # a separator at the end of the line
        sample = [_without_empty_end(row, len(first)) for row in sample[1:]]
        names, has_names = (["", *first] if is_numbered(sample, len(first), layout.separator) else first), True

    def rows(bad: Bad, kinds: Kinds) -> Iterator[Block]:
        try:
            with opened() as text:
                yield from blocks(text, layout, len(names), has_names, bad, kinds)
        except BROKEN as error:
            if isinstance(error, RecsysError):
                raise
            raise damaged(name, error) from error

    return Table(name, names, has_names, rows, notes, sample, encoding)


def _first_lines(opened: IO[str]) -> list[str]:
    with opened as text:
        return list(itertools.islice(iter(lambda: text.readline(LONGEST_LINE), ""), LINES + 20))


def _without_empty_end(row: list[str], width: int) -> list[str]:
    """A row without the empty cells after its last column."""
    return row[:width] if not any(cell.strip() for cell in row[width:]) else row


def _sheet(name: str, open_file: Callable[[], IO[bytes]], form: Form) -> Table:
    rows, notes = sheet_rows(open_file(), name)
    lines = [MARK.join(" ".join(cell.replace('"', "'").split()) for cell in cells) for _, cells in rows[: LINES + 20]]
    layout = sniff(lines, MARK, may_have_title=True)
    rows = rows[layout.skipped :]
    first, sample = [one_line(cell) for cell in rows[0][1]], [cells for _, cells in rows[1:LINES]]
    has_names = not looks_like_data(first, sample)
    if has_names:
        while len(first) > 1 and not first[-1]:
            first.pop()
        rows = rows[1:]
    names = first if has_names else [column(place) for place in range(1, len(first) + 1)]
    if layout.title:
        notes.append(f"{layout.title.replace(MARK, ' ').strip()!r} is read as a title above the table")
    columns = [[cells[place] for _, cells in rows] for place in range(len(names))]
    blocks_of = [Block([line for line, _ in rows], columns)] if rows else []
    table = Table(name, names, has_names, lambda bad, kinds: iter(blocks_of), notes)
    return _repaired(table, iter(blocks_of), lambda: blocks_of, form)


def _objects(
    name: str,
    read: Callable[[Bad], objects.Rows],
    form: Form,
    note: str = "",
    texts: Callable[[], Iterable[Block]] | None = None,
) -> Table:
    ignored: Bad = lambda line, what: None  # noqa: E731  the rows are read again later and then reported
    names, found = read(ignored)
    if texts is None:  # the rows are in memory
        rows = list(found)
        texts, found = lambda: rows, iter(rows)
    table = Table(name, names, True, lambda bad, kinds: read(bad)[1], [note] if note else [])
    return _repaired(table, found, texts, form)


def _repaired(table: Table, rows: Iterator[Block], texts: Callable[[], Iterable[Block]], form: Form) -> Table:
    """The table with its sample, and with letters repaired that were encoded twice, unless the encoding is stated."""
    layers = () if form.encoding else layers_in(table.names, texts)
    first = next(repaired(rows, layers), Block([], [[] for _ in table.names]))
    table.sample = [list(map(str, row)) for row in itertools.islice(zip(*first.columns, strict=True), LINES)]
    if layers:
        read = table.read
        table.names = [undone(one, layers) for one in table.names]
        table.read = lambda bad, kinds: repaired(read(bad, kinds), layers)
        table.notes.append(note_on(layers))
    return table
