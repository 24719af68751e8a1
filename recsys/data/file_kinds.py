"""Recognize files that are given in place of a text table, by their first bytes, and say what to do with them."""

from __future__ import annotations

import re
from typing import NamedTuple

from recsys.data.encoded_twice import HANDLER

START = 1 << 16
"""Number of bytes at the start of a file that decide."""


class FileKind(NamedTuple):
    """A kind of file: its name with an article, and what to do."""

    name: str
    remedy: str


SHEET = "Open it and save the sheet as CSV in UTF-8."
TABLE = "Copy its table into a spreadsheet and save that as CSV in UTF-8."
UNPACK = "Unpack it first."
EXPORT = "Export the table as CSV in UTF-8."
DATABASE = "Export its tables as CSV in UTF-8."
NOTHING = "Choose a file with a table, such as CSV."

WORKBOOK = FileKind("an Excel workbook", SHEET)
ZIP = FileKind("a ZIP file", UNPACK)
PARQUET = FileKind("a Parquet file", EXPORT)

_IN_ZIP = (
    (rb"mimetypeapplication/vnd\.oasis\.opendocument\.spreadsheet", FileKind("an OpenDocument spreadsheet", SHEET)),
    (rb"mimetypeapplication/vnd\.oasis\.opendocument", FileKind("an OpenDocument document", TABLE)),
    (rb"mimetypeapplication/epub", FileKind("an e-book", NOTHING)),
    (rb"PK\x03\x04.{26}xl/", WORKBOOK),
    (rb"PK\x03\x04.{26}word/", FileKind("a Word document", TABLE)),
    (rb"PK\x03\x04.{26}ppt/", FileKind("a presentation", TABLE)),
    (rb"PK\x03\x04.{26}Index/.{1,40}\.iwa", FileKind("a Numbers spreadsheet", SHEET)),
)
"""Files that are ZIP archives, by the name or content of a member."""
_MARKS: tuple[tuple[bytes, FileKind], ...] = (
    (rb"PK\x03\x04|PK\x05\x06", ZIP),
    (rb"\xd0\xcf\x11\xe0", FileKind("an old Excel workbook or another Office file", SHEET)),
    (rb"Rar!", FileKind("a RAR archive", UNPACK)),
    (rb"7z\xbc\xaf", FileKind("a 7z archive", UNPACK)),
    (rb"\x1f\x8b", FileKind("a gzip file", UNPACK)),
    (rb"BZh\d1AY", FileKind("a bzip2 file", UNPACK)),
    (rb"\xfd7zXZ|\x28\xb5\x2f\xfd|\x04\x22\x4d\x18", FileKind("a compressed file", UNPACK)),
    (rb".{257}ustar", FileKind("a tar archive", UNPACK)),
    (rb"SQLite format 3|\x00\x01\x00\x00Standard (?:Jet|ACE) DB", FileKind("a database", DATABASE)),
    (rb"PAR1", PARQUET),
    (rb"ARROW1|FEA1", FileKind("a Feather file", EXPORT)),
    (rb"\x89HDF\r\n", FileKind("an HDF5 file", EXPORT)),
    (rb"\x80[\x02-\x05].{0,400}(?:pandas|numpy)|\x93NUMPY", FileKind("a file of Python data", EXPORT)),
    (rb"\$FL2|<stata_dta>|.{12}\xc2\xea\x81\x60|RD[AX]\d\n|[XA]\n\x00\x00", FileKind("a statistics file", EXPORT)),
    (rb"%PDF-", FileKind("a PDF file", TABLE)),
    (rb"\x89PNG|\xff\xd8\xff|GIF8|BM.{4}\x00{4}|II\*\x00|MM\x00\*", FileKind("a picture", NOTHING)),
    (rb"RIFF.{4}WEBP|.{4}ftyp(?:heic|heix|mif1|avif)", FileKind("a picture", NOTHING)),
    (
        rb"RIFF.{4}(?:WAVE|AVI )|OggS|ID3|fLaC|\xff\xfb|.{4}ftyp|\x1aE\xdf\xa3",
        FileKind("a sound or video file", NOTHING),
    ),
    (rb"MZ.{0,400}\x00\x00|\x7fELF|\xca\xfe\xba\xbe|\xcf\xfa\xed\xfe", FileKind("a program", NOTHING)),
    (rb"bplist0|wOFF|wOF2|\x00\x01\x00\x00\x00", FileKind("a binary file", NOTHING)),
)
_TEXTS: tuple[tuple[bytes, FileKind], ...] = (
    (rb"<svg[\s>]|<\?xml[^>]*>\s*(?:<!.*?>\s*)?<svg[\s>]", FileKind("a picture", NOTHING)),
    (rb"<\?xml.*?<html", FileKind("a web page", TABLE)),
    (rb"<\?xml", FileKind("an XML file", EXPORT)),
    (rb"<(?:!doctype|html|head|body|table|div|p|script|meta|ul|ol)\b|<!--", FileKind("a web page", TABLE)),
    (rb"<([a-z][\w:-]*)(?:\s[^>]*)?>[\s\S]*?</\1>", FileKind("an XML file", EXPORT)),
    (rb"\{\\rtf", FileKind("a text of a word processor", TABLE)),
    (
        rb"(?:--[^\n]*\n\s*|/\*.*?\*/\s*)*(?:insert into \S+ ?(?:\(|values)|create (?:table|database) [^\n]*[(;]"
        rb"|drop table [^\n]*;|begin transaction;|pragma foreign_keys|set [\w@.]+ ?=)"
        rb"|-- (?:mysql|mariadb) dump|--\s*\n-- postgresql database dump",
        FileKind("an SQL script", DATABASE),
    ),
    (rb"begin:v(?:calendar|card)", FileKind("a calendar or address book", NOTHING)),
    (rb"(?:mime-version|received|return-path|delivered-to|message-id): |from: [^\n]*@", FileKind("an e-mail", TABLE)),
    (rb"@relation\s", FileKind("an ARFF file", EXPORT)),
    (rb"\\documentclass", FileKind("a LaTeX document", TABLE)),
    (rb"\[internetshortcut\]", FileKind("a link to a web page", TABLE)),
    (rb"%yaml|---\s*\n(?:- )?\w[\w ]*:\s|- (?:title|name|movie|film|rating|year): ", FileKind("a YAML file", EXPORT)),
    (rb"#!/|window\.YTD\.", FileKind("a program", NOTHING)),
)
"""Texts that are no tables; letters may be capitals."""


