"""Clean the text of a cell, and split cells that hold several values; the whole column decides how."""

from __future__ import annotations

import ast
import html
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from recsys.data.plain_text import UNSEEN
from recsys.errors import cut

MISSING = frozenset(("", "?", "-", "--", "–", "—", ".", "(none)", "\\n"))
MISSING |= frozenset(("na", "n/a", "n.a.", "#n/a", "nan", "nat", "none", "null", "nil"))
ERRORS = frozenset("#ref! #value! #name? #div/0! #num! #null! #spill! #calc! #getting_data #error!".split())
"""What spreadsheets show in place of a value that cannot be computed, in lower case."""
MISSING |= ERRORS
"""Texts that mean an empty cell, in lower case."""
UNRATED = (MISSING - ERRORS) | {"#null!"}
UNRATED |= frozenset(
    (
        "nr|n.r.|n/r|not rated|unrated|no rating|not yet rated|none given|no score|not scored|no vote|tbd"
        "|unknown|missing|not available|not applicable|keine angabe|unbekannt|inconnu|desconocido|desconhecido|onbekend"
        "|nicht bewertet|keine bewertung|unbewertet|ohne bewertung|k.a.|k. a.|pas noté|non noté|sans note|pas de note"
        "|sin calificar|sin valorar|sin puntuar|sin nota|s/n|não avaliado|sem nota|sem avaliação|non valutato"
        "|senza voto|s.v.|niet beoordeeld|geen beoordeling|brak oceny|bez oceny|brak|nehodnoceno|bez hodnocení"
        "|ej betygsatt|ikke vurderet|ei arvioitu|değerlendirilmedi|нет оценки|без оценки|не оценено|未评分|暂无评分"
        "|未評価|評価なし|평가 없음|미평가"
    ).split("|")
)
"""Ratings that mean "not rated", in lower case with single spaces."""
LEVEL = " > "
"""Between the levels of a category."""
SEPARATORS = ("|", ";", "•", "\n", " / ", LEVEL, " · ", "、", "，", "；", ",")
"""Separators of values in a cell; a column is split at the first of them that occurs in it."""
_NAMES_OF_SEPARATORS = {
    ",": "commas",
    ";": "semicolons",
    "\n": "line ends",
    " ": "spaces",
    "/": "slashes",
    "／": "slashes",
}
"""Names of separators that cannot be shown or read well."""
NAMES = ("name", "title", "label", "value", "text", "genre", "tag", "description", "english_name", "id")
"""Keys that may hold the name of an object, in order of preference."""
SLASHES = ("/", "／")
FEW_WORDS, RECURRING = 4, 0.75
"""Most words of a value between slashes, and lowest share of values that occur in several cells."""
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_INLINE = frozenset("a b em font i img span strong u".split())
_TAG = re.compile(
    rf"</?({'|'.join(_INLINE)}|blockquote|br|div|h[1-6]|hr|li|ol|p|table|tbody|td|tr|ul)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_LONE = re.compile("[\ud800-\udfff]")


class Values(NamedTuple):
    """A column of lists.

    Attributes:
        lists: (n,) the values of each cell, without repetition.
        note: how the cells were split, "" if they hold one value each or are separated by `|`.
        separator: what the cells were split at, "" if nothing.
        unsplit: an example of a cell with commas or slashes that was not split, or "" if every such cell was split.
        mark: `,` or `/`, which occurs in `unsplit`.
    """

    lists: list[list[str]]
    note: str = ""
    separator: str = ""
    unsplit: str = ""
    mark: str = ""


def tidy(text: str) -> str:
    """Return a text with HTML entities decoded, control characters removed and lone surrogates replaced.

    Characters that reverse the text after them are removed too.

    >>> tidy(" Gintama&#039; "), tidy("a\\x00b"), tidy("&amp;quot;Cats&amp;quot; & dogs")
    ("Gintama'", 'ab', '"Cats" & dogs')
    """
    if text.isprintable() and "&" not in text:
        return text.strip()
    text = _LONE.sub("\ufffd", UNSEEN.sub("", _unescaped(text).replace("\ufeff", "")))
    return text.replace("\xa0", " ").strip().strip("\u200b").strip()


def _unescaped(text: str) -> str:
    """A text with HTML entities decoded; some texts were escaped twice."""
    for _ in range(2 if "&" in text else 0):
        text = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
    return text


def one_line(text: str) -> str:
    """A tidy text on one line."""
    text = tidy(text)
    return text if text.isprintable() and "  " not in text else " ".join(text.split())


def prose(text: str) -> str:
    """A tidy text on one line, without the tags of HTML.

    >>> prose("<p>Good &lt;b&gt;fun&lt;/b&gt;.<br />For all</p>"), prose("1 < 2 > 0 <3")
    ('Good fun. For all', '1 < 2 > 0 <3')
    """
    text = tidy(text)
    return one_line(_TAG.sub(lambda found: "" if found[1].lower() in _INLINE else " ", text) if "<" in text else text)


def is_missing(text: str) -> bool:
    """Whether a text means an empty cell. Do not use it for titles, because there is a film called `Null`."""
    return text.strip().casefold() in MISSING


def split(texts: Sequence[str], separator: str = "", commas: bool = True) -> Values:
    """Split the cells of a column.

    Args:
        texts: the cells.
        separator: the separator that the owner has stated, "" if none; " " for spaces.
        commas: whether commas separate values if no other separator occurs.

    >>> split(["Drama, War", "War"]).lists, split(['[{"id": 1, "name": "War"}]', "['Sea', 'War']"]).lists
    ([['Drama', 'War'], ['War']], [['War'], ['Sea', 'War']])
    """
    # An entity ends with a semicolon. In JSON it may stand for a quotation mark within a text.
    plain = {text: text if _literal(text) is not None else _unescaped(text) for text in dict.fromkeys(texts)}
    texts = [plain[text] for text in texts]
    parsed = {text: _literal(text) for text in dict.fromkeys(texts)}
    left = [text for text, one in parsed.items() if one is None]
    stated = separator
    if not separator:
        possible = SEPARATORS if commas else SEPARATORS[:-1]
        separator = next((mark for mark in possible if _separates(mark, left)), "")
        if separator in ("", " / "):
            separator = next((mark for mark in SLASHES if _slashes_separate(left, mark)), separator)
    values = {text: _unique(_parts(text, separator) if one is None else one) for text, one in parsed.items()}
    notes = []
    if (listed := next((text for text, one in parsed.items() if one is not None), None)) is not None:
        legal = ", ".join(values[listed]) or "empty"
        notes.append(f"lists are read as several values ({_short(listed)} is {legal})")
    if separator not in ("", "|") and (example := next((text for text in left if separator in text), "")):
        named = _NAMES_OF_SEPARATORS.get(separator, repr(separator))
        notes.append(f"cells are split at {named} ({_short(example)})")
    if commas and not stated and (again := _of_known_parts(values)):
        values |= again
        notes.append(f"commas separate values too where other cells have these values ({_short(next(iter(again)))})")
    whole = [] if stated else [text for text in left if len(values[text]) == 1]
    marks = ",/" if commas else ","
    unsplit, mark = next(((text, mark) for mark in marks for text in whole if _may_be_several(text, mark)), ("", ""))
    return Values([list(values[text]) for text in texts], "; ".join(notes), separator, unsplit, mark)


def _of_known_parts(values: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Cells that were not split and have commas, of which each part is a value of another cell, with these parts."""
    known = {value.casefold() for one in values.values() for value in one}
    parts = {text: _unique(text.split(",")) for text, one in values.items() if len(one) == 1 and "," in one[0]}
    return {text: one for text, one in parts.items() if len(one) > 1 and known.issuperset(map(str.casefold, one))}


def _separates(mark: str, texts: Sequence[str]) -> bool:
    """Whether a mark occurs, and stands between words if it can be part of a text, as in `Python > 3.6`."""
    found = [text for text in texts if mark in text]
    return bool(found) and (mark != LEVEL or all(_may_be_several(text, mark) for text in found))


def _slashes_separate(texts: Sequence[str], slash: str) -> bool:
    """Whether slashes separate values: most parts are short and occur in other cells too, as those of no `AC/DC`."""
    lists = [[part.strip().casefold() for part in text.split(slash)] for text in texts if not is_missing(text)]
    cells = Counter(part for parts in lists for part in set(parts))
    several = {part for text in texts if _may_be_several(text, slash) for part in text.casefold().split(slash)}
    parts = {part.strip() for part in several}
    again = sum(cells[part] > 1 for part in parts)
    return bool(parts) and all(len(part.split()) <= FEW_WORDS for part in parts) and again >= RECURRING * len(parts)


def _may_be_several(text: str, mark: str) -> bool:
    """Whether a mark stands between words, so that a cell may hold several values; not in addresses and numbers."""
    parts = text.split(mark)
    return len(parts) > 1 and all(re.search(r"[^\W\d_]", part) for part in parts) and "://" not in text


def joined(text: str) -> str:
    """Return a cell as one text; if it holds a list, its values are joined with commas."""
    values = _literal(text)
    return one_line(text) if values is None else ", ".join(_unique(values))


def _parts(text: str, separator: str) -> list[str]:
    if not separator and len(words := text.split()) > 1 and all(word.startswith("#") for word in words):
        return words
    return text.split(separator) if separator else [text]


def _unique(values: Sequence[str]) -> list[str]:
    tidied = (one_line(value) for value in values)
    return list(dict.fromkeys(value for value in tidied if not is_missing(value)))


def _literal(text: str) -> list[str] | None:
    """The values of a list or an object as JSON or Python write it, None if the text is neither."""
    text = text.strip()
    if len(text) < 2 or text[0] + text[-1] not in ("[]", "{}", "()"):
        return None
    try:
        return _names(json.loads(text))
    except (ValueError, RecursionError):
        pass
    try:
        value = ast.literal_eval(text)
        if text[0] == "(" and not (isinstance(value, tuple) and any(isinstance(one, str) for one in value)):
            return None  # a remark in parentheses, not a list
        return _names(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        inner = text[1:-1]
        if text[0] == "(":
            return None
        # [Drama, War] and {Drama,War}, as databases write them
        return [part.strip(" '\"") for part in inner.split(",")] if not re.search(r"[\[\]{}:]", inner) else None


def _names(value: Any) -> list[str]:
    """The names in a parsed list: of its texts, of its objects, of the lists in it."""
    if isinstance(value, Mapping):
        name = next((value[key] for key in NAMES if isinstance(value.get(key), (str, int))), None)
        if name is not None:
            return [str(name)]
        inner = value.values()
        if all(isinstance(one, (bool, int, float)) for one in inner):  # {"Drama": 1, "War": 0}
            return [str(key) for key, one in value.items() if one]
        return [name for one in inner for name in _names(one)]
    if isinstance(value, (list, tuple, set)):
        return [name for one in value for name in _names(one)]
    return [] if value is None else [str(value)]


def _short(text: str) -> str:
    text = " ".join(text.split())
    return repr(cut(text, 60))
