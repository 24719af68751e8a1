"""Open an export as named texts, decompress it, and enforce size limits."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from recsys.data.encoded_twice import layers_of, said, undone
from recsys.data.file_kinds import START, ZIP, FileKind, kind_of
from recsys.data.json_names import WithRepeats, loads
from recsys.data.plain_text import unguarded
from recsys.data.tables import single_quotes
from recsys.data.tables.encoding import detect, open_text
from recsys.data.tables.layout import is_numbered
from recsys.data.tables.other_lines import printed_by
from recsys.data.tables.quoted_lines import NOTE, is_quoted, unquoted
from recsys.errors import BadInput
from recsys.imports.names import READ
from recsys.imports.quotes import without_open_quotes

MAX_BYTES = 64 * 1024 * 1024  # of one file, compressed or not; all ratings of a person have a few megabytes
MAX_MEMBERS = 500  # files in an archive
MAX_ROWS = 200_000  # rows of one table
MAX_CELL = 100_000  # characters of a cell, which may be a long review
SEPARATORS = ",;\t|"
HEAD = 4096  # characters in which zero bytes are looked for
LINES = 30  # lines by which the form of a table is recognized
TITLE_LINES = 4  # lines of text above a table that are left out
ENDINGS = (".csv", ".tsv", ".txt", ".json")
# Titles begin with brackets too, such as [REC]; JSON has a value, a name or nothing after them.
_JSON = re.compile(r"\s*(?:\[\s*(?:[\[{\"\]\d-]|true|false|null|NaN|$)|\{\s*(?:[\"'}]|$))")
_ESCAPED = re.compile(r"(?<!\\)((?:\\\\)*)\\u(00[89a-f][0-9a-f]|0[1-4][0-9a-f]{2}|2[01][0-9a-f]{2})", re.IGNORECASE)
_RULE = re.compile(r":?-{3,}:?|")  # the line below the header of a table in Markdown
_PANDAS = re.compile(r" {2,}\S.*\r?\n0 {2,}\S")  # what pandas prints on a terminal
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def column(name: str) -> str:
    """Return the name of a column or field in small letters with single spaces, however it is written.

    >>> column("myRating"), column("movie_title"), column("imdbID"), column("Release-Date ")
    ('my rating', 'movie title', 'imdb id', 'release date')
    """
    return " ".join(re.sub(r"[_\-\s]+", " ", _CAMEL.sub(" ", name)).casefold().split())


class _Table(NamedTuple):
    names: list[str]
    lines: list[list[str]]
    cut: str
    wide: list[str]


class _Parsed(NamedTuple):
    content: Any
    repeated: list[str]


@dataclass(frozen=True)
class Document:
    """One text of an export: its path in the archive or the file's name, its content, and what was repaired in it."""

    name: str
    text: str
    note: str = ""

    @property
    def content(self) -> Any:
        """The parsed JSON, or None if the text is not JSON; a list of the objects if each line is one.

        Raises:
            BadInput: the text begins like JSON but is truncated or nested too deeply.
        """
        return self._parsed.content

    @property
    def repeated(self) -> list[str]:
        """Names that an object of the JSON gives more than once, of which the last value is read."""
        return self._parsed.repeated

    @cached_property
    def _parsed(self) -> _Parsed:
        if not _JSON.match(self.text):
            return _Parsed(None, [])
        repeated: list[WithRepeats] = []
        try:
            return _Parsed(loads(self.text, repeated), _names(repeated))
        except (ValueError, RecursionError) as error:
            repeated.clear()
            if (lines := _json_lines(self.text, repeated)) is not None:
                return _Parsed(lines, _names(repeated))
            raise BadInput(
                f"{self.name or 'The file'} begins like JSON but cannot be read ({_short(error)}). "
                "It may be cut off; export it again."
            ) from None

    @cached_property
    def rows(self) -> list[dict[str, str]]:
        """The rows of a delimited text as mappings from lower-case column names to stripped cells, without `cut`.

        Raises:
            BadInput: the text has too many rows or is not a table.
        """
        return self.named([name.casefold() for name in self._table.names])

    @property
    def cut(self) -> str:
        """The last row if it ends early, without a line end and with fewer cells than the header; "" otherwise."""
        return self._table.cut

    @property
    def wide(self) -> list[str]:
        """Rows with more cells than the header, which are left out because it is not known what their cells are."""
        return self._table.wide

    def named(self, names: Sequence[str]) -> list[dict[str, str]]:
        """The rows below the header with these names of their columns."""
        return [dict(zip(names, map(unguarded, cells), strict=False)) for cells in self._table.lines]

    @cached_property
    def _table(self) -> _Table:
        text, _ = self._delimited
        names, *lines = self.lines() or [[]]
        cut = ""
        if lines and not text.endswith("\n") and len(lines[-1]) < len(names):
            cut = ", ".join(lines.pop())
        # files that were put together repeat the header
        lines = [cells for cells in lines if cells != names]
        wide = [", ".join(cells) for cells in lines if any(cells[len(names) :])]
        lines = [cells for cells in lines if not any(cells[len(names) :])] if wide else lines
        return _Table([name.strip('"') for name in names], lines, cut, wide)

    def lines(self, delimiter: str = "") -> list[list[str]]:
        """All rows that are not empty and no rule of a table in Markdown, the header too, as stripped cells.

        Raises:
            BadInput: the text has too many rows or is not a table.
        """
        text, found = self._delimited
        lines: list[list[str]] = []
        for cells in self.cells(text, delimiter or found):
            if len(lines) > MAX_ROWS:
                raise BadInput(f"{self.name or 'The file'} has more than {MAX_ROWS:,} rows; split it.")
            stripped = [cell.strip() for cell in cells]
            if any(stripped) and not all(map(_RULE.fullmatch, stripped)):
                lines.append(stripped)
        return lines

    @cached_property
    def header(self) -> list[str]:
        """Lower-case names of the columns; empty if the first line cannot be read."""
        return [name.casefold() for name in self._names]

    @cached_property
    def columns(self) -> list[str]:
        """Names of the columns as `column` writes them; empty if the first line cannot be read."""
        return [column(name) for name in self._names]

    @cached_property
    def _names(self) -> list[str]:
        text, delimiter = self._delimited
        try:
            first = next(self.cells(text.split("\n", 1)[0].strip("\r "), delimiter), [])
        except BadInput:
            return []  # no format has such a header
        return [cell.strip() for cell in first]

    def cells(self, text: str, delimiter: str) -> Iterator[list[str]]:
        """The rows of a text of this document as lists of cells.

        Raises:
            BadInput: a row cannot be read, such as one with a cell of more than MAX_CELL characters.
        """
        csv.field_size_limit(MAX_CELL)
        closed = io.StringIO(without_open_quotes(text, delimiter), newline="")
        try:
            yield from csv.reader(closed, delimiter=delimiter)
        except csv.Error as error:
            raise BadInput(f"{self.name or 'The file'} is not a table ({_short(error)}). Export it again.") from None

    @cached_property
    def _delimited(self) -> tuple[str, str]:
        """The text from its header on, and the separator of cells."""
        text = self.text.lstrip("\ufeff\r\n ")
        first, _, rest = text.partition("\n")
        first = first.strip("\r ")
        if first.lower().startswith("sep=") and len(first) == 5:  # spreadsheets write this before the header
            return rest, first[-1]
        text = _below_title(text)
        first = text.partition("\n")[0]
        separator = max(SEPARATORS, key=first.count)
        head = "\n".join(re.split(r"\r\n?|\n", text[:START])[:LINES])
        names, *rows = [[cell.strip() for cell in cells] for cells in self.cells(head, separator) if cells] or [[]]
        if len(names) > 1 and is_numbered(rows, len(names), ","):
            return separator + text, separator
        return text, separator


