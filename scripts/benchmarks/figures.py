"""Summarise samples: medians, percentiles, ratios and their text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """`n` and `p50`, `p95`, `p99` in milliseconds, by linear interpolation; None without samples.

    >>> spread([0.001, 0.002, 0.003])["p50"]
    2.0
    """
    if not len(seconds):
        return {"n": 0, "p50": None, "p95": None, "p99": None}
    p50, p95, p99 = 1000 * np.quantile(np.asarray(seconds, dtype=np.float64), (0.5, 0.95, 0.99))
    return {"n": len(seconds), "p50": round(float(p50), 3), "p95": round(float(p95), 3), "p99": round(float(p99), 3)}


def median(values: Sequence[float]) -> float | None:
    """The median, or None without values.

    >>> median([3, 1, 2, 10])
    2.5
    """
    return float(np.median(values)) if len(values) else None


def ratio(ours: float | None, other: float | None) -> float | None:
    """ours / other; None if either is unknown or the other is 0.

    >>> ratio(3.0, 2.0), ratio(None, 2.0), ratio(1.0, 0)
    (1.5, None, None)
    """
    return ours / other if ours is not None and other else None


def written(value: float | None, digits: int = 3) -> str:
    """A number with `digits` significant digits and no exponent, "–" for None.

    >>> written(0.012345), written(12345.6), written(2.0), written(None)
    ('0.0123', '12,346', '2.00', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"


def times(value: float | None) -> str:
    """A ratio as text.

    >>> times(1.234), times(12.34), times(None)
    ('1.23×', '12.3×', '–')
    """
    return "–" if value is None else f"{written(value)}×"
