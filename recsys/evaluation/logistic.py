"""Small pieces of calibration: logistic regression, isotonic regression, reliability curve."""

from __future__ import annotations

import numpy as np

MAX_STEPS = 50
TOLERANCE = 1e-8


def logistic(x: np.ndarray, y: np.ndarray, weights: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Coefficients (1 + m,) of P(y = 1) = 1 / (1 + exp(-(b_0 + x b))), by Newton's method.

    Minimises sum_i w_i logloss_i + ridge / 2 |b|^2 (b_0 free); steps are halved until the loss falls.

    Args:
        x: (n, m) features of similar width.
        y: (n,) 0 or 1, both present.
        weights: (n,) of the observations.
        ridge: above 0, so that separable data has an answer.
    """
    x = np.column_stack([np.ones(len(x)), x])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 1e-9
    share = np.average(y, weights=weights)
    b = np.zeros(x.shape[1])
    b[0] = np.log(share / (1 - share))

    def loss(b: np.ndarray) -> float:
        margin = x @ b
        return float(weights @ (np.logaddexp(0, margin) - y * margin) + 0.5 * penalty @ np.square(b))

    best = loss(b)
    for _ in range(MAX_STEPS):
        p = sigmoid(x @ b)
        gradient = x.T @ (weights * (p - y)) + penalty * b
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient)
        scale = 1.0
        while (new := loss(b - scale * step)) > best and scale > TOLERANCE:
            scale /= 2
        if best - new <= TOLERANCE * (1 + best):
            return b - scale * step if new < best else b
        b, best = b - scale * step, new
    return b


def sigmoid(margin: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-margin)), without overflow.

    >>> sigmoid(np.array([0.0, 800.0, -800.0])).tolist()
    [0.5, 1.0, 0.0]
    """
    return np.exp(-np.logaddexp(0, -np.asarray(margin, dtype=np.float64)))


def isotonic(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Knots of the non-decreasing step fit to y over x, by pooling adjacent violators (Ayer et al. 1955).

    Returns:
        (k,) mean x of each pool, rising, and (k,) mean y of each pool, rising; to be read with `np.interp`.

    >>> x, y = isotonic(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.5]), np.ones(3))
    >>> x.tolist(), y.tolist()
    ([1.0, 2.5], [0.0, 0.75])
    """
    order = np.argsort(x, kind="stable")
    sums: list[list[float]] = []  # weight, weighted x, weighted y of each pool
    for xi, yi, wi in zip(x[order].tolist(), y[order].tolist(), weights[order].tolist(), strict=True):
        pool = [wi, wi * xi, wi * yi]
        while sums and sums[-1][2] * pool[0] >= pool[2] * sums[-1][0]:
            pool = [a + b for a, b in zip(sums.pop(), pool, strict=True)]
        sums.append(pool)
    total = np.array(sums)
    return total[:, 1] / total[:, 0], total[:, 2] / total[:, 0]


def reliability(p: np.ndarray, y: np.ndarray, bins: int = 10) -> list[dict[str, float]]:
    """The reliability curve: for each of `bins` equal ranges of p that holds any, mean p, mean y and how many.

    >>> reliability(np.array([0.1, 0.1, 0.9, 0.9]), np.array([0, 0, 1, 0]))
    [{'predicted': 0.1, 'observed': 0.0, 'n': 2}, {'predicted': 0.9, 'observed': 0.5, 'n': 2}]
    """
    place = np.minimum((np.asarray(p) * bins).astype(int), bins - 1)
    n = np.bincount(place, minlength=bins)
    some = n > 0
    predicted, observed = (np.bincount(place, values, bins)[some] / n[some] for values in (p, y))
    return [
        {"predicted": float(a), "observed": float(b), "n": int(c)}
        for a, b, c in zip(predicted, observed, n[some], strict=True)
    ]


def calibration_error(curve: list[dict[str, float]]) -> float:
    """Expected calibration error: mean |predicted - observed| over the curve, weighted by n (Naeini et al. 2015).

    >>> curve = [{"predicted": 0.2, "observed": 0.1, "n": 3}, {"predicted": 0.5, "observed": 0.5, "n": 1}]
    >>> round(calibration_error(curve), 6)
    0.075
    """
    total = sum(point["n"] for point in curve)
    return sum(point["n"] * abs(point["predicted"] - point["observed"]) for point in curve) / total if total else 0.0
