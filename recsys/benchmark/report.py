"""docs/performance.md: what was measured, as tables and drawings; what people wrote around it stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from recsys.benchmark import goals
from recsys.benchmark.drawing import growth
from recsys.benchmark.endpoints import MIX, PARAMETERS
from recsys.benchmark.figures import times, written
from recsys.benchmark.rivals import RIVALS
from recsys.models import registry

BEGIN = "<!-- measured: from here to the next mark scripts/benchmark.py writes -->"
END = "<!-- /measured -->"
PICTURES = "performance"
BLANK = f"# Performance\n\n{BEGIN}\n{END}\n"
Found = dict[str, dict[str, Any]]


def write(found: Found, page: Path) -> Path:
    """Write the measured part of a page, and its drawings into a folder beside it.

    Args:
        found: figures by size, smallest first.
    """
    text = page.read_text(encoding="utf-8") if page.exists() else BLANK
    if BEGIN not in text or END not in text:
        text = f"{text.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, after = text.split(BEGIN)[0], text.split(END, 1)[1]
    drawings = {name: svg for name, svg in pictures(found).items() if svg}
    page.parent.mkdir(parents=True, exist_ok=True)
    for name, svg in drawings.items():
        (page.parent / PICTURES).mkdir(exist_ok=True)
        _replace(page.parent / PICTURES / f"{name}.svg", svg)
    _replace(page, f"{before}{BEGIN}\n\n{measured(found, tuple(drawings))}\n{END}{after}")
    return page


def measured(found: Found, drawings: Sequence[str] = ()) -> str:
    """The measured part as Markdown."""

    def shown(name: str, title: str) -> list[str]:
        return [f"![{title}]({PICTURES}/{name}.svg)", ""] if name in drawings else []

    parts = [*_about(found), *goals.table(found), *_ready(found), *shown("making", TITLES["making"]), *_start(found)]
    parts += shown("memory", TITLES["memory"])
    for size, one in found.items():
        if "latency" in one:
            parts += [*_one_caller(size, one), *_many_callers(size, one)]
    parts += [*shown("latency", TITLES["latency"]), *_load(found)]
    for size, one in found.items():
        if "rivals" in one:
            parts += _rivals(size, one)
    return "\n".join([*parts, *shown("training", TITLES["training"])]).rstrip() + "\n"


TITLES = {
    "making": "Seconds to make ready",
    "memory": "Memory",
    "latency": "Latency of a plain POST, median",
    "training": "Seconds to train a model",
}


def pictures(found: Found) -> dict[str, str]:
    """SVG by name; "" where there are too few sizes."""

    def line(*keys: str) -> list[tuple[float, float | None]]:
        return [(_ratings(one), _at(one, *keys)) for one in found.values() if "prepared" in one]

    names = [name for name in registry.names() if any(_at(one, "rivals", "ours", name) for one in found.values())]
    making = {"database built": ("build",), "models trained": ("train",), "ratings loaded": ("load",)}
    return {
        "making": growth(
            TITLES["making"], {name: line("prepared", *keys, "seconds") for name, keys in making.items()}, up="seconds"
        ),
        "memory": growth(
            TITLES["memory"],
            {
                "building, peak": line("prepared", "build", "peak_mb"),
                "training, peak": line("prepared", "train", "peak_mb"),
                "serving, peak": line("memory", "ours", "peak_mb"),
                "at rest": line("start", "rest_mb", "ours"),
                "empty Gradio app at rest": line("start", "rest_mb", "empty"),
                "release on disk": line("prepared", "release_mb"),
            },
            up="MB",
        ),
        "latency": growth(
            TITLES["latency"],
            {f"/{name}": line("latency", "endpoints", name, "post", "ours", "p50") for name in MIX}
            | {"/similar of an empty app": line("latency", "endpoints", "similar", "post", "empty", "p50")},
            up="milliseconds",
        ),
        "training": growth(
            TITLES["training"], {name: line("rivals", "ours", name, "fit_s") for name in names}, up="seconds"
        ),
    }


def _about(found: Found) -> list[str]:
    machine = next(reversed(found.values()))["machine"] if found else {}
    versions = ", ".join(f"{name} {number}" for name, number in machine.get("versions", {}).items())
    lines = [
        f"Machine: {machine.get('cores')} cores ({machine.get('processor')}), {machine.get('memory_gb')} GB, Python "
        f"{machine.get('python')}, {versions}; one BLAS thread each.",
        "",
    ]
    rows = [
        [
            f"{size} M",
            one["prepared"]["title"] if size == "0.1" else "expanded from the real data",
            *_counts(one),
            *_when(one),
        ]
        for size, one in found.items()
        if "prepared" in one
    ]
    head = ["size", "data", "users", "items", "ratings", "measured", "commit", "load before", "command"]
    return [*lines, *_table(head, rows, "ll")]


def _counts(one: dict[str, Any]) -> list[str]:
    return [f"{one['prepared']['counts'][name]:,}" for name in ("users", "items", "ratings")]


def _when(one: dict[str, Any]) -> list[str]:
    """Dates, commits and commands of the sections, each once, and from which load to which."""
    when = one.get("when", {}).values()
    once = ["; ".join(dict.fromkeys(_code(part, name) for part in when)) for name in ("date", "commit", "command")]
    loads = [part["load"] for part in when]
    span = f"{min(loads):g} to {max(loads):g}" if loads else ""
    return [once[0], once[1], span, once[2]]


def _code(part: dict[str, Any], name: str) -> str:
    return part[name] if name == "date" else f"`{part[name]}`"


def _ready(found: Found) -> list[str]:
    rows = [
        [
            f"{size} M",
            *(written(_at(one, "prepared", step, "seconds")) for step in ("build", "load", "train")),
            *(_whole(_at(one, "prepared", step, "peak_mb")) for step in ("build", "load", "train")),
            _whole(_at(one, "prepared", "database_mb")),
            _whole(_at(one, "prepared", "release_mb")),
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
        "`python -m recsys build` and `train` from nothing; load is reading all ratings into memory, as training does."
    )
    return ["### Made ready", "", why, "", *_table(head, rows, "l")]


def _start(found: Found) -> list[str]:
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
                f"{_whole(_at(served, 'ours', 'served_mb'))} / {_whole(_at(served, 'empty', 'served_mb'))}",
                f"{_whole(_at(served, 'ours', 'peak_mb'))} / {_whole(_at(served, 'empty', 'peak_mb'))}",
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
        "From starting the process to the first `/similar` answered; medians of runs by turns with an empty Gradio app "
        "of one endpoint. Resident memory in MB, the app's / the empty one's."
    )
    return ["### Start and memory", "", why, "", *_table(head, rows, "l")]


def _one_caller(size: str, one: dict[str, Any]) -> list[str]:
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
                written(_at(found, "cpu_ms", "ours")),
                written(_at(found, "cpu_ms", "empty")),
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
    return [f"### Latency at {size} M ratings, one caller (ms)", "", *_table(head, rows, "l")]


def _many_callers(size: str, one: dict[str, Any]) -> list[str]:
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
    return [f"### {one['latency']['callers']} callers at once at {size} M ratings", "", *_table(head, rows, "l")]


def _load(found: Found) -> list[str]:
    held, beside = [], []
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
        "### A load held",
        "",
        f"{mix} in turn at a fixed rate; a call's time runs from when it was due, so that falling behind shows.",
        "",
        *_table(
            ["size", "asked", "reached per s", "p50 ms", "p95 ms", "p99 ms", "empty p50", "empty p95", "errors"],
            held,
            "ll",
        ),
        "### One request beside others",
        "",
        "`/search` while two callers ask `/hybrid` and `/recommend_for` for 100 results without a pause.",
        "",
        *_table(
            ["size", "of", "alone p50 ms", "p95", "beside p50", "p95", "ratio", "the slow ones' p50"], beside, "ll"
        ),
    ]


def _rivals(size: str, one: dict[str, Any]) -> list[str]:
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
        "top-20 in bulk, ms a person",
        "top-20 for one, ms",
        "peak MB",
        "train",
        "bulk",
        "one",
    ]
    why = (
        "The last three columns: how many times ours the library takes (above 1 ours is faster). `content` names items "
        "like one item. Peak includes the data. Settings are defaults where none are named: the models are relatives, "
        "not twins."
    )
    return [f"### Training and top-20 beside libraries, {size} M ratings", "", why, "", *_table(head, rows, "ll")]


def _in_order(found: dict[str, Any], order: Iterable[str]) -> list[tuple[str, Any]]:
    return [(name, found[name]) for name in order if name in found]


TIMES = ("fit_s", "bulk_ms", "single_ms")


def _training(found: dict[str, Any]) -> list[str]:
    return [*(written(found.get(what)) for what in TIMES), _whole(found.get("peak_mb"))]


def _library(title: str, found: dict[str, Any]) -> str:
    if "missing" in found:
        return f"{title}: {found['missing'].replace('|', '/')}"
    return f"{title} ({found['version']})"


def _ratings(one: dict[str, Any]) -> float:
    return float(one["prepared"]["counts"]["ratings"])


def _at(found: dict[str, Any] | None, *keys: str) -> Any:
    for key in keys:
        found = (found or {}).get(key)
    return found


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], left: str) -> list[str]:
    """Lines of a Markdown table, the first len(left) columns set left, and an empty one."""
    marks = ["---" if place < len(left) else "---:" for place in range(len(head))]
    return [f"| {' | '.join(line)} |" for line in (head, marks, *rows)] + [""]


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
