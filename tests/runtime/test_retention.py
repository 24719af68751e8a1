"""How long profiles and events are kept."""

from __future__ import annotations

import json
import math
import time

import pytest
from services import with_settings

from recsys.runtime import retention
from recsys.settings import Settings
from recsys.visitors.backup_to_folder import FolderBackup
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.profiles import Visitors

DAY_S = 86_400
NOW = 1_800_000_000.0


def event(days_ago, user_id=""):
    return {
        "time": NOW - days_ago * DAY_S,
        "kind": "verdict",
        "verdict": "like",
        "user_id": user_id,
        "items": [{"item_id": "6", "position": None}],
    }


@pytest.fixture
def aged(service, monkeypatch):
    """A service with an old profile, an old profile that rated lately, and events of three ages."""
    made = {}
    for name, joined in (("idle", 800), ("active", 800), ("new", 10)):
        monkeypatch.setattr(time, "time", lambda joined=joined: NOW - joined * DAY_S)
        made[name] = service.visitors.join({"6": 5.0})
    monkeypatch.setattr(time, "time", lambda: NOW - 5 * DAY_S)
    service.visitors.rate(*made["active"], "1", 4.0)
    service.visitors.add_events([event(400, made["idle"][0]), event(300, made["idle"][0]), event(1)])
    monkeypatch.undo()
    return service, made


def ages(service):
    return [round((NOW - one["time"]) / DAY_S) for one in service.visitors.events()]


def test_what_is_too_old_is_deleted(aged):
    service, made = aged
    assert (service.settings.profile_days, service.settings.event_days) == (730, 365)
    assert retention.expire(service, NOW) == [made["idle"][0]]
    assert [service.visitors.has_user(user_id) for user_id, _ in made.values()] == [False, True, True]
    assert ages(service) == [300, 1]
    assert [one["user_id"] for one in service.visitors.events()] == ["", ""], (
        "events lose the name of a deleted profile"
    )
    assert retention.expire(service, NOW) == []


def test_days_are_a_setting_and_zero_keeps_for_ever(aged):
    service, made = aged
    for changes, events in (({"profile_days": 0, "event_days": 0}, 3), ({"profile_days": 0, "event_days": 2}, 1)):
        assert retention.expire(with_settings(service, **changes), NOW) == []
        assert len(ages(service)) == events
    assert retention.follow(with_settings(service, profile_days=0, event_days=0)) is None
    settings = Settings.from_env({"RECSYS_PROFILE_DAYS": "30", "RECSYS_EVENT_DAYS": "0"})
    assert (settings.profile_days, settings.event_days) == (30, 0)


def test_the_deletion_reaches_the_backup(aged, tmp_path):
    service, made = aged
    changes = ChangeLog(service.visitors.store.path)
    changes.acknowledge(changes.last_number)
    retention.expire(service, NOW)
    assert [(record["kind"], record["user_id"]) for record in changes.pending()[0]] == [("forget", made["idle"][0])]
    changes.close()


def test_events_that_are_too_old_are_neither_restored_nor_left_in_the_backup(tmp_path, monkeypatch):
    folder = tmp_path / "bucket"
    folder.mkdir()
    old = Visitors.open(tmp_path / "old.sqlite", "films")
    backup = FolderBackup(old.store.path, folder, 60)
    old.add_events([event(400), event(1)])
    backup.save()
    backup.close()
    new = Visitors.open(tmp_path / "new.sqlite", "films")
    again = FolderBackup(new.store.path, folder, 60)
    assert again.events_since == -math.inf, "without a limit everything is restored"
    again.event_days = 365
    monkeypatch.setattr("recsys.visitors.backup.time", lambda: NOW)
    again.restore()
    assert len(list(new.events())) == 1
    left = [json.loads(line) for path in folder.rglob("*.jsonl") for line in path.read_text().splitlines()]
    assert [round((NOW - record["time"]) / DAY_S) for record in left] == [1]
    again.close()


def test_the_backup_knows_the_setting(tmp_path):
    settings = Settings(data_dir=tmp_path, feedback_dir=tmp_path, event_days=90)
    Visitors.open(settings.visitors_database, "films").close()
    made = create_backup(settings)
    assert made.event_days == 90
    made.changes.close()
