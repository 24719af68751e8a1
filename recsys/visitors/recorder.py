"""Event recorder: store shown lists and feedback, and forward them to MongoDB, without delaying replies."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from recsys.errors import MissingExtra, SourceError
from recsys.visitors.mongo import MongoEvents
from recsys.visitors.profiles import Visitors
from recsys.visitors.store.base import FAILURES
from recsys.visitors.write_queue import LAST_S, PAUSE_S, WriteQueue

log = logging.getLogger(__name__)

MONGO_RETRY_S = 30.0
SHARED_PAUSE_S = 1.0
"""Time in which lists are collected for a server; each replica writes its own batches, which cost more than rows."""


@dataclass(frozen=True)
class Caller:
    """Origin of a call.

    Attributes:
        endpoint: name of the endpoint or part of the page.
        session: identifies a visitor without a profile; "" if unknown.
    """

    endpoint: str = ""
    session: str = ""


_UNKNOWN = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=_UNKNOWN)


@contextmanager
def calling(endpoint: str, session: str = "") -> Iterator[None]:
    """Attribute every event recorded inside the block to this endpoint and session."""
    token = _caller.set(Caller(endpoint, session))
    try:
        yield
    finally:
        _caller.reset(token)


_recording: ContextVar[bool] = ContextVar("recording", default=True)


@contextmanager
def unrecorded() -> Iterator[None]:
    """Do not record lists that are computed inside the block, because they are not shown unchanged."""
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


class EventRecorder:
    """Recorder of the lists that a service showed and the feedback that it received.

    Feedback is stored before the call returns, because the reply confirms it. Lists, and everything sent to MongoDB,
    are written by background threads within about a second, and at exit.

    Args:
        enabled: whether shown lists are recorded.
    """

    def __init__(self, visitors: Visitors, mongodb_uri: str | None = None, enabled: bool = True):
        self._visitors, self._enabled = visitors, enabled
        pause_s = SHARED_PAUSE_S if visitors.store.is_shared else PAUSE_S
        self._lists = WriteQueue("events", visitors.add_events, FAILURES, pause_s=pause_s)
        self._sinks: list[WriteQueue] = []
        if mongodb_uri:
            try:
                self.add_sink("mongodb", MongoEvents(mongodb_uri))
            except MissingExtra as error:
                log.warning("%s", error)

    def add_sink(
        self, name: str, write: Callable[[Sequence[dict[str, Any]]], None], retry_s: float = MONGO_RETRY_S
    ) -> None:
        """Also send all events to another store; `write` raises SourceError if they must be sent again later."""
        self._sinks.append(WriteQueue(name, write, (SourceError,), retry_s=retry_s))

    def shown(
        self, item_ids: Iterable[str], *, model: str = "", version: str = "", user_id: str = "", source: str = ""
    ) -> None:
        """Record a shown list.

        Args:
            item_ids: the items in order, the first at position 1.
            model, version: the model that made the list, and its release.
            user_id: the user of the list, "" if unknown.
            source: the item that the list is based on, or the place on the page.
        """
        if self._enabled and _recording.get():
            event = self._event("list", list(item_ids), model, version, user_id, source, "")
            if event["items"]:
                self._send(event, [self._lists, *self._sinks])

    def verdict(
        self, verdict: str, item_id: str, *, model: str = "", version: str = "", user_id: str = "", source: str = ""
    ) -> None:
        """Store a verdict on an item."""
        items = [{"item_id": item_id, "position": None}]
        event = self._event("verdict", items, model, version, user_id, source, verdict)
        self._visitors.add_events([event])
        self._send(event, self._sinks)

    def forget(self, user_id: str) -> None:
        """Remove a deleted profile's id from events in other stores; here the deletion has removed it."""
        self._send(self._event("forget", [], "", "", user_id, "", ""), self._sinks)

    def flush(self, timeout_s: float = LAST_S) -> bool:
        """Wait until the lists recorded so far are stored here; return False on timeout."""
        return self._lists.flush(timeout_s)

    def close(self, timeout_s: float = LAST_S) -> None:
        """Write the remaining events, for at most about `timeout_s` per store, and end the threads."""
        for queue in [self._lists, *self._sinks]:
            queue.close(timeout_s)

    @property
    def dropped(self) -> int:
        """Number of lists that were not stored."""
        return self._lists.dropped

    @property
    def waiting(self) -> int:
        """Number of lists that are not stored yet."""
        return self._lists.waiting

    def _event(
        self, kind: str, items: list, model: str, version: str, user_id: str, source: str, verdict: str
    ) -> dict[str, Any]:
        caller = _caller.get()
        return {
            "id": uuid.uuid4().hex,
            "time": time.time(),
            "kind": kind,
            "catalogue": self._visitors.catalogue,
            "user_id": str(user_id),
            "session": caller.session,
            "model": model,
            "version": version,
            "source": source,
            "endpoint": caller.endpoint,
            "verdict": verdict,
            "items": items,
        }

    def _send(self, event: dict[str, Any], queues: list[WriteQueue]) -> None:
        for queue in queues:
            queue.put(event)
