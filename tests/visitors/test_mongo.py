"""MongoDB sink: the same events once each, deleted names removed, and no address in any message."""

from __future__ import annotations

import logging
import socket
import sys
import time
from contextlib import closing

import pytest
from waiting import until

from recsys.errors import MissingExtra
from recsys.settings import Settings
from recsys.visitors import mongo
from recsys.visitors.recorder import EventRecorder, calling


@pytest.fixture
def events(visitors):
    made = EventRecorder(visitors)
    yield made
    made.close()


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
    events.add_sink("mongodb", mongo.MongoEvents("mongodb://x", lambda uri: FakeClient(collection)))
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


def test_a_name_is_removed_even_if_an_earlier_attempt_stored_part_of_the_batch(collection):
    sink = mongo.MongoEvents("mongodb://x", lambda uri: FakeClient(collection))
    event = {"id": "e1", "time": 1.0, "kind": "list", "catalogue": "films", "items": ["50"], "user_id": "guest-a"}
    sink([event])
    sink([event, {"kind": "forget", "catalogue": "films", "user_id": "guest-a"}])
    assert [one["user_id"] for one in collection.documents] == [""]


def test_mongodb_down_is_one_warning_without_the_address(events, visitors, collection, caplog):
    collection.down = True
    events.add_sink(
        "mongodb", mongo.MongoEvents("mongodb://user:secret@host", lambda uri: FakeClient(collection)), retry_s=0.02
    )
    with caplog.at_level(logging.WARNING):
        for item in range(3):
            events.shown([str(item)])
            events.flush()
        time.sleep(0.3)
    assert len(list(visitors.events())) == 3
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 1 and "ServerSelectionTimeoutError" in said[0]
    assert "secret" not in caplog.text
    collection.down = False
    until(lambda: len(collection.documents) >= 3)
    assert [one["items"][0]["item_id"] for one in collection.documents] == ["0", "1", "2"]


@pytest.mark.parametrize(
    "uri", ["mongodb://user:secret@127.0.0.1:{port}/x", "no address:secret", "mongodb://a:secret@b:c"]
)
def test_a_wrong_or_closed_address_costs_nothing(visitors, uri, caplog):
    pytest.importorskip("pymongo", reason="pymongo is not installed (pip install pymongo)")
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        uri = uri.format(port=unused.getsockname()[1])
    events = EventRecorder(visitors, uri)
    for item in range(20):
        events.shown([str(item)])
    assert events.flush() and len(list(visitors.events())) == 20
    events.close(timeout_s=0.1)
    assert "secret" not in caplog.text


def test_without_pymongo_the_warning_holds_the_pip_line(visitors, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "pymongo", None)
    monkeypatch.setitem(sys.modules, "pymongo.errors", None)
    with pytest.raises(MissingExtra, match="pip install pymongo"):
        mongo.MongoEvents("mongodb://x")
    EventRecorder(visitors, "mongodb://user:secret@host")
    assert "pip install pymongo" in caplog.text and "secret" not in caplog.text


def test_the_address_is_a_secret():
    settings = Settings.from_env({"MONGODB_URI": "mongodb://user:secret@host"})
    assert settings.mongodb_uri and "secret" not in repr(settings)
