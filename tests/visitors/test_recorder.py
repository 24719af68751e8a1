"""Events: stored without the reply waiting, kept through trouble, sent to MongoDB as well where there is one."""

from __future__ import annotations

import logging
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from film_app import PROJECT

from recsys.errors import MissingExtra
from recsys.settings import Settings
from recsys.visitors import event_log, mongo
from recsys.visitors.profiles import Visitors
from recsys.visitors.recorder import Events, calling
from recsys.visitors.write_queue import Pump


@pytest.fixture
def visitors(tmp_path):
    opened = Visitors.open(tmp_path / "visitors.sqlite", "films")
    yield opened
    opened.close()


@pytest.fixture
def events(visitors):
    made = Events(lambda: visitors)
    yield made
    made.close()


def stored(visitors, **wanted):
    return [event | {"items": event_log.positions(event["items"])} for event in visitors.events(**wanted)]


def test_a_list_is_stored_with_all_that_is_known_of_it(events, visitors):
    before = time.time()
    with calling("recommend", "s1"):
        events.shown(["50", "10"], model="ease", version="v1", user_id="7", source="61")
    assert events.flush()
    (event,) = stored(visitors)
    assert before <= event.pop("time") <= time.time()
    assert event == {
        "number": 1,
        "kind": "list",
        "user_id": "7",
        "session": "s1",
        "model": "ease",
        "version": "v1",
        "source": "61",
        "endpoint": "recommend",
        "verdict": "",
        "items": [{"item_id": "50", "position": 1}, {"item_id": "10", "position": 2}],
    }
    assert visitors.feedback(kind="list")[0]["items"][1] == {"item_id": "10", "position": 2}


def test_a_verdict_is_stored_when_the_call_returns(events, visitors):
    with calling("page/verdict", "s2"):
        events.verdict("like", "50", model="ease", source="foryou")
    (event,) = visitors.feedback()
    assert (event["verdict"], event["item_id"], event["session"], event["user_id"]) == ("like", "50", "s2", "")


def test_lists_can_be_left_out_and_empty_ones_are(events, visitors):
    events.shown([])
    events.enabled = False
    events.shown(["50"])
    assert events.flush() and not stored(visitors)


def test_service_and_verdicts_are_recorded(service):
    lines = service.recommend("3", 4)
    service.similar("Heat (1995)", 3)
    service.hybrid("3", "Heat (1995)", 3)
    service.recommend_for(["Heat (1995)"], n=2, model="content")
    service.feedback("like", "Heat (1995)", "3", "content")
    assert service.events.flush()
    lists = stored(service.visitors, kind="list")
    assert [item["item_id"] for item in lists[0]["items"]] == [line["item_id"] for line in lines]
    assert [(one["model"], one["user_id"], one["source"]) for one in lists] == [
        (service.default_model, "3", ""),
        ("content", "", "6"),
        ("hybrid", "3", "6"),
        ("content", "", ""),
    ]
    assert {one["version"] for one in stored(service.visitors)} == {service.release.version}


def test_the_api_says_which_endpoint(service):
    from recsys.api.endpoints import endpoints

    endpoints(service)["similar"]("Heat (1995)", 3)
    service.events.flush()
    (event,) = stored(service.visitors)
    assert (event["endpoint"], event["session"]) == ("similar", "")


def test_a_deleted_profile_leaves_no_name_even_in_what_was_still_waiting(visitors):
    user, key = visitors.join({"50": 5})
    waiting = {"time": 1.0, "kind": "list", "items": ["10"], "user_id": user}
    visitors.delete(user, key)
    visitors.add_events([waiting, waiting | {"user_id": "7"}])
    assert [event["user_id"] for event in stored(visitors)] == ["", "7"]


def test_batches_are_one_transaction(visitors, monkeypatch):
    batches = []
    write = visitors.add_events
    monkeypatch.setattr(visitors, "add_events", lambda some: batches.append(len(some)) or write(some))
    events = Events(lambda: visitors)
    for place in range(300):
        events.shown([str(place)])
    events.close()
    assert sum(batches) == 300 and len(batches) < 10
    assert [event["items"][0]["item_id"] for event in stored(visitors)] == [str(place) for place in range(300)]


class Gate:
    """Writes that can be held back or made to fail."""

    def __init__(self):
        self.open, self.broken, self.written, self.tries = threading.Event(), False, [], 0
        self.open.set()

    def __call__(self, batch):
        self.open.wait(5)
        self.tries += 1
        if self.broken:
            raise sqlite3.OperationalError("disk is full")
        self.written += batch


def test_putting_never_waits_and_what_finds_no_room_is_counted_with_one_warning(caplog):
    gate = Gate()
    pump = Pump("test", gate, (sqlite3.Error,), capacity=50)
    gate.open.clear()
    with caplog.at_level(logging.WARNING):
        taken = sum(pump.put(number) for number in range(80))
    assert (taken, pump.dropped) == (50, 30)
    assert [record.getMessage() for record in caplog.records] == [
        "test: 50 events wait already; more are dropped until some are written."
    ]
    gate.open.set()
    assert pump.flush() and gate.written == list(range(50))
    assert pump.put(99)
    pump.close()
    assert gate.written[-1] == 99 and not pump.put(100)


