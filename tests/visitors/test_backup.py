"""Backups: restored and merged without duplicates, deletions honoured, nothing lost but what came after the last one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from fake_hub import FakeHub
from film_app import PROJECT
from waiting import until

from recsys.errors import BadSetting, HubError, NotAllowed, SourceError, UnknownUser
from recsys.hub import client
from recsys.settings import Settings
from recsys.visitors import backup, backup_to_folder, backup_to_hub
from recsys.visitors.backup_to_folder import FolderBackup
from recsys.visitors.backup_to_hub import HubBackup, create_backup
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.profiles import Visitors
from recsys.visitors.records import parse, to_line, without_deleted_profiles

pytestmark = pytest.mark.slow
REPO, TOKEN = "me/feedback", "hf_writer"


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    """No token of whoever runs the tests, and no waiting between attempts."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setattr(client, "sleep", lambda seconds: None)


@pytest.fixture
def server():
    with FakeHub() as running:
        yield running


class Disk:
    """One start on a disk of its own: visitors and the backup of their data."""

    def __init__(self, folder: Path, server: FakeHub, token: str | None = TOKEN, mount: Path | None = None):
        path = folder / "visitors.sqlite"
        self.visitors = Visitors.open(path, "films")
        self.backup = (
            FolderBackup(path, mount, 300) if mount is not None else HubBackup(path, REPO, 300, token, server.url)
        )

    def delete(self, user: str, key: str) -> None:
        """What the service does when a profile is deleted."""
        self.visitors.delete(user, key)
        self.backup.save_soon()

    def state(self) -> tuple:
        """Everything that must come back: profiles with hashes, ratings in order, events."""
        db = self.visitors.store.db
        ask = lambda sql: [tuple(row) for row in db.execute(sql).fetchall()]
        return (
            ask("SELECT catalogue, user_id, salt, hash, joined FROM profiles ORDER BY user_id"),
            ask("SELECT user_id, item_id, rating, timestamp FROM ratings ORDER BY user_id, place"),
            ask("SELECT time, kind, catalogue, user_id, session, model, verdict, items FROM events ORDER BY time"),
        )

    def close(self) -> None:
        self.backup.close()
        self.visitors.close()


@pytest.fixture
def disk(tmp_path, server):
    made = []

    def start(name: str = "a", **more) -> Disk:
        made.append(one := Disk(tmp_path / name, server, **more))
        return one

    yield start
    for one in made:
        one.close()


def about(user: str, texts) -> list[str]:
    """The kinds of the records that name a user."""
    lines = [line for text in texts for line in text.decode().split("\n") if user in line]
    return [json.loads(line)["kind"] for line in lines]


def fill(visitors: Visitors) -> tuple[str, str]:
    user, key = visitors.join({"10": 5.0, "11": 4.0})
    visitors.rate(user, key, "12", 3.5)
    visitors.rate(user, key, "10", 1.0)
    said = {"items": [{"item_id": "11", "position": 2}], "verdict": "like", "session": "s1"}
    visitors.add_events([{"time": time.time(), "kind": "verdict", "user_id": user, "model": "ease", **said}])
    visitors.add_events([{"time": time.time(), "kind": "list", "user_id": user, "model": "ease", "items": ["7", "8"]}])
    return user, key


# -- records --------------------------------------------------------------------------------------


