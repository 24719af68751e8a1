"""Releases listed, compared, pinned and rolled back, on disk and on the Hub, by function and command."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest
from fake_hub import FakeHub
from releases import write
from services import with_settings
from waiting import PATIENCE_S

from recsys import hub, release
from recsys.cli import main, release_list
from recsys.errors import BrokenRelease, HubError, UnknownModel
from recsys.runtime import hub_updates
from recsys.settings import Settings

REPO, TOKEN = "me/films", "hf_writer"


@pytest.fixture
def settings(tmp_path, tastes, facts, monkeypatch):
    settings = Settings(data_dir=tmp_path / "data")
    for version in ("v1.0", "v2.0", "v3.0"):
        write(settings.releases, tastes, facts, names=("popular",), version=version)
    monkeypatch.setenv("RECSYS_DATA_DIR", str(settings.data_dir))
    return settings


def run(capsys, *arguments) -> str:
    assert main(["releases", *arguments]) == 0
    return capsys.readouterr().out


def test_listed_newest_first(settings, capsys):
    lines = release_list.here(settings)
    assert [line["version"] for line in lines] == ["v3.0", "v2.0", "v1.0"]
    assert [line["current"] for line in lines] == [True, False, False]
    assert lines[0]["models"] == ["popular"] and lines[0]["best"] == {"model": "popular", "ndcg@10": 0.25}
    text = run(capsys)
    assert text.splitlines()[0].startswith("v3.0  ") and text.splitlines()[0].endswith("trained here  *current")
    assert json.loads(run(capsys, "--json")) == lines


def test_a_broken_one_is_listed_with_its_trouble(settings, capsys):
    (settings.releases / "v2.0" / "items.json").write_text("{}")
    line = release_list.here(settings)[1]
    assert line["version"] == "v2.0" and "items.json" in line["trouble"]
    assert "items.json of release v2.0 has 2 bytes" in run(capsys)


def test_compared(settings, capsys):
    current = release.current(settings.releases)
    reports = {"popular": {"metrics": {"random": {"ndcg@10": 0.5, "novelty@10": 3.0}}}}
    newer = release.add(current, {}, reports).version
    rows = release_list.compared(settings, "v1.0", newer)
    assert rows[0] == {"model": "popular", "metric": "ndcg@10", "old": 0.25, "new": 0.5, "change": 0.25}
    text = run(capsys, "--compare", "v1.0", newer)
    assert text.splitlines()[1].split() == ["popular", "ndcg@10", "0.2500", "0.5000", "+0.2500"]
    with pytest.raises(UnknownModel, match=r"There is no release 'v9'; there are .*v1.0"):
        release_list.compared(settings, "v9", "v1.0")


def test_rolled_back_and_held(settings, capsys):
    assert "*current, pinned" in run(capsys, "--roll-back").splitlines()[1]
    assert release.current(settings.releases).version == "v2.0" == release.pinned(settings.releases)
    assert release_list.roll_back(settings).version == "v1.0"
    assert main(["releases", "--roll-back"]) == 1
    assert "There is no release older than v1.0 to go back to." in capsys.readouterr().err
    assert release.current(settings.releases).version == "v1.0"
    run(capsys, "--switch", "v3.0")
    assert release.current(settings.releases).version == "v3.0" and release.pinned(settings.releases) == "v1.0"
    run(capsys, "--unpin")
    assert release.pinned(settings.releases) is None


def test_rolling_back_passes_over_what_cannot_be_used(settings, tastes, facts):
    (settings.releases / "v2.0" / "items.json").write_text("{}")
    assert release_list.roll_back(settings).version == "v1.0"


def test_a_pinned_release_stays_when_others_are_cleared_away(settings):
    release.pin(settings.releases, "v1.0")
    release.switch(settings.releases, "v3.0")
    assert release.prune(settings.releases, keep=1) == ["v2.0"]


def test_pinning_what_does_not_verify_changes_nothing(settings):
    (settings.releases / "v1.0" / "items.json").write_text("{}")
    with pytest.raises(BrokenRelease):
        release.pin(settings.releases, "v1.0")
    assert release.pinned(settings.releases) is None and release.current(settings.releases).version == "v3.0"


def test_the_hub_is_not_followed_while_a_release_is_pinned(service, caplog):
    caplog.set_level(logging.WARNING)
    service = with_settings(service, hub_repo=REPO, hub_endpoint="http://127.0.0.1:9")
    release.pin(service.settings.releases, service.release.version)
    try:
        thread = hub_updates.follow(service)
        service.closed = True
        thread.join(timeout=PATIENCE_S)
        assert f"Release {service.release.version} is pinned, so {REPO} is not followed." in caplog.text
        assert service.troubles["hub"] == "", "nothing was asked"
    finally:
        release.unpin(service.settings.releases)


def test_on_the_hub(settings, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with FakeHub() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        for version in ("v1.0", "v2.0"):
            opened = release.open_release(settings.releases / version)
            opened.manifest["models"]["popular"]["metrics"] = {"random": {"ndcg@10": float(version[1]) / 10}}
            hub.push(opened, REPO, token=TOKEN, endpoint=server.url)
        text = run(capsys, "--hub", REPO)
        assert [line.split()[0] for line in text.splitlines()] == ["v2.0", "v1.0"]
        there = replace(settings, hub_endpoint=server.url, hf_token=TOKEN)
        rows = release_list.compared(there, "v1.0", "v2.0", REPO)
        assert [(row["old"], row["new"]) for row in rows] == [(0.1, 0.2)]
        assert hub.peek(REPO, "v1.0", endpoint=server.url)["version"] == "v1.0"
        with pytest.raises(HubError, match="it has no revision 'v7'. There are main, v1.0, v2.0"):
            hub.peek(REPO, "v7", endpoint=server.url)
        server.put(REPO, {"manifest.json": b"{}"})
        with pytest.raises(BrokenRelease, match="me/films at main is not a release: The release has format None"):
            hub.peek(REPO, endpoint=server.url)
        assert main(["releases", "--hub", REPO, "--roll-back"]) == 1
        assert (
            "A release of me/films cannot be switched to, because it is not downloaded yet." in capsys.readouterr().err
        )