def documents(source: str | Path | bytes) -> list[Document]:
    """Read the texts of an export from a path, or from the bytes of a CSV, JSON, gzip or ZIP file.

    Raises:
        BadInput: the file is missing, too large or damaged, or has no text that could be an export.
    """
    if isinstance(source, (str, Path)):
        name, data = Path(source).name, _file(Path(source).expanduser())
    else:
        name, data = "", bytes(source)
    found = list(_unpacked(name, data))
    if not found:
        raise BadInput(f"{name or 'The file'} has no CSV or JSON file. Choose the export as you downloaded it.")
    return found


def _file(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise BadInput(f"{path.name} is larger than {MAX_BYTES // 2**20} MB. Choose an export of ratings.")
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}). Give the path of an exported file.") from None


def _unpacked(name: str, data: bytes) -> Iterator[Document]:
    if len(data) > MAX_BYTES:
        raise BadInput(f"{name or 'The file'} is larger than {MAX_BYTES // 2**20} MB. Choose an export of ratings.")
    kind = kind_of(data[:START])
    if kind == ZIP:
        yield from _members(name, data)
    elif data[:2] == b"\x1f\x8b":
        inner = _inflated(name, data)
        _refuse(name, kind_of(inner[:START]))
        yield _document(name.removesuffix(".gz"), inner)
    elif data.strip():
        _refuse(name, kind)
        yield _document(name, data)


def _refuse(name: str, kind: FileKind | None) -> None:
    """Refuse a file of a kind that is no text table.

    Raises:
        BadInput: it is of such a kind.
    """
    if kind is not None:
        raise BadInput(f"{name or 'The file'} is {kind.name}, not an export. {kind.remedy}")


