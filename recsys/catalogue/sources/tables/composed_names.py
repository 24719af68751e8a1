"""Recognize names of columns that are put together in other languages: `Lesernummer`, `Kitap Adı`, `Date de prêt`."""

from __future__ import annotations

import re
from collections.abc import Collection

from recsys.catalogue.sources.tables.words import DATES, DOING, NAMES_OF_THINGS, PEOPLE, RELEASES, THINGS, YEARS

_OF = r"(?:d[aeiou]|del|della|dell|des|d|der|do|av|van)?"
_NUMBER = (
    r"(?:no|nr|num|number|nummer|numero|numer|numara|cislo|id|identifiant|identificador|identyfikator|code|kod|kodu"
    r"|codigo|codice|cod|barcode|barkod|номер|код|ид|идентификатор|編号|编号|番号|号|번호|아이디|コード)"
)


def _one_of(words: Collection[str]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


_PERSON, _THING, _TITLE = _one_of(PEOPLE), _one_of(THINGS), _one_of(NAMES_OF_THINGS)
_DATE, _ACT, _YEAR, _RELEASE = map(_one_of, (DATES, DOING, YEARS, RELEASES))
_FORMS = {
    "user_id": re.compile(rf"(?:n|{_NUMBER}){_OF}{_PERSON}|{_PERSON}s?{_NUMBER}"),
    "item_id": re.compile(rf"(?:n|{_NUMBER}){_OF}{_THING}\w{{0,2}}|{_THING}s?{_NUMBER}"),
    # The thing may have the ending of another case: "название книги".
    "title": re.compile(rf"{_TITLE}{_OF}{_THING}\w{{0,2}}|{_THING}s?{_TITLE}"),
    "year": re.compile(rf"{_YEAR}{_OF}{_RELEASE}|\w*{_RELEASE}s?{_YEAR}"),
    "timestamp": re.compile(rf"{_DATE}(?:i|e|y)?{_OF}\w{{0,3}}{_ACT}\w*|\w{{0,3}}{_ACT}\w{{0,4}}{_DATE}\w{{0,2}}"),
}


def is_composed(standard: str, name: str) -> bool:
    """Return whether a folded name is put together from words that name a standard column.

    >>> is_composed("user_id", "lesernummer"), is_composed("title", "kitapadı"), is_composed("user_id", "nummer")
    (True, True, False)
    >>> is_composed("timestamp", "fechadeprestamo"), is_composed("timestamp", "fechadenacimiento")
    (True, False)
    """
    form = _FORMS.get(standard)
    return bool(form and form.fullmatch(name))
