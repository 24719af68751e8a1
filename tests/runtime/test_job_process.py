"""The process of a background job: what it does, what it reports, how it ends."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from queue import Queue
from time import sleep

import pytest
from waiting import PATIENCE_S, until

from recsys import release as releases
from recsys.catalogue import building
from recsys.runtime import job_process, zero_gpu
from recsys.runtime.gpu_borrower import FALLBACK
from recsys.runtime.job_command import job_command
from recsys.runtime.jobs import Background
from recsys.runtime.startup import ready
from recsys.settings import PROJECT, Settings, process_environment
from recsys.training import handover


@pytest.fixture
def environ(monkeypatch, tmp_path, film_folder):
    """The environment of a data directory of its own."""
    for name, value in {"RECSYS_DATA_DIR": tmp_path / "data", "RECSYS_DATASET": film_folder}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("RECSYS_HUB_REPO", raising=False)
    return Settings.from_env()


def run(capsys, task, **arguments):
    """Exit status and messages of a task."""
    status = job_process.main([task, json.dumps(arguments)])
    return status, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.slow
def test_training_reports_each_model_and_its_share(environ, capsys):
    status, messages = run(capsys, "train", models=["popular", "content"])
    assert status == 0
    trained = [message for message in messages if "trained in" in message["line"]]
    assert [message["line"].split(":")[0] for message in trained] == ["popular", "content"]
    assert [message["share"] for message in trained] == [0.5, 1.0]
    assert set(releases.current(environ.releases).names) == {"popular", "content"}


def test_a_failure_is_one_sentence(environ, capsys):
    status, messages = run(capsys, "push", repo="me/films", private=False)
    assert status == 1 and messages == [{"error": "There is no release to push yet. Train one first."}]
    status, messages = run(capsys, "pull", repo="not a repo!!", revision="main")
    assert status == 1 and "not a repo!!" in messages[-1]["error"]


@pytest.mark.slow
def test_it_ends_with_the_service(environ):
    """The process ends when the service closes its standard input, and writes nothing any more."""
    command = job_command("train", {"models": ["popular"]})
    process = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == job_process.FAILED
    assert not releases.versions(environ.releases)


def test_it_runs_whatever_the_folder_is(environ, tmp_path, monkeypatch):
    """`python /path/to/app.py` finds the package in its folder, and so must its processes."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    command, pipe = job_command("push", {"repo": "me/films", "private": False}), subprocess.PIPE
    with subprocess.Popen(
        command, cwd=tmp_path, env=process_environment(), stdin=pipe, stdout=pipe, text=True
    ) as process:
        said = process.stdout.read()
    assert json.loads(said) == {"error": "There is no release to push yet. Train one first."}


@pytest.mark.parametrize(
    ("fault", "found"),
    [
        (
            OSError(28, "No space left on device", "films.sqlite"),
            "No space left on device: films.sqlite. Free some space",
        ),
        (MemoryError(), "Not enough memory"),
        (sqlite3.OperationalError("database is locked"), "locked by another program"),
        (RuntimeError("token hf_secret\nline 2"), "Unexpected failure: RuntimeError: token …. Run the same command"),
    ],
)
def test_any_failure_is_one_sentence_without_secrets(environ, monkeypatch, capsys, fault, found):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(building, "ensure", fail)
    status, messages = run(capsys, "evaluate", models=["popular"], split="random")
    assert status == 1 and len(messages) == 1 and found in messages[0]["error"] and "\n" not in messages[0]["error"]


@pytest.mark.long
def test_a_job_measures_the_release_that_is_served(environ, capsys):
    run(capsys, "train", models=["popular"])
    service = ready(environ)
    background = Background(service)
    job = background.do("evaluate", models=["popular"], split="random")
    assert job.status == 0, list(job.lines)
    assert job.outcome == "done" and job.share is not None
    metrics = service.release.manifest["models"]["popular"]["metrics"]
    assert 0 <= metrics["random"]["ndcg@10"] <= 1
    service.close()


@pytest.mark.long
@pytest.mark.parametrize("why", ["", "The daily GPU quota is used up."])
def test_a_job_trains_on_a_gpu_of_the_service_or_says_why_not(environ, capsys, monkeypatch, why):
    def lend(folder, progress, cancelled):
        for line, share in () if why else handover.carry_out(folder):
            assert not cancelled()
            progress(line, share)
        return why

    monkeypatch.setattr(zero_gpu, "available", lambda: True)
    monkeypatch.setattr(zero_gpu, "lend", lend)
    run(capsys, "train", models=["popular"])
    service = ready(environ)
    job = Background(service).do("train", models=["ncf"])
    assert job.status == 0 and "ncf" in service.release.names, list(job.lines)
    assert any(line.startswith("ncf: epoch 1 of") for line in job.lines) and job.share == 1.0
    assert any(line == f"ncf: {why} {FALLBACK}" for line in job.lines) == bool(why)
    service.close()


@pytest.mark.slow
def test_a_cancelled_job_leaves_no_ratings_behind(environ, capsys, monkeypatch):
    asked = Queue()

    def lend(folder, progress, cancelled):
        asked.put(folder)
        while not cancelled():
            sleep(0.02)
        return "The training was cancelled."

    monkeypatch.setattr(zero_gpu, "available", lambda: True)
    monkeypatch.setattr(zero_gpu, "lend", lend)
    run(capsys, "train", models=["popular"])
    service = ready(environ)
    job = Background(service).begin("train", models=["ncf"])
    folder = asked.get(timeout=PATIENCE_S)
    assert (folder / handover.DATA).exists()
    job.cancel()
    until(lambda: job.ended is not None)
    assert job.outcome == "cancelled" and not folder.exists()
    service.close()
