"""Detect the legacy code page of a text by its letters: the script, and words as people write them."""

from __future__ import annotations

import codecs
import re
from itertools import pairwise

RUNS = 0.5
"""Lowest share of bytes above 127 that follow another such byte for the script not to be Latin."""
SAMPLE = 1 << 15
CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
COMMON = frozenset("оеаинтсрвлкмдпуя")
"""The most frequent letters of Russian, about 85 % of a text; other languages in this script have most of them too."""
LEAST_COMMON = 0.6
WITHOUT_CAPITALS = {"cp1255": range(0x5B0, 0x5F5), "cp1256": range(0x60C, 0x6D3), "iso8859-6": range(0x60C, 0x653)}
"""Code pages of Hebrew and Arabic, with the letters and points of the script."""
FIRST_OTHER = 0x370
"""The first letter beyond the Latin ones."""
LONG = 4
"""Letters beyond ASCII that follow one another in no word of a language in Latin script."""
LATIN = ("cp1250", "iso8859-2", "cp850", "mac-roman")
"""Code pages of texts in Latin script that are tried if Windows-1252 gives words that nobody writes."""
MOST_ODD = 0.2
"""Largest share of letters beyond ASCII that stand oddly in a word."""
_HIGH = re.compile(rb"[\x80-\xff]+")
_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")


def other_script(sample: bytes) -> str:
    """The code page of a text in a script that is not Latin, "" for one in Latin script."""
    high = _HIGH.findall(sample)
    together = sum(len(run) for run in high if len(run) > 1)
    if together < RUNS * sum(map(len, high)):
        return ""
    from charset_normalizer import from_bytes  # comes with requests

    # Only lines with bytes above 127 help to decide; most lines of a table are plain numbers.
    telling = b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if _HIGH.search(line))
    best = from_bytes(telling[:SAMPLE]).best()
    found = codecs.lookup(best.encoding).name if best else ""
    if found and b"\n" in sample and b"\n".decode(found, "replace") != "\n":
        found = ""  # the lines would end with another byte
    if found and all(
        ord(char) < FIRST_OTHER for run in high for char in run.decode(found, "replace") if char.isalpha()
    ):
        found = ""  # a word such as "Größe"
    # Of a few words it finds none, or one at random
    return (
        _without_capitals(high)
        or _cyrillic(high)
        or ("" if found in ("ascii", "utf-8", "cp1252", "iso8859-1") else found)
    )


def _without_capitals(runs: list[bytes]) -> str:
    """The code page in which every word is Hebrew or Arabic, "" if there is none."""
    words = [run for run in runs if len(run) > 1]
    if max(map(len, words), default=0) < LONG or not any(byte > 0xDF for run in runs for byte in run):
        return ""  # a German word with two such letters, or Russian capitals
    for code_page, letters in WITHOUT_CAPITALS.items():
        if all(ord(char) in letters for word in words for char in word.decode(code_page, "replace")):
            return code_page
    return ""


def _cyrillic(runs: list[bytes]) -> str:
    scores = {code_page: _likeness(runs, code_page) for code_page in CYRILLIC}
    best = max(scores, key=lambda code_page: scores[code_page])
    return codecs.lookup(best).name if scores[best] >= LEAST_COMMON else ""


def _likeness(runs: list[bytes], code_page: str) -> float:
    """Share of the letters that are frequent ones, in words that are not written like `сТАЛКЕР`."""
    words = [run.decode(code_page, "replace") for run in runs if len(run) > 1]
    natural = [word for word in words if word.isalpha() and word[1:].islower()]
    frequent = sum(char in COMMON for word in natural for char in word.lower())
    return frequent / max(sum(map(len, words)), 1)


def other_latin(sample: bytes) -> str:
    """The code page of a text in Latin script that is not Windows-1252, "" if it is that or if this is not clear."""
    words = [word for word in _WORD.findall(sample) if not word.isascii()]
    count = sum(byte > 127 for word in words for byte in word)
    odd = {code_page: sum(_odd(word, code_page) for word in words) for code_page in ("cp1252", *LATIN)}
    best = min(odd, key=lambda code_page: odd[code_page])  # the first of equal ones
    if odd["cp1252"] < MOST_ODD * count or odd["cp1252"] < 2 or 4 * odd[best] > odd["cp1252"]:
        return ""
    return codecs.lookup(best).name


def _odd(word: bytes, code_page: str) -> int:
    """How many characters in a word are no letters, or capitals after a small letter."""
    text = word.decode(code_page, "replace")
    inside = sum(not char.isascii() and not char.isalpha() for char in text[1:-1])
    first = len(text) > 1 and not text[0].isascii() and not text[0].isalpha() and text[0] not in "¿¡"
    return (
        inside + first + sum(one.islower() and other.isupper() and not other.isascii() for one, other in pairwise(text))
    )
