"""Read ids however a program wrote them: `1.0` and `1e5` for whole numbers, quotes and formulas that keep zeros."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from recsys.data.tables.cells import tidy

_FORMULA = re.compile(r'=\s*(?:"([^"]*)"|\'([^\']*)\')')
_FLOAT = re.compile(r"(\d+)\.0+", re.ASCII)
_POWER = re.compile(r"(\d(?:[.,]\d+)?)[eE]\+?(\d{1,2})", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(?:[, ’']\d{3})+", re.ASCII)


def clean(text: str) -> str:
    """An id without what a program has put around it; zeros in front stay.

    >>> clean(' ="0042" '), clean("'0042"), clean("B 10")
    ('0042', '0042', 'B 10')
    """
    text = tidy(text)
    if found := _FORMULA.fullmatch(text):
        return (found[1] or found[2] or "").strip()
    # A spreadsheet shows what follows this mark as text.
    return text[1:].strip() if text[:1] == "'" and text[1:2].isdecimal() else text


def whole(text: str) -> str | None:
    """The whole number that an id is in the form of a decimal, None if it is none.

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
    """The ids of a column that a program wrote as decimals, by what it wrote; empty if the owner wrote them.

    Only a column of nothing but whole numbers is changed, and only if no two ids become one: in `1.0, 1.1` the id is a
    version.

    >>> as_written(["1.0", "2.0", "10"]), as_written(["1.0", "1.1"]), as_written(["007", "7"])
    ({'1.0': '1', '2.0': '2'}, {}, {})
    """
    changed = {text: found for text in texts if (found := whole(text)) is not None}
    if not changed or not all(text in changed or not text or _WHOLE.fullmatch(text) for text in texts):
        return {}
    after = [changed.get(text, text) for text in dict.fromkeys(texts)]
    return changed if len(set(after)) == len(after) else {}


def loose(text: str) -> str:
    """The form in which ids of two tables are compared if they are not equal as written.

    >>> loose("0042") == loose("42.0") == loose("42"), loose("b 10") == loose("B  10"), loose("4.2") == loose("42")
    (True, True, False)
    """
    text = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if _THOUSANDS.fullmatch(text):
        text = re.sub(r"\D", "", text)
    text = whole(text) or text
    if _WHOLE.fullmatch(text) and len(text) < 1000:
        return str(int(text))
    return text


def matches(wanted: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Known ids by ids that are written in another way; an id that could be two known ones is left out.

    >>> matches(["42.0", "x"], ["0042", "7"]), matches(["42"], ["042", "0042"])
    ({'42.0': '0042'}, {})
    """
    by_form: dict[str, str | None] = {}
    for one in known:
        form = loose(one)
        by_form[form] = None if form in by_form and by_form[form] != one else one
    return {one: found for one in wanted if (found := by_form.get(loose(one))) is not None}