def test_records_replayed_elsewhere_are_the_same_data_and_only_once(disk):
    a, b = disk("a"), disk("b")
    user, key = fill(a.visitors)
    records, _ = a.backup.changes.pending()
    assert [record["kind"] for record in records] == [
        "profile",
        "rating",
        "rating",
        "rating",
        "rating",
        "event",
        "event",
    ]
    assert key not in json.dumps(records)
    lines = [parse(json.dumps(record)) for record in records]
    assert b.backup.changes.replay(lines) == 7
    assert b.state() == a.state()
    b.visitors.verify(user, key)
    assert list(b.visitors.history(user)) == ["11", "12", "10"]
    assert b.backup.changes.replay(lines) == 0 and a.backup.changes.replay(lines) == 0
    assert b.state() == a.state()
    assert b.backup.changes.pending() == ([], 0)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_later_rating_wins_and_a_deletion_wins_over_everything(disk, backwards):
    a, b = disk("a"), disk("b")
    user, key = fill(a.visitors)
    a.visitors.unrate(user, key, "12")
    other, other_key = a.visitors.join({"20": 2.0})
    seen = {"items": [{"item_id": "20", "position": None}], "verdict": "seen"}
    a.visitors.add_events([{"time": time.time(), "kind": "verdict", "user_id": other, **seen}])
    records, number = a.backup.changes.pending()
    a.backup.changes.acknowledge(number)
    a.delete(other, other_key)
    records += a.backup.changes.pending()[0]
    b.backup.changes.replay(records[::-1] if backwards else records)
    assert b.visitors.history(user) == {"11": 4.0, "10": 1.0}
    with pytest.raises(UnknownUser):
        b.visitors.history(other)
    assert other not in str(b.state())


def test_a_profile_deleted_here_does_not_come_back(disk):
    a = disk("a")
    user, key = fill(a.visitors)
    records, number = a.backup.changes.pending()
    a.backup.changes.acknowledge(number)
    a.delete(user, key)
    assert a.backup.changes.replay(records) == 0
    assert not a.visitors.has_user(user)
    left, _ = a.backup.changes.pending()
    assert [(record["kind"], record["user_id"]) for record in left] == [("forget", user)]


def test_what_a_deleted_profile_left_is_never_sent(disk):
    a = disk("a")
    user, key = fill(a.visitors)
    a.delete(user, key)
    records, _ = a.backup.changes.pending()
    assert [record["kind"] for record in records] == ["event", "event", "forget"]
    assert [record["user_id"] for record in records] == ["", "", user]


@pytest.mark.parametrize("there", [False, True], ids=["empty disk", "the old profile is there"])
def test_who_signs_in_again_after_deleting_a_profile_has_the_new_one_everywhere(disk, there):
    a, b = disk("a"), disk("b")
    key, log = "derived key", a.backup.changes
    user = a.visitors.sign_in("hf-alice", key)
    a.visitors.rate(user, key, "1", 5.0)
    seen = {"kind": "verdict", "items": [{"item_id": "1", "position": None}], "user_id": user, "verdict": "seen"}
    a.visitors.add_events([{"time": time.time(), **seen}])
    old, number = log.pending()
    log.acknowledge(number)
    if there:
        b.backup.changes.replay(old)
    a.delete(user, key)
    assert a.visitors.sign_in("hf-alice", key) == user
    a.visitors.rate(user, key, "2", 4.0)
    records = [*old, *log.pending()[0]]
    b.backup.changes.replay(records[::-1])
    assert b.visitors.history(user) == {"2": 4.0} and b.state() == a.state()
    b.visitors.verify(user, key)
    (text,) = without_deleted_profiles({"x": "".join(map(to_line, records))}).values()
    left = [json.loads(line) for line in text.splitlines()]
    assert [record["kind"] for record in left] == ["event", "forget", "profile", "rating"]
    assert left[0]["user_id"] == "" and left[3]["item_id"] == "2"


def test_ratings_from_two_places_stand_in_order_of_time(disk):
    a, b = disk("a"), disk("b")
    user, key = a.visitors.join({"1": 5.0})
    first, number = a.backup.changes.pending()
    a.backup.changes.acknowledge(number)
    b.backup.changes.replay(first)
    a.visitors.rate(user, key, "2", 4.0)
    b.visitors.rate(user, key, "3", 3.0)
    a.visitors.rate(user, key, "1", 2.0)
    b.backup.changes.replay(a.backup.changes.pending()[0])
    assert b.visitors.history(user) == {"2": 4.0, "3": 3.0, "1": 2.0}
    assert list(b.visitors.history(user)) == ["2", "3", "1"]
    assert [record["item_id"] for record in b.backup.changes.pending()[0]] == ["3"]


