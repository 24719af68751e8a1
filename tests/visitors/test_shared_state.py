"""Choices of the operator, the list of replicas, and work that one replica does at a time, in both stores."""

from __future__ import annotations

import threading

import pytest
from waiting import PATIENCE_S, until

from recsys.errors import StoreUnavailable
from recsys.visitors.shared_state import Replica
from recsys.visitors.store import turns
from recsys.visitors.store.turns import turn


def replica_of(name, seen, **changes):
    return Replica(name, **({"program": "1", "release": "v1", "since": 10.0, "seen": seen} | changes))


def test_a_choice_is_seen_by_all_replicas_of_its_catalogue(replica):
    first, second, books = replica(), replica(), replica("books")
    assert first.shared.choice("release") is None
    first.shared.choose("release", {"version": "v1", "pinned": True})
    found = second.shared.choice("release")
    assert found is not None and found.value == {"version": "v1", "pinned": True}
    second.shared.choose("release", {"version": "", "pinned": False})
    again = first.shared.choice("release")
    assert again is not None and again.number > found.number and again.value["version"] == ""
    assert books.shared.choice("release") is None


def test_replicas_report_and_leave(replica):
    first, second = replica(), replica()
    first.shared.report(replica_of("a", 100.0))
    second.shared.report(replica_of("b", 101.0, job="train", trouble="No."))
    first.shared.report(replica_of("a", 110.0, release="v2"))
    assert second.shared.replicas() == [
        replica_of("a", 110.0, release="v2"),
        replica_of("b", 101.0, job="train", trouble="No."),
    ]
    first.shared.leave("b")
    first.shared.report(replica_of("c", 110.0 + 86_400.5))
    assert [one.name for one in first.shared.replicas()] == ["c"], "a replica of yesterday is left out"


def test_work_of_one_replica_waits_for_the_other(replica, monkeypatch):
    monkeypatch.setattr(turns, "POLL_S", 0.02)
    first, second = replica().store, replica().store
    told, done = [], threading.Event()

    def work():
        with turn(second, "training", lambda: told.append("waiting")) as mine:
            assert mine
            done.set()

    with first.exclusive("training") as mine:
        assert mine
        thread = threading.Thread(target=work)
        thread.start()
        with turn(second, "training", lambda: None, lambda: True) as cancelled:
            assert not cancelled
        with turn(second, "retention", lambda: told.append("never")) as other:
            assert other
        until(lambda: told)
        assert not done.is_set()
    thread.join(timeout=PATIENCE_S)
    assert done.is_set() and told == ["waiting"]


def test_work_goes_on_while_the_store_is_away_and_its_errors_are_its_own(visitors, monkeypatch):
    def away(work):
        raise StoreUnavailable("The server is away.")

    with pytest.raises(StoreUnavailable, match="because the disk"), turn(visitors.store, "training", lambda: None):
        raise StoreUnavailable("x", "its disk is full")
    monkeypatch.setattr(visitors.store, "exclusive", away)
    with turn(visitors.store, "training", lambda: None) as mine:
        assert mine
