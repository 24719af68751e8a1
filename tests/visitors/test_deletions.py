"""Deleted is deleted: in all files at once, with two replicas, an old disk and a clock that is set back."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from fake_hub import FakeHub
from waiting import PATIENCE_S, until

from recsys.hub import client
from recsys.visitors import backup, profiles
from recsys.visitors.backup_to_folder import FolderBackup
from recsys.visitors.backup_to_hub import HubBackup
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.profiles import Visitors
from recsys.visitors.records import parse, to_line, without_deleted_profiles

REPO, TOKEN = "me/feedback", "hf_writer"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(client, "sleep", lambda seconds: None)
    monkeypatch.setattr(backup, "LEAST_S", 0.02)


class Place:
    """Where several replicas back up to: a repository or a folder."""

    def __init__(self, kind: str, folder: Path, server: FakeHub):
        self.kind, self.folder, self.server = kind, folder, server

    def replica(self, name: str) -> tuple[Visitors, backup.Backup]:
        """Visitors on a disk, and their backup."""
        visitors = Visitors.open(self.folder / f"{name}.sqlite", "films")
        if self.kind == "hub":
            return visitors, HubBackup(visitors.store.path, REPO, 60, TOKEN, self.server.url)
        return visitors, FolderBackup(visitors.store.path, self.folder, 60)

    def go_down(self) -> None:
        """Nothing can be read or written there."""
        if self.kind == "hub":
            self.server.fail("", times=10_000, status=503)
        else:
            (self.folder / "records").rename(self.folder / "away")
            (self.folder / "records").write_text("no folder")

    def come_back(self) -> None:
        """All is as it was before `go_down`."""
        if self.kind == "hub":
            self.server.faults.clear()
        else:
            (self.folder / "records").unlink()
            (self.folder / "away").rename(self.folder / "records")

    def about(self, user_id: str) -> set[str]:
        """The kinds of the records that name a user."""
        if self.kind == "hub":
            texts = [data.decode() for data in self.server.repos["dataset", REPO].files.values()]
        else:
            texts = [path.read_text() for path in (self.folder / "records").glob("*.jsonl")]
        return {json.loads(line)["kind"] for text in texts for line in text.split("\n") if user_id in line}


@pytest.fixture(params=["hub", "folder"])
def place(request, tmp_path):
    with FakeHub() as server:
        yield Place(request.param, tmp_path, server)


def test_a_deletion_removes_the_data_from_all_files_without_any_start(place):
    first, first_backup = place.replica("first")
    second, second_backup = place.replica("second")
    for one in (first_backup, second_backup):
        one.start()
        assert one.wait_restored(10)
    user_id, key = first.join({"i100": 5.0})
    shown = {"time": time.time(), "kind": "list", "user_id": user_id, "items": ["i100"]}
    first.add_events([shown])
    assert first_backup.save_soon(10) and place.about(user_id) == {"profile", "rating", "event"}
    assert second_backup.restore() == 3 and second.has_user(user_id)

    second.delete(user_id, key)
    assert second_backup.save_soon(10)
    until(lambda: place.about(user_id) == {"forget"})

    # on the other replica the profile works until that starts again, and what it is told leaves no trace then
    first.rate(user_id, key, "i101", 3.0)
    assert first_backup.save_soon(10)
    first_backup.close()
    second_backup.close()
    _, restarted = place.replica("first")
    restarted.restore()
    restarted.save()
    restarted.close()
    assert not first.has_user(user_id), "the old disk does not bring it back"
    assert place.about(user_id) == {"forget"}
    for visitors in (first, second):
        visitors.close()


def test_an_old_disk_that_was_not_backed_up_does_not_bring_a_profile_back(place):
    old, old_backup = place.replica("old")
    user_id, key = old.join({"i100": 5.0})
    old_backup.restore()
    old_backup.save()
    old.rate(user_id, key, "i101", 4.0)  # killed before it was backed up
    old_backup.close()
    new, new_backup = place.replica("new")
    new_backup.restore()
    new.delete(user_id, key)
    new_backup.save()
    new_backup.close()
    _, again = place.replica("old")
    again.restore()
    again.save()
    again.close()
    assert not old.has_user(user_id) and place.about(user_id) == {"forget"}
    for visitors in (old, new):
        visitors.close()


@pytest.mark.parametrize("deleted_on", ["first", "second"])
def test_a_deletion_while_the_place_is_down_is_made_up_for(place, deleted_on):
    replicas = {name: place.replica(name) for name in ("first", "second")}
    for _, one in replicas.values():
        one.start()
        assert one.wait_restored(PATIENCE_S)
    first, first_backup = replicas["first"]
    user_id, key = first.join({"i100": 5.0})
    stays, _ = first.join({"i102": 2.0})
    assert first_backup.save_soon(PATIENCE_S) and replicas["second"][1].restore() == 4

    place.go_down()
    visitors, its_backup = replicas[deleted_on]
    visitors.rate(user_id, key, "i101", 1.0)
    visitors.delete(user_id, key)
    assert not its_backup.save_soon(0.1) and not visitors.has_user(user_id)
    until(lambda: its_backup.trouble)
    for name in replicas:  # both end while the place is away; one of them starts before it is back
        replicas[name][1].close()
    again, again_backup = place.replica(deleted_on)
    assert not again.has_user(user_id) and again_backup.changes.waiting == 2
    place.come_back()
    again_backup.restore()
    again_backup.save()
    again_backup.clean()
    assert place.about(user_id) == {"forget"} and place.about(stays) == {"profile", "rating"}
    for name in replicas:
        restarted, restored = place.replica(name)
        restored.restore()
        assert not restarted.has_user(user_id) and restarted.history(stays) == {"i102": 2.0}, name
        restored.close()
        restarted.close()
    again_backup.close()
    for made, _ in (*replicas.values(), (again, again_backup)):
        made.close()


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("what", ["changed rating", "withdrawn rating", "deleted profile"])
def test_a_clock_that_is_set_back_changes_no_order(tmp_path, monkeypatch, what, backwards):
    first, now = Visitors.open(tmp_path / "first.sqlite", "films"), time.time()
    changes = ChangeLog(first.store.path)
    monkeypatch.setattr(profiles.time, "time", lambda: now + 3600)
    user_id, key = first.join({"i100": 2.0})
    if what == "withdrawn rating":
        first.unrate(user_id, key, "i100")
    monkeypatch.setattr(profiles.time, "time", lambda: now)
    if what == "deleted profile":
        first.delete(user_id, key)
    else:
        first.rate(user_id, key, "i100", 5.0)
    records = [parse(to_line(record)) for record in changes.pending()[0]]
    other = Visitors.open(tmp_path / "other.sqlite", "films")
    replaying = ChangeLog(other.store.path)
    replaying.replay(records[::-1] if backwards else records)
    if what == "deleted profile":
        assert not other.has_user(user_id)
    else:
        assert other.history(user_id) == {"i100": 5.0} == first.history(user_id)
    for one in (changes, replaying, first, other):
        one.close()


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("where", ["the same disk", "another disk"])
def test_an_account_that_comes_back_after_the_clock_was_set_back(tmp_path, monkeypatch, where, backwards):
    """What was deleted stays deleted, and the new profile lives, wherever the records are replayed."""
    made, now = [Visitors.open(tmp_path / "first.sqlite", "films")], time.time()
    logs = [ChangeLog(made[0].store.path)]
    clock = [now + 7200.0]
    monkeypatch.setattr(profiles.time, "time", lambda: clock[0])
    user_id = made[0].sign_in("account", "key")
    made[0].rate(user_id, "key", "i100", 2.0)
    clock[0] = now + 3600  # before the rating
    made[0].delete(user_id, "key")
    kept = [parse(to_line(record)) for record in logs[0].pending()[0]]
    clock[0] = now
    if where == "another disk":
        made.append(Visitors.open(tmp_path / "second.sqlite", "films"))
        logs.append(ChangeLog(made[1].store.path))
        logs[1].replay(kept)
        assert not made[1].has_user(user_id)
    assert made[-1].sign_in("account", "key") == user_id and made[-1].history(user_id) == {}
    made[-1].rate(user_id, "key", "i101", 5.0)
    kept += [parse(to_line(record)) for record in logs[-1].pending()[0]]
    deleted = {"kind": "rating", "id": "0" * 24, "time": now + 7200, "catalogue": "films", "user_id": user_id}
    kept += [deleted | {"item_id": "i100", "rating": 2.0}]
    made.append(Visitors.open(tmp_path / "restored.sqlite", "films"))
    logs.append(ChangeLog(made[-1].store.path))
    logs[-1].replay(kept[::-1] if backwards else kept)
    assert made[-1].history(user_id) == {"i101": 5.0}
    left = without_deleted_profiles({"all": "".join(map(to_line, kept))})["all"]
    assert {record["item_id"] for record in map(parse, left.splitlines()) if record["kind"] == "rating"} == {"i101"}
    for one in (*logs, *made):
        one.close()
