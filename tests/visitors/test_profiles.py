"""Profiles: ratings stored at once, protected by a key of which only a hash is stored."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from recsys.errors import BadInput, BrokenDatabase, NotAllowed, UnknownUser
from recsys.visitors import profiles as module
from recsys.visitors.profiles import Visitors
from recsys.visitors.store.sqlite import SqliteStore

TABLES = ("profiles", "ratings", "events", "withdrawals", "deletions", "secrets")


def verdict(said, item, user="", position=None, time=1.0):
    items = [{"item_id": item, "position": position}]
    return {"time": time, "kind": "verdict", "items": items, "verdict": said, "user_id": user}


def test_a_profile_remembers_its_ratings_oldest_first(visitors):
    user, key = visitors.join({"50": 5, "10": 3.5})
    assert user.startswith("guest-") and visitors.has_user(user)
    visitors.rate(user, key, "61", 1)
    visitors.rate(user, key, "50", 2)  # said again: now the latest
    assert list(visitors.history(user).items()) == [("10", 3.5), ("61", 1.0), ("50", 2.0)]
    assert [row["item_id"] for row in visitors.user_rows(user, 2)] == ["50", "61"]
    assert visitors.user_rows(user, 1)[0]["timestamp"] > 1.7e9


def test_a_rating_can_be_taken_back_and_a_profile_deleted(visitors):
    user, key = visitors.join({"50": 5, "10": 3})
    visitors.add_events([verdict("like", "50", user)])
    assert visitors.unrate(user, key, "50") and not visitors.unrate(user, key, "50")
    assert visitors.history(user) == {"10": 3.0}
    visitors.delete(user, key)
    assert not visitors.has_user(user) and visitors.ratings_frame().empty
    assert next(visitors.events())["user_id"] == ""
    with pytest.raises(UnknownUser, match=f"There is no profile '{user}' here. Check the name, or make a profile."):
        visitors.history(user)


def test_only_the_right_key_writes(visitors):
    user, key = visitors.join({"50": 5})
    other, other_key = visitors.join({})
    for wrong in ("", "x", key[:-1], other_key):
        for write in (visitors.rate, visitors.unrate):
            arguments = (user, wrong, "50", 1) if write == visitors.rate else (user, wrong, "50")
            with pytest.raises(NotAllowed, match="This is not the key of profile"):
                write(*arguments)
        with pytest.raises(NotAllowed):
            visitors.delete(user, wrong)
    visitors.rate(user, key, "50", 4)
    with pytest.raises(NotAllowed):
        visitors.rate(user, other_key, "50", 1)  # after the right key was remembered
    assert visitors.history(user) == {"50": 4.0} and visitors.history(other) == {}


def test_the_key_is_stored_nowhere(visitors, tmp_path):
    user, key = visitors.join({"50": 5})
    visitors.rate(user, key, "10", 4)
    if isinstance(visitors.store, SqliteStore):
        stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    else:
        with visitors.store.reading() as tx:
            stored = repr([tx.rows(f"SELECT * FROM {table}") for table in TABLES]).encode()
    assert key.encode() not in stored and user.encode() in stored


def test_a_key_is_hashed_once_for_many_ratings(visitors, monkeypatch):
    user, key = visitors.join({})
    hashed = []
    slow = module._hash
    monkeypatch.setattr(module, "_hash", lambda *args: hashed.append(1) or slow(*args))
    for item in range(5):
        visitors.rate(user, key, str(item), 3)
    assert len(hashed) == 1


def test_profiles_outlive_the_process(visitors, replica):
    user, key = visitors.join({"50": 5})
    visitors.close()
    again = replica()
    again.rate(user, key, "10", 2)
    assert again.history(user) == {"50": 5.0, "10": 2.0}


def test_catalogues_do_not_mix(visitors, replica):
    user, _ = visitors.join({"50": 5})
    visitors.add_events([verdict("seen", "50")])
    courses = replica("courses")
    assert not courses.has_user(user) and list(courses.events()) == [] and courses.ratings_frame().empty


def test_what_is_no_rating_is_refused_whole(visitors):
    with pytest.raises(BadInput, match="The rating of item '10' is 'good'. Give a finite number."):
        visitors.join({"50": 5, "10": "good"})
    user, key = visitors.join({})
    with pytest.raises(BadInput, match="is nan"):
        visitors.rate(user, key, "10", float("nan"))
    assert visitors.ratings_frame().empty and visitors.history(user) == {}


def test_events_are_stored_in_order_and_narrowed(visitors):
    shown = {"time": 1.0, "kind": "list", "items": ["50", "10"], "user_id": "guest-x", "model": "ease"}
    visitors.add_events([shown | {"source": "for you", "endpoint": "recommend", "version": "v1"}])
    visitors.add_events([verdict("like", "50", "7", 1, time=2.0), verdict("dislike", "10", time=3.0)])
    assert [event["verdict"] for event in visitors.events(kind="verdict", newest=True)] == ["dislike", "like"]
    (like,) = visitors.events(verdict="like")
    assert (like["number"], like["user_id"], like["items"]) == (2, "7", '[{"item_id": "50", "position": 1}]')
    (found,) = visitors.events(model="ease")
    assert found == {
        "number": 1,
        "time": 1.0,
        "kind": "list",
        "items": '["50", "10"]',
        "user_id": "",  # there is no such profile
        "session": "",
        "model": "ease",
        "version": "v1",
        "source": "for you",
        "endpoint": "recommend",
        "verdict": "",
    }
    assert [event["number"] for event in visitors.events(after=1, limit=1)] == [2]
    assert [event["number"] for event in visitors.events(since=2.0, until=3.0)] == [2]


def test_a_clock_that_was_set_back_does_not_make_a_later_rating_the_older_one(visitors, monkeypatch):
    user, key = visitors.join({"50": 5})
    monkeypatch.setattr(module.time, "time", lambda: 1000.0)
    visitors.rate(user, key, "50", 2)
    (row,) = visitors.user_rows(user)
    assert row["rating"] == 2.0 and row["timestamp"] > 1.7e9


def test_new_ratings_are_counted_and_given_for_training(visitors):
    user, _ = visitors.join({"50": 5, "10": 3})
    assert visitors.ratings_since(0) == 2 and visitors.ratings_since(4e9) == 0
    frame = visitors.ratings_frame()
    assert frame["item_id"].tolist() == ["50", "10"] and frame["user_id"].tolist() == [user, user]
    assert frame["timestamp"].dtype == "int64"


def test_a_new_profile_never_gets_the_id_of_another(visitors, monkeypatch):
    monkeypatch.setattr(module, "_new_id", iter(["guest-a", "guest-a", "guest-a", "guest-b"]).__next__)
    first, key = visitors.join({"50": 5})
    second, other_key = visitors.join({"10": 3})
    assert (first, second) == ("guest-a", "guest-b")
    assert visitors.history(first) == {"50": 5.0} and visitors.history(second) == {"10": 3.0}
    visitors.verify(first, key)
    visitors.verify(second, other_key)


def test_a_change_counts_at_once_through_another_connection(visitors, replica):
    other = replica()
    user, key = visitors.join({"50": 5})
    other.rate(user, key, "10", 4)
    assert visitors.history(user) == {"50": 5.0, "10": 4.0}
    assert visitors.is_verified(user, key) is False and other.is_verified(user, key)
    visitors.verify(user, key)
    visitors.delete(user, key)
    assert not other.has_user(user) and not other.is_verified(user, key)
    for refused in (lambda: other.rate(user, key, "10", 4), lambda: other.verify(user, key)):
        with pytest.raises(UnknownUser):
            refused()
    other.add_events([verdict("like", "50", user)])
    assert [event["user_id"] for event in visitors.events()] == [""]


def test_a_profile_deleted_after_its_key_was_verified_is_unknown(visitors, replica, monkeypatch):
    user, key = visitors.join({"50": 5})
    other = replica()
    monkeypatch.setattr(visitors, "verify", lambda *who: other.delete(*who))
    with pytest.raises(UnknownUser):
        visitors.rate(user, key, "10", 3)
    assert visitors.ratings_frame().empty


def test_ids_by_their_beginning(visitors):
    for name in ("hf-b", "hf-a", "hg", "h"):
        visitors.sign_in(name, "key")
    assert visitors.ids("guest-hf-") == ["guest-hf-a", "guest-hf-b"]


def test_text_that_a_store_cannot_hold_is_no_failure(visitors):
    assert not visitors.has_user("guest-\0") and not visitors.has_user("\U0001f3ac" * 300)
    visitors.add_events([{"time": 1.0, "kind": "list", "items": ["a\0b"], "source": "x\0y"}])
    (event,) = visitors.events()
    assert event["source"] in ("x\0y", "x\ufffdy") and event["items"] == '["a\\u0000b"]'


def test_events_are_read_in_pages(visitors, monkeypatch):
    monkeypatch.setattr("recsys.visitors.event_log.PAGE", 3)
    visitors.add_events([verdict("like", str(number), time=float(number)) for number in range(1, 9)])
    times = lambda **wanted: [int(event["time"]) for event in visitors.events(**wanted)]
    assert times() == list(range(1, 9)) and times(newest=True) == list(range(8, 0, -1))
    assert times(limit=4) == [1, 2, 3, 4] and times(newest=True, limit=4) == [8, 7, 6, 5]
    assert times(after=5) == [6, 7, 8] and times(after=5, newest=True) == [8, 7, 6] and times(limit=0) == []


def test_ratings_for_training_are_read_in_pages(visitors, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    user, _ = visitors.join({str(item): 3 for item in range(5)})
    assert visitors.ratings_frame()["item_id"].tolist() == list("01234")
    assert len(visitors.ratings_frame()) == 5 and set(visitors.ratings_frame()["user_id"]) == {user}


def test_many_threads_write_at_once(visitors):
    user, key = visitors.join({})
    failed = []

    def write(start):
        try:
            for item in range(start, start + 20):
                visitors.rate(user, key, str(item), 3)
                visitors.history(user)
        except Exception as error:  # whatever it is, the test shows it
            failed.append(error)

    threads = [threading.Thread(target=write, args=(100 * number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and len(visitors.history(user)) == 120


def test_a_file_that_is_no_database_is_never_replaced(tmp_path):
    path = tmp_path / "visitors.sqlite"
    path.write_bytes(b"people's profiles" * 100)
    with pytest.raises(BrokenDatabase, match="It holds visitors' profiles, so it is not replaced"):
        Visitors.open(path, "films")
    assert path.read_bytes() == b"people's profiles" * 100


def test_the_schema_is_recorded_by_name(tmp_path):
    Visitors.open(tmp_path / "visitors.sqlite", "films").close()
    with sqlite3.connect(tmp_path / "visitors.sqlite") as db:
        names = [row[0] for row in db.execute("SELECT name FROM _sqlite_migrations ORDER BY id")]
        first = ["profiles_and_their_ratings", "events_of_feedback", "change_log"]
        later = ["withdrawals", "deletions", "deletions_in_the_millisecond_of_an_event"]
        latest = ["choices_and_replicas", "counts_of_events", "lists_of_profiles"]
        assert names == [*first, "secret_of_the_installation", *later, *latest]
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    db.close()
