"""Measure replicas with an empty and with a large PostgreSQL store side by side: answers for profiles, and memory.

RECSYS_STORE_URL names a server, as a role that may create databases. The script creates two, `measured_small` with the
profiles that are asked about, and `measured_large` with all the rows; fills them with COPY, starts a replica on each,
asks both for /recommend of the same profiles in turn, and prints lines of JSON: milliseconds, and resident memory in MB
(of a process and its peak). The events are marked as counted for the Activity tab, as those of a running site are.
Existing databases of these names are used again, and are left in place at the end.

    RECSYS_STORE_URL=postgresql://owner:…@127.0.0.1:5432/postgres python scripts/measure_store.py --work FOLDER
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.calls import Caller
from benchmarks.processes import BenchmarkError, cpu_s, memory_mb, run, tail
from benchmarks.replicas import database, environment, replica

from recsys.data.progress import Progress, to_stderr
from recsys.errors import BadSetting, RecsysError
from recsys.settings import PROJECT, Settings
from recsys.visitors.store.opening import open_store

CATALOGUE = "measured"
SMALL, LARGE = "measured_small", "measured_large"
ASKED, HISTORY = 200, 50  # profiles that are asked about, and ratings of each
LENGTH = 10  # items of a shown list
USERS, RATINGS = 5_000, 400_000  # of the generated data set
DAYS, DAY_S = 300, 86_400


def main(arguments: list[str] | None = None) -> int:
    """Print the lines; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="folder for the data set, models and logs")
    parser.add_argument("--items", type=int, default=50_000, help="items of the catalogue (default %(default)s)")
    parser.add_argument("--profiles", type=int, default=1_000_000, help="profiles (default %(default)s)")
    parser.add_argument("--ratings", type=int, default=2, help="ratings of each profile (default %(default)s)")
    parser.add_argument("--events", type=int, default=10_000_000, help="shown lists (default %(default)s)")
    options = parser.parse_args(arguments)
    try:
        url = Settings.from_env().store_url
        if url is None:
            raise BadSetting("RECSYS_STORE_URL is not set. Set it to a PostgreSQL server for this measurement.")
        data_dir = _prepared(options.work.resolve(), options.items, to_stderr)
        sizes = {SMALL: (0, 0), LARGE: (options.profiles, options.events)}
        urls = {name: _filled(url, name, options, *size) for name, size in sizes.items()}
        for line in _measured(options.work.resolve(), data_dir, urls):
            print(json.dumps(line), flush=True)
    except (RecsysError, BenchmarkError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


# -- data -------------------------------------------------------------------------------------------


def _environment(work: Path, data_dir: Path, **changes: str) -> dict[str, str]:
    return environment(data_dir, RECSYS_CATALOGUE=str(work / CATALOGUE), **changes)


def _prepared(work: Path, n_items: int, progress: Progress) -> Path:
    """A data directory with a catalogue of generated ratings and its `als`; made once."""
    data_dir = work / f"data-{n_items}"
    if (data_dir / "ready").exists():
        return data_dir
    tables = work / CATALOGUE
    tables.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 20, n_items)
    lines = [f"{number},Item {number},kind{kind}\n" for number, kind in enumerate(kinds.tolist())]
    (tables / "items.csv").write_text("item_id,title,genres\n" + "".join(lines), encoding="utf-8")
    users = rng.integers(0, USERS, RATINGS)
    items = np.minimum((n_items * rng.random(RATINGS) ** 2.5).astype(np.int64), n_items - 1)
    pairs = np.unique(np.stack([users, items], axis=1), axis=0)
    ratings = rng.integers(1, 6, len(pairs)).tolist()
    lines = [f"u{user},{item},{rating}\n" for (user, item), rating in zip(pairs.tolist(), ratings, strict=True)]
    (tables / "ratings.csv").write_text("user_id,item_id,rating\n" + "".join(lines), encoding="utf-8")
    for command in (["build"], ["train", "--models", "popular,als"]):
        progress(f"Preparing {n_items:,} items: {command[0]}")
        log = work / "logs" / f"{command[0]}.log"
        ran = run([sys.executable, "-m", "recsys", *command], log, PROJECT, _environment(work, data_dir))
        if ran.status != 0:
            raise BenchmarkError(f"recsys {command[0]} failed: {tail(log)}")
    (data_dir / "ready").touch()
    return data_dir


