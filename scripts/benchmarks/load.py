"""Measure a steady load, a crowd without pauses, and whether slow requests delay others."""

from __future__ import annotations

import threading
from typing import Any

from benchmarks.calls import at_once, at_rate, timed
from benchmarks.endpoints import MIX, uncached
from benchmarks.figures import ratio, spread
from benchmarks.latency import CALLERS
from benchmarks.pair import Pair, pair
from benchmarks.place import Place
from benchmarks.processes import memory_mb
from recsys.data.progress import Progress

SLOW = ("hybrid", "recommend_for")  # the slowest endpoints, with the maximum number of results
SLOW_CALLERS = 2
QUICK = 150  # searches timed meanwhile
UNLIMITED = 10**9


def measure(place: Place, say: Progress, per_second: float, seconds: float) -> dict[str, Any]:
    """A mix of requests at a fixed rate, and searches during slow requests, for `ours` and `empty`.

    `crowd` is the memory of the app before and after 16 callers asked without a pause for as long as the steady load.
    """
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
        found["crowd"] = _crowd(servers, seconds)
        say(f"{place.size} M: {CALLERS} callers for {seconds:g} s add {found['crowd']['added_mb'] or 0:.0f} MB")
    return found


def _crowd(servers: Pair, seconds: float) -> dict[str, Any]:
    """Resident memory in MB before, after and its difference, and the number of answers; None if it is not known."""
    rows = [
        (name, row)
        for rounds in zip(*(uncached(name, servers.asked[name]) for name in MIX), strict=True)
        for name, asked in zip(MIX, rounds, strict=True)
        for row in asked
    ]
    before = memory_mb(servers.pids[0])
    made = at_once(servers.callers(0, CALLERS), rows, UNLIMITED, seconds)
    after = memory_mb(servers.pids[0])
    was, now = (None if one is None else one["now"] for one in (before, after))
    added = None if was is None or now is None else now - was
    return {"before_mb": was, "after_mb": now, "added_mb": added, "answers": len(made["latencies"]), "seconds": seconds}


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
