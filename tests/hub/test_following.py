"""Following a repository: it goes on after every kind of trouble, and /about says what is in the way."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from film_app import PROJECT, environment, free_port, wait_until_healthy
from waiting import until

from hub.conftest import REPO, TOKEN
from recsys import hub, release
from recsys.errors import BrokenRelease, HubError
from recsys.hub import client, pull_release
from recsys.runtime import hub_updates
from recsys.settings import Settings


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(client, "sleep", lambda seconds: None)
    monkeypatch.setattr(hub_updates, "LOOK_S", 0.05)
    monkeypatch.setattr(hub_updates, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(hub_updates, "LONGEST_PAUSE_S", 0.1)


@pytest.fixture
def own(prepared, film_folder, tmp_path, server):
    """A service with a data directory of its own that follows the server."""
    import shutil

    from recsys.data.progress import quiet
    from recsys.runtime.startup import ready

    shutil.copytree(prepared, tmp_path / "data")
    made = ready(
        Settings(
            dataset=str(film_folder), data_dir=tmp_path / "data", hub_repo=REPO, hub_endpoint=server.url, hf_token=TOKEN
        ),
        quiet,
    )
    yield made
    made.close()


def next_release(service, server, value=0.5):
    """Push a release that the service does not have; returns its version."""
    root = service.settings.data_dir / "elsewhere"
    if not root.exists():
        import shutil

        shutil.copytree(service.settings.releases, root)
    made = release.add(release.current(root), {}, {"popular": {"metrics": {"random": {"ndcg@10": value}}}})
    hub.push(made, REPO, token=TOKEN, endpoint=server.url)
    return made.version


def test_it_goes_on_after_every_trouble_and_serves_what_comes_later(own, server):
    thread = hub_updates.follow(own)
    until(lambda: "no such repository" in own.about()["hub"]["trouble"])
    server.create(REPO)
    until(lambda: "it has no manifest.json" in own.about()["hub"]["trouble"])
    for body in (b"null", b"[]", b"<html>", b"\xff"):
        server.fail("GET /api/", times=3, body=body)
        until(lambda: server.faults[-1].times == 0)
    first = next_release(own, server)
    until(lambda: own.release.version == first and own.about()["hub"]["trouble"] == "")
    second = next_release(own, server, 0.6)
    until(lambda: own.release.version == second)
    assert thread.is_alive() and own.about()["hub"] == {"repo": REPO, "revision": "main", "trouble": ""}


@pytest.mark.parametrize("status", [100, 103])  # after which the client waits for the real answer
def test_a_start_tries_a_request_again_that_gets_no_answer(own, server, monkeypatch, status):
    version = next_release(own, server)
    monkeypatch.setattr(hub_updates, "FIRST_PULL", replace(hub_updates.FIRST_PULL, read_s=0.3))
    fault = server.fail("GET .*/tree/", status=status, body=b"")
    assert hub_updates.pull_unless_stalled(own.settings).version == version and fault.times == 0


def test_a_start_that_has_given_up_leaves_room_for_the_next_pull(own, server, monkeypatch):
    version = next_release(own, server)
    monkeypatch.setattr(hub_updates, "STALLED_S", 0.5)
    monkeypatch.setattr(hub_updates, "FIRST_PULL", replace(hub_updates.FIRST_PULL, read_s=0.3))
    server.fail("GET .*/tree/", times=10_000, status=100, body=b"")
    with pytest.raises(HubError, match="the Hub has sent nothing for 0.5 s"):
        hub_updates.pull_unless_stalled(own.settings)
    server.faults.clear()
    monkeypatch.setattr(pull_release, "LOCK_S", hub_updates.FULL_RETRIES.read_s / 2)
    assert hub_updates.pull_configured(own.settings).version == version


def test_an_error_of_any_kind_does_not_end_it(own, server, monkeypatch):
    expected = next_release(own, server)
    use, failures = own.use, [MemoryError("no room"), KeyError("x"), RecursionError()]

    def failing(found):
        if failures:
            raise failures.pop()
        use(found)

    monkeypatch.setattr(own, "use", failing)
    thread = hub_updates.follow(own)
    until(lambda: own.release.version == expected)
    assert thread.is_alive() and failures == []


def test_a_release_of_other_data_is_neither_served_nor_started_with(own, server, tmp_path, tastes, facts):
    from releases import write

    hub.push(write(tmp_path / "other", tastes, facts, names=("popular",)), REPO, token=TOKEN, endpoint=server.url)
    before = own.release.version
    with pytest.raises(BrokenRelease, match="was trained on other data"):
        hub_updates.update(own, None)
    assert own.release.version == before == release.current(own.settings.releases).version


def test_what_the_operator_switched_to_stays_until_there_is_a_newer_release(own, server):
    before = own.release
    first = next_release(own, server)
    commit = hub_updates.update(own, None)
    assert own.release.version == first
    own.use(release.switch(own.settings.releases, before.version))
    assert hub_updates.update(own, commit) == commit and own.release.version == before.version
    second = next_release(own, server, 0.7)
    assert hub_updates.update(own, commit) != commit and own.release.version == second
    release.pin(own.settings.releases, before.version)
    third = next_release(own, server, 0.8)
    assert hub_updates.update(own, commit) == commit and own.release.version != third


@pytest.mark.parametrize("call", ["/revision/main", "/tree/", "HEAD .*manifest.json", "GET .*safetensors"])
def test_a_first_pull_does_not_wait_for_a_hub_that_sends_nothing(own, server, tmp_path, monkeypatch, call):
    monkeypatch.setattr(hub_updates, "STALLED_S", 0.5)
    next_release(own, server)
    release_it = threading.Event()
    server.fail(call, times=100, then=lambda: release_it.wait(20))
    settings = Settings(data_dir=tmp_path / "new", hub_repo=REPO, hub_endpoint=server.url, hf_token=TOKEN)
    with pytest.raises(HubError, match="the Hub has sent nothing for 0.5 s"):
        hub_updates.pull_unless_stalled(settings)
    server.faults.clear()
    release_it.set()
    until(lambda: release.current(settings.releases) is not None)


def start(data, film_folder, url, **changes):
    port = free_port()
    env = environment(data, film_folder, GRADIO_SERVER_PORT=str(port), HF_ENDPOINT=url, HF_TOKEN=TOKEN, **changes)
    log = data.parent / "hanging.log"
    with log.open("w") as output:
        app = subprocess.Popen([sys.executable, "app.py"], cwd=PROJECT, env=env, stdout=output, stderr=output)
    return app, f"http://127.0.0.1:{port}", log


@pytest.mark.parametrize("hanging", ["/api/", "/tree/|/resolve/|/commit/|/preupload/"])
def test_a_hub_that_hangs_delays_neither_start_nor_end(own, server, film_folder, hanging):
    """With a release on the disk, a change that waits to be backed up, and downloads that hang at the end."""
    next_release(own, server)
    server.fail(hanging, times=10_000, delay=60)
    app, address, log = start(
        own.settings.data_dir, film_folder, server.url, RECSYS_HUB_REPO=REPO, RECSYS_FEEDBACK_REPO="me/feedback"
    )
    try:
        wait_until_healthy(address, app, log, 60)
        own.visitors.join({own.catalogue.ids.ids[0]: 5.0})
        time.sleep(1)
        began = time.monotonic()
        app.send_signal(signal.SIGTERM)
        assert app.wait(timeout=8) == 0, "it ends before a container is killed"
        assert time.monotonic() - began < 8
    finally:
        app.kill()


def test_sigterm_while_the_first_pull_hangs(own, server, film_folder, tmp_path):
    next_release(own, server)
    hanging = server.fail("/tree/", times=10_000, delay=60)
    (tmp_path / "empty").mkdir()
    app, _, _ = start(tmp_path / "empty" / "data", film_folder, server.url, RECSYS_HUB_REPO=REPO)
    try:
        until(lambda: hanging.times < 10_000)
        app.send_signal(signal.SIGTERM)
        assert app.wait(timeout=8) == 0
    finally:
        app.kill()


def test_replicas_of_one_store_look_for_a_release_every_minute(own, server, monkeypatch):
    waited = []
    monkeypatch.setattr(hub_updates, "_waited", lambda service, seconds: waited.append(seconds) or len(waited) < 3)
    monkeypatch.setattr(hub_updates, "update", lambda service, served: "commit")
    hub_updates._follow(own)
    assert waited == [0.0, hub_updates.LOOK_S, hub_updates.LOOK_S]
    waited.clear()
    monkeypatch.setattr(own.visitors.store, "is_shared", True)
    hub_updates._follow(own)
    assert (
        waited == [0.0, hub_updates.REPLICAS_LOOK_S, hub_updates.REPLICAS_LOOK_S] and hub_updates.REPLICAS_LOOK_S < 60
    )
