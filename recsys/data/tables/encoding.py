"""Detect the encoding of a text file: byte order marks, UTF-8, encoded twice too, UTF-16 without a mark, code pages."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple, cast

from recsys.data.encoded_twice import layers_of, said, undone
from recsys.errors import BadData

HEAD = 1 << 16
"""Number of bytes in which byte order marks and zero bytes are looked for."""
BLOCK = 1 << 20
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
WESTERN = "windows-1252"
HANDLER = "recsys-western"
RUNS = 0.5
"""Lowest share of bytes above 127 that follow another such byte for the script not to be Latin."""
SAMPLE = 1 << 15


class Encoding(NamedTuple):
    """How to decode a file.

    Attributes:
        codec: name for Python.
        errors: name of the error handler for bytes that the codec cannot decode.
        note: what was detected, "" for UTF-8.
        layers: the code pages in which a file in Unicode was misread, the last one first.
    """

    codec: str
    errors: str = "replace"
    note: str = ""
    layers: tuple[str, ...] = ()


def _western(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are not UTF-8 as Windows-1252, and its five undefined bytes as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_LETTERS[byte] for byte in wrong), error.end


_LETTERS = [bytes([byte]).decode("cp1252", "ignore") or bytes([byte]).decode("latin-1") for byte in range(256)]
codecs.register_error(HANDLER, _western)


def detect(open_file: Callable[[], IO[bytes]], declared: str = "") -> Encoding:
    """Detect the encoding of a file; reads all of it, because a single byte can decide.

    Args:
        open_file: opens the file from its start.
        declared: the encoding that the owner has stated, "" if none.

    Raises:
        BadData: Python has no encoding with the declared name.
    """
    with open_file() as file:
        head = file.read(HEAD)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), "")
    if declared:
        try:
            name = codecs.lookup(declared).name
            io.TextIOWrapper(io.BytesIO(), name)  # refuses a codec of other things than texts, such as zip
        except LookupError:
            raise BadData(
                f"encoding is {declared!r}, which is not an encoding; use one such as cp1252 or utf-16."
            ) from None
        return Encoding("utf-8-sig" if name == "utf-8" else name)
    if marked:
        found = Encoding(marked, note="" if marked == "utf-8-sig" else f"it is read as {marked.upper()}")
        return _with_layers(open_file, found)
    if wide := _wide(head):
        return _with_layers(open_file, Encoding(wide, note=f"it is read as {wide.upper()}"))
    with open_file() as file:
        sample = _first_beyond_utf8(file)
    if sample is None:
        return _with_layers(open_file, Encoding("utf-8"))
    right = sample.decode("utf-8", "ignore")
    wrong = len(sample.decode("utf-8", HANDLER)) - len(right)
    if wrong <= sum(not char.isascii() for char in right):
        return Encoding("utf-8", HANDLER, "bytes that are not UTF-8 are read as Windows-1252")
    # Lines that end with \r alone were written on an old Mac.
    other = _other_script(sample) or ("mac-roman" if b"\r" in sample and b"\n" not in sample else "")
    note = f"it is read as {_display(other or WESTERN)}; if letters are wrong, put its encoding into description.json"
    return Encoding(other or "utf-8", "replace" if other else HANDLER, note)


def _display(codec: str) -> str:
    return codec.replace("cp125", "windows-125").replace("windows", "Windows")


def open_text(file: IO[bytes], encoding: Encoding) -> io.TextIOWrapper:
    """Decode an open file; all line ends are converted to `\\n`."""
    if encoding.layers:
        misread = open_text(file, encoding._replace(layers=()))
        return io.TextIOWrapper(io.BufferedReader(_Repaired(misread, encoding.layers), BLOCK), "utf-8", newline=None)
    return io.TextIOWrapper(_buffered(file), encoding.codec, errors=encoding.errors, newline=None)


class _Repaired(io.RawIOBase):
    """The bytes in UTF-8 of a text that was encoded twice."""

    def __init__(self, text: io.TextIOWrapper, layers: tuple[str, ...]):
        super().__init__()
        self._text, self._layers, self._rest = text, layers, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        room = memoryview(buffer)
        if not self._rest:
            self._rest = undone(next(_parts(self._text), ""), self._layers).encode("utf-8")
        part, self._rest = self._rest[: len(room)], self._rest[len(room) :]
        room[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._text.close()
        super().close()


def _parts(text: io.TextIOWrapper) -> Iterator[str]:
    """A text in parts that end with a line, so that no letter is split."""
    while part := text.read(BLOCK):
        yield part + text.readline()


def _with_layers(open_file: Callable[[], IO[bytes]], found: Encoding) -> Encoding:
    """The encoding of a file in Unicode, with the code pages in which it was misread before, if it was."""

    def texts() -> Iterator[str]:
        with open_text(open_file(), found) as text:
            yield from _parts(text)

    layers = layers_of(texts)
    if not layers:
        return found
    remedy = 'if they were right, put "encoding": "utf-8" into description.json'
    note = "; ".join(filter(None, [found.note, said(layers), remedy]))
    return found._replace(note=note, layers=layers)


def _buffered(file: IO[bytes]) -> io.BufferedReader:
    # Members of a zip file are read in small pieces otherwise.
    return io.BufferedReader(cast(io.RawIOBase, file), BLOCK)


def _wide(head: bytes) -> str:
    """Detect UTF-16 or UTF-32 without a mark by its many zero bytes; "" for other files."""
    head = head.rstrip(b"\0")  # some programs fill the end of a file with them
    if head.count(b"\0") < 3:
        return ""
    zeros = [head[place::4].count(0) / max(len(head[place::4]), 1) for place in range(4)]
    if min(zeros[1:]) > 0.8 and zeros[0] < 0.5:
        return "utf-32-le"
    if min(zeros[:3]) > 0.8 and zeros[3] < 0.5:
        return "utf-32-be"
    little, big = _ascii_share(head, "utf-16-le"), _ascii_share(head, "utf-16-be")
    if max(little, big) < 0.05 or min(little, big) > max(little, big) / 3:
        return ""
    return "utf-16-le" if little > big else "utf-16-be"


def _ascii_share(head: bytes, codec: str) -> float:
    """Share of ASCII text, such as separators and line ends, if bytes are decoded in this way."""
    text = head[: len(head) // 2 * 2].decode(codec, "replace")
    return sum(char.isascii() and (char.isprintable() or char in "\t\r\n") for char in text) / max(len(text), 1)


def _first_beyond_utf8(file: IO[bytes]) -> bytes | None:
    """The part of a file around its first byte that is not UTF-8, None if there is no such byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    while block := file.read(BLOCK):
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            return block
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return bytes(error.object)
    return None


def _other_script(sample: bytes) -> str:
    """The encoding of a text in a non-Latin script, "" for a text in Latin script."""
    high = re.findall(rb"[\x80-\xff]+", sample)
    together = sum(len(run) for run in high if len(run) > 1)
    if together < RUNS * sum(map(len, high)):
        return ""
    from charset_normalizer import from_bytes  # comes with requests

    # Only lines with bytes above 127 help to decide; most lines of a table are plain numbers.
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if re.search(rb"[\x80-\xff]", line))
    best = from_bytes(telling[:SAMPLE]).best()
    found = best.encoding if best else ""
    return "" if found in ("ascii", "utf_8", "cp1252", "latin_1") else codecs.lookup(found).name if found else ""