def _inflated(name: str, data: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadInput(f"{name or 'The file'} is damaged ({_short(error)}). Download it again.") from None
    if len(content) > MAX_BYTES:
        raise BadInput(f"{name or 'The file'} unpacks to more than {MAX_BYTES // 2**20} MB.")
    return content


def _members(name: str, data: bytes) -> Iterator[Document]:
    budget, found, other = MAX_BYTES, False, ""
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise BadInput(f"{name or 'The archive'} has {len(members):,} files; at most {MAX_MEMBERS} are read.")
        for member in members:
            path = PurePosixPath(member.filename)
            if member.is_dir() or "__MACOSX" in path.parts:
                continue
            is_text = path.suffix.lower() in ENDINGS
            with archive.open(member) as stream:
                # the size in the header may be wrong
                content = stream.read(budget + 1 if is_text else START)
            if (kind := kind_of(content[:START])) is not None:
                other = other or f"{member.filename} is {kind.name}, not an export. {kind.remedy}"
            if kind is not None or not is_text:
                continue
            budget -= len(content)
            if budget < 0:
                raise BadInput(f"{name or 'The archive'} unpacks to more than {MAX_BYTES // 2**20} MB.")
            if content.strip():
                found = True
                yield _document(member.filename, content)
        if other and not found:
            raise BadInput(other)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise BadInput(f"{name or 'The archive'} is damaged ({_short(error)}). Download it again.") from None


def _document(name: str, data: bytes) -> Document:
    """The document with the text of a file; its encoding is detected, and letters are repaired that were encoded twice.

    Raises:
        BadInput: the bytes are not text.
    """
    found = detect(lambda: io.BytesIO(data))
    if b"\x00" in data[:HEAD] and not found.codec.startswith("utf-"):
        raise _no_text(name)
    with open_text(io.BytesIO(data), found) as file:
        text = file.read()
    if _is_binary(text[:HEAD]):
        raise _no_text(name)
    text = text.replace("\x00", "")
    first = text[:START].split("\n", LINES)
    pandas = "a table as pandas prints it, which may shorten it; save it with to_csv"
    if printed := printed_by(first) or (pandas if _PANDAS.match(text) else ""):
        raise BadInput(f"{name or 'The file'} is {printed}.")
    if is_quoted(first[:-1] or first) and len(_read_names(unquoted(first[0]))) > 1:
        return Document(name, unquoted(text), NOTE)
    if single_quotes.is_single(first[:-1] or first):
        return Document(name, single_quotes.requoted(text), single_quotes.NOTE)
    if found.note:
        remedy = "; if letters are wrong, save it as UTF-8" if found.is_guess else ""
        return Document(name, text, found.note.partition(";")[0] + remedy)
    # JSON may escape the letters, as \u00c3\u00a9 for "Ã©"
    plain = _ESCAPED.sub(lambda found: found[1] + chr(int(found[2], 16)), text) if _JSON.match(text) else text
    layers = layers_of(lambda: [plain])
    return Document(name, undone(plain, layers), said(layers)) if layers else Document(name, text)


def _is_binary(head: str) -> bool:
    """Whether zero bytes show that a file is no text; a few below the first line are mistakes of a program."""
    return "\x00" in head.split("\n", 1)[0] or head.count("\x00") > head.count("\n")


def _no_text(name: str) -> BadInput:
    return BadInput(f"{name or 'The file'} is not a text file. Choose a CSV, JSON or ZIP export.")


def _json_lines(text: str, repeated: list[WithRepeats]) -> list[Any] | None:
    """The objects of a text with one JSON object in each line; None for any other text."""
    try:
        found = [loads(line, repeated) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        return None
    return found if len(found) > 1 and all(isinstance(one, dict) for one in found) else None


def _read_names(line: str) -> list[str]:
    """The names of columns in a line that are read."""
    separator = max(SEPARATORS, key=line.count)
    named = [column(cell.strip('" \r')) for cell in line.split(separator)]
    return [name for name in named if name in READ]


def _below_title(text: str) -> str:
    """The text from its line of names on, where a few lines with one cell each stand above it."""
    rest = text
    for _ in range(TITLE_LINES + 1):
        line, _, below = rest.partition("\n")
        separator = max(SEPARATORS, key=line.count)
        if len(_read_names(line)) > 1:  # one may be a word of a title
            return rest
        if sum(bool(cell.strip('" \r')) for cell in line.split(separator)) > 1 or not below:
            break
        rest = below
    return text


def _names(repeated: list[WithRepeats]) -> list[str]:
    return list(dict.fromkeys(name for one in repeated for name in one.repeated))


def _short(error: BaseException) -> str:
    return str(error).split("\n", 1)[0][:120] or type(error).__name__
