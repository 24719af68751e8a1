"""One run of the benchmark: measure the sections of each size, save each result, write the report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import latency, load, machine, memory, report, rivals, starts
from benchmarks.place import SIZES, Place, at
from recsys.data.files import read_json
from recsys.data.progress import Progress
from recsys.errors import BadSetting, listing
from recsys.settings import Settings

SECTIONS = ("memory", "start", "latency", "load", "rivals")


@dataclass(frozen=True)
class Plan:
    """Options of a run.

    Attributes:
        sizes: millions of ratings, as text.
        sections: of SECTIONS.
        work: folder for data, environments and results.
        per_second, seconds: rate and duration of the steady load.
        models: our models to compare with other libraries (default: all).
        resume: skip sections that an earlier run has measured.
        command: command line for the report.
    """

    sizes: tuple[str, ...]
    sections: tuple[str, ...]
    work: Path
    per_second: float = 50.0
    seconds: float = 60.0
    models: tuple[str, ...] = ()
    resume: bool = False
    command: str = "python scripts/benchmark.py"

    def __post_init__(self) -> None:
        _known(self.sizes, SIZES, "sizes")
        _known(self.sections, SECTIONS, "only")
        if self.per_second <= 0 or self.seconds <= 0:
            raise BadSetting(f"--hold {self.per_second:g} and --seconds {self.seconds:g} must both be above 0.")
        rivals.check(self.models)


def measure(plan: Plan, settings: Settings, say: Progress) -> dict[str, Any]:
    """Measure the sections of each size.

    Returns:
        results by size, including those of earlier runs.

    Raises:
        RecsysError: data is not available, or a server or command failed.
    """
    for size in plan.sizes:
        place = at(size, plan.work, settings, say)
        place.folder.mkdir(parents=True, exist_ok=True)
        # the rivals section skips finished models itself
        done = set(place.results()) - {"rivals"} if plan.resume else set()
        wanted = [name for name in plan.sections if name not in done]
        if not place.ready or "prepared" not in place.results() or ("memory" in wanted and not plan.resume):
            _keep(place, plan, "prepared", memory.prepare(place, say))
        for name in wanted:
            _keep(place, plan, name, _section(name, place, plan, say))
        place.catalogue.close()
    return results(plan.work)


def results(work: Path) -> dict[str, Any]:
    """Results so far by size, smallest first."""
    files = {size: work / "results" / f"{size}.json" for size in SIZES}
    return {size: read_json(file) for size, file in files.items() if file.exists()}


def redraw(work: Path, page: Path) -> Path:
    """Write the report of all results.

    Raises:
        BadSetting: there are no results.
    """
    found = results(work)
    if not found:
        raise BadSetting(f"There are no results in {work} yet. Run the benchmark without --report-only first.")
    return report.write(found, page)


def _keep(place: Place, plan: Plan, name: str, found: dict[str, Any]) -> None:
    here = machine.described()
    when = {"date": here.pop("date"), "commit": here.pop("commit"), "load": here.pop("load"), "command": plan.command}
    place.keep(**{name: found, "machine": here, "when": {**place.results().get("when", {}), name: when}})


def _section(name: str, place: Place, plan: Plan, say: Progress) -> dict[str, Any]:
    if name == "memory":
        return memory.measure(place, say)
    if name == "start":
        return starts.measure(place, say)
    if name == "latency":
        return latency.measure(place, say)
    if name == "load":
        return load.measure(place, say, plan.per_second, plan.seconds)
    kept = place.results().get("rivals") if plan.resume or plan.models else None
    if kept and not plan.resume:
        kept = {
            "ours": {one: found for one, found in kept["ours"].items() if one not in plan.models},
            "rivals": {one: found for one, found in kept["rivals"].items() if found["model"] not in plan.models},
        }
    return rivals.measure(place, plan.work.resolve(), say, kept, plan.models)


def _known(given: Sequence[str], legal: Sequence[str], option: str) -> None:
    wrong = [one for one in given if one not in legal]
    if wrong or not given:
        raise BadSetting(f"--{option} has {listing(wrong) or 'nothing'}. Use one or more of {listing(legal)}.")
