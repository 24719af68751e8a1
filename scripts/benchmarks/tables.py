"""Tables of the report as lines of Markdown, from the results of `session.results`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.endpoints import MIX, PARAMETERS
from benchmarks.figures import times, written
from benchmarks.latency import CALLERS
from benchmarks.rivals import RIVALS
from recsys.models import registry

Found = dict[str, dict[str, Any]]
TIMES = ("fit_s", "bulk_ms", "single_ms")


def ready(found: Found) -> list[str]:
    """Times, memory peaks and sizes of building and training."""
    rows = [
        [
            f"{size} M",
            *(written(at(one, "prepared", step, "seconds")) for step in ("build", "load", "train")),
            *(_whole(at(one, "prepared", step, "peak_mb")) for step in ("build", "load", "train")),
            _whole(at(one, "prepared", "database_mb")),
            _whole(at(one, "prepared", "release_mb")),
            ", ".join(f"`{name}`" for name in one["prepared"]["models"]),
        ]
        for size, one in found.items()
        if "prepared" in one
    ]
    head = [
        "size",
        "build s",
        "load s",
        "train s",
        "build peak MB",
        "load peak MB",
        "train peak MB",
        "database MB",
        "release MB",
        "models",
    ]
    why = (
        "`python -m recsys build` and `train` from scratch; load is reading all ratings into memory, as training does."
    )
    return ["### Build, load and train", "", why, "", *table(head, rows, "l")]


def start(found: Found) -> list[str]:
    """Startup and memory of the app and of the empty app."""
    rows = []
    for size, one in found.items():
        if "start" not in one:
            continue
        start, served = one["start"], one.get("memory", {})
        rows.append(
            [
                f"{size} M",
                written(start["seconds"]["ours"]),
                written(start["seconds"]["empty"]),
                times(start["seconds"]["ratio"]),
                *(f"{_whole(start[name]['ours'])} / {_whole(start[name]['empty'])}" for name in ("rest_mb", "used_mb")),
                f"{_whole(at(served, 'ours', 'served_mb'))} / {_whole(at(served, 'empty', 'served_mb'))}",
                f"{_whole(at(served, 'ours', 'peak_mb'))} / {_whole(at(served, 'empty', 'peak_mb'))}",
            ]
        )
    if not rows:
        return []
    head = [
        "size",
        "first answer s",
        "empty app s",
        "ratio",
        "at rest MB",
        "after 20 requests MB",
        "after 16 callers MB",
        "peak MB",
    ]
    why = (
        "From the start of the process to the first answer of `/similar`; medians of runs that alternate with an empty "
        "Gradio app of one endpoint. Resident memory in MB, of the app / of the empty app."
    )
    return ["### Start and memory", "", why, "", *table(head, rows, "l")]


def one_caller(size: str, one: dict[str, Any]) -> list[str]:
    """Each endpoint with one caller."""
    rows = []
    for name, found in _in_order(one["latency"]["endpoints"], PARAMETERS):
        post, client = found["post"], found["client"]
        rows.append(
            [
                f"`/{name}`",
                f"{found['bytes']:,}",
                written(post["ours"]["p50"]),
                written(post["empty"]["p50"]),
                times(post["ratio"]),
                written(post["ours"]["p95"]),
                written(post["empty"]["p95"]),
                written(found["first"]["p50"]),
                written(at(found, "cpu_ms", "ours")),
                written(at(found, "cpu_ms", "empty")),
                written(client["ours"]["p50"]),
                written(client["empty"]["p50"]),
                times(client["ratio"]),
            ]
        )
    head = [
        "endpoint",
        "bytes",
        "POST p50",
        "empty",
        "ratio",
        "p95",
        "empty p95",
        "first time p50",
        "CPU",
        "empty CPU",
        "client p50",
        "empty",
        "ratio",
    ]
    return [f"### Latency at {size} M ratings, one caller (ms)", "", *table(head, rows, "l")]


def many_callers(size: str, one: dict[str, Any]) -> list[str]:
    """Each endpoint with many concurrent callers."""
    rows = []
    for name, found in _in_order(one["latency"]["endpoints"], PARAMETERS):
        post, client = found["post16"], found["client16"]
        rows.append(
            [
                f"`/{name}`",
                written(post["ours"]["per_second"]),
                written(post["empty"]["per_second"]),
                times(post["ratio"]),
                written(post["ours"]["p50"]),
                written(post["ours"]["p95"]),
                written(post["empty"]["p95"]),
                written(client["ours"]["per_second"]),
                written(client["empty"]["per_second"]),
                times(client["ratio"]),
                written(client["ours"]["p95"]),
            ]
        )
    head = [
        "endpoint",
        "POST per s",
        "empty",
        "ratio",
        "p50 ms",
        "p95 ms",
        "empty p95",
        "client per s",
        "empty",
        "ratio",
        "client p95",
    ]
    return [f"### {one['latency']['callers']} concurrent callers at {size} M ratings", "", *table(head, rows, "l")]


def uncached(size: str, one: dict[str, Any]) -> list[str]:
    """Endpoints that return lists, with uncached questions."""
    rows = []
    for name, found in _in_order(one["latency"]["endpoints"], PARAMETERS):
        if "new" not in found:
            continue
        new, many, cpu = found["new"], found["new16"], found.get("new_cpu_ms") or {}
        rows.append(
            [
                f"`/{name}`",
                *(written(new["ours"][p]) for p in ("p50", "p95")),
                *(written(new["empty"][p]) for p in ("p50", "p95")),
                times(new["ratio"]),
                *(written(cpu.get(of)) for of in ("ours", "empty")),
                *(written(many[of]["per_second"]) for of in ("ours", "empty")),
                times(many["ratio"]),
                written(many["ours"]["p95"]),
            ]
        )
    if not rows:
        return []
    one_by_one = ["POST p50 ms", "p95", "empty p50", "p95", "ratio", "CPU ms", "empty CPU"]
    head = ["endpoint", *one_by_one, "16 callers per s", "empty", "ratio", "p95 ms"]
    return [f"### Uncached at {size} M ratings", "", *table(head, rows, "l")]


def load(found: Found) -> list[str]:
    """The steady load, the crowd, and searches during slow requests."""
    held, crowds, beside = [], [], []
    for size, one in found.items():
        if "load" not in one:
            continue
        hold, ours, empty = one["load"]["hold"], one["load"]["hold"]["ours"], one["load"]["hold"]["empty"]
        held.append(
            [
                f"{size} M",
                f"{hold['per_second']:g} for {hold['seconds']:g} s",
                written(ours["reached"]),
                *(written(ours["all"][p]) for p in ("p50", "p95", "p99")),
                *(written(empty["all"][p]) for p in ("p50", "p95")),
                str(ours["errors"]),
            ]
        )
        if crowd := one["load"].get("crowd"):
            figures = (crowd["before_mb"], crowd["after_mb"], crowd["added_mb"])
            crowds.append([f"{size} M", f"{crowd['seconds']:g}", f"{crowd['answers']:,}", *map(written, figures)])
        for who, of in (("the app", "ours"), ("an empty app", "empty")):
            part = one["load"]["beside"][of]
            beside.append(
                [
                    f"{size} M",
                    who,
                    *(written(part["alone"][p]) for p in ("p50", "p95")),
                    *(written(part["beside"][p]) for p in ("p50", "p95")),
                    times(part["ratio"]),
                    written(part["slow"]["p50"]),
                ]
            )
    if not held:
        return []
    mix = ", ".join(f"`/{name}`" for name in MIX)
    return [
        "### Steady load",
        "",
        f"{mix} in turn at a fixed rate; the time of a call is measured from when it was due, so delays are included.",
        "",
        *table(
            ["size", "rate", "reached per s", "p50 ms", "p95 ms", "p99 ms", "empty p50", "empty p95", "errors"],
            held,
            "ll",
        ),
        *_crowds(crowds),
        "### Search during slow requests",
        "",
        "`/search` while two callers request 100 results from `/hybrid` and `/recommend_for` without a pause.",
        "",
        *table(["size", "app", "alone p50 ms", "p95", "during p50", "p95", "ratio", "slow requests p50"], beside, "ll"),
    ]


def _crowds(rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    said = f"{CALLERS} callers ask the same endpoints for lists that are not cached, without a pause."
    head = ["size", "for s", "answers", "MB before", "after", "added"]
    return ["### Memory during a crowd", "", said, "", *table(head, rows, "l")]


def training(size: str, one: dict[str, Any]) -> list[str]:
    """Our models and those of other libraries."""
    ours, theirs = one["rivals"]["ours"], one["rivals"]["rivals"]
    rows = []
    for name, mine in _in_order(ours, registry.names()):
        rows.append([f"`{name}`", "this project", *_training(mine), "", "", ""])
        for rival in (rival for rival in RIVALS if rival.model == name and rival.title in theirs):
            other = theirs[rival.title]
            ratios = other.get("ratios", {})
            rows.append(
                ["", _library(rival.title, other), *_training(other), *(times(ratios.get(what)) for what in TIMES)]
            )
    head = [
        "model",
        "of",
        "train s",
        "top-20 in bulk, ms per user",
        "top-20 for one, ms",
        "peak MB",
        "train",
        "bulk",
        "one",
    ]
    why = (
        "The last three columns: time of the library as a multiple of ours (above 1 ours is faster). `content` lists "
        "items similar to one item. Peak includes the data. Settings are the defaults unless named. The models are "
        "similar, but not the same."
    )
    return [f"### Training and top-20 compared with libraries, {size} M ratings", "", why, "", *table(head, rows, "ll")]


def _in_order(found: dict[str, Any], order: Iterable[str]) -> list[tuple[str, Any]]:
    return [(name, found[name]) for name in order if name in found]


def _training(found: dict[str, Any]) -> list[str]:
    return [*(written(found.get(what)) for what in TIMES), _whole(found.get("peak_mb"))]


def _library(title: str, found: dict[str, Any]) -> str:
    if "missing" in found:
        return f"{title}: {found['missing'].replace('|', '/')}"
    return f"{title} ({found['version']})"


def ratings(one: dict[str, Any]) -> float:
    """Number of ratings of a size."""
    return float(one["prepared"]["counts"]["ratings"])


def at(found: dict[str, Any] | None, *keys: str) -> Any:
    """Value below these keys, None if one is missing."""
    for key in keys:
        found = (found or {}).get(key)
    return found


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: str) -> list[str]:
    """Lines of a Markdown table and an empty line; the first len(left) columns are left-aligned."""
    marks = ["---" if place < len(left) else "---:" for place in range(len(head))]
    return [f"| {' | '.join(line)} |" for line in (head, marks, *rows)] + [""]