def test_what_was_there_before_is_recorded_too(tmp_path):
    visitors = Visitors.open(tmp_path / "visitors.sqlite", "films")
    user, _ = fill(visitors)
    changes = ChangeLog(visitors.store.path)
    assert {record["kind"] for record in changes.pending()[0]} == {"profile", "rating", "event"}
    assert changes.waiting == 6
    changes.close()
    visitors.close()


def event(what: str, items: str) -> str:
    """The line of an event record."""
    names = ("session", "model", "version", "source", "endpoint", "verdict")
    fields = "".join(f', "{name}": ""' for name in names)
    head = '"kind": "event", "id": "a", "time": 1, "catalogue": "films", "user_id": ""'
    return f'{{{head}, "what": {what}, "items": {items}{fields}}}'


def test_an_event_record_is_read():
    assert parse(event('"list"', '["50"]'))["items"] == ["50"]
    assert parse(event('"verdict"', '[{"item_id": "50", "position": null}]'))["what"] == "verdict"


def test_a_database_of_an_earlier_version_is_brought_up_to_date_without_sending_anything_twice(tmp_path):
    path = tmp_path / "visitors.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((Path(__file__).parent / "earlier_version.sql").read_text())
    visitors = Visitors.open(path, "films")
    assert list(visitors.history("guest-aaaaaaaaaaaa").items()) == [("10", 5.0), ("11", 4.0), ("12", 3.5)]
    changes = ChangeLog(path)
    assert [record["id"][:4] for record in changes.pending()[0]] == ["e4bd", "74cd"]
    visitors.rate("guest-aaaaaaaaaaaa", "the-key", "12", 1.0)
    visitors.unrate("guest-aaaaaaaaaaaa", "the-key", "10")
    assert [record["kind"] for record in changes.pending()[0]] == ["event", "rating", "rating", "unrating"]
    changes.close()
    visitors.close()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"kind": "unheard"}',
        '{"kind": "forget", "id": 1, "time": 1, "catalogue": "films", "user_id": "u"}',
        '{"kind": "rating", "id": "a", "time": 1, "catalogue": "films", "user_id": "u", "item_id": "1", "rating": "5"}',
        '{"kind": "rating", "id": "a", "time": NaN, "catalogue": "films", "user_id": "u", "item_id": "1", "rating": 5}',
        '{"kind": "profile", "id": "a", "time": 1, "catalogue": "films", "user_id": "u", "salt": "zz", "hash": ""}',
        '{"kind": "forget", "id": "a", "time": 1, "catalogue": "films", "user_id": "\\ud800"}',
        event('"verdict"', "[]"),
        event('"verdict"', '["50"]'),
        event('"list"', '[{"item_id": "50", "position": 1}]'),
        event('"list"', "{}"),
        "[" * 100_000,
    ],
)
def test_a_line_that_is_no_record_is_none(line):
    assert parse(line) is None


# -- the dataset repo -----------------------------------------------------------------------------


def test_a_fresh_disk_has_everything_back(server, disk):
    a = disk("a")
    a.backup.restore()
    user, key = fill(a.visitors)
    a.backup.save()
    repo = server.repos["dataset", REPO]
    assert repo.private and len(repo.commits) == 2
    assert a.backup.status() | {"kept_at": None} == {
        "place": REPO,
        "every_minutes": 5.0,
        "restored": True,
        "kept_at": None,
        "waiting": 0,
        "trouble": "",
    }
    [name] = set(repo.files) - {".gitattributes"}
    assert name.startswith("records/") and key.encode() not in repo.files[name]

    a.visitors.rate(user, key, "13", 2.0)
    a.backup.save()
    a.backup.save()
    assert len(repo.commits) == 3 and set(repo.files) == {".gitattributes", name}

    b = disk("b")
    assert b.backup.restore() == 8
    assert b.state() == a.state()
    b.backup.save()
    assert len(repo.commits) == 3
    b.visitors.rate(user, key, "14", 2.0)
    b.backup.save()
    assert len(set(repo.files)) == 3 and len(repo.commits) == 4
    c = disk("c")
    c.backup.restore()
    assert c.state() == b.state()


