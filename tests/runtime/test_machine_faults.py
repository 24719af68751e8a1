"""Faults of the machine: a clear refusal, nothing acknowledged lost, and well again when the cause is gone."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from film_app import PROJECT, environment
from small_disk import filled, mounted
from starlette.applications import Starlette
from starlette.testclient import TestClient
from waiting import PATIENCE_S

from recsys import release
from recsys.api import plain_post
from recsys.api.guard.direct import Direct
from recsys.data import storage
from recsys.data.progress import quiet
from recsys.errors import BrokenDatabase
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.visitors.profiles import Visitors
from recsys.visitors.store import sqlite


def client_of(service) -> TestClient:
    return TestClient(Direct(Starlette(), plain_post.handlers(service)))


def post(client: TestClient, name: str, *given):
    return client.post(f"/gradio_api/run/{name}", json={"data": list(given)})


@pytest.fixture
def on_small_disk(prepared, film_folder, tmp_path):
    """A service whose visitors' database lies on a disk of its own."""
    with mounted(tmp_path / "disk", "4m") as disk:
        settings = Settings(dataset=str(film_folder), data_dir=prepared)
        service = ready(settings, quiet, visitors=Visitors.open(disk / "visitors.sqlite", "films"))
        yield service, disk
        service.close()
        service.visitors.close()


def refuses_to_store(client, user_id, key, because):
    """Every call that stores something gets status 503 with a sentence, and reading goes on."""
    for name, given in {
        "join": [["Heat (1995)"]],
        "rate": [user_id, key, "Casino (1995)", 4],
        "feedback": ["like", "Heat (1995)"],
        "forget": [user_id, key],
    }.items():
        answer = post(client, name, *given)
        assert answer.status_code == 503 and answer.headers["retry-after"] == "10", (name, answer.text)
        assert answer.json()["error"] == f"The server cannot store anything now, because {because}. Try again later."
    assert len(post(client, "recommend", user_id, 3).json()["data"][0]) == 3


@pytest.mark.slow
def test_a_full_disk(on_small_disk):
    service, disk = on_small_disk
    with client_of(service) as client:
        profile = post(client, "join", ["Heat (1995)"]).json()["data"][0]
        who = profile["user_id"], profile["key"]
        stored = 1
        ballast = filled(disk)
        for title in ("Casino (1995)", "Fargo (1996)", "Alien (1979)", "Aliens (1986)", "Contact (1997)") * 400:
            if post(client, "rate", *who, title, 4).status_code != 200:
                break
        stored = len(service.visitors.history(who[0]))
        refuses_to_store(client, *who, storage.FULL)
        assert len(service.visitors.history(who[0])) == stored
        ballast.unlink()
        assert post(client, "rate", *who, "Moon (2009)", 5).status_code == 200
        assert list(service.visitors.history(who[0]).values())[-1] == 5.0
        assert post(client, "forget", *who).json()["data"][0]["forgotten"]


@pytest.mark.slow
def test_a_locked_database_and_waiting_writes_that_leave_readers_alone(service, monkeypatch):
    monkeypatch.setattr(sqlite, "WAIT_S", 1)
    service.visitors.close()
    with client_of(service) as client, closing(sqlite3.connect(service.visitors.store.path)) as other:
        profile = post(client, "join", ["Heat (1995)"]).json()["data"][0]
        who = profile["user_id"], profile["key"]
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(60) as pool:
            waiting = [pool.submit(post, client, "rate", *who, "Casino (1995)", 4) for _ in range(60)]
            time.sleep(0.1)
            answered = post(client, "recommend", "3", 3)
            still = sum(not one.done() for one in waiting)
            assert answered.status_code == 200 and still > 8, "a reader did not wait for the writers"
            codes = {one.result().status_code for one in waiting}
        assert codes == {503}
        refuses_to_store(client, *who, "its database is locked")
        other.rollback()
        assert post(client, "rate", *who, "Casino (1995)", 4).status_code == 200


def test_writers_beyond_those_that_may_wait_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(sqlite, "TURN_S", 0.05)
    visitors = Visitors.open(tmp_path / "visitors.sqlite", "films")
    with (
        visitors.store.writing(),
        ThreadPoolExecutor(1) as pool,
        pytest.raises(sqlite3.OperationalError, match="too many writers") as error,
    ):
        pool.submit(visitors.join, {"1": 3.0}).result()
    assert storage.cause(error.value) == "its database is locked"
    assert visitors.join({"1": 3.0})
    visitors.close()


def test_a_read_only_disk_serves_and_says_so(prepared, film_folder, tmp_path):
    with mounted(tmp_path / "disk", "20m") as disk:
        made = Visitors.open(disk / "visitors.sqlite", "films")
        user_id, key = made.join({"6": 4.0})
        made.close()
        shutil.copytree(prepared / "releases", disk / "releases")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with pytest.raises(sqlite3.OperationalError) as error:
            Visitors.open(disk / "visitors.sqlite", "films")
        assert not isinstance(error.value, BrokenDatabase) and storage.cause(error.value)
        found = release.last_good(disk / "releases" / "films")
        assert found is not None, "a release on a read-only disk is served"
        subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
        again = Visitors.open(disk / "visitors.sqlite", "films")
        assert again.history(user_id) == {"6": 4.0}
        again.close()


