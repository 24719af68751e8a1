"""Write queue: callers never wait, outages lose nothing, and whatever is lost is counted."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time

from recsys.visitors.write_queue import BATCH, WriteQueue


class Store:
    """Writes that can be held back or made to fail."""

    def __init__(self):
        self.open, self.entered = threading.Event(), threading.Event()
        self.broken, self.written, self.tries = False, [], 0
        self.open.set()

    def __call__(self, batch):
        self.entered.set()
        self.open.wait(5)
        self.tries += 1
        if self.broken:
            raise sqlite3.OperationalError("disk is full")
        self.written += batch


def test_putting_never_waits_and_records_without_room_are_counted_with_one_warning(caplog):
    store = Store()
    queue = WriteQueue("test", store, (sqlite3.Error,), capacity=50)
    store.open.clear()
    assert queue.put(-1) and store.entered.wait(5)  # the thread is writing and takes nothing more
    with caplog.at_level(logging.WARNING):
        taken = sum(queue.put(number) for number in range(80))
    assert (taken, queue.dropped) == (50, 30)
    assert [record.getMessage() for record in caplog.records] == [
        "test: 50 records are waiting; more are dropped until some are written."
    ]
    store.open.set()
    assert queue.flush() and store.written == list(range(-1, 50))
    assert queue.put(99)
    queue.close()
    assert store.written[-1] == 99 and not queue.put(100)


def test_records_are_written_in_few_batches():
    batches = []
    queue = WriteQueue("test", lambda batch: batches.append(list(batch)), ())
    for number in range(3 * BATCH):
        queue.put(number)
    queue.close()
    assert sum(batches, []) == list(range(3 * BATCH)) and len(batches) < 10
    assert max(map(len, batches)) <= BATCH


def test_an_outage_is_one_warning_and_loses_nothing(caplog):
    store = Store()
    store.broken = True
    queue = WriteQueue("test", store, (sqlite3.Error,), retry_s=0.02)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            queue.put(number)
        assert not queue.flush()
        while store.tries < 4:
            time.sleep(0.01)
        store.broken = False
        while not queue.flush():
            time.sleep(0.01)
    queue.close()
    assert store.written == [0, 1, 2, 3, 4] and queue.dropped == 0
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2 and "disk is full" in said[0] and "written again; 0 were dropped" in said[1]


def test_what_an_outage_leaves_at_close_is_counted():
    store = Store()
    store.broken = True
    queue = WriteQueue("test", store, (sqlite3.Error,), retry_s=60)
    for number in range(BATCH + 10):
        queue.put(number)
    assert not queue.flush()
    queue.close()
    assert queue.dropped == BATCH + 10 and store.tries == 1, "closing ends the pause and does not wait for the store"


def test_a_programming_error_in_writing_does_not_end_the_thread(caplog):
    written = []
    queue = WriteQueue("test", lambda batch: written.append(batch[0] / 1), (sqlite3.Error,))
    queue.put("not a number")
    assert queue.flush() and queue.dropped == 1
    assert "TypeError" in caplog.text
    queue.put(1)
    queue.close()
    assert written == [1.0]


def test_flushing_waits_no_longer_than_asked():
    store = Store()
    queue = WriteQueue("test", store, ())
    assert queue.flush(), "nothing was queued"
    store.open.clear()
    queue.put(1)
    assert not queue.flush(0.05)
    store.open.set()
    assert queue.flush()
    queue.close()