def test_the_same_disk_again_sends_nothing_twice(server, disk):
    a = disk("a")
    a.backup.restore()
    user, key = fill(a.visitors)
    a.backup.save()
    a.visitors.rate(user, key, "13", 2.0)
    acknowledge, a.backup.changes.acknowledge = a.backup.changes.acknowledge, lambda number: None
    a.backup.save()  # killed between committing and noting so
    a.backup.changes.acknowledge = acknowledge
    again = disk("a")
    assert again.backup.restore() == 0 and again.state() == a.state()
    assert again.backup.changes.waiting == 0
    again.backup.save()
    repo = server.repos["dataset", REPO]
    commits = len(repo.commits)
    assert b"".join(repo.files.values()).count(b'"item_id": "13"') == 1
    third = disk("a")
    third.backup.restore()
    third.backup.save()
    assert len(repo.commits) == commits


def test_what_a_deleted_profile_left_goes_from_the_repo_at_the_next_start(server, disk):
    a = disk("a")
    a.backup.restore()
    user, key = fill(a.visitors)
    other, _ = fill(a.visitors)
    a.backup.save()
    b = disk("b")
    b.backup.restore()
    b.delete(user, key)
    b.backup.save()
    repo = server.repos["dataset", REPO]
    c = disk("c")
    c.backup.restore()
    assert repo.head.title == "Remove deleted profiles" and c.state() == b.state()
    left = [line for data in repo.files.values() for line in data.decode().splitlines() if user in line]
    assert [json.loads(line)["kind"] for line in left] == ["forget"]
    assert sum(other in line for data in repo.files.values() for line in data.decode().splitlines()) == 7
    commits = len(repo.commits)
    d = disk("d")
    d.backup.restore()
    assert len(repo.commits) == commits and d.state() == b.state()


def test_a_reader_restores_and_leaves_the_repo_alone(server, disk, caplog):
    a = disk("a")
    a.backup.restore()
    user, key = fill(a.visitors)
    a.backup.save()
    other = disk("other")
    other.backup.restore()
    other.delete(user, key)
    other.backup.save()
    server.accounts["hf_reader"] = ("me", False)
    b = disk("b", token="hf_reader")
    b.backup.restore()
    assert not b.visitors.has_user(user) and "stays in me/feedback until the next start" in caplog.text


def test_a_full_file_is_followed_by_another(server, disk, monkeypatch):
    monkeypatch.setattr(backup_to_hub, "FULL", 500)
    a = disk("a")
    a.backup.restore()
    for _ in range(2):
        fill(a.visitors)
        a.backup.save()
    assert len(server.repos["dataset", REPO].files) == 3
    b = disk("b")
    assert b.backup.restore() == 14 and b.state() == a.state()


def test_a_public_repo_is_refused(server, disk):
    server.create(REPO, "dataset")
    with pytest.raises(NotAllowed, match="is public. Make it private before visitors' data is stored in it."):
        disk().backup.restore()


def test_without_a_token(disk):
    with pytest.raises(HubError, match="needs a token. Set HF_TOKEN"):
        disk(token=None).backup.restore()


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"cut_after": -1}, {"lose_answer": True}])
def test_a_commit_that_fails_once_is_made_once(server, disk, fault):
    a = disk("a")
    a.backup.restore()
    fill(a.visitors)
    server.fail("POST .*/commit/main", **fault)
    a.backup.save()
    assert len(server.repos["dataset", REPO].commits) == 2


def test_a_hub_that_stays_down_loses_nothing(server, disk, caplog):
    a = disk("a")
    a.backup.restore()
    fill(a.visitors)
    server.fail("POST .*/commit/main", times=99, status=500)
    a.backup.every_s = 0.05
    a.backup.start()
    until(lambda: "the Hub has an internal error (HTTP 500)" in a.backup.status()["trouble"])
    assert a.backup.changes.waiting == 7
    server.faults.clear()
    until(lambda: a.backup.status()["trouble"] == "" and not a.backup.changes.waiting)
    b = disk("b")
    b.backup.restore()
    assert b.state() == a.state()
    assert TOKEN not in caplog.text


