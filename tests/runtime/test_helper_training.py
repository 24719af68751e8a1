"""A first start trains in another process while this one imports the page: the same release, and any failure is ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from film_app import PROJECT, environment
from progress_lines import Lines
from waiting import PATIENCE_S, until

from recsys.data.progress import quiet
from recsys.errors import SourceError
from recsys.runtime import helper_training, startup
from recsys.runtime.helper_training import GO, TASK, Helper, helper
from recsys.runtime.job_command import job_command
from recsys.runtime.startup import ready
from recsys.settings import Settings


@pytest.fixture
def settings(film_folder, tmp_path, monkeypatch):
    """Settings of an empty data directory, which are those of the other process too."""
    made = Settings(dataset=str(film_folder), data_dir=tmp_path / "data")
    for name, value in {"RECSYS_DATA_DIR": made.data_dir, "RECSYS_DATASET": film_folder}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("RECSYS_HUB_REPO", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return made


@pytest.fixture
def started(monkeypatch):
    """The processes that are started."""
    made, plain = [], subprocess.Popen

    def popen(*given, **named):
        made.append(plain(*given, **named))
        return made[-1]

    monkeypatch.setattr(helper_training.subprocess, "Popen", popen)
    return made


def test_the_other_process_trains_while_this_one_works(settings, started, monkeypatch, tmp_path, film_folder):
    def trained_here(*_, **__):
        raise AssertionError("trained in this process")

    train, called, lines = startup.train, [], Lines()
    monkeypatch.setattr(startup, "train", trained_here)
    service = ready(settings, lines, finish_training=False, meanwhile=lambda: called.append(len(started)))
    try:
        assert called == [1] and started[0].poll() == 0
        assert any(line.startswith("content: trained in") for line in lines)
        monkeypatch.setattr(startup, "train", train)
        own = ready(Settings(dataset=str(film_folder), data_dir=tmp_path / "own"), quiet, finish_training=False)
        records = [one.release.manifest["models"] for one in (service, own)]
        for name, record in records[0].items():
            assert record["files"] == records[1][name]["files"] and record["fitted_on"] == records[1][name]["fitted_on"]
        assert service.recommend("1") == own.recommend("1") and service.similar("Heat (1995)") == own.similar("Heat")
        own.close()
    finally:
        service.close()
    called.clear()
    ready(settings, quiet, finish_training=False, meanwhile=lambda: called.append(0)).close()
    assert not called and len(started) == 1, "a second start needs no other process"


@pytest.mark.parametrize("case", ["background off", "one core", "no process"])
def test_this_process_trains_if_there_is_no_other(settings, started, monkeypatch, case):
    if case == "one core":
        monkeypatch.setattr(os, "cpu_count", lambda: 1)
    if case == "no process":
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
    called = []
    finish = case == "background off"
    service = ready(settings, quiet, finish_training=finish, meanwhile=lambda: called.append(0))
    assert {"content", "user_knn"} <= set(service.release.names) and not called and not started
    service.close()


def test_this_process_trains_if_the_other_fails(settings, monkeypatch):
    monkeypatch.setattr(helper_training, "TASK", "calibrate")  # which reads no GO and trains nothing
    lines = Lines()
    service = ready(settings, lines, finish_training=False, meanwhile=lambda: None)
    assert {"content", "user_knn"} <= set(service.release.names)
    service.close()


def test_the_other_process_may_have_ended_before_it_is_asked():
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-c", ""], stdin=pipe, stdout=pipe, text=True)
    process.wait()
    Helper(process, lambda: None).train(quiet)
    helper_training._end(process)
    assert process.stdin.closed and process.stdout.closed


def test_a_failure_of_the_other_process_is_said():
    code = f"import sys; sys.stdin.readline(); print({json.dumps(json.dumps({'error': 'The disk is full.'}))}); sys.exit(1)"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        lines = Lines()
        assert not Helper(process, lambda: None).train(lines)
    assert lines == ["The training in another process ended with status 1. The disk is full. Training here"]


def test_a_start_that_fails_ends_it(settings, started, tmp_path):
    broken = Settings(dataset=str(tmp_path / "missing"), data_dir=settings.data_dir)
    with pytest.raises(SourceError):
        ready(broken, quiet, finish_training=False, meanwhile=lambda: None)
    assert started[0].poll() is not None


def test_it_ends_with_the_service(tmp_path, film_folder):
    """The process ends when the service closes its standard input, whether the training has begun or not."""
    env = environment(tmp_path, film_folder)
    for said in ("", GO):
        process = subprocess.Popen(job_command(TASK, {}), cwd=PROJECT, env=env, stdin=subprocess.PIPE, text=True)
        process.communicate(said, timeout=PATIENCE_S)
        assert process.returncode is not None
        until(lambda process=process: process.poll() is not None)


def test_nothing_is_started_if_there_is_nothing_to_do_meanwhile(started):
    with helper(None) as one:
        assert one is None
    assert not started
