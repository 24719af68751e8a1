"""Detect the encoding of a text file: byte order marks, UTF-8, encoded twice too, UTF-16 without a mark, code pages."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from typing import IO, Any, AnyStr, NamedTuple, cast

from recsys.data.encoded_twice import layers_of, note_on, undone
from recsys.data.tables.code_pages import other_script
from recsys.data.tables.latin_pages import may_be_mac, other_latin
from recsys.errors import BadData, cut

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
OF_PROGRAMS = frozenset("idna punycode unicode_escape raw_unicode_escape undefined mbcs oem".split())
"""Codecs of Python in which no file is written."""
WESTERN = "windows-1252"
HANDLER = "recsys-western"
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")


class Encoding(NamedTuple):
    """How to decode a file.

    Attributes:
        codec: name for Python.
        errors: name of the error handler for bytes that the codec cannot decode.
        note: what was detected, "" for UTF-8.
        layers: the code pages in which a file in Unicode was misread, the last one first.
        has_pairs: whether characters beyond the first 65,536 are pairs of three bytes (CESU-8) instead of four bytes.
        is_guess: whether the code page was inferred from the letters.
        page: the code page of a file that is not in Unicode, if it was inferred; what description.json may state.
        is_ascii: whether the file has no other characters, so that each encoding of description.json suits it.
    """

    codec: str
    errors: str = "replace"
    note: str = ""
    layers: tuple[str, ...] = ()
    has_pairs: bool = False
    is_guess: bool = False
    page: str = ""
    is_ascii: bool = False


def _western(error: UnicodeError) -> tuple[str, int]:
    """Decode bytes that are not UTF-8 as Windows-1252, and its five undefined bytes as Latin-1."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(_LETTERS[byte] for byte in wrong), error.end


_LETTERS = [bytes([byte]).decode("cp1252", "ignore") or bytes([byte]).decode("latin-1") for byte in range(256)]
codecs.register_error(HANDLER, _western)


def _declared(name: str, head: bytes) -> str:
    """The codec that the owner has stated, for a file that begins with these bytes."""
    try:
        codec = codecs.lookup(name).name
        io.TextIOWrapper(io.BytesIO(), codec)  # refuses a codec of other things than texts, such as zip
        if codec.replace("-", "_") in OF_PROGRAMS:
            raise LookupError
    except (LookupError, ValueError):
        raise BadData(
            f"encoding is {cut(name, 40)!r}, which is not an encoding; use one such as cp1252 or utf-16."
        ) from None
    if codec in ("utf-16", "utf-32") and not any(head.startswith(mark) for mark, _ in MARKS):
        wide = _wide(head)
        if not wide.startswith(codec):
            raise BadData(
                f"encoding is {name!r}, but the file is not written in it; state the right one, or leave it out."
            )
        return wide
    return "utf-8-sig" if codec == "utf-8" else codec


def _said_of(codec: str, head: bytes) -> str:
    """A note if the first bytes of a file are not all letters in the encoding that the owner has stated."""
    try:
        codecs.getincrementaldecoder(codec)("strict").decode(head)
    except UnicodeError:
        return f"some bytes are no letters in {codec.upper()}, which description.json states, and are read as \ufffd"
    return ""


def detect(open_file: Callable[[], IO[bytes]], declared: str = "", may_repair: bool = True) -> Encoding:
    """Detect the encoding of a file; reads all of it, because a single byte can decide.

    Args:
        open_file: opens the file from its start.
        declared: the encoding that the owner has stated, "" if none.
        may_repair: whether letters that were encoded twice are looked for.

    Raises:
        BadData: Python has no encoding with the declared name.
    """
    found = _found(open_file, declared)
    is_unicode = not (declared or found.is_guess or found.has_pairs)
    return _with_layers(open_file, found) if is_unicode and may_repair else found


