"""Check predicted probabilities against outcomes: reliability curve and expected calibration error."""

from __future__ import annotations

import numpy as np


def sigmoid(margin: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-margin)), without overflow.

    >>> sigmoid(np.array([0.0, 800.0, -800.0])).tolist()
    [0.5, 1.0, 0.0]
    """
    return np.exp(-np.logaddexp(0, -np.asarray(margin, dtype=np.float64)))


# sklearn.calibration.calibration_curve gives the same two means but not the counts, which the error below needs.
def reliability(p: np.ndarray, y: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """Reliability curve: mean p, mean y and number of examples in each non-empty one of `bins` equal ranges of p.

    Args:
        p: (n,) predicted probabilities from 0 to 1.
        y: (n,) outcomes, 1 or 0.

    >>> reliability(np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 0]))
    [{'predicted': 0.1, 'observed': 0.0, 'n': 2}, {'predicted': 0.9, 'observed': 0.5, 'n': 2}]
    """
    place = np.minimum((np.asarray(p) * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    filled = n > 0
    predicted, observed = (np.bincount(place, values, bins)[filled] / n[filled] for values in (p, y))
    return [
        {"predicted": float(a), "observed": float(b), "n": int(c)}
        for a, b, c in zip(predicted, observed, n[filled], strict=True)
    ]


def calibration_error(curve: list[dict[str, float]]) -> float:
    """Expected calibration error: mean |predicted - observed| of a curve, weighted by n (Naeini et al. 2015).

    >>> curve = [{"predicted": 0.2, "observed": 0.1, "n": 3}, {"predicted": 0.5, "observed": 0.5, "n": 1}]
    >>> round(calibration_error(curve), 6)
    0.075
    """
    total = sum(point["n"] for point in curve)
    return sum(point["n"] * abs(point["predicted"] - point["observed"]) for point in curve) / total if total else 0.0
