"""Something else than a file in the place of a database is refused in a sentence; it is not waited for or replaced."""

from __future__ import annotations

import os

import pytest

from recsys.cli import main
from recsys.data.storage import check_regular
from recsys.errors import BadSetting

KINDS = {
    "folder": lambda path: path.mkdir(),
    "link to itself": lambda path: path.symlink_to(path.name),
    "named pipe": os.mkfifo,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_file_is_refused(tmp_path, kind):
    path = tmp_path / "films.sqlite"
    KINDS[kind](path)
    with pytest.raises(BadSetting, match=r"films\.sqlite is not a file\. Move it away"):
        check_regular(path)


def test_files_and_free_places_are_accepted(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "nowhere").symlink_to("missing")
    for name in ("file", "link", "nowhere", "missing"):
        check_regular(tmp_path / name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["films.sqlite", "visitors.sqlite"])
def test_commands_end_with_one_sentence(tmp_path, film_folder, monkeypatch, capsys, kind, name):
    KINDS[kind](tmp_path / name)
    for variable, value in {"DATA_DIR": tmp_path, "DATASET": film_folder, "BACKGROUND": "off"}.items():
        monkeypatch.setenv(f"RECSYS_{variable}", str(value))
    assert main(["similar", "Heat"]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[-1] == f"recsys similar: {tmp_path / name} is not a file. Move it away, and run the command again."
