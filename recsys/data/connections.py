"""SQLite connections for many threads: one connection per thread, opened when first used, closed together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database


class Connections:
    """The connections of one database file; thread-safe.

    SQLite serializes calls on one connection, so each thread gets its own. The connection of a thread that has
    ended is closed when the next one is opened.

    Args:
        connect: opens one connection. It must pass `check_same_thread=False`, because `close` may run in another
            thread than the one that opened the connection.
    """

    def __init__(self, connect: Callable[[], Database]):
        self._connect = connect
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, Database] = {}

    @property
    def db(self) -> Database:
        """The connection of the calling thread."""
        db = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = self._connect()
            with self._lock:
                ended = [thread for thread in self._open if not thread.is_alive()]
                unused = [self._open.pop(thread) for thread in ended]
                self._open[threading.current_thread()] = db
            for one in unused:
                one.close()
        return db

    def close(self) -> None:
        """Close the connections of all threads; a later use opens a new one."""
        with self._lock:
            opened, self._open = list(self._open.values()), {}
            self._local = threading.local()
        for db in opened:
            db.close()
