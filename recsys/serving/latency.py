"""Latency statistics by endpoint over the last 1,000 calls."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, time
from typing import Any

import numpy as np

from recsys.errors import CALLER_ERRORS

LATEST = 1000


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
        self.outcomes = {"ok": 0, "refused": 0, "failed": 0}
