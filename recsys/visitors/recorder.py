"""Every list shown and every verdict, kept without the reply waiting for a disk or a network."""

from __future__ import annotations

import logging
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from recsys.errors import MissingExtra, SourceError
from recsys.visitors.mongo import MongoEvents
from recsys.visitors.profiles import Visitors
from recsys.visitors.write_queue import LAST_S, Pump

log = logging.getLogger(__name__)

MONGO_RETRY_S = 30.0


@dataclass(frozen=True)
class Caller:
    """Through what and for whom a question came.

    Attributes:
        endpoint: name of the endpoint, or the part of the page.
        session: tells visitors without a profile apart, "" where not known.
    """

    endpoint: str = ""
    session: str = ""


_NOBODY = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)


@contextmanager
def calling(endpoint: str, session: str = "") -> Iterator[None]:
    """Everything recorded inside came through this endpoint, from this session."""
    token = _caller.set(Caller(endpoint, session))
    try:
        yield
    finally:
        _caller.reset(token)


class Events:
    """Where a service tells what it showed and what it was told.

    A verdict is stored when the call returns, because the reply says so; lists, and all that goes to MongoDB, are
    written by threads of their own within a fraction of a second, and at exit.

    Attributes:
        enabled: whether lists are recorded.
    """

    def __init__(self, visitors: Callable[[], Visitors], mongodb_uri: str | None = None, enabled: bool = True):
        self._visitors, self.enabled = visitors, enabled
        self._lists = Pump("events", lambda events: visitors().add_events(events), (sqlite3.Error,))
        self._elsewhere: list[Pump] = []
        if mongodb_uri:
            try:
                self.also("mongodb", MongoEvents(mongodb_uri))
            except MissingExtra as error:
                log.warning("%s", error)

    def also(self, name: str, write: Callable[[Any], None], retry_s: float = MONGO_RETRY_S) -> None:
        """Send all events to another place as well; it raises SourceError where it cannot take them now."""
        self._elsewhere.append(Pump(name, write, (SourceError,), retry_s=retry_s))

    def shown(
        self, item_ids: Iterable[str], *, model: str = "", version: str = "", user_id: str = "", source: str = ""
    ) -> None:
        """Record a list, first item at position 1.

        Args:
            item_ids: what was shown.
            model, version: what made the list, and of which release.
            user_id: who it is for, "" where nobody known.
            source: the item it starts from, or the place in the page.
        """
        if self.enabled:
            event = self._event("list", list(item_ids), model, version, user_id, source, "")
            if event["items"]:
                self._send(event, [self._lists, *self._elsewhere])

    def verdict(
        self, verdict: str, item_id: str, *, model: str = "", version: str = "", user_id: str = "", source: str = ""
    ) -> None:
        """Store what somebody thought of an item."""
        event = self._event(
            "verdict", [{"item_id": item_id, "position": None}], model, version, user_id, source, verdict
        )
        self._visitors().add_events([event])
        self._send(event, self._elsewhere)

    def forget(self, user_id: str) -> None:
        """Take a deleted profile's name from what was sent elsewhere; here that was done with the deletion."""
        self._send(self._event("forget", [], "", "", user_id, "", ""), self._elsewhere)

    def flush(self, timeout_s: float = LAST_S) -> bool:
        """Wait until the lists recorded so far are stored here; False where that takes longer."""
        return self._lists.flush(timeout_s)

    def close(self, timeout_s: float = LAST_S) -> None:
        """Write what is left, as far as the time allows, and end the threads."""
        for pump in [self._lists, *self._elsewhere]:
            pump.close(timeout_s)

    @property
    def dropped(self) -> int:
        """Lists that were not stored because too many waited."""
        return self._lists.dropped

    def _event(
        self, kind: str, items: list, model: str, version: str, user_id: str, source: str, verdict: str
    ) -> dict[str, Any]:
        caller = _caller.get()
        return {
            "id": uuid.uuid4().hex,
            "time": time.time(),
            "kind": kind,
            "catalogue": self._visitors().catalogue,
            "user_id": str(user_id),
            "session": caller.session,
            "model": model,
            "version": version,
            "source": source,
            "endpoint": caller.endpoint,
            "verdict": verdict,
            "items": items,
        }

    def _send(self, event: dict[str, Any], pumps: list[Pump]) -> None:
        for pump in pumps:
            pump.put(event)
