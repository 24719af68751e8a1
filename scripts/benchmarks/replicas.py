"""Replicas of the app for measurements: their environment, their databases, and their processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from benchmarks.calls import Caller
from benchmarks.place import ONE_THREAD
from benchmarks.processes import answered, free_port, running
from recsys.settings import PROJECT

START_S = 600.0  # longest start


def environment(data_dir: Path, **changes: str) -> dict[str, str]:
    """The variables of a process with its own data directory and none of this one's settings but `changes`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RECSYS_")}
    own = {
        "RECSYS_DATA_DIR": str(data_dir),
        "RECSYS_BACKGROUND": "off",
        "RECSYS_RATE_LIMITS": "off",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "PYTHONPATH": str(PROJECT),
    }
    return {**kept, **ONE_THREAD, **own, **changes}


def database(url: str, name: str) -> tuple[str, bool]:
    """The URL of a database on the same server, and whether it had to be created."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    own = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    with psycopg.connect(url, autocommit=True) as server:
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return own, False
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return own, True


@contextmanager
def replica(name: str, env: dict[str, str], log: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """A running replica: its process, and its address once it answers."""
    port = free_port()
    env = {**env, "GRADIO_SERVER_PORT": str(port), "RECSYS_REPLICA_NAME": name}
    with running([sys.executable, "app.py"], log, PROJECT, env) as process:
        address = f"http://127.0.0.1:{port}"
        answered(process, lambda: Caller(address)("models", []), log, START_S)
        yield process, address
