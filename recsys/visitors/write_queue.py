"""Bounded queue written in batches by one background thread, so that callers never wait for storage."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable, Sequence
from queue import Empty, Full, Queue
from typing import Generic, TypeVar

log = logging.getLogger(__name__)
Record = TypeVar("Record")

BATCH = 500
PAUSE_S = 0.2  # default time in seconds in which records of a batch are collected before it is written
LAST_S = 2.0  # default timeout of flush and close, in seconds


class WriteQueue(Generic[Record]):
    """Queue whose records one background thread, started with the first record, passes to `write` in batches.

    If `write` raises one of `failures`, the same batch is retried every `retry_s` seconds, with one warning per outage.
    If it raises another error, the batch is dropped and the traceback is logged. If the queue is full, new records are
    dropped, with one warning until there is space again.

    Attributes:
        dropped: number of records that were not written.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[Record]], None],
        failures: tuple[type[Exception], ...],
        capacity: int = 10_000,
        retry_s: float = 5.0,
        pause_s: float = PAUSE_S,
    ):
        self.name, self.dropped = name, 0
        self._pause_s = pause_s
        self._write, self._failures, self._retry_s = write, failures, retry_s
        # Besides records, the queue contains the events on which flush waits; each is set when the thread reaches it.
        self._queue: Queue[Record | threading.Event] = Queue(capacity)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._hurry, self._closed = threading.Event(), threading.Event()
        self._failing = self._full = False

    def put(self, record: Record) -> bool:
        """Queue a record without waiting; return False if the queue is full or closed."""
        if self._closed.is_set():
            return False
        try:
            self._queue.put_nowait(record)
        except Full:
            self._drop(1)
            if not (self._full or self._failing):
                log.warning(
                    "%s: %s records are waiting; more are dropped until some are written.",
                    self.name,
                    self._queue.maxsize,
                )
            self._full = True
            return False
        if self._thread is None:
            self._start()
        return True

    @property
    def waiting(self) -> int:
        """Number of records that are not being written yet."""
        return self._queue.qsize()

    def flush(self, timeout_s: float = LAST_S) -> bool:
        """Wait until the records queued so far are written; return False on failure or timeout."""
        if self._thread is None:
            return True
        if self._failing:
            return False
        reached = threading.Event()
        try:
            self._queue.put(reached, timeout=timeout_s)
        except Full:
            return False
        self._hurry.set()
        return reached.wait(timeout_s) and not self._failing

    def close(self, timeout_s: float = LAST_S) -> None:
        """Write the queued records, for at most about `timeout_s`, and end the thread; the rest counts as dropped."""
        self.flush(timeout_s)
        self._closed.set()
        self._hurry.set()
        if self._thread is not None:
            if self._queue.empty():
                self._queue.put(threading.Event())  # wakes a thread that waits for records
            self._thread.join(timeout_s)
        atexit.unregister(self.close)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()
                atexit.register(self.close)

    def _run(self) -> None:
        while not (self._closed.is_set() and self._queue.empty()):
            batch = self._next_batch()
            records = [entry for entry in batch if not isinstance(entry, threading.Event)]
            flushes = [entry for entry in batch if isinstance(entry, threading.Event)]
            given_up = self._failing and self._closed.is_set()
            while not given_up and not self._written(records):
                for reached in flushes:
                    reached.set()
                given_up = self._closed.wait(self._retry_s)
            if given_up:
                self._drop(len(records))
            for reached in flushes:
                reached.set()

    def _next_batch(self) -> list[Record | threading.Event]:
        batch = [self._queue.get()]
        # Sleep to collect a batch; waiting for each record would wake this thread once per record.
        if self._queue.qsize() < BATCH and not self._closed.is_set():
            self._hurry.wait(self._pause_s)
        self._hurry.clear()
        while len(batch) < BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except Empty:
                break
        return batch

    def _written(self, records: list[Record]) -> bool:
        """Whether the records are done: written, or dropped because of a programming error."""
        if not records:
            return True
        try:
            self._write(records)
        except self._failures as error:
            if not self._failing:
                why = getattr(error, "details", error)
                log.warning("%s: cannot write; trying again every %.0f s (%s).", self.name, self._retry_s, why)
            self._failing = True
            return False
        except Exception:
            # A programming error must not end the thread, because all later records would be lost.
            log.exception("%s: %s records could not be written.", self.name, len(records))
            self._drop(len(records))
            return True
        if self._failing:
            log.warning("%s: records are written again; %s were dropped.", self.name, self.dropped)
        self._failing = self._full = False
        return True

    def _drop(self, number: int) -> None:
        with self._lock:
            self.dropped += number
