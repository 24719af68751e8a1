"""Read a column of numbers with decimal points or commas, signs and units; one format is chosen for the whole column.

`1.234` is between one and two in one country and above a thousand in another. A column is read with decimal points or
commas, whichever fits its cells; if both fit and give different numbers, the column is refused.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

POINT, COMMA = "point", "comma"
MARK = {POINT: ".", COMMA: ","}
FEW = 0.01
"""Largest share of cells in the other format that are treated as mistakes instead of as a contradiction."""

_PLAIN = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_BODY = re.compile(r"(?:\d+(?:[.,' ]\d+)*[.,]?|[.,]\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_STARS = re.compile(r"[★⭐*]{1,10}½?☆*|½☆*")
OUT_OF = r"(?:out of|of|von|sur|de|su|van|av|af|z|ze|из)"
"""Words between a rating and the best one, as in `4 out of 5`."""
STARS = (
    r"(?:stars?|sterne?n?|étoiles?|estrellas?|stell[ae]|estrelas?|sterren|stjärnor|stjerner|gwiazd\w*|hvězdič\w*|зв[её]зд\w*"
    r"|points?|punkte?n?|puntos?|punti|pontos?|星)"
)
"""Words for stars and points."""
_UNIT = rf"%|{STARS}|★|⭐|pts?\.?|hours?|hrs?\.?|h|times|[€$£¥₹]|usd|eur|gbp|/ ?\d{{1,4}}"
_UNIT += rf"|{OUT_OF} \d{{1,4}}(?: {STARS})?"
_BEST_FIRST = re.compile(r"(\d{1,4})つ星のうち\s*([\d.]+)")
"""The best rating before the rating, as in Japanese."""
_WITH_UNIT = re.compile(
    r"(?P<front>[€$£¥₹]|usd|eur|gbp)? ?(?P<sign>[+-]?) ?(?P<body>[\d.,' ]*\d[.,]?(?:e[+-]?\d{1,3})?) ?"
    rf"(?P<unit>{_UNIT})?",
    re.IGNORECASE,
)
_AS_TEXT = re.compile(r"""=\s*"([^"]*)"|'(?=[\d.,+-])""")
"""What spreadsheets write around a number that is shown as text: ="4", and '4."""
_SAME = str.maketrans({"−": "-", "–": "-", "’": "'", "ʼ": "'", "`": "'", "٬": "'", "٫": ".", "\ufe0f": "", "⁄": "/"})


class Numbers(NamedTuple):
    """A column of numbers.

    Attributes:
        values: (n,) float64, NaN for a text that is not a number.
        note: what was detected about the format of the column, "" if it is unambiguous.
        refused: why the column cannot be read, "" if it can.
        by_mark: whether stating the decimal mark makes a refused column readable.
    """

    values: np.ndarray
    note: str = ""
    refused: str = ""
    by_mark: bool = False


class _Cell(NamedTuple):
    """One text read in both formats (None if it is not a number in that format), and its unit."""

    point: float | None
    comma: float | None
    unit: str = ""


