"""MongoDB sink: store events in MongoDB as well, if `MONGODB_URI` names a server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from recsys.errors import MissingExtra, SourceError
from recsys.visitors.event_log import FIELDS, with_positions

DATABASE, COLLECTION = "recsys", "events"
TIMEOUT_MS = 3000
DUPLICATE = 11000


class MongoEvents:
    """Writer of events to the collection `events` of the database in the URI (default `recsys`).

    An event has the same `_id` at each attempt, so that writing it again changes nothing. Errors never contain the
    driver's text, which may quote parts of the URI and so a password.

    Args:
        uri: the URI; the connection is opened at the first write.
        connect: creates a client for the URI (default: pymongo's).

    Raises:
        MissingExtra: pymongo is not installed.
    """

    def __init__(self, uri: str, connect: Callable[[str], Any] | None = None):
        try:
            from pymongo.errors import BulkWriteError, PyMongoError
        except ImportError as error:
            raise MissingExtra(
                "MONGODB_URI is set but pymongo is not installed, so events are stored in SQLite only. "
                "Install it: pip install pymongo"
            ) from error
        self._errors, self._bulk = (PyMongoError, ValueError, TypeError), BulkWriteError
        self._uri, self._connect, self._client = uri, connect or _connect, None

    def __call__(self, events: Sequence[dict[str, Any]]) -> None:
        """Insert the events; an event of kind `forget` removes the user id from all stored events.

        Raises:
            SourceError: MongoDB cannot be reached or refused the events.
        """
        try:
            collection = self._collection()
            self._insert(collection, [document(event) for event in events if event["kind"] != "forget"])
            for event in events:
                if event["kind"] == "forget":
                    person = {"catalogue": event["catalogue"], "user_id": event["user_id"]}
                    collection.update_many(person, {"$set": {"user_id": ""}})
        except self._errors as error:
            raise SourceError(f"MongoDB cannot be used, see MONGODB_URI ({type(error).__name__})") from None

    def _insert(self, collection: Any, documents: list[dict[str, Any]]) -> None:
        if not documents:
            return
        try:
            collection.insert_many(documents, ordered=False)
        except self._bulk as error:
            # Documents that an earlier attempt has stored are reported as duplicates.
            codes = {one.get("code") for one in error.details.get("writeErrors", [])}
            if codes - {DUPLICATE} or not codes:
                raise SourceError("MongoDB refused events (BulkWriteError)") from None

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def _collection(self) -> Any:
        if self._client is None:
            self._client = self._connect(self._uri)
        return self._client.get_default_database(DATABASE)[COLLECTION]


def document(event: dict[str, Any]) -> dict[str, Any]:
    """An event as a MongoDB document, with a date and the position of each item."""
    return {
        "_id": event["id"],
        "time": datetime.fromtimestamp(event["time"], UTC),
        "kind": event["kind"],
        "catalogue": event["catalogue"],
        **{name: event.get(name, "") for name in FIELDS},
        "items": with_positions(event["items"]),
    }


def _connect(uri: str) -> Any:
    from pymongo import MongoClient

    return MongoClient(
        uri,
        appname="recsys",
        tz_aware=True,
        serverSelectionTimeoutMS=TIMEOUT_MS,
        connectTimeoutMS=TIMEOUT_MS,
        socketTimeoutMS=TIMEOUT_MS,
    )