def test_restoring_goes_on_in_the_background_until_the_hub_is_back(server, disk, monkeypatch):
    a = disk("a")
    a.backup.restore()
    user, _ = fill(a.visitors)
    a.backup.save()
    monkeypatch.setattr(backup, "RETRY_S", 0.05)
    server.fail("GET /api/datasets", times=999, status=503)
    b = disk("b")
    b.backup.start()
    assert not b.backup.wait_restored(0.3)
    other, _ = b.visitors.join({"5": 1.0})
    server.faults.clear()
    until(lambda: b.backup.wait_restored(0))
    assert b.visitors.has_user(user) and b.visitors.has_user(other)


def test_lines_that_are_no_records_are_passed_over(server, disk, caplog):
    a = disk("a")
    a.backup.restore()
    user, _ = fill(a.visitors)
    a.backup.save()
    server.put(REPO, {"records/0.jsonl": b"nonsense\n\xff\xfe\n"}, "dataset")
    b = disk("b")
    b.backup.restore()
    assert (
        b.state() == a.state()
        and "records/0.jsonl: skipped 2 lines that are not records of visitors' data." in caplog.text
    )


def test_a_deletion_is_backed_up_at_once(server, disk, monkeypatch):
    monkeypatch.setattr(backup, "LEAST_S", 0.0)
    a = disk("a")
    a.backup.start()
    assert a.backup.wait_restored(20)
    user, key = fill(a.visitors)
    assert a.backup.save_soon(20)
    assert about(user, server.repos["dataset", REPO].files.values())[0] == "profile"
    a.delete(user, key)  # the interval is 300 s
    assert about(user, server.repos["dataset", REPO].files.values()) == ["forget"]
    b = disk("b")
    b.backup.restore()
    assert not b.visitors.has_user(user)


def test_a_deletion_does_not_wait_for_a_hub_that_is_down(server, disk):
    a = disk("a")
    server.fail("GET /api/datasets", times=999, status=503)
    a.backup.start()
    assert not a.backup.wait_restored(20)
    user, key = fill(a.visitors)
    a.delete(user, key)
    assert not a.visitors.has_user(user) and a.backup.changes.waiting


def test_what_was_removed_from_the_repo_does_not_come_back_from_a_running_process(server, disk):
    a, b = disk("a"), disk("b")
    a.backup.restore()
    user, key = fill(a.visitors)
    a.backup.save()
    b.backup.restore()
    b.delete(user, key)
    b.backup.save()
    disk("c").backup.restore()  # removes what the deleted profile left from the file of a
    repo = server.repos["dataset", REPO]
    assert repo.head.title == "Remove deleted profiles"
    other, _ = a.visitors.join({"1": 5.0})
    a.backup.save()
    assert about(user, repo.files.values()) == ["forget"] and about(other, repo.files.values())


def test_a_repo_that_is_made_public_while_running_gets_nothing_more(server, disk):
    a = disk("a")
    a.backup.restore()
    fill(a.visitors)
    a.backup.save()
    repo = server.repos["dataset", REPO]
    repo.private = False
    a.visitors.join({"1": 5.0})
    with pytest.raises(NotAllowed, match="is public"):
        a.backup.save()
    assert len(repo.commits) == 2


@pytest.mark.parametrize("answer", [[], "x", {"id": 3}], ids=["list", "text", "no repo"])
def test_an_answer_that_is_not_that_of_a_hub_does_not_end_the_backups(server, disk, monkeypatch, answer):
    monkeypatch.setattr(backup, "RETRY_S", 0.05)
    server.create(REPO, "dataset", private=True)
    server.fail("GET /api/datasets", times=3, answer=answer)
    a = disk("a")
    a.backup.start()
    until(lambda: a.backup.status()["trouble"])
    until(lambda: a.backup.wait_restored(0))
    fill(a.visitors)
    assert a.backup.save_soon(20) and a.backup.status()["trouble"] == ""


