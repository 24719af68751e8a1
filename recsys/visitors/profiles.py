"""Visitors: profiles with a key, what they rated, and what everybody said of what they were shown.

One file beside the catalogues (WAL), never rebuilt and never pushed. Of a key only a salted scrypt hash is
kept (RFC 7914; n = 2**13, r = 8: 8 MB and some 20 ms a try).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from sqlite_utils import Database

from recsys.catalogue import schema
from recsys.errors import BadInput, BrokenDatabase, NotAllowed, UnknownUser
from recsys.visitors import event_log

PREFIX = "guest-"
"""Begins every profile's id; ids of data sets do not."""
SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
REMEMBERED = 10_000
WAIT_S = 10


class Visitors:
    """Profiles and feedback of one catalogue in the visitors' database; safe to use from many threads.

    Attributes:
        path: the database file.
        catalogue: whose profiles these are.
    """

    def __init__(self, path: Path, catalogue: str):
        self.path, self.catalogue = path, catalogue
        self._local = threading.local()
        self._lock = threading.Lock()
        self._open: list[Database] = []
        # Digests of keys that were right, so that a person who rates twenty items waits for one hash.
        self._known: dict[str, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = self._db
            db.enable_wal()
            schema.visitors.apply(db)
        except sqlite3.DatabaseError as error:
            self.close()
            raise BrokenDatabase(
                f"{path} is not a usable database ({error}); it holds people's profiles, so it is not replaced: "
                "restore it from a copy, or move it away to start with none."
            ) from error

    @classmethod
    def open(cls, path: Path | str, catalogue: str) -> Visitors:
        """The visitors of a catalogue, in a file that is made where missing.

        Raises:
            BrokenDatabase: the file is no database.
        """
        return cls(Path(path), catalogue)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            opened, self._open = self._open, []
        for db in opened:
            db.close()
        self._local = threading.local()

    @property
    def _db(self) -> Database:
        db = getattr(self._local, "db", None)
        if db is None:
            connection = sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False)
            db = self._local.db = Database(connection, execute_plugins=False)
            with self._lock:
                self._open.append(db)
            db.execute("PRAGMA foreign_keys = ON").fetchall()
            db.execute("PRAGMA synchronous = NORMAL").fetchall()
        return db

    @contextmanager
    def _writing(self) -> Iterator[Database]:
        """One transaction that holds the write lock from its start, so that it never fails half-way on another's."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.conn.rollback()
            raise
        db.conn.commit()

    def join(self, ratings: Mapping[str, float]) -> tuple[str, str]:
        """A new profile with these ratings, oldest first; returns (user_id, key), the key for the only time.

        Raises:
            BadInput: a rating is not a finite number.
        """
        values = {str(item): _finite(rating, item) for item, rating in ratings.items()}
        user_id = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(12))
        key, now = secrets.token_urlsafe(18), time.time()
        hashed = _salted(key)  # before the database is locked: it takes a while on purpose
        with self._writing() as db:
            self._add_profile(db, user_id, hashed, now)
            for item, rating in values.items():
                self._put(db, user_id, item, rating, now)
        return user_id, key

    def take_up(self, name: str, key: str) -> str:
        """The profile of somebody whom another service vouches for, made where missing; returns its user_id.

        Args:
            name: of the account, without spaces.
            key: that opens it from now on; the caller derives the same one at every sign-in.
        """
        user_id = f"{PREFIX}{name}"
        try:
            self.verify(user_id, key)
        except UnknownUser:
            hashed = _salted(key)
            with self._writing() as db:
                self._add_profile(db, user_id, hashed, time.time())
        except NotAllowed:
            hashed = _salted(key)
            with self._writing() as db:
                db.execute(
                    "UPDATE profiles SET salt = ?, hash = ? WHERE catalogue = ? AND user_id = ?",
                    [*hashed, self.catalogue, user_id],
                )
            self._known.pop(user_id, None)
        return user_id

    def _add_profile(self, db: Database, user_id: str, hashed: tuple[bytes, bytes], now: float) -> None:
        db.execute(
            "INSERT INTO profiles (catalogue, user_id, salt, hash, joined) VALUES (?, ?, ?, ?, ?)",
            [self.catalogue, user_id, *hashed, now],
        )

    def rate(self, user_id: str, key: str, item_id: str, rating: float) -> None:
        """Store a rating; a later one of the same item takes its place.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
            BadInput: the rating is not a finite number.
        """
        self.verify(user_id, key)
        value = _finite(rating, item_id)
        with self._writing() as db:
            self._put(db, user_id, str(item_id), value, time.time())

    def unrate(self, user_id: str, key: str, item_id: str) -> bool:
        """Take a rating back; whether there was one.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
        """
        self.verify(user_id, key)
        with self._writing() as db:
            gone = db.execute(
                "DELETE FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ?",
                [self.catalogue, user_id, str(item_id)],
            )
            return gone.rowcount > 0

    def delete(self, user_id: str, key: str) -> None:
        """Remove a profile and its ratings; what it said of items stays, under no name.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
        """
        self.verify(user_id, key)
        with self._writing() as db:
            db.execute("DELETE FROM profiles WHERE catalogue = ? AND user_id = ?", [self.catalogue, user_id])
            db.execute("UPDATE events SET user_id = '' WHERE catalogue = ? AND user_id = ?", [self.catalogue, user_id])
        self._known.pop(user_id, None)

    def verify(self, user_id: str, key: str) -> None:
        """Raise `UnknownUser` where there is no such profile, `NotAllowed` where this is not its key."""
        row = self._db.execute(
            "SELECT salt, hash FROM profiles WHERE catalogue = ? AND user_id = ?", [self.catalogue, str(user_id)]
        ).fetchone()
        if row is None:
            raise self._unknown(user_id)
        salt, hashed = row
        digest = hashlib.sha256(salt + str(key).encode()).digest()
        if hmac.compare_digest(self._known.get(user_id, b""), digest):
            return
        if not hmac.compare_digest(_hash(str(key), salt), hashed):
            raise NotAllowed(
                f"this is not the key of profile {user_id!r}: give the one that was shown when the profile was made, "
                "or make a new profile."
            )
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[user_id] = digest

    def has_user(self, user_id: str) -> bool:
        """Whether there is such a profile."""
        row = self._db.execute(
            "SELECT 1 FROM profiles WHERE catalogue = ? AND user_id = ?", [self.catalogue, str(user_id)]
        ).fetchone()
        return row is not None

    def history(self, user_id: str) -> dict[str, float]:
        """A profile's ratings by item id, oldest first.

        Raises:
            UnknownUser: no such profile.
        """
        return {row["item_id"]: row["rating"] for row in self._rows(user_id, "ASC", -1)}

    def user_rows(self, user_id: str, n: int = 20) -> list[dict]:
        """A profile's latest `n` ratings as item_id, rating, timestamp, newest first.

        Raises:
            UnknownUser: no such profile.
        """
        return self._rows(user_id, "DESC", n)

    def ratings_since(self, when: float) -> int:
        """How many ratings were given after `when` (seconds since 1970)."""
        found = self._db.execute(
            "SELECT count(*) FROM ratings WHERE catalogue = ? AND timestamp > ?", [self.catalogue, when]
        )
        return found.fetchone()[0]

    def ratings_frame(self) -> pd.DataFrame:
        """All profiles' ratings as user_id, item_id, rating, timestamp (whole seconds), oldest first: for training."""
        rows = self._db.execute(
            "SELECT user_id, item_id, rating, CAST(timestamp AS INTEGER) FROM ratings WHERE catalogue = ? "
            "ORDER BY place",
            [self.catalogue],
        ).fetchall()
        return pd.DataFrame(rows, columns=["user_id", "item_id", "rating", "timestamp"])

    def add_feedback(
        self,
        verdict: str,
        item_id: str,
        user_id: str = "",
        model: str = "",
        source: str = "",
        *,
        position: int | None = None,
        session: str = "",
        version: str = "",
        endpoint: str = "",
    ) -> int:
        """Add what somebody thought of an item; returns the event's number.

        Args:
            verdict: "like", "dislike" or "seen".
            model, version: what recommended it, and of which release.
            source: the list or place in the page it stood in.
            position: its rank in that list, from 1.
            session: tells visitors without a profile apart, "" where not known.
        """
        items = [{"item_id": str(item_id), "position": position}]
        return self._add("verdict", items, user_id, session, model, version, source, endpoint, verdict)

    def add_list_shown(
        self,
        item_ids: Sequence[str],
        user_id: str = "",
        model: str = "",
        source: str = "",
        *,
        session: str = "",
        version: str = "",
        endpoint: str = "",
    ) -> int:
        """Add a list that somebody was shown, first item at position 1; returns the event's number."""
        return self._add(
            "list", [str(item_id) for item_id in item_ids], user_id, session, model, version, source, endpoint, ""
        )

    def feedback(
        self, limit: int = 100, since: float = 0.0, kind: str = "verdict", user_id: str | None = None
    ) -> list[dict]:
        """Events, newest first.

        Args:
            limit: at most so many, -1 for all.
            since: seconds since 1970 after which they happened.
            kind: "verdict" or "list".
            user_id: only this person's.

        Returns:
            dicts of number, time, user_id, session, model, version, source, endpoint, verdict and
            items [{"item_id", "position"}]; for a verdict `item_id` as well.
        """
        of_user, values = ("", []) if user_id is None else (" AND user_id = ?", [user_id])
        rows = self._db.query(
            f"SELECT * FROM events WHERE catalogue = ? AND kind = ? AND time > ?{of_user} ORDER BY number DESC LIMIT ?",
            [self.catalogue, kind, since, *values, limit],
        )
        events = []
        for row in rows:
            event = {name: value for name, value in row.items() if name != "catalogue"}
            event["items"] = event_log.positions(event["items"])
            events.append(event | ({"item_id": event["items"][0]["item_id"]} if kind == "verdict" else {}))
        return events

    def add_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Add many events (see `journal.add`) in one transaction; those of a deleted profile under no name."""
        with self._writing() as db:
            event_log.add(db, self.catalogue, event_log.without_deleted(db, self.catalogue, events, PREFIX))

    def events(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        """Events of all kinds as stored; see `journal.read`."""
        return event_log.read(self._db, self.catalogue, **wanted)

    def _add(self, kind: str, items: list, *values: str) -> int:
        with self._writing() as db:
            event = {
                "time": time.time(),
                "kind": kind,
                "items": items,
                **dict(zip(event_log.FIELDS, values, strict=True)),
            }
            event_log.add(db, self.catalogue, [event])
            return db.execute("SELECT last_insert_rowid()").fetchone()[0]

    def _put(self, db: Database, user_id: str, item_id: str, rating: float, now: float) -> None:
        # Replacing gives the row a new place, so that a changed rating counts as the latest.
        db.execute(
            "INSERT OR REPLACE INTO ratings (catalogue, user_id, item_id, rating, timestamp) VALUES (?, ?, ?, ?, ?)",
            [self.catalogue, user_id, item_id, rating, now],
        )

    def _rows(self, user_id: str, order: str, n: int) -> list[dict]:
        if not self.has_user(user_id):
            raise self._unknown(user_id)
        return list(
            self._db.query(
                "SELECT item_id, rating, timestamp FROM ratings WHERE catalogue = ? AND user_id = ? "
                f"ORDER BY place {order} LIMIT ?",
                [self.catalogue, str(user_id), n],
            )
        )

    def _unknown(self, user_id: str) -> UnknownUser:
        return UnknownUser(f"no profile {str(user_id)!r} in {self.catalogue}: make one first.")


def _salted(key: str) -> tuple[bytes, bytes]:
    """A new salt, and the hash of the key under it."""
    salt = secrets.token_bytes(16)
    return salt, _hash(key, salt)


def _hash(key: str, salt: bytes) -> bytes:
    return hashlib.scrypt(key.encode(), salt=salt, **SCRYPT)


def _finite(rating: object, item: object) -> float:
    try:
        value = float(rating)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"the rating of item {str(item)!r} is {rating!r}: give a number.")
    return value
