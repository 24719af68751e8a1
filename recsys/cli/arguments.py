"""Convert and validate the text of command-line arguments; `argparse` reports the errors as wrong usage."""

from __future__ import annotations

import argparse
import math
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime

MOST_DIGITS = 9


def typed(text: str) -> str:
    """Return a text as it was typed, also where Python does not decode arguments, as with LC_ALL=C; not for paths."""
    try:
        return text if text.isascii() else os.fsencode(text).decode("utf-8")
    except UnicodeError:
        return text


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    if not text.isdecimal() or len(text) > MOST_DIGITS or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {10**MOST_DIGITS - 1}")
    return int(text)


def whole(text: str) -> int:
    """Parse a whole number of at least 0."""
    if not text.isdecimal() or len(text) > MOST_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {10**MOST_DIGITS - 1}")
    return int(text)


def year(text: str) -> int:
    """Parse a year."""
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a year such as 1995")
    return int(text)


def fraction(low: int) -> Callable[[str], float]:
    """Parse a number from `low` to 1."""

    def parse(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if not low <= found <= 1:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low} to 1")
        return found

    return parse


def port(text: str) -> int:
    """Parse a port number."""
    if not text.isdecimal() or len(text) > MOST_DIGITS or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port number from 0 to 65535")
    return int(text)


def seconds(text: str) -> float:
    """Parse a finite number of seconds above 0."""
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return found


def moment(text: str) -> float:
    """Parse a date, or a date and time, as seconds since 1970; UTC if there is no zone.

    >>> moment("1970-01-02"), moment("1970-01-01T00:00:01+00:00")
    (86400.0, 1.0)
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date such as 2013-07-01") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def names(text: str) -> list[str]:
    """Split a comma-separated list, without empty parts.

    >>> names("ease, hybrid,")
    ['ease', 'hybrid']
    """
    return [name.strip() for name in text.split(",") if name.strip()]
