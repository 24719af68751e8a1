"""RECSYS_BAD_REQUESTS bad requests (default 1,000) of every kind: no failure of ours, and memory stays within 100 MB."""

from __future__ import annotations

import asyncio
import json
import os
import time
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from bad_requests import BadRequests, send
from film_app import started

COUNT = int(os.environ.get("RECSYS_BAD_REQUESTS", "1000"))
GROWTH_MB = 100
LEGAL = {"", "closed"}


def memory_mb(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def asked(address: str, name: str, *given) -> object:
    body, kind = json.dumps({"data": given}).encode(), {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{address}/gradio_api/run/{name}", body, kind)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)["data"][0]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_bad_requests_are_refused_and_leave_nothing_behind(prepared, film_folder):
    # a thread of its own, because browser tests leave an event loop in the main thread
    with started(prepared, film_folder) as (address, app), ThreadPoolExecutor(1) as pool:
        port = int(address.rpartition(":")[2])
        expected = asked(address, "similar", "Heat (1995)", 5)
        before, begun = memory_mb(app.pid), time.monotonic()
        seen: Counter[tuple[str, str]] = Counter()
        requests, left = BadRequests(5), COUNT
        while left:
            part = min(left, 10_000)
            seen += pool.submit(asyncio.run, send(port, requests.take(part))).result()
            left -= part
            print(f"{COUNT - left:,} requests in {time.monotonic() - begun:.0f} s: {memory_mb(app.pid):.0f} MB")
        grown = memory_mb(app.pid) - before
        print(f"{before:.0f} MB before; grown by {grown:.0f} MB; {dict(sorted(seen.items()))}")
        statuses = {status for _, status in seen}
        assert all(status in LEGAL or 200 <= int(status) < 500 for status in statuses), seen
        assert asked(address, "similar", "Heat (1995)", 5) == expected
        assert grown < GROWTH_MB
    log = (prepared.parent / f"app-{port}.log").read_text(encoding="utf-8")
    assert "Traceback" not in log, log[:4000]
    assert len(log) < 20_000 + COUNT, log[-4000:]
