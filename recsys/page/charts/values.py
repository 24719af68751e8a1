"""Numbers in charts: validate them, format labels, and choose round numbers for an axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

Number = float | int | None
Label = Callable[[Number], str]
MISSING = "–"
NARROWEST = 1e-11  # of an axis, whose ticks are rounded to 12 digits


def finite(value: object) -> float | None:
    """Return the value as a finite number, or None."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def known(values: Iterable[object]) -> list[float]:
    """Return the values that are finite numbers."""
    return [number for value in values if (number := finite(value)) is not None]


def brief(value: Number) -> str:
    """Format a number in few characters for a label.

    >>> brief(1234567), brief(20000), brief(0.25), brief(3.0), brief(None)
    ('1.2M', '20k', '0.25', '3', '–')
    """
    number = finite(value)
    if number is None:
        return MISSING
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(number) >= size:
            scale = 1e3 if letter == "k" else size
            return f"{number / scale:.1f}".removesuffix(".0") + letter
    return f"{number:,.0f}" if abs(number) >= 100 or number.is_integer() else f"{number:.3g}"


def percent(value: Number, digits: int = 0) -> str:
    """Format a share as a percentage.

    >>> percent(0.125), percent(0.125, 1), percent(None)
    ('12 %', '12.5 %', '–')
    """
    return MISSING if value is None else f"{100 * value:.{digits}f} %"


def ticks(low: float, high: float, n: int = 4) -> list[float]:
    """Return round numbers from at most `low` to at least `high` in about n steps.

    >>> ticks(0, 87)
    [0.0, 25.0, 50.0, 75.0, 100.0]
    """
    if not high - low > NARROWEST:
        high = low + (abs(low) if abs(low) > NARROWEST else 1.0)
    raw = (high - low) / n
    size = 10.0 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]