def test_an_outage_is_one_warning_and_loses_nothing(caplog):
    gate = Gate()
    gate.broken = True
    pump = Pump("test", gate, (sqlite3.Error,), retry_s=0.02)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            pump.put(number)
        assert not pump.flush()
        while gate.tries < 4:
            time.sleep(0.01)
        gate.broken = False
        while not pump.flush():
            time.sleep(0.01)
    pump.close()
    assert gate.written == [0, 1, 2, 3, 4]
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and "disk is full" in said[0] and "written again; 0 were dropped" in said[1]


def test_a_mistake_in_writing_does_not_end_the_thread(caplog):
    written = []
    pump = Pump("test", lambda batch: written.append(batch[0] / 1), (sqlite3.Error,))
    pump.put("not a number")
    assert pump.flush() and pump.dropped == 1
    assert "TypeError" in caplog.text
    pump.put(1)
    pump.close()
    assert written == [1.0]


def test_what_waits_is_written_at_exit(tmp_path):
    code = (
        "from pathlib import Path; from recsys.visitors.recorder import Events; from recsys.visitors.profiles import Visitors\n"
        f"visitors = Visitors.open(Path({str(tmp_path)!r}) / 'v.sqlite', 'films')\n"
        "events = Events(lambda: visitors)\n"
        "for item in range(40): events.shown([str(item)])"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
    assert len(stored(Visitors.open(tmp_path / "v.sqlite", "films"))) == 40


# -- MongoDB ------------------------------------------------------------------------------------


class FakeCollection:
    def __init__(self):
        self.documents, self.down = [], False

    def insert_many(self, documents, ordered):
        from pymongo.errors import BulkWriteError, ServerSelectionTimeoutError

        if self.down:
            raise ServerSelectionTimeoutError("mongodb://user:secret@host: connection refused")
        known = {one["_id"] for one in self.documents}
        self.documents += [one for one in documents if one["_id"] not in known]
        if any(one["_id"] in known for one in documents):
            raise BulkWriteError({"writeErrors": [{"code": 11000}]})

    def update_many(self, person, change):
        for one in self.documents:
            if all(one[name] == value for name, value in person.items()):
                one.update(change["$set"])


class FakeClient:
    def __init__(self, collection):
        self.collection = collection

    def get_default_database(self, name):
        return {mongo.COLLECTION: self.collection}


@pytest.fixture
def collection():
    pytest.importorskip("pymongo", reason="pymongo is not installed (pip install pymongo)")
    return FakeCollection()


def test_mongodb_gets_the_same_events_and_forgets_who_is_deleted(events, visitors, collection):
    events.also("mongodb", mongo.MongoEvents("mongodb://x", lambda uri: FakeClient(collection)))
    with calling("recommend", "s"):
        events.shown(["50", "10"], model="ease", user_id="guest-a")
        events.verdict("like", "50", user_id="guest-a")
    events.forget("guest-a")
    events.close()
    first, second = collection.documents
    assert first["items"] == [{"item_id": "50", "position": 1}, {"item_id": "10", "position": 2}]
    assert (first["kind"], second["verdict"], second["session"]) == ("list", "like", "s")
    assert first["user_id"] == second["user_id"] == "" and first["time"].tzinfo is not None


def test_sending_twice_stores_once(collection):
    sink = mongo.MongoEvents("mongodb://x", lambda uri: FakeClient(collection))
    event = {"id": "e1", "time": 1.0, "kind": "list", "catalogue": "films", "items": ["50"]}
    sink([event])
    sink([event, event | {"id": "e2"}])
    assert [one["_id"] for one in collection.documents] == ["e1", "e2"]


def test_mongodb_down_is_one_warning_without_the_address(events, visitors, collection, caplog):
    collection.down = True
    events.also(
        "mongodb", mongo.MongoEvents("mongodb://user:secret@host", lambda uri: FakeClient(collection)), retry_s=0.02
    )
    with caplog.at_level(logging.WARNING):
        for item in range(3):
            events.shown([str(item)])
            events.flush()
        time.sleep(0.3)
    assert len(stored(visitors)) == 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "ServerSelectionTimeoutError" in said[0]
    assert "secret" not in caplog.text
    collection.down = False
    deadline = time.monotonic() + 5
    while len(collection.documents) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [one["items"][0]["item_id"] for one in collection.documents] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "uri", ["mongodb://user:secret@127.0.0.1:{port}/x", "no address:secret", "mongodb://a:secret@b:c"]
)
def test_a_wrong_or_closed_address_costs_nothing(visitors, uri, caplog):
    pytest.importorskip("pymongo", reason="pymongo is not installed (pip install pymongo)")
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        uri = uri.format(port=unused.getsockname()[1])
    events = Events(lambda: visitors, uri)
    for item in range(20):
        events.shown([str(item)])
    assert events.flush() and len(stored(visitors)) == 20
    events.close(timeout_s=0.1)
    assert "secret" not in caplog.text


def test_without_pymongo_the_warning_holds_the_pip_line(visitors, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "pymongo", None)
    monkeypatch.setitem(sys.modules, "pymongo.errors", None)
    with pytest.raises(MissingExtra, match="pip install pymongo"):
        mongo.MongoEvents("mongodb://x")
    Events(lambda: visitors, "mongodb://user:secret@host")
    assert "pip install pymongo" in caplog.text and "secret" not in caplog.text


def test_the_address_is_a_secret():
    settings = Settings.from_env({"MONGODB_URI": "mongodb://user:secret@host"})
    assert settings.mongodb_uri and "secret" not in repr(settings)