def test_closing_does_not_wait_for_a_hub_that_does_not_answer(server, disk, monkeypatch):
    monkeypatch.setattr(backup, "LAST_S", 0.1)
    a = disk("a")
    a.backup.start()
    assert a.backup.wait_restored(20)
    fill(a.visitors)
    server.fail("GET /api/datasets", delay=4)
    a.backup.close()
    assert a.backup.changes.waiting == 7
    a.backup._thread.join()


def test_line_separators_inside_a_text_do_not_tear_records(server, disk):
    a = disk("a")
    a.backup.restore()
    user, key = fill(a.visitors)
    other, _ = a.visitors.join({"1": 5.0})
    odd = {"kind": "verdict", "items": [{"item_id": "1", "position": None}], "source": "a\u2028b\x85c\u2029d"}
    a.visitors.add_events([{"time": 1.0, "user_id": other, **odd}, {"time": 2.0, "user_id": user, **odd}])
    a.backup.save()
    b = disk("b")
    b.backup.restore()
    assert b.state() == a.state()
    b.delete(user, key)
    b.backup.save()
    c = disk("c")
    c.backup.restore()
    repo = server.repos["dataset", REPO]
    assert about(user, repo.files.values()) == ["forget"] and c.state() == b.state()
    assert b"".join(repo.files.values()).count("a\u2028b\x85c\u2029d".encode()) == 2


def test_a_record_that_cannot_be_stored_is_skipped(server, disk, caplog):
    a = disk("a")
    a.backup.restore()
    user, _ = fill(a.visitors)
    a.backup.save()
    line = '{"kind": "rating", "id": "x", "time": 1, "catalogue": "films", "user_id": "%s", "item_id": "\\ud800", "rating": 5}\n'
    server.put(REPO, {"records/0.jsonl": (line % user).encode()}, "dataset")
    b = disk("b")
    b.backup.restore()
    assert b.state() == a.state() and "records/0.jsonl: skipped 1 lines" in caplog.text


# -- a mounted folder -----------------------------------------------------------------------------


def test_a_mounted_folder_holds_the_same(tmp_path, disk):
    mount = tmp_path / "bucket"
    a = disk("a", mount=mount)
    with pytest.raises(SourceError, match="RECSYS_FEEDBACK_DIR does not exist. Mount it."):
        a.backup.restore()
    mount.mkdir()
    a.backup.restore()
    user, key = fill(a.visitors)
    a.backup.save()
    a.visitors.rate(user, key, "13", 2.0)
    a.backup.save()
    a.backup.save()
    assert len(list(mount.glob("records/*.jsonl"))) == 2
    b = disk("b", mount=mount)
    assert b.backup.restore() == 8 and b.state() == a.state()


def test_what_a_deleted_profile_left_goes_from_the_folder_at_the_next_start(tmp_path, disk):
    mount = tmp_path / "bucket"
    mount.mkdir()
    a = disk("a", mount=mount)
    a.backup.restore()
    user, key = fill(a.visitors)
    other, _ = fill(a.visitors)
    a.backup.save()
    a.delete(user, key)
    a.backup.save()
    texts = lambda: [path.read_bytes() for path in mount.glob("records/*.jsonl")]
    assert len(about(user, texts())) == 8
    b = disk("b", mount=mount)
    b.backup.restore()
    assert about(user, texts()) == ["forget"] and len(about(other, texts())) == 7
    c = disk("c", mount=mount)
    c.backup.restore()
    assert c.state() == b.state() == a.state()


