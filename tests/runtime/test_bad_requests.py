"""Bad and crafted requests to the running app: no failure of ours, and nothing stays in memory.

RECSYS_BAD_REQUESTS sets the number of bad requests (default 1,000), RECSYS_CRAFTED_STEP which of the crafted requests
are sent: each 12th, or all with 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import itertools
import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bad_requests import BadRequests
from crafted_requests import crafted
from film_app import started
from raw_requests import send
from waiting import PATIENCE_S

from recsys.api.guard.open_requests import MOST_OF_ADDRESS

COUNT = int(os.environ.get("RECSYS_BAD_REQUESTS", "1000"))
STEP = int(os.environ.get("RECSYS_CRAFTED_STEP", "12"))
GROWTH_MB = 100
PAUSE_S = 0.5  # between two questions for /health
LEGAL = {"", "closed"}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc"),
]


class App:
    """The running app: its port, its memory and what it has logged."""

    def __init__(self, address: str, pid: int, log: Path):
        self.address, self.port, self._pid, self._log = address, int(address.rpartition(":")[2]), pid, log
        self._read = 0

    def memory_mb(self) -> float:
        """Resident memory."""
        lines = Path(f"/proc/{self._pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024

    @contextlib.contextmanager
    def watched(self) -> Iterator[Counter[int]]:
        """Ask /health all the time, in a thread of its own; counts of its statuses, 0 if there was no answer."""
        seen: Counter[int] = Counter()
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(PAUSE_S):
                seen[self._health()] += 1

        with ThreadPoolExecutor(1) as pool:
            watching = pool.submit(watch)
            try:
                yield seen
            finally:
                ended.set()
                watching.result()

    def _health(self) -> int:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=PATIENCE_S) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def logged(self) -> str:
        """The log since the last call."""
        text = self._log.read_text(encoding="utf-8")[self._read :]
        self._read += len(text)
        return text

    def asked(self, name: str, *given) -> object:
        """The answer of an endpoint."""
        body, kind = json.dumps({"data": given}).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.address}/gradio_api/run/{name}", body, kind)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["data"][0]

    def sent(self, requests) -> Counter[tuple[str, str]]:
        """Send requests from a thread of their own, because browser tests leave an event loop in the main thread."""
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, send(self.port, requests)).result()


@pytest.fixture(scope="module")
def running(prepared, film_folder):
    with started(prepared, film_folder) as (address, process):
        yield App(address, process.pid, prepared.parent / f"app-{address.rpartition(':')[2]}.log")


def check_statuses(seen: Counter[tuple[str, str]]) -> None:
    statuses = {status for _, status in seen}
    assert all(status in LEGAL or 200 <= int(status) < 500 for status in statuses), seen


def test_bad_requests_are_refused_and_leave_nothing_behind(running):
    expected = running.asked("similar", "Heat (1995)", 5)
    before, begun = running.memory_mb(), time.monotonic()
    print(f"{before:.0f} MB before")
    seen: Counter[tuple[str, str]] = Counter()
    requests, left = BadRequests(5), COUNT
    with running.watched() as health:
        while left:
            part = min(left, 10_000)
            seen += running.sent(requests.take(part))
            left -= part
            took, memory = time.monotonic() - begun, running.memory_mb()
            print(f"{COUNT - left:,} requests in {took:.0f} s: {memory:.0f} MB", flush=True)
    grown = running.memory_mb() - before
    print(f"grown by {grown:.0f} MB; /health {dict(health)}; {dict(sorted(seen.items()))}")
    assert health and set(health) == {200}
    check_statuses(seen)
    assert running.asked("similar", "Heat (1995)", 5) == expected
    assert grown < GROWTH_MB
    log = running.logged()
    assert "Traceback" not in log, log[:4000]
    print(f"{len(log):,} characters of log")
    assert len(log) < 20_000 + COUNT, log[-4000:]


def test_crafted_requests_to_every_route_are_refused(running):
    requests = list(itertools.islice(crafted(), 0, None, STEP))
    before = running.memory_mb()
    seen = running.sent(requests)
    print(f"{len(requests):,} requests: {running.memory_mb() - before:.0f} MB; {dict(sorted(seen.items()))}")
    check_statuses(seen)
    assert running.memory_mb() - before < GROWTH_MB
    log = running.logged()
    assert "Traceback" not in log, log[:4000]
    assert len(log) < 20_000 + 100 * len(requests), log[-4000:]
    assert running.asked("about")


def test_open_streams_of_one_address_leave_room_for_the_others(running):
    def opened(path, forwarded):
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=PATIENCE_S)
        connection.request("GET", path, headers={"X-Forwarded-For": forwarded})
        return connection, connection.getresponse()

    with contextlib.ExitStack() as stack:
        statuses = []
        for number in range(MOST_OF_ADDRESS + 20):
            connection, answer = opened(f"/gradio_api/heartbeat/s{number}", "192.0.2.7")
            stack.callback(connection.close)
            stack.callback(answer.close)
            statuses.append(answer.status)
        assert statuses == [200] * MOST_OF_ADDRESS + [429] * 20
        for path, forwarded in (("/health", "192.0.2.7"), ("/config", "192.0.2.8")):
            connection, answer = opened(path, forwarded)
            assert answer.status == 200
            connection.close()
