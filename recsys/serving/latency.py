"""Latency statistics by endpoint: quantiles of the last 1,000 calls, and histograms of all."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, time
from typing import Any, NamedTuple

import numpy as np

from recsys.errors import CALLER_ERRORS

LATEST = 1000
BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of the histograms, in seconds."""


class Histogram(NamedTuple):
    """Durations of all calls of an endpoint.

    Attributes:
        counts: number of calls by bucket of BOUNDS, and at the end of longer ones.
        total: sum of the durations in seconds.
        outcomes: number of calls by outcome.
    """

    counts: list[int]
    total: float
    outcomes: dict[str, int]


class Latencies:
    """Counts and latest durations by endpoint; thread-safe, about a microsecond per call.

    Attributes:
        started: start of counting, in seconds since 1970.
    """

    def __init__(self, latest: int = LATEST):
        self.started, self._latest = time(), latest
        self._lock = threading.Lock()
        self._endpoints: dict[str, _Endpoint] = {}

    def record(self, endpoint: str, seconds: float, outcome: str = "ok") -> None:
        """Add one call; `outcome` is "ok", "refused" (an error of the caller) or "failed" (an error of the service)."""
        with self._lock:
            one = self._endpoints.get(endpoint)
            if one is None:
                one = self._endpoints[endpoint] = _Endpoint(self._latest)
            one.seconds.append(seconds)
            one.buckets[bisect_left(BOUNDS, seconds)] += 1
            one.total += seconds
            one.outcomes[outcome] += 1

    @contextmanager
    def timing(self, endpoint: str) -> Iterator[None]:
        """Record the duration and outcome of the block."""
        started, outcome = perf_counter(), "failed"
        try:
            yield
            outcome = "ok"
        except CALLER_ERRORS:
            outcome = "refused"
            raise
        finally:
            self.record(endpoint, perf_counter() - started, outcome)

    def histograms(self) -> dict[str, Histogram]:
        """Histograms by endpoint."""
        with self._lock:
            return {
                name: Histogram(list(one.buckets), one.total, dict(one.outcomes))
                for name, one in self._endpoints.items()
            }

    def lines(self) -> list[dict[str, Any]]:
        """By endpoint, busiest first: endpoint, count, refused, failed, p50 and p95 (milliseconds of the latest)."""
        with self._lock:
            found = {name: (list(one.seconds), dict(one.outcomes)) for name, one in self._endpoints.items()}
        lines = []
        for name, (seconds, outcomes) in found.items():
            p50, p95 = 1000 * np.quantile(seconds, (0.5, 0.95))
            counts = {"count": sum(outcomes.values()), "refused": outcomes["refused"], "failed": outcomes["failed"]}
            lines.append({"endpoint": name, **counts, "p50": round(float(p50), 2), "p95": round(float(p95), 2)})
        return sorted(lines, key=lambda line: (-line["count"], line["endpoint"]))


class _Endpoint:
    def __init__(self, latest: int):
        self.seconds: deque[float] = deque(maxlen=latest)
        self.buckets, self.total = [0] * (len(BOUNDS) + 1), 0.0
        self.outcomes = {"ok": 0, "refused": 0, "failed": 0}