def read(
    texts: Sequence[str],
    decimal: str = "",
    scale: tuple[float, float] | None = None,
    counts: Sequence[int] | None = None,
) -> Numbers:
    """Read the texts of a column.

    Args:
        texts: the cells, or every distinct cell once.
        decimal: "point" or "comma" if the owner has stated it.
        scale: lowest and highest possible number, which can decide between the formats.
        counts: how often each text occurs (default: once).

    >>> read(["3,5", "4"]).values.tolist(), read(["1,250.5", "7"]).values.tolist()
    ([3.5, 4.0], [1250.5, 7.0])
    >>> read(["1,250", "2,500"]).refused
    "'1,250' can be 1250 or 1.25"
    """
    if all(map(_PLAIN.fullmatch, texts)) and (decimal == POINT or not _maybe_thousands(texts)):
        return Numbers(np.array([float(text) for text in texts], dtype=np.float64))
    cells = [_parse(text) for text in texts]
    often = np.ones(len(texts)) if counts is None else np.asarray(counts, dtype=np.float64)
    if len(units := sorted({cell.unit for cell in cells if cell.unit})) > 1:
        examples = " and ".join(repr(_example(texts, cells, unit)) for unit in units[:2])
        return Numbers(np.full(len(texts), np.nan), refused=f"{examples} are numbers of different kinds")
    points, commas = _values(cells, POINT), _values(cells, COMMA)
    form, refused = (decimal, "") if decimal else _form(texts, points, commas, often, scale)
    values = commas if form == COMMA else points
    by_mark = bool(refused)
    refused = refused or _beyond_unit(texts, cells, values)
    note = _note(texts, cells, values, commas if form == POINT else points, form) if not refused else ""
    return Numbers(np.full(len(texts), np.nan) if refused else values, note, refused, by_mark)


def _form(
    texts: Sequence[str],
    points: np.ndarray,
    commas: np.ndarray,
    often: np.ndarray,
    scale: tuple[float, float] | None,
) -> tuple[str, str]:
    """The format that fits the column, or why it cannot be decided."""
    with_point, with_comma = np.isfinite(points), np.isfinite(commas)
    only_point, only_comma = with_point & ~with_comma, with_comma & ~with_point
    if only_point.any() and only_comma.any():
        share = often[only_comma].sum() / (often[only_point].sum() + often[only_comma].sum())
        if share <= FEW:
            return POINT, ""
        if share >= 1 - FEW:
            return COMMA, ""
        one, other = texts[int(only_point.argmax())], texts[int(only_comma.argmax())]
        return "", f"{one!r} has a decimal point and {other!r} a decimal comma"
    if only_point.any() or only_comma.any():
        return (POINT if only_point.any() else COMMA), ""
    differ = with_point & with_comma & (points != commas)
    if not differ.any():
        return POINT, ""
    if scale:
        fits = [bool(((scale[0] <= read[differ]) & (read[differ] <= scale[1])).all()) for read in (points, commas)]
        if fits[0] != fits[1]:
            return (POINT if fits[0] else COMMA), ""
    # Programs write all numbers with three decimals, also whole ones.
    if (differ | ~with_point).all() and all("." in text and "," not in text for text in texts):
        return POINT, ""
    first = int(differ.argmax())
    low, high = sorted((points[first], commas[first]))
    return "", f"{texts[first].strip()!r} can be {high:.15g} or {low:.15g}"


def _beyond_unit(texts: Sequence[str], cells: Sequence[_Cell], values: np.ndarray) -> str:
    """Why numbers cannot have the unit of the others: 0.8 beside 80 %, 8 beside 4/5; "" if they can."""
    unit = next((cell.unit for cell in cells if cell.unit), "")
    most = float(found[0]) if (found := re.findall(r"\d+", unit)) else np.inf
    for text, cell, value in zip(texts, cells, values.tolist(), strict=True):
        if unit == "%" and not cell.unit and 0 < abs(value) < 1:
            return f"{text.strip()!r} and {_example(texts, cells, unit)!r} are numbers of different kinds"
        if value > most:
            return f"{text.strip()!r} is more than {most:g}, and {_example(texts, cells, unit)!r} says it is the most"
    return ""


def _note(texts: Sequence[str], cells: Sequence[_Cell], values: np.ndarray, other: np.ndarray, form: str) -> str:
    notes = []
    marked = [place for place in np.flatnonzero(np.isfinite(values) & (values != other)).tolist()]
    if marked and (form == COMMA or "," in texts[marked[0]]):
        place = marked[0]
        notes.append(f"numbers are read with decimal {form}s ({texts[place].strip()!r} is {values[place]:.15g})")
    unit = next((place for place, cell in enumerate(cells) if cell.unit), None)
    if unit is not None:
        notes.append(f"{texts[unit].strip()!r} is read as {values[unit]:.15g}")
    return "; ".join(notes)


