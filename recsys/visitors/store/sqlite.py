"""Store visitors' data in one SQLite file in WAL mode, with one writer at a time."""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from recsys.data import storage
from recsys.data.connections import Connections
from recsys.errors import BrokenDatabase, StoreUnavailable
from recsys.visitors.store.base import Row, Store, Transaction
from recsys.visitors.store.sqlite_schema import MIGRATIONS

WAIT_S = 10  # seconds that a writer waits for another one
WRITERS, TURN_S = 16, 1.0  # number of threads that may wait for the lock, and seconds that others wait to be among them
_turns = threading.BoundedSemaphore(WRITERS)


class SqliteTransaction(Transaction):
    """Statements on one connection to a SQLite file."""

    # replacing gives the row a new `place`, so that a changed rating becomes the latest
    replace_rating = (
        "INSERT OR REPLACE INTO ratings (catalogue, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?)"
    )

    def __init__(self, db: Database):
        self._db = db

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        cursor = self._db.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def execute(self, sql: str, values: Sequence[Any] = ()) -> int:
        """Execute a statement; return the number of changed rows."""
        return self._db.execute(sql, values).rowcount

    def execute_many(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        """Execute a statement for each tuple of values."""
        self._db.conn.executemany(sql, values)


class SqliteStore(Store):
    """Visitors' data in a SQLite file. The file is never rebuilt, because it holds the only copy of the data.

    Args:
        path: the file; it is created if it is missing.

    Attributes:
        path: the file.

    Raises:
        BrokenDatabase: the file is not a usable database.
    """

    def __init__(self, path: Path):
        self.path, self.name = path, str(path)
        self._connections = Connections(lambda: connect(path))
        self._make_ready()

    def _make_ready(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.db.enable_wal()
            MIGRATIONS.apply(self.db)
        except sqlite3.DatabaseError as error:
            self.close()
            trouble = storage.cause(error)
            if trouble not in (None, storage.DAMAGED):
                raise  # the file is not corrupt, so the operator must not be told to move it away
            raise BrokenDatabase(
                f"{self.path} is not a usable database ({error}). It holds visitors' profiles, so it is not replaced: "
                "restore it from a copy, or move it away to start without profiles."
            ) from error

    @property
    def db(self) -> Database:
        """The connection of the calling thread."""
        return self._connections.db

    @contextmanager
    def reading(self) -> Iterator[SqliteTransaction]:
        """Connection for queries."""
        yield SqliteTransaction(self.db)

    @contextmanager
    def writing(self) -> Iterator[SqliteTransaction]:
        """Transaction that holds the write lock; see `write_transaction`."""
        with write_transaction(self.db):
            yield SqliteTransaction(self.db)

    @contextmanager
    def exclusive(self, work: str) -> Iterator[bool]:
        """Whether the block may do this work: False if another process, or thread, with this file does it now."""
        from filelock import FileLock, Timeout

        digest = hashlib.blake2b(work.encode(), digest_size=8).hexdigest()
        lock = FileLock(self.path.with_name(f".{self.path.stem}-{digest}.lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:  # such as a full disk
            raise StoreUnavailable(f"{self.path.parent}: {error.strerror}.", "its disk cannot be written") from error
        try:
            yield True
        finally:
            lock.release()

    def check(self) -> None:
        """Raise `sqlite3.Error` unless the file can be read."""
        self.db.execute("SELECT 1 FROM profiles LIMIT 1").fetchall()

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()


def connect(path: Path) -> Database:
    """Open a connection to the visitors' database that any thread may use, one at a time."""
    storage.check_regular(path)
    connection = sqlite3.connect(path, timeout=WAIT_S, check_same_thread=False)
    db = Database(connection, execute_plugins=False)
    db.execute("PRAGMA foreign_keys = ON").fetchall()
    db.execute("PRAGMA synchronous = NORMAL").fetchall()
    return db


@contextmanager
def write_transaction(db: Database) -> Iterator[Database]:
    """Transaction that takes the write lock at its start, so that it cannot fail later because of another writer.

    Raises:
        sqlite3.OperationalError: the lock was not free in time, or too many writers wait for it; more of them would
            block the threads of readers.
    """
    if not _turns.acquire(timeout=TURN_S):
        raise sqlite3.OperationalError("database is locked: too many writers are waiting")
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.commit()
        except BaseException:
            db.rollback()
            raise
    finally:
        _turns.release()
