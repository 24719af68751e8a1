"""Latency of every endpoint beside an empty Gradio endpoint that returns the same bytes."""

from __future__ import annotations

import logging
from typing import Any

from recsys.benchmark.calls import Call, Caller, at_once, in_turn
from recsys.benchmark.endpoints import PARAMETERS, WRITING
from recsys.benchmark.figures import median, ratio, spread
from recsys.benchmark.pair import pair
from recsys.benchmark.place import Place, Progress
from recsys.benchmark.processes import BenchmarkError, cpu_s

CALLERS = 16
POSTS, WRITES, PREDICTS = 100, 50, 10  # calls one after the other, each server
WARM = 3
POSTS_AT_ONCE, PREDICTS_AT_ONCE = (3, 160), (2, 32)  # rounds by turns, calls in each
MOST_S = 3.0  # a row of calls that takes longer is cut short
Calls = tuple[list[Call], list[Call]]  # one for each caller, of the app and of the empty one


def measure(place: Place, say: Progress) -> dict[str, Any]:
    """By endpoint `post`, `client`, `post16` and `client16`, each of `ours` and `empty`.

    Beside them: `bytes` of an answer, how long it took the `first` time, `cpu_ms` of a call by plain POST.

    `ratio` is that of the medians of time, for 16 callers that of the medians of requests per second.
    """
    found: dict[str, Any] = {}
    with pair(place, say) as servers:
        posts: Calls = tuple([Caller(address) for _ in range(CALLERS)] for address in servers.addresses)
        clients: Calls = tuple([_client(address) for _ in range(CALLERS)] for address in servers.addresses)
        for name in PARAMETERS:
            rows = servers.asked[name]
            before = [cpu_s(pid) for pid in servers.pids]
            one = _one(posts, name, rows, WRITES if name in WRITING else POSTS)
            spent = [_each(cpu_s(pid), was, one["calls"]) for pid, was in zip(servers.pids, before, strict=True)]
            found[name] = {
                "bytes": round(servers.size[name]),
                "first": spread(servers.first[name]),
                "post": one,
                "cpu_ms": {"ours": spent[0], "empty": spent[1]},
                "client": _one(clients, name, rows, PREDICTS),
                "post16": _many(posts, name, rows, *POSTS_AT_ONCE),
                "client16": _many(clients, name, rows, *PREDICTS_AT_ONCE),
            }
            post, many = found[name]["post"], found[name]["post16"]
            say(
                f"{place.size} M: /{name} {post['ours']['p50']:.2f} ms, {post['ratio']:.2f} times the empty endpoint; "
                f"16 callers {many['ours']['per_second']:.0f} a second, {many['ratio']:.2f} times"
            )
    return {"callers": CALLERS, "endpoints": found}


def _one(calls: Calls, name: str, rows: list[list], n: int) -> dict[str, Any]:
    ours, other = calls[0][0], calls[1][0]
    in_turn(ours, other, name, rows, WARM)
    mine, theirs = (spread(seconds) for seconds in in_turn(ours, other, name, rows, n, MOST_S))
    return {"ours": mine, "empty": theirs, "ratio": ratio(mine["p50"], theirs["p50"]), "calls": WARM + mine["n"]}


def _each(now: float | None, before: float | None, n: int) -> float | None:
    """Milliseconds each of n calls took between two readings."""
    return None if now is None or before is None else 1000 * (now - before) / n


def _many(calls: Calls, name: str, rows: list[list], rounds: int, n: int) -> dict[str, Any]:
    rates: tuple[list[float], list[float]] = ([], [])
    latencies: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            got = at_once(calls[which], [(name, row) for row in rows], n, MOST_S / 2)
            rates[which].append(got["per_second"])
            latencies[which].extend(got["latencies"])
    mine, theirs = ({"per_second": median(rates[which]), **spread(latencies[which])} for which in (0, 1))
    return {"ours": mine, "empty": theirs, "ratio": ratio(mine["per_second"], theirs["per_second"])}


def _client(address: str) -> Call:
    # one for each caller: threads that share a client cancel each other's answers
    from gradio_client import Client

    logging.getLogger("httpx").setLevel(logging.WARNING)
    client = Client(address, verbose=False)

    def call(endpoint: str, arguments: list[Any]) -> Any:
        try:
            return client.predict(*arguments, api_name=f"/{endpoint}")
        except Exception as error:
            # the client has no base class for what it raises
            raise BenchmarkError(f"gradio_client got no answer of /{endpoint} with {arguments}: {error!r}") from error

    return call