def test_a_damaged_file_is_still_called_damaged(tmp_path):
    (tmp_path / "visitors.sqlite").write_bytes(b"no database, but long enough to be read as one" * 100)
    with pytest.raises(BrokenDatabase, match="restore it from a copy"):
        Visitors.open(tmp_path / "visitors.sqlite", "films")


def command(data_dir, film_folder, *arguments, **changes):
    env = environment(data_dir, film_folder, **changes)
    given = [sys.executable, "-m", "recsys", *arguments]
    return subprocess.run(given, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)


@pytest.mark.slow
@pytest.mark.parametrize("verb", [("build",), ("train", "--models", "popular"), ("serve",)])
def test_commands_say_one_sentence(film_folder, tmp_path, verb):
    def failed(data_dir):
        run = command(data_dir, film_folder, *verb)
        assert run.returncode == 1 and "Traceback" not in run.stderr + run.stdout
        last = run.stderr.strip().splitlines()[-1]
        assert last.startswith(f"recsys {verb[0]}: ") and last.endswith(".")
        return last

    (tmp_path / "file").write_text("x")
    assert "which is a file. Use a folder." in failed(tmp_path / "file")
    assert "Not a directory" in failed(tmp_path / "file" / "below")
    with mounted(tmp_path / "tiny", "60k") as tiny:
        assert "Free some space" in failed(tiny)
        assert [path.name for path in tiny.iterdir() if path.suffix != ".lock" and "visitors" not in path.name] == []
        subprocess.run(["mount", "-o", "remount,ro", str(tiny)], check=True)
        assert "RECSYS_DATA_DIR" in failed(tiny)


@pytest.mark.slow
def test_a_disk_that_is_full_leaves_releases_as_they_were(prepared, film_folder, tmp_path):
    def files():
        found = (disk / "data" / "releases").rglob("*")
        return {path: path.stat().st_mtime_ns for path in found if path.is_file()}

    with mounted(tmp_path / "disk", "30m") as disk:
        shutil.copytree(prepared, disk / "data")
        before, ballast = files(), filled(disk)
        failed = command(disk / "data", film_folder, "evaluate", "--models", "popular")
        assert failed.returncode == 1 and "Traceback" not in failed.stderr
        assert "No space left" in failed.stderr and "Free some space" in failed.stderr.splitlines()[-1]
        assert not [path for path in files() if path.name.endswith(".part") or path.name.startswith("current-")]
        assert {path: files().get(path) for path in before} == before
        shown = command(disk / "data", film_folder, "info")
        assert shown.returncode in (0, 1) and "Traceback" not in shown.stderr
        if shown.returncode:  # SQLite needs a little space even to read
            assert "the disk is full" in shown.stderr
        ballast.unlink()
        assert command(disk / "data", film_folder, "info").returncode == 0


@pytest.mark.slow
def test_tuning_on_a_full_disk_fails_before_the_search_and_leaves_earlier_results(prepared, film_folder, tmp_path):
    given = ("tune", "--models", "item_knn", "--budget", "1")
    with mounted(tmp_path / "disk", "30m") as disk:
        shutil.copytree(prepared, disk / "data")
        first = command(disk / "data", film_folder, *given)
        assert first.returncode == 0, first.stderr
        (tuned,) = (disk / "data" / "tuned").iterdir()
        before, ballast = tuned.read_bytes(), filled(disk)
        for more in ((), ("--out", str(disk / "elsewhere"))):
            failed = command(disk / "data", film_folder, *given, *more)
            assert failed.returncode == 1 and "Traceback" not in failed.stderr and "searching" not in failed.stderr
            assert "Free some space" in failed.stderr.splitlines()[-1]
            assert tuned.read_bytes() == before and [path.name for path in tuned.parent.iterdir()] == [tuned.name]
            assert not (disk / "elsewhere").exists() or not list((disk / "elsewhere").iterdir())
        ballast.unlink()
        assert command(disk / "data", film_folder, *given).returncode == 0
    (tmp_path / "file").write_text("x")
    failed = command(prepared, film_folder, *given, "--out", str(tmp_path / "file"))
    assert failed.returncode == 1 and "searching" not in failed.stderr
    assert failed.stderr.splitlines()[-1].startswith("recsys tune: ") and (tmp_path / "file").read_text() == "x"


@pytest.mark.slow
def test_output_that_cannot_show_a_letter(prepared, film_folder):
    changes = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    run = command(prepared, film_folder, "similar", "Heat", **changes)
    assert run.returncode == 0 and "?" in run.stdout and "Traceback" not in run.stderr