def test_many_files_become_one_at_a_start_and_odd_lines_stay(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(backup_to_folder, "MANY", 3)
    mount = tmp_path / "bucket"
    mount.mkdir()
    a = disk("a", mount=mount)
    a.backup.restore()
    for _ in range(3):
        fill(a.visitors)
        a.backup.save()
    odd = mount / "records" / "0.jsonl"
    odd.write_bytes(b"\xff of a later version\n")
    b = disk("b", mount=mount)
    b.backup.restore()
    (path,) = mount.glob("records/*.jsonl")
    assert path.read_bytes().startswith(odd_line := b"\xff of a later version\n") and odd_line
    c = disk("c", mount=mount)
    c.backup.restore()
    assert c.state() == b.state() == a.state()


# -- settings -------------------------------------------------------------------------------------


def test_settings_name_the_place_and_the_interval(tmp_path):
    assert create_backup(Settings(data_dir=tmp_path)) is None
    settings = Settings.from_env(
        {"RECSYS_FEEDBACK_REPO": REPO, "RECSYS_DATA_DIR": str(tmp_path), "RECSYS_FEEDBACK_MINUTES": "0.5"}
    )
    Visitors.open(settings.visitors_database, "films").close()
    made = create_backup(settings)
    assert (made.place, made.every_s) == (REPO, 30.0)
    made.close()
    with pytest.raises(
        BadSetting, match="RECSYS_FEEDBACK_MINUTES is 'often'. Use a number of minutes up to 1440, such as 5."
    ):
        Settings.from_env({"RECSYS_FEEDBACK_MINUTES": "often"})
    with pytest.raises(BadSetting, match="are both set. Set only one of them"):
        Settings.from_env({"RECSYS_FEEDBACK_REPO": REPO, "RECSYS_FEEDBACK_DIR": "x"})


# -- killed ---------------------------------------------------------------------------------------

WRITER = """
import sys, time
from pathlib import Path
from recsys.visitors.backup_to_hub import HubBackup
from recsys.visitors.profiles import Visitors
folder, url, every = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
visitors = Visitors.open(folder / "visitors.sqlite", "films")
HubBackup(visitors.store.path, "me/feedback", every, "hf_writer", url).start()
user, key = visitors.join({})
for number in range(100_000):
    visitors.rate(user, key, str(number), 3.0)
    print(user, number, flush=True)
    time.sleep(0.002)
"""


def started(folder: Path, server: FakeHub, every: float) -> subprocess.Popen:
    env = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-c", WRITER, str(folder), server.url, str(every)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("commits", [3, 6])
def test_killed_at_any_moment_a_fresh_disk_has_all_up_to_the_last_commit(server, disk, tmp_path, commits):
    """The process dies while a commit is on its way; the disk is gone with it."""
    process = started(tmp_path / "gone", server, 0.1)
    until(lambda: server.count("POST .*/commit/main") >= commits)
    process.send_signal(signal.SIGKILL)
    rated = [line.split() for line in process.stdout.read().splitlines()]
    process.wait()
    time.sleep(0.3)  # the server may still finish what it had been sent
    user, last = rated[-1]
    kept = [
        json.loads(line)
        for name, blob in server.repos["dataset", REPO].files.items()
        if name.endswith(".jsonl")
        for line in blob.splitlines()
    ]
    b = disk("b")
    assert b.backup.restore() == len(kept)
    history = list(b.visitors.history(user))
    assert 0 < len(history) <= int(last) + 2
    assert history == [
        str(number) for number in range(len(history))
    ]  # no hole: only what came after the last commit is lost
    assert len({record["id"] for record in kept}) == len(kept)


@pytest.mark.slow
def test_killed_and_started_again_on_the_same_disk_loses_nothing(server, disk, tmp_path):
    process = started(tmp_path / "a", server, 0.1)
    until(lambda: server.count("POST .*/commit/main") >= 3)
    process.send_signal(signal.SIGKILL)
    user, last = process.stdout.read().splitlines()[-1].split()
    process.wait()
    time.sleep(0.3)
    a = disk("a")
    a.backup.restore()
    a.backup.save()
    b = disk("b")
    b.backup.restore()
    assert list(a.visitors.history(user)) == list(b.visitors.history(user))
    assert len(b.visitors.history(user)) in (int(last) + 1, int(last) + 2)
    assert b.state() == a.state()
