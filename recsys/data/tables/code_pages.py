"""Detect the legacy code page of a text that is not in Latin script, by its letters."""

from __future__ import annotations

import codecs
import re
import unicodedata

from recsys.data.tables.east_asian_pages import east_asian

RUNS = 0.5
"""Lowest share of bytes above 127 that follow another such byte for the script not to be Latin."""
SAMPLE = 1 << 15
RUSSIAN, GREEK = frozenset("оеаинтсрвлкмдпуя"), frozenset("αοιετσςνηυρπκμλάόίέήύώ")
"""The most frequent letters of two languages, about 85 % of a text; others in these scripts have most of them too."""
COMMON = {
    **dict.fromkeys(("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic"), RUSSIAN),
    **dict.fromkeys(("cp1253", "iso8859-7", "cp737"), GREEK),
}
"""The frequent letters of each code page; of equally likely ones the first is used."""
LEAST_COMMON = 0.6
WITHOUT_CAPITALS = {"cp1255": range(0x5B0, 0x5F5), "cp1256": range(0x60C, 0x6D3), "iso8859-6": range(0x60C, 0x653)}
"""Code pages of Hebrew and Arabic, with the letters and points of the script."""
FIRST_OTHER = 0x370
"""The first letter beyond the Latin ones."""
LONG = 4
"""Letters beyond ASCII that follow one another in no word of a language in Latin script."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]{2,}")


def other_script(sample: bytes) -> str:
    """The code page of a text in a script that is not Latin, "" for one in Latin script."""
    high = _HIGH.findall(sample)
    together = sum(len(run) for run in high if len(run) > 1)
    if together < RUNS * sum(map(len, high)):
        return east_asian(sample)  # the second byte of a character may be ASCII
    from charset_normalizer import from_bytes

    # Only lines with bytes above 127 help to decide; most lines of a table are plain numbers.
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if _HIGH.search(line))
    best = from_bytes(telling[:SAMPLE]).best()
    found = codecs.lookup(best.encoding).name if best else ""
    if found and b"\n" in sample and b"\n".decode(found, "replace") != "\n":
        found = ""  # the lines would end with another byte
    if found and not _is_other(telling[:SAMPLE].decode(found, "replace")):
        found = ""
    # Of a few words it finds none, or one at random
    return (
        _without_capitals(high)
        or _with_capitals(telling[:SAMPLE])
        or east_asian(sample)
        or ("" if found in ("ascii", "utf-8", "cp1252", "iso8859-1") else found)
    )


def _is_other(text: str) -> bool:
    """Whether most words beyond ASCII have letters of another script only, unlike `Größe` and `Grﺉﻑe`."""
    words = [word for word in _LETTERS.findall(text) if not word.isascii()]
    other = [word for word in words if not any(ord(char) < FIRST_OTHER for char in word)]
    return 2 * len(other) > len(words)


def _without_capitals(runs: list[bytes]) -> str:
    """The code page in which every word is Hebrew or Arabic, "" if there is none."""
    words = [run for run in runs if len(run) > 1]
    if max(map(len, words), default=0) < LONG or not any(byte > 0xDF for run in runs for byte in run):
        return ""  # a German word with two such letters, or Russian capitals
    for code_page, letters in WITHOUT_CAPITALS.items():
        texts = [word.decode(code_page, "replace") for word in words]
        # No word begins with a point; in other code pages, its byte is a capital letter.
        if all(ord(char) in letters for text in texts for char in text) and not any(
            unicodedata.combining(text[0]) for text in texts
        ):
            return code_page
    return ""


def _with_capitals(sample: bytes) -> str:
    """The Cyrillic or Greek code page that gives the largest share of frequent letters, or "" if that share is low."""
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    scores = {code_page: _likeness(words, code_page) for code_page in COMMON}
    best = max(scores, key=lambda code_page: scores[code_page])
    return codecs.lookup(best).name if scores[best] >= LEAST_COMMON else ""


def _likeness(words: list[bytes], code_page: str) -> float:
    """Share of the letters that are frequent in the language of a code page.

    Letters of words such as `сТАЛКЕР`, with a capital after the first letter, count as rare.
    """
    texts = [word.decode(code_page, "replace") for word in words]
    natural = [word for word in texts if word.isalpha() and word[1:].islower()]
    frequent = sum(char in COMMON[code_page] for word in natural for char in word.lower())
    return frequent / max(sum(map(len, texts)), 1)
