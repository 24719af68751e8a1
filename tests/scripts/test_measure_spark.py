"""The measurement of training on Spark and here: its lines, steps and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import measure_spark
import pytest


@pytest.mark.slow
def test_a_line_has_sizes_steps_time_and_memory(film_folder, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("RECSYS_DATASET", str(film_folder))
    arguments = ["--work", str(tmp_path), "--size", "own", "--engine", "local", "--models", "popular", "item_knn"]
    assert measure_spark.main(arguments) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["model"] for line in lines] == ["popular", "item_knn"]
    for line in lines:
        assert line["ratings"] > line["users"] > 0 and line["items"] > 0
        # the steps are stated in tenths of a second, and so few ratings may take less
        assert set(line["steps"]) == {"reading", "fitting"} and 0 <= sum(line["steps"].values()) <= line["seconds"]
        assert line["seconds"] > 0
        assert line["driver_gb"] == line["all_gb"] > 0 and line["jvm_gb"] == line["workers_gb"] == 0
        assert line["cpu_s"] > 0


@pytest.mark.slow
def test_a_failed_training_is_said_with_the_end_of_its_log(film_folder, tmp_path, monkeypatch, capsys):
    pytest.importorskip("pyarrow")
    monkeypatch.setenv("RECSYS_DATASET", str(film_folder))
    monkeypatch.setattr(measure_spark, "LOCAL", "raise SystemExit('no room')")
    arguments = ["--work", str(tmp_path), "--size", "own", "--engine", "local", "--models", "popular"]
    assert measure_spark.main(arguments) == 1
    assert "Training popular ended with status 1: no room" in capsys.readouterr().err


def test_processes_below_others_are_counted():
    sleeping = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", sleeping], stdin=subprocess.PIPE) as process:
        found: set[int] = set()
        while len(found) < 2:
            found = {pid for pid, _ in measure_spark._descendants(process.pid)}
        assert process.pid in found and os.getpid() not in found
        usage = measure_spark.Usage()
        usage.read(process.pid)
        process.communicate(b"\n")
    report = usage.report()
    assert report["driver_gb"] > 0 and report["workers_gb"] > 0 and report["jvm_gb"] == 0
    assert report["all_gb"] == pytest.approx(report["driver_gb"] + report["workers_gb"], abs=0.011)
