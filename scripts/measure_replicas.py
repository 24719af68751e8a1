"""Measure what an answer costs with three replicas on one PostgreSQL store, compared with a single replica.

RECSYS_STORE_URL names a server, as a role that may create databases; the script creates `measured_lone` and
`measured_replicas`. It trains models for RECSYS_DATASET in a folder, starts one replica on the first store and three on
the second, and asks them in turn for new lists of /recommend, with as many callers for each replica. Prints a line of
JSON for each round, with CPU milliseconds of an answer (of the replicas, and of the PostgreSQL on this machine),
and the median ratio at the end.

    RECSYS_STORE_URL=postgresql://owner:…@127.0.0.1:5432/postgres python scripts/measure_replicas.py --work FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calls import Caller
from benchmarks.processes import BenchmarkError, cpu_s, run, tail
from benchmarks.replicas import database, environment, replica

from recsys.catalogue import building
from recsys.data.progress import quiet
from recsys.errors import BadSetting, RecsysError
from recsys.settings import PROJECT, Settings

LONE, REPLICAS = "measured_lone", "measured_replicas"
N_REPLICAS, CALLERS = 3, 4
MODELS = "popular,content,user_knn,item_knn"
SETTLE_S = 1.5  # pause after which the lists of a round have been stored
LENGTHS = (5, 41)  # lists of many lengths, so that few answers are cached

Replica = tuple[subprocess.Popen, str]


def main(arguments: list[str] | None = None) -> int:
    """Print the lines; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for models and logs")
    parser.add_argument("--rounds", type=int, default=10, help="comparisons (default %(default)s)")
    parser.add_argument("--answers", type=int, default=400, help="answers of a replica in each (default %(default)s)")
    options = parser.parse_args(arguments)
    try:
        url = Settings.from_env().store_url
        if url is None:
            raise BadSetting("RECSYS_STORE_URL is not set. Set it to a PostgreSQL server for this measurement.")
        ratios = []
        for line in measured(options.work.resolve(), url, options.rounds, options.answers):
            print(json.dumps(line), flush=True)
            ratios.append(line["ratio"])
        print(json.dumps({"rounds": len(ratios), "median_ratio": statistics.median(ratios)}))
    except (RecsysError, BenchmarkError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def measured(work: Path, url: str, rounds: int, answers: int) -> Iterator[dict[str, Any]]:
    """One line for each round: CPU milliseconds of an answer with one replica and with several, and their ratio."""
    trained = _trained(work)
    stores = {name: database(url, name)[0] for name in (LONE, REPLICAS)}
    with ExitStack() as stack:
        lone = [stack.enter_context(_replica(work, trained, "lone", stores[LONE]))]
        several = [
            stack.enter_context(_replica(work, trained, f"replica{number}", stores[REPLICAS]))
            for number in range(N_REPLICAS)
        ]
        users = _users(work)
        for group in (lone, several):  # their indexes are built, and the first answers are slower
            asked(group, users, answers, seed=0)
        for number in range(1, rounds + 1):
            one, many = asked(lone, users, answers, number), asked(several, users, answers, number)
            yield {"round": number, "lone_ms": one, "replicas_ms": many, "ratio": sum(many) / sum(one)}


def asked(group: Sequence[Replica], users: Sequence[str], answers: int, seed: int) -> tuple[float, float]:
    """CPU milliseconds of an answer, of the replicas and of PostgreSQL, for `answers` questions to each replica."""
    threads = [
        threading.Thread(target=_ask, args=[address, users, answers // CALLERS, [seed, place, caller]])
        for place, (_, address) in enumerate(group)
        for caller in range(CALLERS)
    ]
    replicas, before = _cpu_of(group), _cpu_of_postgres()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(SETTLE_S)
    total = len(group) * CALLERS * (answers // CALLERS)
    # by process, because those that end meanwhile would lower the sum
    store = sum(max(0.0, seconds - before.get(pid, 0.0)) for pid, seconds in _cpu_of_postgres().items())
    return 1000 * (_cpu_of(group) - replicas) / total, 1000 * store / total


def _ask(address: str, users: Sequence[str], count: int, seed: list[int]) -> None:
    rng, call = np.random.default_rng(seed), Caller(address)
    for user in rng.choice(users, count).tolist():
        call("recommend", [user, int(rng.integers(*LENGTHS))])


def _cpu_of(group: Sequence[Replica]) -> float:
    return sum(cpu_s(process.pid) or 0.0 for process, _ in group)


def _cpu_of_postgres() -> dict[int, float]:
    """CPU seconds of each process named postgres, so that no other server should be busy on this machine."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = path.read_text()
        except OSError:  # it has just ended
            continue
        if name.startswith("postgres"):
            found[int(path.parent.name)] = cpu_s(int(path.parent.name)) or 0.0
    return found


# -- preparation ------------------------------------------------------------------------------------


def _environment(data_dir: Path, **changes: str) -> dict[str, str]:
    return environment(data_dir, RECSYS_DATASET=os.environ.get("RECSYS_DATASET", "auto"), **changes)


def _trained(work: Path) -> Path:
    """A data directory with trained models; made once."""
    data_dir, log = work / "trained", work / "logs" / "train.log"
    if not (data_dir / "releases").exists():
        ran = run([sys.executable, "-m", "recsys", "train", "--models", MODELS], log, PROJECT, _environment(data_dir))
        if ran.status != 0:
            raise BenchmarkError(f"recsys train failed: {tail(log)}")
    return data_dir


@contextmanager
def _replica(work: Path, trained: Path, name: str, url: str) -> Iterator[Replica]:
    """A running replica with a copy of the trained models."""
    data_dir = work / name
    shutil.rmtree(data_dir, ignore_errors=True)
    shutil.copytree(trained, data_dir)
    with replica(name, _environment(data_dir, RECSYS_STORE_URL=url), work / "logs" / f"{name}.log") as found:
        yield found


def _users(work: Path) -> list[str]:
    """The users of the data set."""
    catalogue = building.ensure(replace(Settings.from_env(), data_dir=work / "trained"), quiet)
    return catalogue.interactions().users.ids.tolist()


if __name__ == "__main__":
    sys.exit(main())
