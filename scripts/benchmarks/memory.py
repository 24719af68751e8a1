"""Measure time and peak memory of building, training and serving."""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.calls import at_once
from benchmarks.endpoints import PARAMETERS
from benchmarks.latency import CALLERS
from benchmarks.pair import pair
from benchmarks.place import Place, forget, megabytes
from benchmarks.processes import BenchmarkError, memory_mb, run, tail
from recsys import release as releases
from recsys.data.progress import Progress

QUESTIONS, CALLS = 10, 400  # questions to each endpoint, and calls in total


def prepare(place: Place, say: Progress) -> dict[str, Any]:
    """Build the database and train the models of a first start.

    Returns:
        `build`, `train` and `load` (of the ratings into memory) with `seconds` and `peak_mb`; `database_mb`,
        `release_mb`; `models`; `counts` of users, items and ratings; the `title` of the data.
    """
    forget(place)
    say(f"{place.size} M: building the database")
    built = place.program("build", name="build")
    say(f"{place.size} M: built in {built.seconds:.1f} s; training")
    trained = place.program("train", name="train")
    release = releases.current(place.settings.releases)
    if release is None:
        raise BenchmarkError("The training left no release.")
    info = place.catalogue.info
    loaded = _load(place)
    say(f"{place.size} M: {', '.join(release.names)} trained in {trained.seconds:.1f} s")
    return {
        "build": {"seconds": built.seconds, "peak_mb": built.peak_mb},
        "train": {"seconds": trained.seconds, "peak_mb": trained.peak_mb},
        "load": loaded,
        "database_mb": megabytes(place.settings.database),
        "release_mb": megabytes(release.path),
        "models": list(release.names),
        "model_seconds": {name: about.get("seconds") for name, about in release.manifest["models"].items()},
        "counts": {"users": info["n_users"], "items": info["n_items"], "ratings": info["n_ratings"]},
        "title": info["title"],
    }


def measure(place: Place, say: Progress) -> dict[str, Any]:
    """Resident and peak memory in MB of the app and the empty app, after 16 callers asked every endpoint."""
    with pair(place, say, n=QUESTIONS) as servers:
        rows = servers.rows(tuple(PARAMETERS))
        found: dict[str, Any] = {}
        for which, who in enumerate(("ours", "empty")):
            at_once(servers.callers(which, CALLERS), rows, CALLS)
            memory = memory_mb(servers.pids[which]) or {"now": None, "peak": None}
            found[who] = {"served_mb": memory["now"], "peak_mb": memory["peak"]}
    if found["ours"]["peak_mb"] is not None:
        say(f"{place.size} M: serving peaks at {found['ours']['peak_mb']:.0f} MB")
    return found


def _load(place: Place) -> dict[str, Any]:
    job, result = place.folder / "load-job.json", place.folder / "load.json"
    job.write_text(json.dumps({"database": str(place.settings.database), "model": ""}), encoding="utf-8")
    command = [sys.executable, "-m", "benchmarks.our_worker", str(job), str(result)]
    ran = run(command, place.log("load"), place.folder, place.env())
    if ran.status != 0:
        raise BenchmarkError(f"The ratings could not be read: {tail(place.log('load'))}")
    return {"seconds": json.loads(result.read_text(encoding="utf-8"))["load_s"], "peak_mb": ran.peak_mb}
