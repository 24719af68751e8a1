"""A fake Hub, empty or with a release pushed to it, and no token of whoever runs the tests."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
from fake_hub import FakeHub

from recsys import hub
from recsys.hub import client
from recsys.hub import repo as repositories

REPO, TOKEN = "me/films", "hf_writer"


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path) -> None:
    """No token of whoever runs the tests."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))


@pytest.fixture
def no_waiting(monkeypatch) -> None:
    """No pauses between attempts."""
    for module in (client, repositories):
        monkeypatch.setattr(module, "sleep", lambda seconds: None)
    for name in ("huggingface_hub.utils._http.time.sleep", "huggingface_hub.file_download.time.sleep"):
        monkeypatch.setattr(name, lambda seconds: None)


@pytest.fixture
def server() -> Iterator[FakeHub]:
    """An empty Hub."""
    with FakeHub() as running:
        yield running


@pytest.fixture(scope="module")
def pushed(source):
    """What a server holds after one push of the module's `source`: repositories and large files."""
    with FakeHub() as running:
        hub.push(source, REPO, token=TOKEN, endpoint=running.url)
        return copy.deepcopy((running.repos, running.lfs))
