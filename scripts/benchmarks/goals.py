"""Performance goals, and whether the results meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.endpoints import MIX
from benchmarks.figures import ratio, written
from benchmarks.rivals import RIVALS

SMALL, MEDIUM, LARGE = ("0.1", "1"), ("0.1", "1", "10"), ("32",)
Read = Callable[[dict[str, Any]], float | None]


@dataclass(frozen=True)
class Goal:
    """A measured value with a bound.

    Attributes:
        says: name of the measured value.
        sizes: data sizes to which it applies.
        read: returns the value from the results of a size; KeyError if it was not measured.
        most, least: the bound, one of them.
        unit: unit of the value.
    """

    says: str
    sizes: tuple[str, ...]
    read: Read
    most: float | None = None
    least: float | None = None
    unit: str = ""

    def met(self, value: float) -> bool:
        """Whether a value is within the bound."""
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)


def _ratio(name: str, what: str) -> Read:
    return lambda one: one["latency"]["endpoints"][name][what]["ratio"]


def _above(name: str, what: str) -> Read:
    def read(one: dict[str, Any]) -> float:
        post = one["latency"]["endpoints"][name][what]
        return post["ours"]["p95"] - post["empty"]["p95"]

    return read


def _beside(one: dict[str, Any]) -> float | None:
    """Added wait of /search during slow requests, relative to a slow request: below 1 it never waits for one."""
    part = one["load"]["beside"]["ours"]
    return ratio(part["beside"]["p50"] - part["alone"]["p50"], part["slow"]["p50"])


def _new_cpu(name: str) -> Read:
    """CPU milliseconds of an uncached answer above those of a cached one, which are spent on the request."""
    return lambda one: (
        one["latency"]["endpoints"][name]["new_cpu_ms"]["ours"] - one["latency"]["endpoints"][name]["cpu_ms"]["ours"]
    )


def _fastest(model: str, what: str) -> Read:
    """Time of the fastest library as a multiple of ours; None if no library was measured."""

    def read(one: dict[str, Any]) -> float | None:
        rivals = [found for found in one["rivals"]["rivals"].values() if found["model"] == model]
        times = [found[what] for found in rivals if found.get(what) is not None]
        return ratio(min(times), one["rivals"]["ours"][model][what]) if times else None

    return read


GOALS = (
    *(
        Goal(f"`/{name}` p50{state}, times the empty endpoint", SMALL, _ratio(name, what), most=most)
        for what, state in (("post", ""), ("new", ", uncached"))
        for name, most in (("similar", 2), ("recommend", 2), ("search", 2), ("hybrid", 4))
    ),
    *(
        Goal(
            f"`/{name}`, 16 callers{state}: requests per second, share of the empty endpoint's",
            SMALL,
            _ratio(name, what),
            least=0.5,
        )
        for what, state in (("post16", ""), ("new16", ", uncached"))
        for name in MIX
    ),
    Goal(
        "start to first answer, times an empty Gradio app's",
        SMALL,
        lambda one: one["start"]["seconds"]["ratio"],
        most=1.3,
    ),
    Goal(
        "memory at rest above an empty Gradio app's",
        SMALL,
        lambda one: one["start"]["rest_mb"]["ours"] - one["start"]["rest_mb"]["empty"],
        most=100,
        unit=" MB",
    ),
    Goal(
        "`/hybrid`: CPU time of a new answer above that of a cached one",
        SMALL,
        _new_cpu("hybrid"),
        most=2,
        unit=" ms",
    ),
    Goal(
        "memory that sixteen callers without a pause add",
        SMALL,
        lambda one: one["load"]["crowd"]["added_mb"],
        most=100,
        unit=" MB",
    ),
    *(
        Goal("train `hybrid`", (size,), lambda one: one["prepared"]["model_seconds"]["hybrid"], most=most, unit=" s")
        for size, most in (("0.1", 15), ("1", 60))
    ),
    *(
        Goal(f"`{model}`: {said}, fastest library's time as a multiple of ours", MEDIUM, _fastest(model, what), least=1)
        for model in dict.fromkeys(rival.model for rival in RIVALS)
        for what, said in (("fit_s", "training"), ("bulk_ms", "lists in bulk"), ("single_ms", "a list for one"))
    ),
    Goal("`/search` during slow requests: added wait, share of a slow request", SMALL, _beside, most=1),
    Goal("build the database", LARGE, lambda one: one["prepared"]["build"]["seconds"], most=360, unit=" s"),
    Goal("load the ratings", LARGE, lambda one: one["prepared"]["load"]["seconds"], most=20, unit=" s"),
    Goal(
        "train the models of a first start", LARGE, lambda one: one["prepared"]["train"]["seconds"], most=900, unit=" s"
    ),
    Goal(
        "peak memory of building, training and serving",
        LARGE,
        lambda one: max(
            *(one["prepared"][step]["peak_mb"] for step in ("build", "train")), one["memory"]["ours"]["peak_mb"]
        ),
        most=12_000,
        unit=" MB",
    ),
    Goal("size of the release", LARGE, lambda one: one["prepared"]["release_mb"], most=300, unit=" MB"),
    Goal("start to first answer", LARGE, lambda one: one["start"]["seconds"]["ours"], most=6, unit=" s"),
    Goal("memory at rest", LARGE, lambda one: one["start"]["rest_mb"]["ours"], most=1500, unit=" MB"),
    *(
        Goal(f"`/{name}` p95{state} above the empty endpoint's", LARGE, _above(name, what), most=25, unit=" ms")
        for what, state in (("post", ""), ("new", ", uncached,"))
        for name in ("similar", "recommend", "hybrid")
    ),
    *(
        Goal(
            f"`/search` p95{state}",
            LARGE,
            lambda one, what=what: one["latency"]["endpoints"]["search"][what]["ours"]["p95"],
            most=50,
            unit=" ms",
        )
        for what, state in (("post", ""), ("new", ", uncached"))
    ),
    Goal(
        "errors at 50 requests per second for a minute",
        LARGE,
        lambda one: one["load"]["hold"]["ours"]["errors"],
        most=0,
    ),
)


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """Markdown lines: each goal at each measured size."""
    rows = []
    for goal in GOALS:
        for size in goal.sizes:
            try:
                value = goal.read(found[size])
            except (KeyError, TypeError):  # not measured at this size or on this system
                continue
            if value is not None:
                bound = f"at most {goal.most:g}" if goal.most is not None else f"at least {goal.least:g}"
                reached = "yes" if goal.met(value) else "**no**"
                rows.append(
                    f"| {goal.says} | {size} M | {bound}{goal.unit} | {written(value)}{goal.unit} | {reached} |"
                )
    if not rows:
        return []
    return [
        "### Goals",
        "",
        "| what | size | goal | measured | reached |",
        "| --- | --- | --- | ---: | --- |",
        *rows,
        "",
    ]
