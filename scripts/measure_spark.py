"""Measure what training takes on Spark and here: seconds of each step, CPU seconds, and the memory of each process.

The ratings of RECSYS_DATASET are expanded to a larger matrix (`benchmarks/fractal.py`) and written to Parquet. Then
`python -m recsys train --engine spark` trains one model at a time; with `--engine local`, `models.create(NAME).fit`.
Prints a line of JSON for each model. With a local master the JVM is driver and worker in one, and *workers* are the
Python processes that it starts.

    RECSYS_DATASET=ml-100k python scripts/measure_spark.py --work FOLDER --size 10 --models item_knn ease
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import fractal
from benchmarks.processes import BenchmarkError, cpu_s, memory_mb, running, tail

from recsys.catalogue import building
from recsys.data.progress import Progress
from recsys.errors import RecsysError
from recsys.settings import PROJECT, Settings
from recsys.training.spark.train import MODELS

LOOK_S = 0.3  # interval between readings of memory
LOCAL = """
import sys
import time

import pandas as pd

from recsys import Interactions, models

began = time.perf_counter()
data = Interactions.from_frame(pd.read_parquet(sys.argv[1]))
n_ratings, n_users, n_items = data.matrix.nnz, len(data.users), len(data.items)
print(f"{n_ratings:,} ratings by {n_users:,} users of {n_items:,} items to train on")
print(f"reading: done in {time.perf_counter() - began:.1f} s")
began = time.perf_counter()
models.create(sys.argv[2]).fit(data)
print(f"fitting: done in {time.perf_counter() - began:.1f} s")
"""
STEP = re.compile(r"^(?P<what>.+): done in (?P<seconds>[\d.]+) s$", re.MULTILINE)


def main(arguments: list[str] | None = None) -> int:
    """Print the lines; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for ratings, releases and logs")
    parser.add_argument("--size", choices=["own", *fractal.SIZES], default="10", help="millions of ratings, or `own`")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS), metavar="NAME")
    parser.add_argument("--engine", choices=["spark", "local"], default="spark", help="default %(default)s")
    parser.add_argument("--master", default="local[2]", help="Spark's master (default %(default)s)")
    parser.add_argument("--memory", default="4g", help="memory of the JVM (default %(default)s)")
    parser.add_argument("--set", action="append", default=[], metavar="MODEL.SETTING=VALUE", help="as for `train`")
    parser.add_argument("--metrics", action="store_true", help="evaluate too, which fits each model twice")
    options = parser.parse_args(arguments)
    try:
        work = options.work.resolve()
        ratings = written(work, options.size, say)
        for name in options.models:
            print(json.dumps(measured(work, ratings, name, options)), flush=True)
    except (RecsysError, BenchmarkError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def say(line: str, share: float | None = None, /) -> None:
    """Print progress beside the lines of JSON."""
    print(line, file=sys.stderr, flush=True)


def written(work: Path, size: str, progress: Progress) -> Path:
    """The expanded ratings as a folder of Parquet files, made at the first call."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    folder = work / f"ratings-{size}"
    if folder.exists():
        return folder
    settings = Settings.from_env({**os.environ, "RECSYS_DATA_DIR": str(work / "data")})
    data = building.ensure(settings, progress).interactions()
    part = folder.with_suffix(".part")
    part.mkdir(parents=True, exist_ok=True)
    if size == "own":
        frames = iter([data.to_frame().rename(columns={"user_id": "user", "item_id": "item"})])
    else:
        frames = fractal.expanded(data, fractal.SIZES[size], 0)
    for number, frame in enumerate(frames):
        table = pa.Table.from_pandas(frame.rename(columns={"user": "user_id", "item": "item_id"}), preserve_index=False)
        parquet.write_table(table, part / f"part-{number:05d}.parquet")
    part.rename(folder)
    progress(f"ratings written to {folder}")
    return folder


def measured(work: Path, ratings: Path, name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Train one model and return its line.

    Raises:
        BenchmarkError: the training failed.
    """
    place = work / f"{name}-{options.size}"
    if options.engine == "spark":
        command = [sys.executable, "-m", "recsys", "train", "--engine", "spark", "--master", options.master]
        command += ["--ratings", str(ratings), "--models", name, "--conf", f"spark.driver.memory={options.memory}"]
        command += [word for one in options.set for word in ("--set", one)] + ["--no-metrics"] * (not options.metrics)
    else:
        command = [sys.executable, "-c", LOCAL, str(ratings), name]
    environment = {**os.environ, "RECSYS_DATA_DIR": str(place), "PYTHONUNBUFFERED": "1"}
    log_file, started = work / f"{name}-{options.size}-{options.engine}.log", time.perf_counter()
    usage = Usage()
    with running(command, log_file, PROJECT, environment) as process:
        while process.poll() is None:
            usage.read(process.pid)
            time.sleep(LOOK_S)
    seconds = time.perf_counter() - started
    if process.returncode:
        raise BenchmarkError(f"Training {name} ended with status {process.returncode}: {tail(log_file)}")
    text = log_file.read_text(encoding="utf-8")
    steps = {found["what"]: float(found["seconds"]) for found in STEP.finditer(text)}
    counts = re.search(r"([\d,]+) ratings by ([\d,]+) users of ([\d,]+) items to train on", text)
    n_ratings, n_users, n_items = (int(one.replace(",", "")) for one in counts.groups()) if counts else (0, 0, 0)
    sizes = {"ratings": n_ratings, "users": n_users, "items": n_items}
    return {
        "model": name,
        "engine": options.engine,
        **sizes,
        "seconds": round(seconds, 1),
        **usage.report(),
        "steps": steps,
    }


class Usage:
    """Peak resident memory by kind of process, and CPU seconds, of a process and its descendants."""

    def __init__(self) -> None:
        self.peaks = {"driver": 0.0, "jvm": 0.0, "workers": 0.0, "all": 0.0}
        self.cpu: dict[int, float] = {}

    def read(self, pid: int) -> None:
        """Read the memory of all processes now."""
        now = {"driver": 0.0, "jvm": 0.0, "workers": 0.0}
        for one, command in _descendants(pid):
            memory = memory_mb(one)
            now["driver" if one == pid else "jvm" if "java" in command else "workers"] += memory["now"] if memory else 0
            self.cpu[one] = cpu_s(one) or self.cpu.get(one, 0.0)
        now["all"] = sum(now.values())
        self.peaks = {kind: max(peak, now[kind]) for kind, peak in self.peaks.items()}

    def report(self) -> dict[str, Any]:
        """CPU seconds and peaks in GB (10^9 bytes)."""
        peaks = {f"{kind}_gb": round(megabytes / 1000, 2) for kind, megabytes in self.peaks.items()}
        return {"cpu_s": round(sum(self.cpu.values()), 1), **peaks}


def _descendants(pid: int) -> Iterator[tuple[int, str]]:
    """A process and all below it, with their commands."""
    found: dict[int, list[tuple[int, str]]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            before, _, after = (folder / "stat").read_text().rpartition(")")
        except OSError:
            continue
        found.setdefault(int(after.split()[1]), []).append((int(folder.name), before.partition("(")[2]))
    waiting = [(pid, "")]
    while waiting:
        one = waiting.pop()
        yield one
        waiting += found.get(one[0], [])


if __name__ == "__main__":
    sys.exit(main())
