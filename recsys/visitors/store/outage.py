"""Remember that a server is away, so that callers are refused at once instead of waiting for it one after another."""

from __future__ import annotations

import logging
import threading
import time

from recsys.errors import StoreUnavailable

log = logging.getLogger(__name__)
PAUSE_S = 1.0  # seconds between two attempts while the server is away


class Outage:
    """State of one server; thread-safe.

    Args:
        name: the server, for messages.

    Attributes:
        failures: number of failed attempts.
    """

    def __init__(self, name: str):
        self._name, self._lock, self.failures = name, threading.Lock(), 0
        self._why: StoreUnavailable | None = None
        self._next = 0.0

    def check(self) -> None:
        """Raise StoreUnavailable if the server is away, except for one caller each PAUSE_S seconds, who tries it."""
        if self._why is None:
            return
        with self._lock:
            why, now = self._why, time.monotonic()
            if why is not None and now < self._next:
                raise StoreUnavailable(why.details, why.cause)
            self._next = now + PAUSE_S

    def begin(self, why: StoreUnavailable) -> None:
        """Note that the server could not be reached."""
        with self._lock:
            if self._why is None:
                log.warning("%s Profiles cannot be used until then.", why.details)
            self._why, self._next = why, time.monotonic() + PAUSE_S
            self.failures += 1

    def end(self) -> None:
        """Note that the server has answered."""
        if self._why is None:
            return
        with self._lock:
            if self._why is not None:
                log.warning("%s answers again.", self._name)
            self._why = None
