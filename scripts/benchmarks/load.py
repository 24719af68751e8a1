"""Measure a steady load, and whether slow requests delay others."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.calls import at_rate, timed
from benchmarks.endpoints import MIX
from benchmarks.figures import ratio, spread
from benchmarks.latency import CALLERS
from benchmarks.pair import Pair, pair
from benchmarks.place import Place
from recsys.data.progress import Progress

SLOW = ("hybrid", "recommend_for")  # the slowest endpoints, with the maximum number of results
SLOW_CALLERS = 2
QUICK = 150  # searches timed meanwhile


def measure(place: Place, say: Progress, per_second: float, seconds: float) -> dict[str, Any]:
    """A mix of requests at a fixed rate, and searches during slow requests, for `ours` and `empty`."""
    with pair(place, say, tuple(dict.fromkeys((*MIX, *SLOW)))) as servers:
        found: dict[str, Any] = {"hold": {"per_second": per_second, "seconds": seconds}, "beside": {}}
        for which, who in enumerate(("ours", "empty")):
            found["beside"][who] = _beside(servers, which)
        beside = found["beside"]["ours"]
        say(
            f"{place.size} M: /search takes {beside['alone']['p50']:.1f} ms alone and {beside['beside']['p50']:.1f} ms "
            f"with {SLOW_CALLERS} callers whose requests take {beside['slow']['p50']:.1f} ms"
        )
        for which, who in enumerate(("ours", "empty")):
            # the empty app only shows what this machine can do
            lasting = seconds if who == "ours" else min(seconds, 5)
            got = at_rate(servers.callers(which, CALLERS), servers.rows(MIX), per_second, lasting)
            every = [latency for many in got["latencies"].values() for latency in many]
            found["hold"][who] = {
                "all": spread(every),
                "endpoints": {name: spread(many) for name, many in got["latencies"].items()},
                "errors": len(got["errors"]),
                "error": got["errors"][0] if got["errors"] else "",
                "reached": (len(every) + len(got["errors"])) / got["seconds"],
            }
        hold = found["hold"]["ours"]
        say(
            f"{place.size} M: {hold['reached']:.0f} requests per second: p95 {hold['all']['p95']:.1f} ms, "
            f"{hold['errors']} errors"
        )
    return found


def _beside(servers: Pair, which: int) -> dict[str, Any]:
    """Latencies of /search alone and during slow requests."""
    (call,), searches = servers.callers(which, 1), servers.asked["search"]
    alone = [timed(call, "search", searches[number % len(searches)]) for number in range(QUICK)]
    done, slow = threading.Event(), []
    most = {"hybrid": 2, "recommend_for": 2}  # position of the argument n

    def work(endpoint: str) -> None:
        (own,) = servers.callers(which, 1)
        rows = [
            [100 if place == most[endpoint] else value for place, value in enumerate(row)]
            for row in servers.asked[endpoint]
        ]
        number = 0
        while not done.is_set():
            slow.append(timed(own, endpoint, rows[number % len(rows)]))
            number += 1

    threads = [
        threading.Thread(target=work, args=(SLOW[number % len(SLOW)],), daemon=True) for number in range(SLOW_CALLERS)
    ]
    for thread in threads:
        thread.start()
    try:
        beside = [timed(call, "search", searches[number % len(searches)]) for number in range(QUICK)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    one, other = spread(alone), spread(beside)
    return {"alone": one, "beside": other, "slow": spread(slow), "ratio": ratio(other["p50"], one["p50"])}
