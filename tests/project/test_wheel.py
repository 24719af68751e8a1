"""The built wheel in an empty environment: needs minutes and a package index, so it runs only on request."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest
from film_app import PROJECT, environment, free_port, wait_until_healthy
from waiting import PATIENCE_S

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        os.environ.get("RECSYS_TEST_FRESH") != "1", reason="set RECSYS_TEST_FRESH=1 to build and install the wheel"
    ),
]
QUIET = ("--quiet", "--disable-pip-version-check")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from a source distribution, as a package index gets it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "build", "--outdir", str(folder), str(PROJECT)], check=True)
    assert len(list(folder.glob("*.tar.gz"))) == 1
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel, tmp_path_factory) -> Path:
    """The `recsys` command of an environment that holds nothing but the wheel and what it depends on."""
    venv = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    subprocess.run([str(venv / "bin" / "python"), "-m", "pip", "install", *QUIET, str(wheel)], check=True)
    return venv / "bin" / "recsys"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Any folder, far from the project."""
    return tmp_path_factory.mktemp("somewhere")


def outside(dataset: object) -> dict[str, str]:
    """The environment of somebody who has installed the package: nothing leads to the checkout."""
    env = environment(Path("unused"), str(dataset))
    return {name: value for name, value in env.items() if name not in ("PYTHONPATH", "RECSYS_DATA_DIR", "VIRTUAL_ENV")}


def test_the_wheel_holds_code_page_data_and_type_marker(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = subprocess.run(["git", "ls-files", "recsys"], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert set(tracked.stdout.split()) <= names
    assert {"recsys/py.typed", "recsys/bundled/film_notes.jsonl"} <= names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "docs/"))]


def test_commands_work_from_any_folder(program, folder, film_folder):
    env = outside(film_folder)
    command = [str(program), "similar", "Toy Story (1995)", "-n", "3", "--json"]
    run = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    assert len(json.loads(run.stdout)) == 3
    assert {path.name for path in folder.iterdir()} == {"data"}


def test_serve_works_from_any_folder(program, folder, film_folder, tmp_path):
    port = free_port()
    log = tmp_path / "serve.log"
    with log.open("w") as output:
        app = subprocess.Popen(
            [str(program), "serve", "--port", str(port)],
            cwd=folder,
            env=outside(film_folder),
            stdout=output,
            stderr=output,
        )
    try:
        wait_until_healthy(f"http://127.0.0.1:{port}", app, log, 300)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE_S) as answer:
            assert b"recsys" in answer.read()
    finally:
        app.terminate()
        assert app.wait(timeout=PATIENCE_S) == 0
