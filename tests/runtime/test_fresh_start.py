"""The two commands of the README on a fresh clone: needs minutes and a package index, so only where asked for."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from film_app import PROJECT, environment, free_port, wait_until_healthy
from waiting import PATIENCE_S

pytestmark = pytest.mark.skipif(
    os.environ.get("RECSYS_TEST_FRESH") != "1", reason="set RECSYS_TEST_FRESH=1 to install and start a fresh clone"
)
EMPTY = "import gradio as gr\nwith gr.Blocks() as page: gr.Markdown('')\npage.launch(server_port={port}, quiet=True)\n"


def started(
    command: list[str], folder: Path, env: dict, port: int, path: str, wait_s: float
) -> tuple[subprocess.Popen, float]:
    """A command whose server answers, and the seconds it took."""
    log = folder.parent / f"{port}.log"
    began = time.perf_counter()
    with log.open("w") as output:
        app = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", app, log, wait_s, path)
    except AssertionError:
        stop(app)
        raise
    return app, time.perf_counter() - began


def stop(app: subprocess.Popen) -> None:
    os.killpg(app.pid, 15)
    app.wait(timeout=PATIENCE_S)


def ask(port: int, name: str, *data) -> list[dict]:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/gradio_api/run/{name}",
        json.dumps({"data": list(data)}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["data"][0]


def test_from_fresh_clone_to_answers_and_again(tmp_path):
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(clone)], check=True)
    env = environment(tmp_path / "unused", "auto")
    for name in ("RECSYS_DATA_DIR", "RECSYS_DATASET", "PYTHONPATH", "VIRTUAL_ENV"):
        env.pop(name, None)
    env["GRADIO_SERVER_PORT"] = str(port := free_port())
    app, first = started(["make", "run"], clone, env, port, "/health", 300)
    try:
        similar = ask(port, "similar", "Toy Story (1995)", 10, "content")
        assert sum({"Animation", "Children"} & set(film["genres"]) != set() for film in similar) >= 8
        assert all(film["reason"] for film in similar)
        about = ask(port, "about")
        print(f"\nfresh clone to serving {about['title']}: {first:.1f} s")
        if about["counts"]["users"]:
            rated = {film["item_id"] for film in ask(port, "user", "1", 100)["history"]}
            for found in (ask(port, "recommend", "1"), ask(port, "hybrid", "1", "")):
                assert len(found) == 10
                assert not rated & {film["item_id"] for film in found}
            profile = ask(port, "join", ["Toy Story (1995)"])
            before = ask(port, "recommend", profile["user_id"])
            ask(port, "rate", profile["user_id"], profile["key"], before[0]["item_id"], 5)
            assert ask(port, "recommend", profile["user_id"]) != before
    finally:
        stop(app)
    env["RECSYS_BACKGROUND"] = "off"
    python = str(clone / ".venv" / "bin" / "python")
    app, second = started([python, "app.py"], clone, env, port, "/health", 60)
    stop(app)
    empty_port = free_port()
    empty, bare = started([python, "-c", EMPTY.format(port=empty_port)], clone, env, empty_port, "/", 60)
    stop(empty)
    print(f"second start {second:.2f} s, empty Gradio app {bare:.2f} s: {second / bare:.2f} times")
