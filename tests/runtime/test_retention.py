"""How long profiles and events are kept."""

from __future__ import annotations

import json
import math
import time

import pytest
from services import with_settings

from recsys.runtime import retention
from recsys.settings import Settings
from recsys.visitors import believed_time
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
    return ages_of(service.visitors)


def ages_of(visitors):
    return [round((NOW - one["time"]) / DAY_S) for one in visitors.events()]


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
    assert again.events_since({}) == -math.inf, "without a limit everything is restored"
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


def test_a_clock_that_jumps_ahead_deletes_nothing_until_it_has_stayed_there(aged, caplog):
    service, made = aged
    assert retention.expire_by_clock(service, NOW) == [made["idle"][0]] and not caplog.text
    wrong = NOW + 2000 * DAY_S
    for clock in (wrong, wrong + 3600, wrong + 7200):  # restarts on one day are one check
        assert retention.expire_by_clock(service, clock) == []
        said = caplog.records[-1].getMessage()
        assert "days ahead of the last check" in said and "RECSYS_PROFILE_DAYS" in said
    assert retention.expire_by_clock(service, NOW + DAY_S) == []
    assert [service.visitors.has_user(user_id) for user_id, _ in made.values()] == [False, True, True]
    assert ages(service) == [300, 1]

    caplog.clear()
    assert retention.expire_by_clock(service, wrong) == retention.expire_by_clock(service, wrong + DAY_S) == []
    assert len(caplog.records) == 2, "the clock was right in between, so that it counts anew"
    kept = sorted(user_id for name, (user_id, _) in made.items() if name != "idle")
    assert retention.expire_by_clock(service, wrong + 2 * DAY_S) == kept and ages(service) == []


def test_the_first_check_compares_with_the_latest_change(aged):
    service, made = aged
    assert service.visitors.latest_change() == NOW - DAY_S
    assert retention.expire_by_clock(service, NOW + 3000 * DAY_S) == [made["idle"][0]]
    assert ages(service) == [300, 1], "the time of the latest change is believed"


def test_an_app_that_is_started_each_month_deletes_what_is_old(aged):
    service, made = aged
    for month in range(3):
        retention.expire_by_clock(service, NOW + (month + 25) * 30 * DAY_S)
    assert not any(service.visitors.has_user(user_id) for user_id, _ in made.values())


def test_an_empty_store_believes_its_clock(service):
    assert service.visitors.latest_change() is None
    assert retention.expire_by_clock(service, NOW) == []
    assert service.visitors.shared.choice(believed_time.NAME).value == {"now": NOW, "ahead": []}


def test_a_backup_is_not_emptied_by_a_clock_that_is_years_ahead(tmp_path, monkeypatch):
    old = Visitors.open(tmp_path / "old.sqlite", "films")
    made = FolderBackup(old.store.path, tmp_path, 60)
    old.add_events([event(100), event(1)])
    made.save()
    made.close()
    new = Visitors.open(tmp_path / "new.sqlite", "films")
    again = FolderBackup(new.store.path, tmp_path, 60)
    again.event_days = 50
    monkeypatch.setattr("recsys.visitors.backup.time", lambda: NOW + 4000 * DAY_S)
    again.restore()
    assert (
        ages_of(new)
        == [1]
        == [
            round((NOW - json.loads(line)["time"]) / DAY_S)
            for path in tmp_path.rglob("*.jsonl")
            for line in path.read_text().splitlines()
        ]
    )
    again.close()
    for visitors in (old, new):
        visitors.close()
