"""k-means, the two curves that choose k, and principal components, in NumPy."""

from __future__ import annotations

import numpy as np

SAMPLE = 1500  # points a silhouette looks at; it needs all their distances


def kmeans(
    points: np.ndarray, k: int, rng: np.random.Generator, starts: int = 4
) -> tuple[np.ndarray, np.ndarray, float]:
    """Centres (k, d), nearest centre of each point (n,), and inertia (summed squared distance), best of some starts.

    Lloyd's iteration from k-means++ seeds (Arthur and Vassilvitskii 2007).
    """
    best = None
    for _ in range(starts):
        centres = _seeds(points, k, rng)
        labels = None
        for _ in range(100):
            distances = squared_distances(points, centres)
            moved = distances.argmin(axis=1)
            if labels is not None and np.array_equal(moved, labels):
                break
            labels = moved
            counts = np.bincount(labels, minlength=k)
            sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in points.T], axis=1)
            # an empty cluster restarts at the point worst served
            worst = points[np.argsort(-distances.min(axis=1), kind="stable")[:k]]
            empty = counts == 0
            centres = np.where(empty[:, None], worst[np.cumsum(empty) - 1], sums / np.maximum(counts, 1)[:, None])
        distances = squared_distances(points, centres)
        inertia = float(distances.min(axis=1).sum())
        if best is None or inertia < best[2]:
            best = (centres, distances.argmin(axis=1), inertia)
    return best


def _seeds(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray:
    chosen = [points[rng.integers(len(points))]]
    nearest = np.full(len(points), np.inf)
    for _ in range(k - 1):
        nearest = np.minimum(nearest, ((points - chosen[-1]) ** 2).sum(axis=1))
        total = nearest.sum()
        chosen.append(points[rng.choice(len(points), p=nearest / total) if total > 0 else rng.integers(len(points))])
    return np.array(chosen)


def squared_distances(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n, k), never negative."""
    cross = points @ centres.T
    return np.maximum((points**2).sum(axis=1)[:, None] - 2 * cross + (centres**2).sum(axis=1), 0)


def silhouette(points: np.ndarray, labels: np.ndarray) -> float:
    """Mean of (b - a) / max(a, b): a the mean distance to one's own cluster, b to the nearest other (Rousseeuw 1987).

    >>> round(silhouette(np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, 0, 1, 1])), 3)
    0.889
    """
    if len(points) > SAMPLE:
        step = np.linspace(0, len(points) - 1, SAMPLE).astype(int)
        points, labels = points[step], labels[step]
    names, labels = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        return 0.0
    distances = np.sqrt(squared_distances(points, points))
    np.fill_diagonal(distances, 0)
    counts = np.bincount(labels)
    sums = distances @ np.eye(len(names))[labels]
    own = counts[labels] - 1
    inner = np.take_along_axis(sums, labels[:, None], axis=1)[:, 0] / np.maximum(own, 1)
    means = sums / counts
    means[np.arange(len(labels)), labels] = np.inf
    outer = means.min(axis=1)
    value = (outer - inner) / np.maximum(np.maximum(outer, inner), 1e-12)
    return float(np.where(own > 0, value, 0.0).mean())


def elbow(inertias: list[float]) -> int:
    """Place of the point farthest below the line from the first to the last of a falling curve.

    >>> elbow([100.0, 40.0, 35.0, 31.0, 28.0])
    1
    """
    curve = np.asarray(inertias, dtype=np.float64)
    if len(curve) < 3 or curve[0] <= curve[-1]:
        return 0
    line = np.linspace(curve[0], curve[-1], len(curve))
    return int(np.argmax(line - curve))


def principal_components(points: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (d,), components (d, m) and their shares of the variance (m,), m the fewest that reach `share`.

    Signs are fixed so that the largest loading of each component is positive.
    """
    mean = points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov((points - mean).T, bias=True).reshape(points.shape[1], -1))
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    shares = values / max(values.sum(), 1e-12)
    size = min(int(np.searchsorted(np.cumsum(shares), share - 1e-9)) + 1, len(shares))
    vectors = vectors[:, :size]
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(size)])
    return mean, vectors * np.where(signs == 0, 1, signs), shares[:size]
