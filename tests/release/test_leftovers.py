"""What a killed process left while it wrote a release is removed; what another process writes now stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from recsys import hub, release
from recsys.data.working_folders import SCRATCH, remove_abandoned_scratch, scratch_folder

PROGRAM = """
import sys, time
from pathlib import Path
from recsys.data.working_folders import working_folder
with working_folder(Path(sys.argv[1]), ".write-", "v1-") as folder:
    (folder / "large").write_bytes(b"x" * 1000)
    print(folder.name, flush=True)
    time.sleep(60)
"""


def test_only_what_nobody_writes_any_more_is_removed(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(Path(release.__file__).parents[2])}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        name = process.stdout.readline().strip()
        assert release.remove_abandoned(tmp_path) == [] and (tmp_path / name / "large").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert release.remove_abandoned(tmp_path) == [name] and list(tmp_path.iterdir()) == []


def test_a_start_removes_what_a_killed_push_or_restore_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "system"))
    (tmp_path / "system" / f"{SCRATCH}dead").mkdir(parents=True)
    (tmp_path / "system" / f"{SCRATCH}dead" / "ratings.jsonl").write_text("{}")
    (tmp_path / "system" / f"{SCRATCH}dead.lock").touch()
    (tmp_path / "system" / f"{SCRATCH}link").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "system" / "of-another-program").mkdir()
    with scratch_folder() as folder:
        assert folder.parent == tmp_path / "system" and folder.stat().st_mode & 0o777 == 0o700
        assert remove_abandoned_scratch() == []
    left = {path.name for path in (tmp_path / "system").iterdir()}
    assert left == {f"{SCRATCH}link", "of-another-program"}


def test_a_folder_from_the_future_is_abandoned_too(tmp_path):
    (tmp_path / ".write-1").mkdir()
    os.utime(tmp_path / ".write-1", (4e9, 4e9))
    assert release.remove_abandoned(tmp_path) == [".write-1"]


def test_a_start_without_a_repository_removes_unfinished_downloads(tmp_path):
    (tmp_path / ".pull-0123456789ab").mkdir()
    (tmp_path / ".pull-0123456789ab" / "items.json").write_text("{}")
    hub.remove_downloads(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_writing_a_release_leaves_nothing_behind(tmp_path, tastes, facts):
    from releases import write

    made = write(tmp_path, tastes, facts, names=("popular",))
    assert {path.name for path in tmp_path.iterdir()} == {made.version, "current"}
