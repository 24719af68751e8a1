"""Decide whether a column of the items is useful for comparing items."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from recsys.catalogue.sources.tables.words import NO, YES
from recsys.data.tables import numbers
from recsys.data.tables.cells import is_missing
from recsys.data.tables.date_parts import take_apart

YES_OR_NO = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f", "0", "1", "0.0", "1.0"}) | YES | NO
NUMERIC = 0.8
"""Lowest share of cells that are numbers for the others, such as `varies`, not to make a column of words."""
_FREE = frozenset("free gratis gratuit gratuito kostenlos umsonst bezpłatnie бесплатно".split()) | {"free to play"}
"""Words for the price 0."""
CONSTANT = 0.95
"""Lowest share of rows with a value for a column with a single distinct value to count as constant."""
UNIQUE, SURELY_UNIQUE = 5, 50
"""Number of values above which a column of all different values is useless, and above which a few may be equal."""
ALMOST = 0.98
_UNIT = (
    r"zł|kr|kč|ft|lei|руб|[$€£¥₹₽₺₩]|pln|usd|eur|gbp|chf|sek|min|mins|minutes?|minuten|h|hrs?|hours?|std|secs?|seconds?|k"
    r"|days?|weeks?|months?|seasons?|episodes?|lessons?|lectures?|tracks|pages?|pp|(?<=\s)p|pgs?|seiten|págs?|páginas?|pagine|stron|str|стр|k?g|lbs?|oz|[mck]?m|inch(?:es)?|ft|[mc]?l|[kmgt]i?b|k?cal|kcal|km/h|mph|%"
)
_AMOUNT = r"\d+(?:[\s.,'\u00a0\u202f]\d+)*"
_IN_UNITS = re.compile(
    rf"[+-]?(?:[a-z]{{0,3}}[$€£¥₹₽₺₩]\s*{_AMOUNT}|{_AMOUNT}\s*(?:{_UNIT})\.?(?:\s*{_AMOUNT}\s*(?:{_UNIT})\.?)*(?:\s+(?:ttc|ht|netto|brutto))?)",
    re.IGNORECASE,
)
"""A number with its unit, or several as `1 h 20 min`: how long, large or expensive an item is."""
_PLAIN = re.compile(r"\d{1,3}(?:[,.]\d{3})+", re.ASCII)
_RANGE = re.compile(r"\s*(?:\.\.|[-–—]|\bto\b)\s*(?=\S)")
"""What stands between two numbers: `10,000 .. 20,000`, `3–5 h`."""
_RANK = re.compile(r"#\s?\d+|\d[\d.,]*\+", re.ASCII)
"""A rank such as `#3`, or a lower bound such as `1,000+`."""
_ADDRESS = re.compile(r"(?:https?:)?//\S+|/?\S+\.(?:jpe?g|png|gif|webp|svg)", re.IGNORECASE)


def useless(cells: Sequence[str], lists: Sequence[Sequence[str]]) -> str:
    """Return why a column is useless for comparing items, or "" if it may be useful.

    Args:
        cells: the cells as written.
        lists: their values.

    >>> useless(["35", "200"], [["35"], ["200"]]), useless(["Jane Austen", ""], [["Jane Austen"], []])
    ('numbers', '')
    """
    filled = [cell.strip() for cell in cells if not is_missing(cell)]
    if not filled:
        return "empty"
    distinct = {cell.casefold() for cell in filled}
    if distinct <= YES_OR_NO:
        return "yes or no"
    if len(distinct) == 1 and len(filled) > 1 and len(filled) >= CONSTANT * len(cells):
        return "the same in every row"
    values = [value for one in lists for value in one]
    if all(map(_ADDRESS.fullmatch, filled)) or sum(map(bool, map(_ADDRESS.fullmatch, values))) > len(values) / 2:
        return "addresses"
    if _are_numbers(filled):
        return "numbers"
    if all(map(take_apart, set(filled))):
        return "dates"
    if max(map(len, lists), default=0) <= 1 and len(filled) >= UNIQUE:
        least = len(filled) if len(filled) < SURELY_UNIQUE else ALMOST * len(filled)
        return "different in every row" if len(distinct) >= least else ""
    return ""


def _are_numbers(filled: Sequence[str]) -> bool:
    """Whether a column has numbers, with or without units, apart from a few words such as `varies`."""
    counts = Counter(cell.casefold() for cell in filled)
    cells = sorted(counts)
    are_numbers = np.isfinite(numbers.read([_amount(cell) for cell in cells]).values)
    share = sum(counts[cell] for cell, is_one in zip(cells, are_numbers, strict=True) if is_one) / len(filled)
    return bool(share >= NUMERIC and (set(cells) - _FREE))


def _amount(cell: str) -> str:
    """A number for a number with its unit, a rank, a range, or the word for a price of 0; any other cell as it is."""
    if cell.casefold() in _FREE or any(form.fullmatch(cell) for form in (_IN_UNITS, _PLAIN, _RANK)):
        return "0"
    ends = _RANGE.split(cell)
    return "0" if len(ends) == 2 and all(end.isdecimal() or _amount(end) == "0" for end in ends) else cell
