"""Validate arguments of API, page and command-line calls.

Every function raises BadInput with the value, what is legal, and the next step.
"""

from __future__ import annotations

import math
from typing import Any

from recsys.errors import BadInput

MAX_RESULTS = 100
MAX_TEXT = 300
"""Longest text in characters; the rest is cut off, because no name is longer and matching would be slow."""


def count(n: object) -> int:
    """Validate a number of results from 1 to MAX_RESULTS; a whole float is accepted."""
    if isinstance(n, float) and n.is_integer():
        n = int(n)
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_RESULTS:
        raise BadInput(f"Parameter n is {_shown(n)}; use a whole number from 1 to {MAX_RESULTS}.")
    return n


def fraction(value: object, name: str) -> float:
    """Validate a number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadInput(f"Parameter {name} is {_shown(value)}; use a number from 0 to 1.")
    return float(value)


def text(value: object, name: str) -> str:
    """Validate a text; strip spaces and cut it at MAX_TEXT characters. A whole number is accepted, for ids."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadInput(f"Parameter {name} is {_shown(value)}; use a text.")
    if isinstance(value, int) and abs(value) >= 10**MAX_TEXT:
        raise BadInput(f"Parameter {name} is a number of more than {MAX_TEXT} digits; use an id or a title.")
    found = str(value)[:MAX_TEXT].strip()
    try:
        found.encode()
    except UnicodeEncodeError:
        raise BadInput(f"Parameter {name} is {found!a}, which is not valid Unicode; use a text.") from None
    return found


def cut(value: object) -> Any:
    """Return a caller's value with every text in it, at any depth, cut at MAX_TEXT characters."""
    if isinstance(value, str):
        return value[:MAX_TEXT]
    if isinstance(value, (list, tuple)):
        return [cut(one) for one in value]
    if isinstance(value, dict):
        return {cut(key): cut(one) for key, one in value.items()}
    return value


def title(value: object) -> str:
    """Validate the name of an item, which must not be empty."""
    name = text(value, "title")
    if not name:
        raise BadInput("Parameter title is empty; use an item id, a title with its year, or part of a title.")
    return name


def name(value: object) -> str:
    """Validate the name of a person, which must not be empty."""
    found = text(value, "name")
    if not found:
        raise BadInput("Parameter name is empty; use the full or last name of a director or actor.")
    return found


def off_scale(rating: object) -> str:
    """What is wrong with a rating that is not on the scale.

    >>> off_scale(9), off_scale("4,5"), off_scale(True)
    ('out of range', 'not a number', 'not a number')
    """
    is_number = isinstance(rating, (int, float)) and not isinstance(rating, bool) and rating == rating
    return "out of range" if is_number or not math.isnan(number(rating)) else "not a number"


def number(value: object) -> float:
    """Return a value as a number, or NaN if it is not a number; true and false are not."""
    if isinstance(value, bool):
        return float("nan")
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("nan")


def _shown(value: object) -> str:
    """Return a value for an error message, cut to a readable length."""
    try:
        shown = ascii(value)
    except ValueError:  # a whole number with more digits than Python prints
        return "a very large number"
    return shown if len(shown) <= MAX_TEXT else f"{shown[:MAX_TEXT]}…"
