"""What a killed process left while it wrote a release is removed; what another process writes now stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from recsys import hub, release

PROGRAM = """
import sys, time
from pathlib import Path
from recsys.release import writing
with writing._working_folder(Path(sys.argv[1]), "v1") as folder:
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


def test_a_start_without_a_repository_removes_unfinished_downloads(tmp_path):
    (tmp_path / ".pull-0123456789ab").mkdir()
    (tmp_path / ".pull-0123456789ab" / "items.json").write_text("{}")
    hub.remove_downloads(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []


def test_writing_a_release_leaves_nothing_behind(tmp_path, tastes, facts):
    from releases import write

    made = write(tmp_path, tastes, facts, names=("popular",))
    assert {path.name for path in tmp_path.iterdir()} == {made.version, "current"}
