"""Compare the latency of every endpoint with an empty Gradio endpoint that returns the same bytes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from benchmarks.calls import Call, at_once, in_turn, of_empty
from benchmarks.endpoints import PARAMETERS, UNCACHED, WRITING, uncached
from benchmarks.figures import median, ratio, spread
from benchmarks.pair import pair
from benchmarks.place import Place
from benchmarks.processes import BenchmarkError, cpu_s
from recsys.data.progress import Progress

CALLERS = 16
POSTS, WRITES, PREDICTS = 120, 60, 10  # sequential calls to each server
PARTS = 3  # the posts are split into
WARM = 3
POSTS_AT_ONCE, PREDICTS_AT_ONCE = (3, 160), (2, 32)  # rounds, calls in each
MOST_S = 2.0  # longest duration of a series of calls
Calls = tuple[Sequence[Call], Sequence[Call]]  # one for each caller, of the app and of the empty app


def measure(place: Place, say: Progress) -> dict[str, Any]:
    """By endpoint `post`, `client`, `post16` and `client16`, each with `ours` and `empty`.

    Also `bytes` of an answer, the time of the `first` answer and `cpu_ms` of a call by plain POST; for endpoints that
    return lists, `new`, `new_cpu_ms` and `new16`: by plain POST with uncached questions.

    `ratio` compares the medians of time, or for 16 callers the medians of requests per second.
    """
    found: dict[str, Any] = {}
    with pair(place, say) as servers:
        posts: Calls = (servers.callers(0, CALLERS), servers.callers(1, CALLERS))
        clients: Calls = (
            [_client(servers.addresses[0], 0) for _ in range(CALLERS)],
            [_client(servers.addresses[1], 1) for _ in range(CALLERS)],
        )
        for name in PARAMETERS:
            rows = servers.asked[name]
            turns = _Turns(posts, name, rows, servers.pids)
            n = (WRITES if name in WRITING else POSTS) // PARTS
            # in separate parts, because a busy core can stay with one of two processes for a second
            turns.take(n)
            client = _one(clients, name, rows, PREDICTS)
            turns.take(n)
            post16 = _many(posts, name, rows, *POSTS_AT_ONCE)
            turns.take(n)
            found[name] = {
                "bytes": round(servers.size[name]),
                "first": spread(servers.first[name]),
                "post": turns.found(),
                "cpu_ms": turns.cpu_ms(),
                "client": client,
                "post16": post16,
                "client16": _many(clients, name, rows, *PREDICTS_AT_ONCE),
            }
            if name in UNCACHED:
                found[name] |= _uncached(posts, name, rows, servers.pids)
            post, many = found[name]["post"], found[name]["post16"]
            say(
                f"{place.size} M: /{name} {post['ours']['p50']:.2f} ms, {post['ratio']:.2f} times the empty endpoint; "
                f"16 callers {many['ours']['per_second']:.0f} per second, {many['ratio']:.2f} times"
                + (
                    f"; uncached {found[name]['new']['ratio']:.2f} and {found[name]['new16']['ratio']:.2f} times"
                    if name in UNCACHED
                    else ""
                )
            )
    return {"callers": CALLERS, "endpoints": found}


class _Turns:
    """Alternating calls to two servers in several parts: time of each call, and CPU time of both processes."""

    def __init__(self, calls: Calls, name: str, rows: list[list], pids: tuple[int, int]):
        self._calls, self._name, self._rows, self._pids = calls, name, rows, pids
        self._seconds: tuple[list[float], list[float]] = ([], [])
        self._spent: list[list[float | None]] = [[], []]

    def take(self, n: int, warm: int = WARM, most_s: float = MOST_S) -> None:
        """Make n more calls to each, or as many as begin within `most_s` seconds, after a warm-up."""
        ours, other = self._calls[0][0], self._calls[1][0]
        if warm:
            in_turn(ours, other, self._name, self._rows, warm)
        before = [cpu_s(pid) for pid in self._pids]
        for held, more in zip(self._seconds, in_turn(ours, other, self._name, self._rows, n, most_s), strict=True):
            held.extend(more)
        for held, pid, was in zip(self._spent, self._pids, before, strict=True):
            now = cpu_s(pid)
            held.append(None if now is None or was is None else now - was)

    def found(self) -> dict[str, Any]:
        """Percentiles of both, and their ratio."""
        return _beside(*self._seconds)

    def cpu_ms(self) -> dict[str, float | None]:
        """CPU milliseconds of a call."""
        n = len(self._seconds[0])
        ours, empty = (_total(parts) for parts in self._spent)
        return {
            "ours": None if ours is None else 1000 * ours / n,
            "empty": None if empty is None else 1000 * empty / n,
        }


def _total(parts: list[float | None]) -> float | None:
    """The sum, or None if a part is unknown."""
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _uncached(posts: Calls, name: str, rows: list[list], pids: tuple[int, int]) -> dict[str, Any]:
    one, *many = uncached(name, rows)
    half = len(many) // 2
    alone = [row for asked in (one, *many[:half]) for row in asked]
    turns = _Turns(posts, name, alone, pids)
    turns.take(len(alone), warm=0, most_s=MOST_S * (half + 1))
    rest = [row for asked in many[half:] for row in asked]
    mine, other = (
        {"per_second": got["per_second"], **spread(got["latencies"])}
        for got in (at_once(calls, [(name, row) for row in rest], len(rest), MOST_S) for calls in posts)
    )
    return {
        "new": turns.found(),
        "new_cpu_ms": turns.cpu_ms(),
        "new16": {"ours": mine, "empty": other, "ratio": ratio(mine["per_second"], other["per_second"])},
    }


def _one(calls: Calls, name: str, rows: list[list], n: int) -> dict[str, Any]:
    ours, other = calls[0][0], calls[1][0]
    in_turn(ours, other, name, rows, WARM)
    return _beside(*in_turn(ours, other, name, rows, n, MOST_S))


def _beside(ours: list[float], other: list[float]) -> dict[str, Any]:
    mine, theirs = spread(ours), spread(other)
    return {"ours": mine, "empty": theirs, "ratio": ratio(mine["p50"], theirs["p50"])}


def _many(calls: Calls, name: str, rows: list[list], rounds: int, n: int) -> dict[str, Any]:
    rates: tuple[list[float], list[float]] = ([], [])
    latencies: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            got = at_once(calls[which], [(name, row) for row in rows], n, MOST_S)
            rates[which].append(got["per_second"])
            latencies[which].extend(got["latencies"])
    mine, theirs = ({"per_second": median(rates[which]), **spread(latencies[which])} for which in (0, 1))
    return {"ours": mine, "empty": theirs, "ratio": ratio(mine["per_second"], theirs["per_second"])}


def _client(address: str, empty: int) -> Call:
    # one for each caller, because threads that share a client cancel each other's answers
    from gradio_client import Client

    logging.getLogger("httpx").setLevel(logging.WARNING)
    client = Client(address, verbose=False)

    def call(endpoint: str, arguments: list[Any]) -> Any:
        if empty:
            endpoint, arguments = of_empty(endpoint, arguments)
        try:
            return client.predict(*arguments, api_name=f"/{endpoint}")
        except Exception as error:
            # the exceptions of the client have no common base class
            raise BenchmarkError(f"gradio_client got no answer of /{endpoint} with {arguments}: {error!r}") from error

    return call
