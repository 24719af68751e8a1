"""Parse one date as text into its parts in written order, its time of day and its time zone."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from recsys.data.tables import clock_forms
from recsys.data.tables.months import MONTHS

_ZONES = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -300, "edt": -240, "cst": -360, "cdt": -300}
_ZONES |= {"mst": -420, "mdt": -360, "pst": -480, "pdt": -420, "cet": 60, "cest": 120, "wet": 0, "jst": 540}
"""Time zone names with their offset from UTC in minutes: those of RFC 2822 and a few other unambiguous ones."""

_TIME = re.compile(
    r"(?:^|(?<=[\sT_,]))(?P<hour>\d{1,2})(?:[:h](?P<minute>\d{2}))(?:[:m](?P<second>\d{2})(?:[.,:](?P<part>\d{1,9}))?s?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?(?![a-z]))?\s*(?P<zone>(?:z|utc|gmt|ut)?\s?[+-]\d{2}:?(?:\d{2})?(?![\d:])|(?:utc|gmt)[+-]\d(?::\d{2})?(?![\d:])|[a-z]{1,4}\b)?",
    re.IGNORECASE | re.ASCII,
)
_ISO_WEEK = re.compile(r"\d{4}-?W\d{2}(?:-?\d)?", re.ASCII)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})", re.ASCII)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_NO_WORDS = {"at", "of", "de", "del", "den", "um", "uhr", "le", "the", "on", "à", "o"}


class Written(NamedTuple):
    """A date as it is written.

    Attributes:
        parts: (year, month, day) if `fixed`, else three numbers in written order.
        fixed: whether the text itself determines which part is which.
        separator: the character between the three numbers.
        seconds: since midnight, UTC if a zone is named.
    """

    parts: tuple[int, int, int]
    fixed: bool
    separator: str
    seconds: float


def take_apart(text: str) -> Written | None:
    """Return the parts of a date, or None if the text is not a date.

    >>> take_apart("Tue, 5 Mar 2024 10:00 +0100")
    Written(parts=(2024, 3, 5), fixed=True, separator=' ', seconds=32400.0)
    >>> take_apart("05/03/24").parts, take_apart("soon")
    ((5, 3, 24), None)
    """
    text = unicodedata.normalize("NFKC", text).strip().strip("'\"")
    if not text or len(text) > 80:
        return None
    text = re.sub(r"\s*\([^()]*\)\s*$|\[[^\[\]]*\]$", "", text)
    text, seconds = _without_time(clock_forms.usual(text))
    if seconds is None:
        return None
    # Try the unchanged text first: "mar" is March in English and Tuesday in French.
    found = _date(text) or next(filter(None, map(_date, clock_forms.without_words(text))), None)
    return found._replace(seconds=seconds) if found else None


def _without_time(text: str) -> tuple[str, float | None]:
    """The text without its time of day, and that time in seconds; None if the time is impossible."""
    found = _TIME.search(text)
    if not found:
        compact = re.fullmatch(r"(\d{8})[T_ ]?(\d{2})(\d{2})(\d{2})?(Z?)", text, re.ASCII)
        if compact and (len(text) > 8):
            clock = [int(part or 0) for part in compact.group(2, 3, 4)]
            return compact[1], _clock(*clock)
        return re.sub(r"\s*\b(?:z|utc|gmt)$", "", text, flags=re.IGNORECASE), 0.0
    hour, half = int(found["hour"]), (found["half"] or "").casefold()[:1]
    if half and not 1 <= hour <= 12:
        return text, None
    hour = hour % 12 + (12 if half == "p" else 0) if half else hour
    seconds = _clock(hour, int(found["minute"]), int(found["second"] or 0))
    zone, rest = (found["zone"] or "").casefold(), text[found.end() :]
    word = re.match(r"[a-z]+", zone)
    if zone and word and word[0] not in _ZONES:
        # A word after the time that names no zone is part of the date: "10:00 March 5".
        zone, rest = "", text[found.start("zone") :]
        if word[0] not in MONTHS and word[0] not in _NO_WORDS:
            return text, None
    if seconds is None:
        return text, None
    seconds += float(f"0.{found['part']}") if found["part"] else 0.0
    before = re.sub(r"[\s,T_]+$", "", text[: found.start()])
    return f"{before} {rest.strip(' ,')}".strip(), seconds - 60 * _offset(zone)


def _clock(hour: int, minute: int, second: int) -> float | None:
    if hour == 24 and not minute and not second:
        return 86_400.0
    return 3600.0 * hour + 60 * minute + min(second, 59) if hour < 24 and minute < 60 and second <= 60 else None


def _offset(zone: str) -> int:
    """Minutes before UTC of `+01:00`, `GMT+1`, `pst`."""
    found = re.search(r"([+-])(\d{1,2}):?(\d{2})?", zone)
    if not found:
        return _ZONES.get(zone.strip(), 0)
    minutes = 60 * int(found[2]) + int(found[3] or 0)
    return -minutes if found[1] == "-" else minutes


def _date(text: str) -> Written | None:
    if _ISO_WEEK.fullmatch(text):
        found = date.fromisoformat(text)
        return Written((found.year, found.month, found.day), True, "-", 0.0)
    if ordinal := _ORDINAL.fullmatch(text):
        day = int(ordinal[2])
        found = date.fromordinal(date(int(ordinal[1]), 1, 1).toordinal() + day - 1) if 1 <= day <= 366 else None
        return Written((found.year, found.month, found.day), True, "-", 0.0) if found else None
    text = re.sub(r"(?<=\d)(?:st|nd|rd|th|er|º|ª|\.)(?=[\s,]|$)", "", text, flags=re.IGNORECASE)
    tokens = [token for token in _TOKEN.findall(text.casefold()) if token not in _NO_WORDS]
    if re.search(r"[^\w\s,./'’:-]", text) or not 1 <= len(tokens) <= 3:
        return _cjk(text)
    words = [token for token in tokens if not token.isdecimal()]
    if words:
        return _named(tokens, words) or _cjk(text)
    if any(len(token) > 4 for token in tokens):
        return _compact(tokens[0]) if len(tokens) == 1 else None
    numbers = [int(token) for token in tokens]
    if len(tokens) == 1:
        return Written((numbers[0], 1, 1), True, "", 0.0) if len(tokens[0]) == 4 else None
    if len(tokens) == 2:
        if len(tokens[0]) == 4:
            return Written((numbers[0], numbers[1], 1), True, "", 0.0)
        return Written((numbers[1], numbers[0], 1), True, "", 0.0) if len(tokens[1]) == 4 else None
    separators = set(re.findall(r"[^\w]+", text.strip(" ,.")))
    if len(separators) > 1:
        return None
    separator = separators.pop().strip() or " "
    year, month, day = numbers
    if len(tokens[0]) == 4:
        return Written((year, month, day), True, separator, 0.0)
    if len(tokens[0]) > 2 or len(tokens[1]) > 2 or len(tokens[2]) not in (2, 4):
        return None
    return Written((year, month, day), False, separator, 0.0)


def _named(tokens: list[str], words: list[str]) -> Written | None:
    """A date with the name of its month."""
    month = MONTHS.get(words[0])
    numbers = [token for token in tokens if token.isdecimal()]
    if month is None or len(words) > 1 or any(len(number) not in (1, 2, 4) for number in numbers):
        return None
    if len(numbers) == 1:
        return Written((int(numbers[0]), month, 1), True, " ", 0.0) if len(numbers[0]) == 4 else None
    if len(numbers) != 2:
        return None
    # The year is the number with four digits, otherwise the last one: 5-Mar-24, March 5 '24.
    day, year = (numbers[1], numbers[0]) if len(numbers[0]) == 4 else (numbers[0], numbers[1])
    return Written((full_year(int(year), len(year)), month, int(day)), True, " ", 0.0)


def _compact(token: str) -> Written | None:
    if len(token) != 8:
        return None
    return Written((int(token[:4]), int(token[4:6]), int(token[6:])), True, "", 0.0)


def _cjk(text: str) -> Written | None:
    found = re.fullmatch(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(?:(\d{1,2})\s?[日일])?", text.strip())
    return Written((int(found[1]), int(found[2]), int(found[3] or 1)), True, "", 0.0) if found else None


def full_year(year: int, digits: int) -> int:
    """A year of two digits in its century, as POSIX does: 69 is 1969, 68 is 2068."""
    return year if digits > 2 else year + (1900 if year >= 69 else 2000)