def _found(open_file: Callable[[], IO[bytes]], declared: str) -> Encoding:
    with open_file() as file:
        head = file.read(HEAD)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), "")
    if declared:
        codec = _declared(declared, head)
        return Encoding(codec, note=_said_of(codec, head))
    if marked:
        return Encoding(marked, note="" if marked == "utf-8-sig" else f"it is read as {marked.upper()}")
    if wide := _wide(head):
        return Encoding(wide, note=f"it is read as {wide.upper()}")
    with open_file() as file:
        sample, is_ascii = _first_beyond_utf8(file)
    if sample is None:
        return Encoding("utf-8", is_ascii=is_ascii)
    has_pairs = bool(_PAIR.search(sample))
    if has_pairs and _first_beyond_utf8(io.BytesIO(_PAIR.sub(b"", sample)))[0] is None:
        return Encoding("utf-8", HANDLER, has_pairs=True)
    right = sample.decode("utf-8", "ignore")
    wrong = len(sample.decode("utf-8", HANDLER)) - len(right)
    if wrong <= sum(not char.isascii() for char in right):
        note = "bytes that are not UTF-8 are read as Windows-1252; if letters are wrong, save the file as UTF-8"
        return Encoding("utf-8", HANDLER, note, is_guess=True)
    # Lines that end with \r alone were written on an old Mac.
    old_mac = "mac-roman" if b"\r" in sample and b"\n" not in sample and may_be_mac(sample) else ""
    other = other_script(sample) or old_mac or other_latin(sample)
    page = other or WESTERN
    return Encoding(other or "utf-8", "replace" if other else HANDLER, note_on_page(page), is_guess=True, page=page)


def note_on_page(page: str) -> str:
    """Return the note on a file whose code page was inferred."""
    displayed = page.replace("cp125", "windows-125").replace("windows", "Windows")
    remedy = "if letters are wrong, save the file as UTF-8 or put its encoding into description.json"
    return f"it is read as {displayed}; {remedy}"


def open_text(file: IO[bytes], encoding: Encoding) -> io.TextIOWrapper:
    """Decode an open file; all line ends are converted to `\\n`."""
    if encoding.layers:
        misread = open_text(file, encoding._replace(layers=()))
        repaired = (undone(part, encoding.layers).encode("utf-8") for part in parts(misread))
        return text_of(repaired, misread.close, "strict")
    if encoding.has_pairs:
        buffered = _buffered(file)
        return text_of((_PAIR.sub(_joined, part) for part in parts(buffered)), buffered.close, encoding.errors)
    return io.TextIOWrapper(_buffered(file), encoding.codec, errors=encoding.errors, newline=None)


def _joined(pair: re.Match[bytes]) -> bytes:
    """The four bytes of UTF-8 for a pair of three bytes each."""
    halves = pair[0].decode("utf-8", "surrogatepass")
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le").encode("utf-8")


def text_of(rewritten: Iterator[bytes], close: Callable[[], None], errors: str) -> io.TextIOWrapper:
    """Open a text in UTF-8 that was rewritten part by part."""
    return io.TextIOWrapper(
        io.BufferedReader(_Rewritten(rewritten, close), BLOCK), "utf-8", errors=errors, newline=None
    )


class _Rewritten(io.RawIOBase):
    """A file of other bytes than the one that is read for it."""

    def __init__(self, parts: Iterator[bytes], close: Callable[[], None]):
        super().__init__()
        self._parts, self._close, self._rest = parts, close, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        room = memoryview(buffer)
        self._rest = self._rest or next(self._parts, b"")
        part, self._rest = self._rest[: len(room)], self._rest[len(room) :]
        room[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._close()
        super().close()


def parts(file: IO[AnyStr]) -> Iterator[AnyStr]:
    """A file in parts that end with a line, so that no letter is split."""
    while part := file.read(BLOCK):
        yield part + file.readline()


def _with_layers(open_file: Callable[[], IO[bytes]], found: Encoding) -> Encoding:
    """The encoding of a file in Unicode, with the code pages in which it was misread before, if it was."""

    def texts() -> Iterator[str]:
        with open_text(open_file(), found) as text:
            yield from parts(text)

    layers = layers_of(texts)
    if not layers:
        return found
    note = "; ".join(filter(None, [found.note, note_on(layers)]))
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


def _first_beyond_utf8(file: IO[bytes]) -> tuple[bytes | None, bool]:
    """The part of a file around its first byte that is not UTF-8, None if all are; and whether all are ASCII."""
    decoder, is_ascii = codecs.getincrementaldecoder("utf-8")(), True
    while block := file.read(BLOCK):
        is_ascii = is_ascii and block.isascii()
        try:
            decoder.decode(block)
        except UnicodeDecodeError:
            return block, False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return bytes(error.object), False
    return None, is_ascii
