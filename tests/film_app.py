"""A small film data set made from the project's own notes, and the real app running on it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from waiting import PATIENCE_S

PROJECT = Path(__file__).resolve().parent.parent
FAMILY = (
    "Toy Story",
    "Toy Story 2",
    "A Bug's Life",
    "Aladdin",
    "The Lion King",
    "Antz",
    "Monsters, Inc.",
    "Shrek",
    "Finding Nemo",
    "The Incredibles",
    "Beauty and the Beast",
    "Babe",
    "Ice Age",
    "Cars",
    "Ratatouille",
)
CRIME = (
    "Heat",
    "Pulp Fiction",
    "Seven",
    "The Usual Suspects",
    "Goodfellas",
    "Fargo",
    "Casino",
    "Reservoir Dogs",
    "L.A. Confidential",
    "The Godfather",
    "The Departed",
    "Jackie Brown",
    "Snatch",
    "Trainspotting",
)
SPACE = (
    "Star Wars",
    "Alien",
    "Aliens",
    "Blade Runner",
    "The Matrix",
    "Twelve Monkeys",
    "Contact",
    "Gattaca",
    "Dune",
    "Solaris",
    "Starship Troopers",
    "Armageddon",
    "Stargate",
    "Moon",
    "Sunshine",
)
N_USERS = 60


def films() -> list[dict]:
    """Notes of some fifty films in three kinds."""
    wanted = set(FAMILY + CRIME + SPACE)
    with (PROJECT / "data" / "film_notes.jsonl").open(encoding="utf-8") as lines:
        notes = [json.loads(line) for line in lines]
    chosen: dict[str, dict] = {}
    for note in notes:
        if note["title"] in wanted and note["movielens_id"] and note["logline"]:
            chosen.setdefault(note["title"], note)
    return [note | {"kind": _kind(note["title"])} for note in chosen.values()]


def _kind(title: str) -> int:
    return 0 if title in FAMILY else 1 if title in CRIME else 2


def write_folder(folder: Path, seed: int = 4) -> Path:
    """movies.csv and ratings.csv in MovieLens's layout: 60 users who each like one kind of film."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen, rng = films(), np.random.default_rng(seed)
    movies = ["movieId,title,genres"]
    for note in chosen:
        movies.append(f'{note["movielens_id"]},"{note["title"]} ({note["year"]})",{"|".join(note["genres"])}')
    ratings = ["userId,movieId,rating,timestamp"]
    for user in range(1, N_USERS + 1):
        weights = np.array([5.0 if note["kind"] == user % 3 else 1.0 for note in chosen])
        picks = rng.choice(len(chosen), size=int(rng.integers(8, 18)), replace=False, p=weights / weights.sum())
        for place, pick in enumerate(picks):
            mean = 4.2 if chosen[pick]["kind"] == user % 3 else 2.5
            rating = float(np.clip(round(2 * rng.normal(mean, 0.7)) / 2, 0.5, 5))
            ratings.append(f"{user},{chosen[pick]['movielens_id']},{rating},{1_100_000_000 + 5000 * user + 90 * place}")
    (folder / "movies.csv").write_text("\n".join(movies) + "\n", encoding="utf-8")
    (folder / "ratings.csv").write_text("\n".join(ratings) + "\n", encoding="utf-8")
    return folder


def environment(data_dir: Path, dataset: Path | str, **changes: str) -> dict[str, str]:
    """The environment of a run that reaches nothing but this machine."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECSYS_", "HF_", "TMDB_"))}
    return {
        **kept,
        "RECSYS_DATA_DIR": str(data_dir),
        "RECSYS_DATASET": str(dataset),
        "RECSYS_BACKGROUND": "off",
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "PYTHONPATH": str(PROJECT),
        **changes,
    }


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


@contextlib.contextmanager
def running(*given: Any, **options: Any) -> Iterator[str]:
    """Like `started`; gives the address alone."""
    with started(*given, **options) as (address, _):
        yield address


@contextlib.contextmanager
def started(
    data_dir: Path,
    dataset: Path | str,
    wait_s: float = PATIENCE_S,
    cwd: Path = PROJECT,
    command: Sequence[str] = ("app.py",),
    python: str = sys.executable,
    **changes: str,
) -> Iterator[tuple[str, subprocess.Popen]]:
    """`python app.py`, or other arguments of Python, as a server; gives its address and the process."""
    port = free_port()
    log = data_dir.parent / f"app-{port}.log"
    env = environment(data_dir, dataset, GRADIO_SERVER_PORT=str(port), **changes)
    with log.open("w") as output:
        app = subprocess.Popen([python, *command], cwd=cwd, env=env, stdout=output, stderr=output)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(address, app, log, wait_s)
        yield address, app
    finally:
        app.terminate()
        app.wait(timeout=PATIENCE_S)  # how soon it ends is tested elsewhere


def wait_until_healthy(address: str, app: subprocess.Popen, log: Path, wait_s: float, path: str = "/health") -> None:
    """Return once the address answers; fail with the log where the app ends first or takes too long."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        if app.poll() is not None:
            raise AssertionError(f"the app ended with {app.returncode}:\n{log.read_text()}")
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}{path}", timeout=2) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the app did not answer within {wait_s} s:\n{log.read_text()}")
