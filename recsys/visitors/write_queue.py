"""A bounded queue that one thread empties in batches: whoever puts something in never waits for where it goes."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

log = logging.getLogger(__name__)

BATCH = 500
PAUSE_S = 0.2  # a batch gathers for so long
LAST_S = 2.0  # at exit, what is left may take so long


class Pump:
    """Hands records to `write` from a thread of its own, started with the first record.

    Where `write` raises one of `failures`, the batch is kept and tried again later, with one warning for the whole
    outage. Records that find the queue full are dropped and counted, with one warning.

    Attributes:
        dropped: records that were never written.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[Any]], None],
        failures: tuple[type[Exception], ...],
        capacity: int = 10_000,
        retry_s: float = 5.0,
    ):
        self.name, self.dropped = name, 0
        self._write, self._failures, self._capacity, self._retry_s = write, failures, capacity, retry_s
        self._queue: deque[Any] = deque()
        self._state = threading.Condition()
        self._thread: threading.Thread | None = None
        self._taken = self._put = self._done = 0
        self._hurry = self._closed = self._down = self._full = False

    def put(self, record: Any) -> bool:
        """Queue a record; False where the queue is full or closed."""
        with self._state:
            if self._closed:
                return False
            if len(self._queue) + self._taken >= self._capacity:
                self.dropped += 1
                if not self._full and not self._down:
                    log.warning(
                        "%s: %s events wait already; more are dropped until some are written.",
                        self.name,
                        self._capacity,
                    )
                self._full = True
                return False
            self._queue.append(record)
            self._put += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()
                atexit.register(self.close)
            if len(self._queue) in (1, BATCH):
                # waking the thread for each record would cost whoever puts it in more than the record
                self._state.notify_all()
            return True

    def flush(self, timeout_s: float = LAST_S) -> bool:
        """Wait until everything put in before is written; False where that takes longer or cannot be done now."""
        with self._state:
            wanted = self._put
            self._hurry = True
            self._state.notify_all()
            self._state.wait_for(lambda: self._done >= wanted or self._down, timeout_s)
            return self._done >= wanted

    def close(self, timeout_s: float = LAST_S) -> None:
        """Write what is left, as far as the time allows, and end the thread."""
        written = self.flush(timeout_s)
        with self._state:
            self._closed = True
            self._state.notify_all()
        if self._thread is not None and written:
            self._thread.join(timeout_s)
        atexit.unregister(self.close)

    def _run(self) -> None:
        while True:
            with self._state:
                self._state.wait_for(lambda: self._queue or self._closed)
                if self._closed and (not self._queue or self._down):
                    return
                self._state.wait_for(lambda: self._hurry or self._closed or len(self._queue) >= BATCH, PAUSE_S)
                batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
                self._taken = len(batch)
            written = self._try(batch)
            with self._state:
                self._taken = 0
                if written:
                    self._done += len(batch)
                    self._hurry = self._hurry and bool(self._queue)
                    self._full = False
                else:
                    self._queue.extendleft(reversed(batch))
                    self._hurry = False
                self._state.notify_all()
                if not written:
                    # Hurrying makes no difference to what is down; only closing ends the wait.
                    self._state.wait_for(lambda: self._closed, self._retry_s)

    def _try(self, batch: list[Any]) -> bool:
        """Whether the batch is dealt with."""
        try:
            self._write(batch)
        except self._failures as error:
            if not self._down:
                log.warning("%s: events wait and are tried again every %.0f s (%s).", self.name, self._retry_s, error)
            self._down = True
            return False
        except Exception:
            # A mistake of ours would end the thread and with it all that follows: the batch is given up instead.
            log.exception("%s: %s events could not be written.", self.name, len(batch))
            self.dropped += len(batch)
            return True
        if self._down:
            log.warning("%s: events are written again; %s were dropped so far.", self.name, self.dropped)
        self._down = False
        return True