def _compiled(kinds: tuple[tuple[bytes, FileKind], ...], flags: int) -> list[tuple[re.Pattern[bytes], FileKind]]:
    return [(re.compile(pattern, flags), kind) for pattern, kind in kinds]


_FOUND_IN_ZIP = _compiled(_IN_ZIP, re.DOTALL)
_BINARY = _compiled(_MARKS, re.DOTALL)
_TEXT = _compiled(_TEXTS, re.IGNORECASE)


def kind_of(start: bytes) -> FileKind | None:
    """Return the kind of a file that is no text table, judged by its first START bytes; None for any other file.

    >>> kind_of(b"%PDF-1.7").name, kind_of(b"title,year")
    ('a PDF file', None)
    """
    if start.startswith(b"PK") and (inside := _first(_FOUND_IN_ZIP, start, anywhere=True)):
        return inside
    return _first(_BINARY, start) or _first(_TEXT, start.removeprefix(b"\xef\xbb\xbf").lstrip())


def _first(kinds: list[tuple[re.Pattern[bytes], FileKind]], start: bytes, anywhere: bool = False) -> FileKind | None:
    return next((kind for one, kind in kinds if (one.search if anywhere else one.match)(start)), None)


def bytes_of(text: str) -> bytes:
    r"""Return the bytes of a file that a browser has read as text: in UTF-8, unless it is no text.

    A browser reads a file that is not in UTF-8 as Windows-1252, with control characters for undefined bytes.

    >>> kind_of(bytes_of("\u2030PNG\r\n")).name, bytes_of("\xe9")
    ('a picture', b'\xc3\xa9')
    """
    if text[:START].isascii():
        return text.encode()
    try:
        data = text.encode("cp1252", HANDLER)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
    return data if _first(_BINARY, data) else text.encode("utf-8", "replace")
