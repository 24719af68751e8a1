"""Normalize ids that programs changed on export: `1.0` and `1e5` for whole numbers, quotes and spreadsheet formulas."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from recsys.data.tables.cells import tidy

_FORMULA = re.compile(r'=\s*(?:"([^"]*)"|\'([^\']*)\')')
_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)
_POWER = re.compile(r"(\d(?:[.,]\d+)?)[eE]\+?(\d{1,2})", re.ASCII)
_UNSEEN = re.compile("[\u00ad\u200b\u2060\ufeff]")
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_ROUNDED = re.compile(r"\d[.,]\d{5}[eE]\+?(?!0?5$)\d{1,2}", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:[, ’']\d{3})+", re.ASCII)
_PAGE = re.compile(r" \(https://(?:www\.)?notion\.so/[^\s()]+\)$")
"""The address that Notion writes after the title of a page that a cell names."""
_ADDRESS = re.compile(r"(?:https?://[^/]+/|[a-z]+:[a-z]+:)(?:[^?#]*[/:])?(?=[^/?#]*\d)([^/:?#]+)/?(?:[?#].*)?")
"""An id with a digit as the last part of an address: `https://example.org/books/42`, `spotify:track:42`."""
_UUID = re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?")
_ISBN = re.compile(r"(?:97[89][ -]?)?\d{1,5}[ -]\d{1,7}[ -]\d{1,7}[ -][\dx]")
SHORTENED = "a spreadsheet has shortened it, so format the column as text and save it again"
"""What is wrong with an id such as 9.78044E+12, and what to do."""


def clean(text: str) -> str:
    """Return an id without the quotes or formula that a program put around it; leading zeros stay.

    Equal letters have one form afterwards, and characters without width are removed.

    >>> clean(' ="0042" '), clean("'0042"), clean("B 10")
    ('0042', '0042', 'B 10')
    """
    text = _PAGE.sub("", unicodedata.normalize("NFC", _UNSEEN.sub("", tidy(text))))
    if found := _FORMULA.fullmatch(text):
        return (found[1] or found[2] or "").strip()
    # A spreadsheet shows a cell that begins with an apostrophe as text.
    return text[1:].strip() if text[:1] == "'" and text[1:2].isdecimal() else text


def whole(text: str) -> str | None:
    """Return the whole number that an id writes as a decimal, or None if it does not.

    >>> whole("12.0"), whole("1E+05"), whole("9.78e3"), whole("1.5"), whole("12")
    ('12', '100000', '9780', None, None)
    """
    if found := _FLOAT.fullmatch(text):
        return str(int(found[1]))
    if found := _POWER.fullmatch(text):
        value = Decimal(found[1].replace(",", ".")).scaleb(int(found[2]))
        return str(int(value)) if value == int(value) else None
    return None


def as_written(texts: Sequence[str]) -> Mapping[str, str]:
    """Map ids that a program wrote as decimals to whole numbers; empty if the column needs no change.

    Only a column in which all ids are whole numbers is changed: in `1.0, 1.1` the ids are versions. `7` and `7.0` are
    one id, but a power such as `1E2` is only changed if no other id is the same number, because it can be a code.

    >>> as_written(["1.0", "2.0", "10"]), as_written(["1.0", "1.1"]), as_written(["007", "7"]), as_written(["7", "7.0"])
    ({'1.0': '1', '2.0': '2'}, {}, {}, {'7.0': '7'})
    """
    changed = {text: found for text in texts if (found := whole(text)) is not None}
    if not changed or not all(text in changed or not text or _WHOLE.fullmatch(text) for text in texts):
        return {}
    others = Counter(changed.get(text, text) for text in dict.fromkeys(texts))
    codes = any(others[number] > 1 for text, number in changed.items() if not _FLOAT.fullmatch(text))
    return {} if codes else changed


def shortened(texts: Iterable[str]) -> str:
    """Return an id that a spreadsheet has rounded to six digits, so that several ids may have become one; "" if none.

    >>> shortened(["1.23457E+12", "7"]), shortened(["1E+05"])
    ('1.23457E+12', '')
    """
    return next((text for text in texts if _ROUNDED.fullmatch(text)), "")


def loose(text: str) -> str:
    """Return the form in which ids of two tables are compared if they are not equal as written.

    >>> loose("978-0-14-044911-3"), loose("{3F2504E0-4F89-11D3-9A0C-0305E82C3301}")
    ('9780140449113', '3f2504e04f8911d39a0c0305e82c3301')
    >>> loose("0042") == loose("42.0") == loose("42"), loose("b 10") == loose("B  10"), loose("4.2") == loose("42")
    (True, True, False)
    """
    text = _folded(text)
    if (_UUID.fullmatch(text) or _ISBN.fullmatch(text)) and len(bare := re.sub(r"[{}\s-]", "", text)) in (10, 13, 32):
        text = bare
    if _THOUSANDS.fullmatch(text):
        text = re.sub(r"\D", "", text)
    text = whole(text) or text
    if _WHOLE.fullmatch(text) and len(text) < 1000:
        return str(int(text))
    return text


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def bare(text: str) -> str:
    """Return an id in its loose form, without the address around it.

    >>> bare("spotify:track:5SuO"), bare("https://example.org/books/0042/?page=1"), bare("https://example.org/about")
    ('5suo', '42', 'https://example.org/about')
    """
    found = _ADDRESS.fullmatch(_folded(text))
    return loose(found[1] if found else text)


def matches(wanted: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Map ids to known ids that are written in another way; an id that matches two known ids is left out.

    >>> matches(["42.0", "x"], ["0042", "7"]), matches(["42"], ["042", "0042"])
    ({'42.0': '0042'}, {})
    """
    found: dict[str, str] = {}
    known, left = list(known), list(wanted)
    for form in (loose, bare):
        if not left:
            break
        by_form: dict[str, str | None] = {}
        for one in known:
            key = form(one)
            by_form[key] = None if key in by_form and by_form[key] != one else one
        found |= {one: same for one in left if (same := by_form.get(form(one))) is not None}
        left = [one for one in left if one not in found]
    return found
