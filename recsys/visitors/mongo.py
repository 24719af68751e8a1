"""Events in MongoDB as well, where `MONGODB_URI` names one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from recsys.errors import MissingExtra, SourceError
from recsys.visitors.event_log import FIELDS

DATABASE, COLLECTION = "recsys", "events"
TIMEOUT_MS = 3000
DUPLICATE = 11000


class MongoEvents:
    """Writes events to the collection `events` of the database the address names (default `recsys`).

    An event has the same `_id` at every try, so that repeating one changes nothing. Errors never carry the
    driver's text, which may quote parts of the address and so a password.

    Args:
        uri: the address; connected to when first written.
        connect: makes a client of the address (default: pymongo's).

    Raises:
        MissingExtra: pymongo is not installed.
    """

    def __init__(self, uri: str, connect: Callable[[str], Any] | None = None):
        try:
            from pymongo.errors import BulkWriteError, PyMongoError
        except ImportError as error:
            raise MissingExtra(
                "MONGODB_URI is set and pymongo is not installed, so events are kept here alone: pip install pymongo"
            ) from error
        self._errors, self._bulk = (PyMongoError, ValueError, TypeError), BulkWriteError
        self._uri, self._connect, self._client = uri, connect or _connect, None

    def __call__(self, events: Sequence[dict[str, Any]]) -> None:
        """Insert the events; one of kind `forget` takes the name from all that a profile left.

        Raises:
            SourceError: MongoDB cannot be reached or refused.
        """
        try:
            collection = self._collection()
            documents = [document(event) for event in events if event["kind"] != "forget"]
            if documents:
                collection.insert_many(documents, ordered=False)
            for event in events:
                if event["kind"] == "forget":
                    person = {"catalogue": event["catalogue"], "user_id": event["user_id"]}
                    collection.update_many(person, {"$set": {"user_id": ""}})
        except self._bulk as error:
            codes = {one.get("code") for one in error.details.get("writeErrors", [])}
            if codes - {DUPLICATE} or not codes:
                raise SourceError("MongoDB refused events (BulkWriteError)") from None
        except self._errors as error:
            raise SourceError(f"MongoDB cannot be used, see MONGODB_URI ({type(error).__name__})") from None

    def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()

    def _collection(self) -> Any:
        if self._client is None:
            self._client = self._connect(self._uri)
        return self._client.get_default_database(DATABASE)[COLLECTION]


def document(event: dict[str, Any]) -> dict[str, Any]:
    """An event as MongoDB keeps it: a date, and items with positions."""
    items = [
        one if isinstance(one, dict) else {"item_id": one, "position": place}
        for place, one in enumerate(event["items"], start=1)
    ]
    return {
        "_id": event["id"],
        "time": datetime.fromtimestamp(event["time"], UTC),
        "kind": event["kind"],
        "catalogue": event["catalogue"],
        **{name: event.get(name, "") for name in FIELDS},
        "items": items,
    }


def _connect(uri: str) -> Any:
    from pymongo import MongoClient

    limits = {name: TIMEOUT_MS for name in ("serverSelectionTimeoutMS", "connectTimeoutMS", "socketTimeoutMS")}
    return MongoClient(uri, appname="recsys", tz_aware=True, **limits)