def _filled(url: str, name: str, options: argparse.Namespace, profiles: int, events: int) -> str:
    """The URL of a database with the tables and rows; made once."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    own, is_new = database(url, name)
    if not is_new:
        return own
    open_store(replace(Settings(), store_url=own)).close()  # the tables
    started = time.monotonic()
    with psycopg.connect(own) as connection, connection.cursor() as cursor:
        for table, columns, lines in rows(options.items, profiles, options.ratings, events):
            to_stderr(f"{name}: rows of {table}")
            names = SQL(", ").join(map(Identifier, columns.split(", ")))
            with cursor.copy(SQL("COPY recsys.{} ({}) FROM STDIN").format(Identifier(table), names)) as copy:
                for row in lines:
                    copy.write(row)
        if events:
            last = "SELECT catalogue, max(number) FROM recsys.events GROUP BY catalogue"
            cursor.execute(f"INSERT INTO recsys.event_progress (catalogue, number) {last}")
    with psycopg.connect(own, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    facts = {"store": name, "profiles": profiles + ASKED, "events": events, "size_mb": found[0] / 1e6 if found else 0}
    print(json.dumps({**facts, "fill_s": time.monotonic() - started}), flush=True)
    return own


def rows(n_items: int, profiles: int, each: int, events: int) -> Iterator[tuple[str, str, Iterator[str]]]:
    """Table, columns, and rows in the text format of COPY."""
    now, salt, rng = time.time(), secrets.token_hex(16), np.random.default_rng(1)
    asked = [f"p-asked{number}" for number in range(ASKED)]
    others = [f"p-other{number}" for number in range(profiles)]
    digest = secrets.token_hex(32)
    yield (
        "profiles",
        "catalogue, user_id, salt, hash, joined",
        (f"{CATALOGUE}\t{who}\t\\\\x{salt}\t\\\\x{digest}\t{now - DAYS * DAY_S}\n" for who in (*asked, *others)),
    )

    def ratings() -> Iterator[str]:
        for who in asked:
            for item in rng.choice(n_items // 10, HISTORY, replace=False).tolist():
                yield f"{CATALOGUE}\t{who}\t{item}\t{1 + item % 5}\t{now - DAY_S}\n"
        for number, who in enumerate(others):
            for place in range(each):
                item = (number * 7 + place * 11) % n_items
                yield f"{CATALOGUE}\t{who}\t{item}\t{1 + item % 5}\t{now - DAY_S}\n"

    yield "ratings", "catalogue, user_id, item_id, rating, timestamp", ratings()

    def lists() -> Iterator[str]:
        for number in range(events):
            items = json.dumps([str((number * 13 + place * 101) % n_items) for place in range(LENGTH)])
            at = now - DAYS * DAY_S * (1 - number / events)
            who = others[number % len(others)] if others else ""
            yield f"{at}\tlist\t{CATALOGUE}\t{who}\t\tals\tv\t\trecommend\t\t{items}\n"

    columns = "time, kind, catalogue, user_id, session, model, version, source, endpoint, verdict, items"
    yield "events", columns, lists()


# -- measurement ------------------------------------------------------------------------------------


@contextmanager
def _replica(work: Path, data_dir: Path, name: str, url: str) -> Iterator[tuple[Any, Caller]]:
    env = _environment(work, data_dir, RECSYS_STORE_URL=url)
    with replica(name, env, work / "logs" / f"{name}.log") as (process, address):
        yield process, Caller(address)


def _measured(work: Path, data_dir: Path, urls: dict[str, str]) -> Iterator[dict[str, Any]]:
    with ExitStack() as stack:
        replicas = {name: stack.enter_context(_replica(work, data_dir, name, url)) for name, url in urls.items()}
        yield from _memory(replicas, "after the start")
        for n in (5, 10, 20):  # lists of another length are other answers, so no cache has them
            yield from _answers(replicas, n)
        yield from _memory(replicas, "after the answers")


def _memory(replicas: dict[str, tuple[Any, Caller]], when: str) -> Iterator[dict[str, Any]]:
    for name, (process, _) in replicas.items():
        yield {"store": name, "when": when, "memory_mb": memory_mb(process.pid), "cpu_s": cpu_s(process.pid)}


def _answers(replicas: dict[str, tuple[Any, Caller]], n: int) -> Iterator[dict[str, Any]]:
    taken: dict[str, list[float]] = {name: [] for name in replicas}
    used = {name: cpu_s(process.pid) or 0.0 for name, (process, _) in replicas.items()}
    for number in range(ASKED):
        for name, (_, call) in replicas.items():
            started = time.perf_counter()
            found = call("recommend", [f"p-asked{number}", n])
            taken[name].append(1000 * (time.perf_counter() - started))
            if len(found) != n:
                raise BenchmarkError(f"{name} answered with {len(found)} items; {n} were requested.")
    for name, values in taken.items():
        spent = (cpu_s(replicas[name][0].pid) or 0.0) - used[name]
        p50, p95 = np.percentile(values, [50, 95])
        yield {"store": name, "recommend": n, "p50_ms": p50, "p95_ms": p95, "cpu_ms": 1000 * spent / len(values)}


if __name__ == "__main__":
    sys.exit(main())
