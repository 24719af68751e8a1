"""From a free account to a Space that trains on ZeroGPU: the script, the local Hub, the Space's files, the device API.

Set RECSYS_SPACE_PYTHON to a Python 3.12 with the Space's requirements, `gradio` and `spaces` to start the Space as on the Hub;
otherwise it runs on the Python of the tests. With a PyTorch that has no GPU, `cpu_as_gpu.py` stands in for one.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from fake_hub import FakeHub
from fake_zero_gpu import FakeZeroGpu
from film_app import PROJECT, environment, running
from waiting import PATIENCE_S, until

from recsys.runtime.gpu_borrower import FALLBACK

pytestmark = pytest.mark.long

SPACE = "me/films"


@pytest.fixture(scope="module")
def space_files(tmp_path_factory):
    """What one command puts into the Space of a free account."""
    folder = tmp_path_factory.mktemp("space")
    with FakeHub() as hub:
        env = environment(folder, "auto", HF_ENDPOINT=hub.url, HF_TOKEN="hf_writer")
        command = [sys.executable, "scripts/deploy_space.py", SPACE]
        run = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
        assert run.returncode == 0 and run.stdout.startswith("created: "), run.stderr
        made = hub.repos["space", SPACE]
        assert made.hardware == "zero-a10g" and not hub.paying
        for name, data in made.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    return folder


def models(address: str) -> set[str]:
    body = json.dumps({"data": []}).encode()
    asked = urllib.request.Request(f"{address}/gradio_api/run/models", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        return {line["name"] for line in json.load(answer)["data"][0]}


def log_of(folder) -> str:
    return next(folder.glob("app-*.log")).read_text()


def test_what_agents_are_told_is_in_the_space(space_files):
    text = (space_files / "agents.md").read_text()
    assert "POST https://me-films.hf.space/gradio_api/run/NAME" in text and "### /together" in text


@contextlib.contextmanager
def space(space_files, film_folder, folder, behaviour: str) -> Iterator[FakeZeroGpu]:
    """The started Space once it has trained its neural model, `ncf`, and its device API."""
    with FakeZeroGpu() as api:
        api.behaviours = [behaviour]
        with running(
            folder / "data",
            film_folder,
            cwd=space_files,
            command=(str(PROJECT / "tests" / "cpu_as_gpu.py"), "app.py"),
            python=os.environ.get("RECSYS_SPACE_PYTHON", sys.executable),
            PYTHONPATH=os.pathsep.join([str(space_files), os.environ.get("PYTHONPATH", "")]),
            SPACE_ID=SPACE,
            GRADIO_SERVER_NAME="127.0.0.1",
            RECSYS_BACKGROUND="on",
            **api.environment,
        ) as address:
            until(lambda: "ncf" in models(address), lambda: f"{api.paths()}\n{log_of(folder)}")
            yield api


def test_the_space_starts_reports_trains_and_serves(space_files, film_folder, tmp_path):
    """Only the model that is served is trained on a GPU, which is given back; no evaluation asks for one."""
    with space(space_files, film_folder, tmp_path, "lend") as api:
        assert api.paths() == ["/startup-report", "/schedule", "/allow", "/release"]
        assert all(query["fail"] == "false" for path, query in api.calls if path == "/release")
    assert FALLBACK not in log_of(tmp_path)


def test_a_spent_quota_is_logged_and_the_model_is_trained_on_the_cpu(space_files, film_folder, tmp_path):
    with space(space_files, film_folder, tmp_path, "spent") as api:
        assert api.paths() == ["/startup-report", "/schedule"]
    log = log_of(tmp_path)
    assert "ZeroGPU lent no GPU, or took it back: ZeroGPU quota exceeded" in log
    assert f"The daily GPU quota is used up. {FALLBACK}" in log
