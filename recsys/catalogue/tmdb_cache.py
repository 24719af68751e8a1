"""Cache TMDb's responses in SQLite, so that a film is requested at most once in 30 days."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlite_utils import Database
from sqlite_utils.db import NotFoundError, Table

KEEP_FOUND_S = 30 * 86_400
KEEP_MISSING_S = 3 * 86_400

log = logging.getLogger(__name__)


class TmdbCache:
    """Cached responses by key, with the time of each. A failure of the cache is a cache miss, never an error.

    Attributes:
        changes: number of answers stored by this process.

    One connection serves all threads under a lock, because responses are rarely read and written once.
    """

    def __init__(self, path: Path):
        self._path, self._lock = path, threading.Lock()
        self._db: Database | None = None
        self.changes = 0

    def get(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """Return whether the cached answer is still fresh, and the answer (None if TMDb has no such film)."""
        with self._lock:
            if self._db is None and not self._path.exists():
                return False, None
            row = self._try(lambda answers: answers.get(key))
        if row is None:
            return False, None
        answer = json.loads(row["answer"])
        # an answer from the future is stale too: the clock was set back since
        return 0 <= time.time() - row["fetched"] < (KEEP_FOUND_S if answer else KEEP_MISSING_S), answer

    def put(self, key: str, answer: dict[str, Any] | None) -> None:
        """Store an answer, None for "TMDb has no such film"."""
        row = {"name": key, "answer": json.dumps(answer, ensure_ascii=False), "fetched": int(time.time())}
        with self._lock:
            self._try(lambda answers: answers.insert(row, replace=True))
            self.changes += 1

    def facts(self) -> dict[str, tuple[int | None, str]]:
        """Running time and certificate of all films that have an answer, by key; older answers count too."""
        columns = "name, json_extract(answer, '$.runtime') AS runtime, json_extract(answer, '$.certificate') AS age"
        with self._lock:
            if self._db is None and not self._path.exists():
                return {}
            rows = self._try(lambda answers: list(answers.rows_where("answer != 'null'", select=columns)))
        return {row["name"]: (row["runtime"], row["age"] or "") for row in rows or ()}

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None

    def _try(self, use: Callable[[Table], Any]) -> Any:
        """Return the result of `use`, or None if there is no such row or the file cannot be used."""
        try:
            db = self._db = self._db or self._open()
            return use(db.table("answers"))
        except NotFoundError:
            return None
        except sqlite3.Error as error:
            log.warning("TMDb cache %s: %s; starting a new one.", self._path, error)
            if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                self._path.unlink(missing_ok=True)
            self._db = None
            return None

    def _open(self) -> Database:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        db = Database(sqlite3.connect(self._path, timeout=2, check_same_thread=False))
        db.enable_wal()
        db.table("answers").create({"name": str, "answer": str, "fetched": int}, pk="name", if_not_exists=True)
        return db
