"""Convert titles from a data set's form to reading order, and to the folded form that search compares.

>>> parse("Usual Suspects, The (1995)")
Title(main='The Usual Suspects', alternatives=(), year=1995)
>>> parse("City of Lost Children, The (Cité des enfants perdus, La) (1995)").alternatives
('La Cité des enfants perdus',)
>>> fold("  Amélie & the Café! ")
'amelie and the cafe'
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

# Articles that catalogues move to the end of a title, after a comma; one language per line.
_ARTICLES = """
the a an
le la l' les un une des
il lo gli i uno una
el los las
das der die dem den ein eine
o os as um uma
de het een
det en ett et
az egy na
"""
ARTICLES = frozenset(_ARTICLES.split())
FIRST_YEAR, LAST_YEAR = 1870, 2100

_YEAR = re.compile(r"\s*\(?\(\s*(\d{4})\s*(?:[-–—/]\s*(?:\d{2,4})?\s*)?\)?\s*$")
_LAST_GROUP = re.compile(r"^(?P<before>.+?)\s*\((?P<group>[^()]*(?:\([^()]*\)[^()]*)*)\)$")
_AKA = re.compile(r"^\s*(?:a\.?\s?k\.?\s?a\.?|aka|also known as)[\s:]+", re.IGNORECASE)
_PART_OF_TITLE = re.compile(r"^(?:part|volume|vol\.?|chapter|episode)\b", re.IGNORECASE)
_MEDIUM = re.compile(r"^(?:v|tv|vg|video|i{1,3}|iv)$", re.IGNORECASE)
_OPEN_END = re.compile(r"(?:\bor|\band|:|-|…|\.\.\.)$", re.IGNORECASE)
_MARKED, _ASCII_WORD = re.compile("[&'`@]"), re.compile("[a-z0-9]+")
_ELISION = re.compile(r"\b(\w)['’`´](?=\w\w)")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Characters without width, such as soft hyphens and marks of direction, which copied titles contain."""
_LETTERS = str.maketrans(
    {
        "æ": "ae",
        "œ": "oe",
        "ø": "o",
        "ð": "d",
        "þ": "th",
        "ł": "l",
        "đ": "d",
        "ı": "i",
        "½": " 1/2",
        "¼": " 1/4",
        "¾": " 3/4",
        "&": " and ",
        "'": "",
        "’": "",
        "`": "",
        "´": "",
        "ʻ": "",
        "@": "a",
    }
)


class Title(NamedTuple):
    """A title in reading order, its other names, and the year (None if unknown)."""

    main: str
    alternatives: tuple[str, ...]
    year: int | None


def parse(text: str) -> Title:
    """Split a title such as `Postman, The (Postino, Il) (1994)` into its parts.

    Trailing groups in parentheses are other names, except those that belong to the title (`(Part 2)`) and
    those that name a medium (`(TV)`, `(V)`), which are dropped. An empty text gives an empty title.
    """
    rest, year = split_year(" ".join(str(text).split()))
    rest = _balanced(rest)
    groups: list[str] = []
    while match := _LAST_GROUP.match(rest):
        before, group = match["before"].rstrip(), match["group"].strip()
        if _PART_OF_TITLE.match(group) or _OPEN_END.search(before):
            break
        rest = before
        if _MEDIUM.match(group):
            rest, year = split_year(rest) if year is None else (rest, year)
        elif group:
            groups.insert(0, group)
    main = natural(rest)
    names = [name for group in groups for name in _names(group)]
    seen, alternatives = {fold(main), ""}, []
    for name in names:
        if fold(name) not in seen or (fold(name) == fold(main) and name != main and name not in alternatives):
            seen.add(fold(name))
            alternatives.append(name)
    return Title(main, tuple(alternatives), year)


