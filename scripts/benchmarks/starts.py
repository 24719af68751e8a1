"""Measure startup time and memory, and compare with an empty Gradio app."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from typing import Any

from benchmarks.calls import Caller
from benchmarks.endpoints import MIX, questions
from benchmarks.figures import median, ratio
from benchmarks.pair import START_S, default_model, write_one
from benchmarks.place import Place
from benchmarks.processes import answered, memory_mb
from recsys.data.progress import Progress
from recsys.serving.cards import label

RUNS = 5
A_FEW = 20  # requests before the second reading of memory
SETTLE_S = 0.5


def measure(place: Place, say: Progress, runs: int = RUNS) -> dict[str, Any]:
    """Medians over alternating runs.

    Returns:
        `seconds` to the first answer of /similar, `rest_mb` after it, `used_mb` after a few more requests, each with
        `ours`, `empty` and their `ratio`; `runs`: seconds of each run.
    """
    title = label(place.catalogue.popular(1)[0])
    arguments = [title, 10, ""]
    answers = place.folder / "start.json"
    with place.app() as (process, address):
        call = Caller(address)
        answered(process, lambda: call("similar", arguments), place.log("app"), START_S)
        write_one(place, answers, "similar", arguments, call("similar", arguments))
        asked = questions(place.catalogue, default_model(call), {"user_id": "", "key": ""}, A_FEW)
    mix = [(name, asked[name][number]) for number in range(A_FEW // len(MIX)) for name in MIX]
    taken: dict[str, dict[str, list[float]]] = {
        who: {"seconds": [], "rest_mb": [], "used_mb": []} for who in ("ours", "empty")
    }
    for number in range(runs):
        for who in ("ours", "empty") if number % 2 else ("empty", "ours"):
            server = place.app() if who == "ours" else place.empty(answers)
            few = mix if who == "ours" else [("similar", arguments)] * len(mix)
            for name, value in _once(place, who, server, arguments, few).items():
                taken[who][name].append(value)
        say(
            f"{place.size} M: start {number + 1} of {runs}: first answer after {taken['ours']['seconds'][-1]:.2f} s, "
            f"an empty app's after {taken['empty']['seconds'][-1]:.2f} s"
        )
    found: dict[str, Any] = {"runs": {who: taken[who]["seconds"] for who in taken}}
    for name in ("seconds", "rest_mb", "used_mb"):
        ours, empty = median(taken["ours"][name]), median(taken["empty"][name])
        found[name] = {"ours": ours, "empty": empty, "ratio": ratio(ours, empty)}
    return found


def _once(
    place: Place, who: str, server: AbstractContextManager, arguments: list[Any], few: list[tuple[str, list[Any]]]
) -> dict[str, float]:
    started = time.perf_counter()
    with server as (process, address):
        call = Caller(address, empty=who == "empty")
        answered(process, lambda: call("similar", arguments), place.log("app" if who == "ours" else "empty"), START_S)
        found = {"seconds": time.perf_counter() - started}
        time.sleep(SETTLE_S)
        if memory := memory_mb(process.pid):
            found["rest_mb"] = memory["now"]
        for endpoint, row in few:
            call(endpoint, row)
        if memory := memory_mb(process.pid):
            found["used_mb"] = memory["now"]
        call.close()
    return found
