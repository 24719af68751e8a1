"""SQLite connections: one a thread, closed together or when their thread has ended."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlite_utils import Database

from recsys.data.connections import Connections


@pytest.fixture
def opened():
    return []


@pytest.fixture
def connections(tmp_path, opened):
    def connect():
        opened.append(Database(sqlite3.connect(tmp_path / "some.sqlite", check_same_thread=False)))
        return opened[-1]

    made = Connections(connect)
    made.db["rows"].create({"n": int})
    yield made
    made.close()


def closed(db):
    try:
        db.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return True
    return False


def test_each_thread_has_a_connection_of_its_own(connections, opened):
    seen, again, together = [], [], threading.Barrier(4)

    def look():
        seen.append(connections.db)
        together.wait(5)  # all four are alive at once, so that no connection is closed for another
        again.append(connections.db)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(db) for db in seen}) == 4 and connections.db not in seen
    assert {id(db) for db in again} == {id(db) for db in seen}
    assert len(opened) == 5


def test_the_connection_of_an_ended_thread_is_closed_when_the_next_is_opened(connections, opened):
    for _ in range(3):
        thread = threading.Thread(target=lambda: connections.db.execute("SELECT 1").fetchone())
        thread.start()
        thread.join()
    assert [closed(db) for db in opened] == [False, True, True, False]


def test_closing_closes_all_and_a_later_use_opens_anew(connections, opened):
    connections.close()
    assert all(closed(db) for db in opened)
    assert connections.db["rows"].count == 0
