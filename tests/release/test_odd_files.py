"""A release whose files are folders, links to nowhere, queues or cut off is refused, and an older one is served."""

from __future__ import annotations

import os
import shutil

import pytest
from releases import write

from recsys import release
from recsys.errors import BrokenRelease

FILES = ("manifest.json", "items.json", "models/popular.json", "models/popular.safetensors")
KINDS = {
    "folder": lambda path: path.mkdir(),
    "link to nothing": lambda path: path.symlink_to("/nonexistent"),
    "link to itself": lambda path: path.symlink_to(path.name),
    "queue": os.mkfifo,
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(200)),
    "UTF-16": lambda path: path.write_bytes('{"a": 1}'.encode("utf-16")),
    "nested": lambda path: path.write_text("[" * 100_000 + "]" * 100_000),
    "long number": lambda path: path.write_text('{"a": ' + "9" * 5000 + "}"),
    "list": lambda path: path.write_text("[]"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_file_makes_the_release_unusable_and_no_other(two_releases, tmp_path, kind, name):
    root = shutil.copytree(two_releases, tmp_path / "films")
    path = root / "v2" / name
    path.unlink()
    KINDS[kind](path)
    with pytest.raises(BrokenRelease) as error:
        release.open_release(root / "v2")
    assert name.rsplit("/", 1)[-1] in str(error.value) and "\n" not in str(error.value)
    said = []
    assert release.last_good(root, said.append).version == "v1"
    assert said == [f"Release v2 is not served: {error.value}", "Release v1 is served instead."]


def test_a_file_that_cannot_be_read_makes_the_release_unusable_and_no_other(two_releases, tmp_path, monkeypatch):
    root = shutil.copytree(two_releases, tmp_path / "films")
    opened = release.store.open_release

    def failing(folder):
        if folder.name == "v2":
            raise OSError(5, "Input/output error", str(folder / "items.json"))
        return opened(folder)

    monkeypatch.setattr(release.store, "open_release", failing)
    said = []
    assert release.last_good(root, said.append).version == "v1"
    assert "Input/output error" in said[0]


def test_a_folder_that_is_a_link_to_another_place_is_refused(tmp_path, tastes, facts):
    write(tmp_path / "films", tastes, facts, names=("popular",), version="v1")
    models = tmp_path / "films" / "v1" / "models"
    models.rename(tmp_path / "elsewhere")
    models.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BrokenRelease, match="is a link to a place outside the release"):
        release.verify(tmp_path / "films" / "v1")