def split_year(text: str) -> tuple[str, int | None]:
    """Return a text without its last `(1995)` or `(1983-1984)`, and that year or None.

    >>> split_year("Death Note (2006–2007)")
    ('Death Note', 2006)
    """
    text = text.strip()
    match = _YEAR.search(text)
    if match and FIRST_YEAR <= int(match[1]) <= LAST_YEAR:
        return text[: match.start()].rstrip(), int(match[1])
    return text, None


def natural(text: str) -> str:
    """Return a title with a trailing article moved to the front.

    >>> natural("École de la chair, L'"), natural("Good, the Bad and the Ugly, The")
    ("L'École de la chair", 'The Good, the Bad and the Ugly')
    """
    text = text.strip().rstrip(",").rstrip()
    head, comma, last = text.rpartition(",")
    article = last.strip().replace("’", "'")
    # Catalogues capitalize the article; ", a" in small letters is running text.
    if comma and head.strip() and article.lower() in ARTICLES and article[0].isupper():
        return article + ("" if article.endswith("'") else " ") + head.strip()
    return text


CACHED_LENGTH = 100
"""Longest text whose folded form is cached; callers choose the texts, and the cache is bounded by number of entries."""


def fold(text: str) -> str:
    """Return the form that search compares: lower case, no accents, no punctuation, `&` as `and`, single spaces."""
    text = str(text)
    return _fold(text) if len(text) <= CACHED_LENGTH else _fold.__wrapped__(text)


@lru_cache(maxsize=1 << 15)
def _fold(text: str) -> str:
    if text.isascii() and not _MARKED.search(text):  # the result of the other lines, several times as fast
        return " ".join(_ASCII_WORD.findall(text.lower()))
    text = _ELISION.sub(r"\1 ", _INVISIBLE.sub("", text).casefold()).translate(_LETTERS)
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain.casefold()).split())


def key(text: str) -> str:
    """Return the folded title without a leading article: equal for two spellings of one title.

    >>> key("The Usual Suspects") == key(natural("Usual Suspects, The"))
    True
    """
    return bare(fold(text))


def bare(folded: str) -> str:
    """Return a folded title without a leading article."""
    first, space, rest = folded.partition(" ")
    return rest if space and (first in ARTICLES or first == "l") else folded


def label(title: str, year: int | None) -> str:
    """Return `Title (Year)`, or the title alone if the year is unknown."""
    return f"{title} ({year})" if year else title


def _names(group: str) -> list[str]:
    """The names in one group: `a.k.a. MIB`, `a.k.a. All I Wanna Do, The Hairy Bird`, `Boum, La`."""
    aka = _AKA.match(group)
    if not aka:
        return [natural(group)]
    # Several names after one "a.k.a." are separated by commas or slashes; an article alone is not a name.
    rest, names = group[aka.end() :].strip(), []
    for part in re.split(r"\s*[,/]\s*(?=[^a-z])|\s+(?:or|/)\s+", rest):
        if part.lower() in ARTICLES and names:
            names[-1] = natural(f"{names[-1]}, {part}")
        elif part.strip():
            names.append(part.strip())
    # The commas may separate names or belong to one name, so the whole is searchable too.
    return names if len(names) == 1 else [*names, natural(rest)]


def _balanced(text: str) -> str:
    """Return the text without a group that was cut off, and without an extra closing parenthesis."""
    depth, opened = 0, []
    for place, char in enumerate(text):
        if char == "(":
            opened.append(place)
        elif char == ")" and opened:
            opened.pop()
        elif char == ")":
            depth += 1
    if opened:
        cut = opened[0]
        head, tail = text[:cut].rstrip(), text[cut + 1 :].strip()
        # A cut-off "(V" or "(Foreign na" after a title; a group that opens the title is the title itself.
        whole = len(fold(tail)) > 2 and not tail.isdecimal() and "(" not in tail
        return f"{head} ({tail})" if head and whole else (head or tail)
    return text.rstrip(")").rstrip() if depth and text.endswith(")") else text
