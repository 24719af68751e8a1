"""Write the measured part of docs/performance.md as tables and charts; keep the text around it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import goals, tables
from benchmarks.drawing import growth
from benchmarks.endpoints import MIX
from benchmarks.tables import Found
from recsys.models import registry

BEGIN = "<!-- measured: from here to the next mark scripts/benchmark.py writes -->"
END = "<!-- /measured -->"
PICTURES = "performance"
BLANK = f"# Performance\n\n{BEGIN}\n{END}\n"


def write(found: Found, page: Path) -> Path:
    """Replace the measured part of a page, and write its charts into a folder beside it.

    Args:
        found: results by size, smallest first.
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

    parts = [
        *_about(found),
        *goals.table(found),
        *tables.ready(found),
        *shown("making", TITLES["making"]),
        *tables.start(found),
    ]
    parts += shown("memory", TITLES["memory"])
    for size, one in found.items():
        if "latency" in one:
            parts += [
                *tables.one_caller(size, one),
                *tables.many_callers(size, one),
                *tables.uncached(size, one),
            ]
    parts += [*shown("latency", TITLES["latency"]), *tables.load(found)]
    for size, one in found.items():
        if "rivals" in one:
            parts += tables.training(size, one)
    return "\n".join([*parts, *shown("training", TITLES["training"])]).rstrip() + "\n"


TITLES = {
    "making": "Seconds to build, load and train",
    "memory": "Memory",
    "latency": "Latency of a plain POST, median",
    "training": "Seconds to train a model",
}


def pictures(found: Found) -> dict[str, str]:
    """SVG by name; "" if there are too few sizes."""

    def line(*keys: str) -> list[tuple[float, float | None]]:
        return [(tables.ratings(one), tables.at(one, *keys)) for one in found.values() if "prepared" in one]

    names = [name for name in registry.names() if any(tables.at(one, "rivals", "ours", name) for one in found.values())]
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
                "an empty Gradio app": line("start", "rest_mb", "empty"),
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
    return [*lines, *tables.table(head, rows, "ll")]


def _counts(one: dict[str, Any]) -> list[str]:
    return [f"{one['prepared']['counts'][name]:,}" for name in ("users", "items", "ratings")]


def _when(one: dict[str, Any]) -> list[str]:
    """Dates, commits and commands of the sections without repetition, and the range of the load."""
    when = one.get("when", {}).values()
    once = ["; ".join(dict.fromkeys(_code(part, name) for part in when)) for name in ("date", "commit", "command")]
    loads = [part["load"] for part in when]
    span = f"{min(loads):g} to {max(loads):g}" if loads else ""
    return [once[0], once[1], span, once[2]]


def _code(part: dict[str, Any], name: str) -> str:
    return part[name] if name == "date" else f"`{part[name]}`"


def _replace(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
