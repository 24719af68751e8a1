"""Call a Gradio server by plain POST: one call at a time, alternating with another server, concurrently, at a rate."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from benchmarks.empty_app import key
from benchmarks.processes import BenchmarkError

TIMEOUT_S = 60
LEAST = 5
IDLE_S = 3.0  # reconnect after this idle time, because servers close a connection after five seconds
Call = Callable[[str, list], Any]


class Caller:
    """A persistent connection for `POST /gradio_api/run/NAME`; not thread-safe.

    Args:
        empty: the server is the empty app, whose only endpoint takes the name of the wanted answer.
    """

    def __init__(self, address: str, empty: bool = False):
        self._empty = empty
        self._host = urlsplit(address).netloc
        self._connection = http.client.HTTPConnection(self._host, timeout=TIMEOUT_S)
        self._used = time.monotonic()

    def __call__(self, endpoint: str, arguments: Sequence[Any]) -> Any:
        """Return the answer of an endpoint.

        Raises:
            BenchmarkError: the status is not 200.
            OSError: the server cannot be reached.
        """
        if self._empty:
            endpoint, arguments = of_empty(endpoint, arguments)
        if time.monotonic() - self._used > IDLE_S:
            self.close()
        try:
            self._connection.request(
                "POST",
                f"/gradio_api/run/{endpoint}",
                json.dumps({"data": list(arguments)}).encode(),
                {"Content-Type": "application/json"},
            )
            answer = self._connection.getresponse()
            body = answer.read()
            self._used = time.monotonic()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if isinstance(error, OSError):
                raise
            raise ConnectionError(f"{self._host} closed the connection: {error!r}") from error
        if answer.status != 200:
            said = body[:300].decode(errors="replace")
            raise BenchmarkError(f"/{endpoint} with {list(arguments)} answered {answer.status}: {said}")
        return json.loads(body)["data"][0]

    def get(self, path: str) -> Any:
        """JSON of a GET route."""
        self.close()
        self._connection.request("GET", path)
        return json.loads(self._connection.getresponse().read())

    def close(self) -> None:
        """Close the connection; the next call reopens it."""
        self._connection.close()


def of_empty(endpoint: str, arguments: Sequence[Any]) -> tuple[str, list[str]]:
    """Endpoint and arguments with which the empty app returns the answer of `endpoint`."""
    return "answer", [endpoint, key(list(arguments))]


def timed(call: Call, endpoint: str, arguments: list) -> float:
    """Seconds that one call takes."""
    started = time.perf_counter()
    call(endpoint, arguments)
    return time.perf_counter() - started


def in_turn(
    ours: Call, other: Call, endpoint: str, rows: Sequence[list], n: int, most_s: float = 10.0
) -> tuple[list[float], list[float]]:
    """Seconds of n calls to each of two servers, alternating, so that noise affects both alike.

    After `most_s` seconds it stops, but not before LEAST calls to each.
    """
    found: tuple[list[float], list[float]] = ([], [])
    started = time.perf_counter()
    for number in range(n):
        if number >= LEAST and time.perf_counter() - started > most_s:
            break
        arguments = rows[number % len(rows)]
        for which in (0, 1) if number % 2 else (1, 0):
            found[which].append(timed((ours, other)[which], endpoint, arguments))
    return found


def at_once(calls: Sequence[Call], rows: Sequence[tuple[str, list]], n: int, most_s: float = 10.0) -> dict[str, Any]:
    """Make n calls, or as many as begin within `most_s` seconds, with one thread for each of `calls`.

    Returns:
        `per_second` from the first call to the last answer, and `latencies` of each call in seconds.

    Raises:
        BenchmarkError, OSError: what the first failing call raised.
    """
    numbers, ready = count(), threading.Barrier(len(calls) + 1)
    latencies: list[float] = []
    failures: list[Exception] = []

    def work(call: Call) -> None:
        ready.wait()
        began = time.perf_counter()
        while not failures and time.perf_counter() - began < most_s and (number := next(numbers)) < n:
            try:
                latencies.append(timed(call, *rows[number % len(rows)]))
            except Exception as error:  # raised again in the calling thread
                failures.append(error)

    threads = [threading.Thread(target=work, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {"per_second": len(latencies) / (time.perf_counter() - started), "latencies": latencies}


def at_rate(
    calls: Sequence[Call], rows: Sequence[tuple[str, list]], per_second: float, seconds: float
) -> dict[str, Any]:
    """Make calls at a fixed rate, whether or not earlier ones are answered; one thread for each of `calls`.

    Latency counts from the time when a call was due, so that a server which falls behind is noticed (no coordinated
    omission).

    Returns:
        `latencies` in seconds by endpoint, `errors` as texts, `seconds` to the last answer.
    """
    n = round(per_second * seconds)
    numbers = count()
    latencies: dict[str, list[float]] = {endpoint: [] for endpoint, _ in rows}
    errors: list[str] = []
    started = time.perf_counter() + 0.1

    def work(call: Call) -> None:
        while (number := next(numbers)) < n:
            due = started + number / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            endpoint, arguments = rows[number % len(rows)]
            try:
                call(endpoint, arguments)
                latencies[endpoint].append(time.perf_counter() - due)
            except (OSError, BenchmarkError) as error:
                errors.append(str(error))

    threads = [threading.Thread(target=work, args=(call,), daemon=True) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"latencies": latencies, "errors": errors, "seconds": time.perf_counter() - started}
