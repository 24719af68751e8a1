"""Find and repair texts in UTF-8 that a program has read in a legacy code page and encoded again: "AmÃ©lie".

A file is repaired only as a whole: if each of its runs of letters beyond ASCII is UTF-8 that was read in one code page,
and at least one of them cannot be what somebody meant. In a right text such as "L’ÉTÉ…", the letters and the
punctuation after them may happen to be UTF-8, but then other letters of the file are not.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

CODE_PAGES = ("cp1252", "cp1251", "cp1250", "mac-roman", "cp850", "cp437")
MOST_LAYERS = 3
"""How many times over a text may be encoded."""
HANDLER = "recsys-undefined-bytes"
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_AFTER_LETTERS = frozenset("‘’‚“”„…–—•™®‹›«»°¹²³´·\xa0\xad")
"""Characters that stand after a letter in right texts."""
_PUNCTUATION = range(0x2010, 0x2040)
"""Dashes, quotes and dots, whose mojibake ("â€™") no right text has."""


def _control(error: UnicodeError) -> tuple[bytes, int]:
    """Encode C1 control characters as the bytes that a code page leaves undefined."""
    wrong = error.object[error.start : error.end] if isinstance(error, UnicodeEncodeError) else ""
    if not wrong or any(not 0x80 <= ord(char) <= 0x9F for char in wrong):
        raise error
    return wrong.encode("latin-1"), error.end  # type: ignore[union-attr]


codecs.register_error(HANDLER, _control)


def layers_of(texts: Callable[[], Iterable[str]]) -> tuple[str, ...]:
    """The code pages in which a file was misread, the last one first; empty if it is right or this is not certain.

    Args:
        texts: the whole file in parts that begin and end at ASCII characters, such as lines; called several times.

    >>> layers_of(lambda: ["AmÃ©lie", "CafÃ© MÃ¼ller"]), layers_of(lambda: ["AmÃ©lie", "Café Müller"])
    (('cp1252',), ())
    """
    layers: tuple[str, ...] = ()
    while len(layers) < MOST_LAYERS:
        found = _code_page(undone(text, layers) for text in texts())
        if not found:
            break
        layers += (found,)
    return layers


def undone(text: str, layers: Sequence[str]) -> str:
    """The text as it was before it was misread in these code pages.

    >>> undone("AmÃ©lie", ["cp1252"])
    'Amélie'
    """
    for code_page in layers:
        text = text.encode(code_page, HANDLER).decode("utf-8")
    return text


def said(layers: Sequence[str]) -> str:
    """A clause about the repair, which tells how to prevent it."""
    names = " and ".join(dict.fromkeys(name.replace("cp125", "Windows-125") for name in layers))
    return f"its letters were encoded twice, by way of {names}, and are repaired"


def note_on(layers: Sequence[str]) -> str:
    """The repair, and how the owner of a table prevents it; "" if nothing was repaired."""
    remedy = 'if they were right, put "encoding": "utf-8" into description.json'
    return f"{said(layers)}; {remedy}" if layers else ""


def _code_page(texts: Iterable[str]) -> str:
    """The code page that all texts were wrongly read in, or "" if they were read correctly."""
    possible, evident = list(CODE_PAGES), set()
    checked: set[str] = set()
    for text in texts:
        if text.isascii():
            continue
        for run in set(_BEYOND.findall(text)) - checked:
            checked.add(run)
            for code_page in list(possible):
                right = _right(run, code_page)
                if not right:
                    possible.remove(code_page)
                elif _is_evident(run, right):
                    evident.add(code_page)
        if not possible:
            return ""
    return next((one for one in possible if one in evident), "")


def _right(run: str, code_page: str) -> str:
    """A run as it was before it was misread, "" if it was not misread in this way."""
    try:
        right = undone(run, (code_page,))
    except UnicodeError:
        return ""
    return "" if any(unicodedata.category(char) in ("Cc", "Cn", "Co") for char in right) else right


def _is_evident(run: str, right: str) -> bool:
    if any(ord(char) in _PUNCTUATION for char in right):
        return True
    if len(right) > 1:  # in a right text, the next letter would not fit
        return any(map(str.isalpha, right))
    return right.isalpha() and not (run[-1].isalpha() or run[-1] in _AFTER_LETTERS)
