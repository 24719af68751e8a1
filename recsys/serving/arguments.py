"""Arguments from outside, checked: every text names the value and what is legal.

Raises BadInput throughout.
"""

from __future__ import annotations

from recsys.errors import BadInput

MOST = 100


def count(n: int) -> int:
    """How many, 1 to MOST; a whole float passes."""
    if isinstance(n, float) and n.is_integer():
        n = int(n)
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
        raise BadInput(f"n is {n!r}: give a whole number from 1 to {MOST}.")
    return n


def fraction(value: float, name: str) -> float:
    """A number from 0 to 1."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise BadInput(f"{name} is {value!r}: give a number from 0 to 1.")
    return float(value)


def text(value: object, name: str) -> str:
    """A text without the space around it; a whole number passes, for ids."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise BadInput(f"{name} is {value!r}: give a text.")
    return str(value).strip()


def named(title: object) -> str:
    """What an item is called, not empty."""
    name = text(title, "title")
    if not name:
        raise BadInput("title is empty: give an item id, a title with its year, or part of a title.")
    return name