def _maybe_thousands(texts: Sequence[str]) -> bool:
    """Whether points in plain numbers may separate thousands: every point has three digits after it."""
    dotted = [text for text in texts if "." in text]
    return bool(dotted) and len(dotted) < len(texts) and all(map(_thousand, dotted))


def _thousand(text: str) -> bool:
    head, _, tail = text.lstrip("+-").partition(".")
    return len(tail) == 3 and tail.isdecimal() and 1 <= len(head) <= 3 and head[0] != "0"


def _example(texts: Sequence[str], cells: Sequence[_Cell], unit: str) -> str:
    return next(text.strip() for text, cell in zip(texts, cells, strict=True) if cell.unit == unit)


def _values(cells: Sequence[_Cell], form: str) -> np.ndarray:
    read = [cell.point if form == POINT else cell.comma for cell in cells]
    return np.array([np.nan if value is None else value for value in read], dtype=np.float64)


def _parse(text: str) -> _Cell:
    text = _AS_TEXT.sub(r"\1", plain(text))
    if stars := _STARS.fullmatch(text):
        value = sum(text.count(star) for star in "★⭐*") + (0.5 if "½" in stars[0] else 0.0)
        return _Cell(value, value, "★")
    text = " ".join(unicodedata.normalize("NFKC", text.replace("½", ".5").replace("☆", "")).translate(_SAME).split())
    if text.startswith("(") and text.endswith(")"):  # what accountants write for a negative number
        text = f"-{text[1:-1].strip()}"
    if len(text) > 1 and text.endswith("-") and text[0] not in "+-":
        text = f"-{text[:-1].strip()}"
    found = _WITH_UNIT.fullmatch(_BEST_FIRST.sub(r"\2/\1", text))
    if not found or not _BODY.fullmatch(found["body"].strip()):
        return _Cell(None, None)
    sign = -1.0 if found["sign"] == "-" else 1.0
    body = found["body"].strip()
    point, comma = (_value(body, MARK[form]) for form in (POINT, COMMA))
    unit = re.sub(r"\s|s$", "", (found["unit"] or found["front"] or "").casefold())
    if best := re.search(r"\d+", unit):
        unit = f"/{best[0]}"
    elif re.fullmatch(STARS, unit) and not unit.startswith(("p", "星")):
        unit = "star"
    return _Cell(None if point is None else sign * point, None if comma is None else sign * comma, unit)


def plain(text: str) -> str:
    """A text with the digits of any script as 0 to 9, without surrounding spaces."""
    text = text.strip()
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)


def _value(body: str, mark: str) -> float | None:
    """The number with this decimal mark; None if the other marks do not separate thousands."""
    digits, e, power = body.replace("E", "e").partition("e")
    whole, found, fraction = digits.rpartition(mark)
    if not found:
        whole, fraction = digits, ""
    if re.search(r"[^0-9]", fraction) or mark in whole:
        # The mark occurs twice, or others follow it: it is not a decimal mark and can only separate thousands.
        return None
    others = set(re.findall(r"[^0-9]", whole))
    if len(others) > 1 or (others and e):
        return None
    groups = re.split(r"[^0-9]", whole)
    if others and not _grouped(groups, next(iter(others))):
        return None
    return float(f"{''.join(groups) or '0'}.{fraction or '0'}{e}{power}")


def _grouped(groups: Sequence[str], mark: str) -> bool:
    """Whether digits are in groups of three, or of two before the last three as in India."""
    first, *rest = groups
    if not 1 <= len(first) <= 3 or first.startswith("0") or len(rest[-1]) != 3:
        return False
    middle = {len(group) for group in rest[:-1]}
    return middle <= {3} or (mark == "," and middle == {2} and len(first) <= 2)
