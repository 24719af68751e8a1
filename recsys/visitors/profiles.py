"""Visitors: profiles protected by a key, their ratings, and the event log, in one SQLite file beside the catalogues.

The file is in WAL mode, is never rebuilt, and leaves this machine only as records in a backup. Of each key only a
salted scrypt hash is stored (RFC 7914; n = 2**13, r = 8: 8 MB and about 20 ms per attempt).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from recsys.data.connections import Connections
from recsys.errors import BadInput, BrokenDatabase, NotAllowed, UnknownUser
from recsys.visitors import event_log, schema

PREFIX = "guest-"
"""Prefix of every profile id; ids of data sets do not begin with it."""
SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
VERIFIED_KEYS = 10_000

Key = tuple[bytes, bytes]
"""Salt and hash of a profile's key."""


class Visitors:
    """Profiles and events of one catalogue in the visitors' database; thread-safe.

    Attributes:
        path: the database file.
        catalogue: the catalogue whose profiles these are.
    """

    def __init__(self, path: Path, catalogue: str):
        self.path, self.catalogue = path, catalogue
        self._connections = Connections(lambda: schema.connect(path))
        # Digests of keys that were right, so that a visitor who rates twenty items waits for one scrypt hash.
        self._verified: dict[str, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = self._db
            db.enable_wal()
            schema.MIGRATIONS.apply(db)
        except sqlite3.DatabaseError as error:
            self.close()
            raise BrokenDatabase(
                f"{path} is not a usable database ({error}). It holds visitors' profiles, so it is not replaced: "
                "restore it from a copy, or move it away to start without profiles."
            ) from error

    @classmethod
    def open(cls, path: Path | str, catalogue: str) -> Visitors:
        """The visitors of a catalogue, in a file that is created if it is missing.

        Raises:
            BrokenDatabase: the file is not a usable database.
        """
        return cls(Path(path), catalogue)

    def close(self) -> None:
        """Close every thread's connection."""
        self._connections.close()

    @property
    def _db(self) -> Database:
        return self._connections.db

    # -- profiles -------------------------------------------------------------------------------

    def join(self, ratings: Mapping[str, float]) -> tuple[str, str]:
        """Create a profile with these ratings, oldest first.

        Returns:
            user_id and key; the key cannot be read again.

        Raises:
            BadInput: a rating is not a finite number.
        """
        values = {str(item): _finite(rating, item) for item, rating in ratings.items()}
        user_id = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(12))
        key, now = secrets.token_urlsafe(18), time.time()
        hashed = _salted(key)  # before the write lock is taken, because it is slow on purpose
        with schema.writing(self._db) as db:
            add_profile(db, self.catalogue, user_id, hashed, now)
            for item, rating in values.items():
                put_rating(db, self.catalogue, user_id, item, rating, now)
        return user_id, key

    def sign_in(self, name: str, key: str) -> str:
        """The id of the profile of an account that another service has verified; creates it if it is missing.

        Args:
            name: a text that stands for the account and cannot be guessed.
            key: opens the profile from now on; the caller derives the same key at every sign-in.
        """
        user_id = f"{PREFIX}{name}"
        try:
            self.verify(user_id, key)
        except UnknownUser:
            hashed = _salted(key)
            with schema.writing(self._db) as db:
                add_profile(db, self.catalogue, user_id, hashed, time.time())
        except NotAllowed:
            salt, hashed_key = _salted(key)
            with schema.writing(self._db) as db:
                db.table("profiles").update((self.catalogue, user_id), {"salt": salt, "hash": hashed_key})
            self._verified.pop(user_id, None)
        return user_id

    def rename(self, user_id: str, new: str) -> None:
        """Move a profile, its ratings and its events to another id, unless that exists."""
        with schema.writing(self._db) as db:
            rename_profile(db, self.catalogue, user_id, new)
        self._verified.pop(user_id, None)

    def rate(self, user_id: str, key: str, item_id: str, rating: float) -> None:
        """Store a rating; it replaces an earlier one of the same item.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
            BadInput: the rating is not a finite number.
        """
        self.verify(user_id, key)
        value = _finite(rating, item_id)
        with schema.writing(self._db) as db:
            put_rating(db, self.catalogue, user_id, str(item_id), value, time.time())

    def unrate(self, user_id: str, key: str, item_id: str) -> bool:
        """Withdraw a rating; returns whether there was one.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
        """
        self.verify(user_id, key)
        with schema.writing(self._db) as db:
            return delete_rating(db, self.catalogue, user_id, str(item_id))

    def delete(self, user_id: str, key: str) -> None:
        """Delete a profile and its ratings; its events stay, without its name.

        Raises:
            UnknownUser, NotAllowed: no such profile, or not its key.
        """
        self.verify(user_id, key)
        with schema.writing(self._db) as db:
            delete_profile(db, self.catalogue, user_id)
        self._verified.pop(user_id, None)

    def verify(self, user_id: str, key: str) -> None:
        """Raise `UnknownUser` if there is no such profile, `NotAllowed` if this is not its key."""
        try:
            row = self._db.table("profiles").get((self.catalogue, str(user_id)))
        except NotFoundError:
            raise self._unknown(user_id) from None
        digest = _digest(str(key), row["salt"])
        if hmac.compare_digest(self._verified.get(user_id, b""), digest):
            return
        if not hmac.compare_digest(_hash(str(key), row["salt"]), row["hash"]):
            raise NotAllowed(
                f"This is not the key of profile {user_id!r}. Give the key that was shown when the profile was made, "
                "or make a new profile."
            )
        if len(self._verified) >= VERIFIED_KEYS:
            self._verified.clear()
        self._verified[user_id] = digest

    def is_verified(self, user_id: str, key: str) -> bool:
        """Whether `verify` has found this key right since the start; it need not compute the slow hash again."""
        known = self._verified.get(user_id)
        if known is None:
            return False
        try:
            row = self._db.table("profiles").get((self.catalogue, user_id))
        except NotFoundError:
            return False
        return hmac.compare_digest(known, _digest(key, row["salt"]))

    def ids(self, prefix: str) -> list[str]:
        """Ids of the profiles that begin with a text."""
        rows = self._db.execute("SELECT user_id FROM profiles WHERE catalogue = ? ORDER BY user_id", [self.catalogue])
        return [user_id for (user_id,) in rows.fetchall() if user_id.startswith(prefix)]

    def has_user(self, user_id: str) -> bool:
        """Whether there is such a profile."""
        return exists(self._db, self.catalogue, str(user_id))

    # -- ratings --------------------------------------------------------------------------------

    def history(self, user_id: str) -> dict[str, float]:
        """A profile's ratings by item id, oldest first.

        Raises:
            UnknownUser: no such profile.
        """
        return {row["item_id"]: row["rating"] for row in self._ratings(user_id, "place", None)}

    def user_rows(self, user_id: str, n: int = 20) -> list[dict[str, Any]]:
        """A profile's latest `n` ratings as item_id, rating, timestamp, newest first.

        Raises:
            UnknownUser: no such profile.
        """
        return self._ratings(user_id, "place DESC", n)

    def ratings_since(self, when: float) -> int:
        """Number of ratings given after `when` (seconds since 1970)."""
        return self._db.table("ratings").count_where("catalogue = ? AND timestamp > ?", [self.catalogue, when])

    def ratings_frame(self) -> pd.DataFrame:
        """All profiles' ratings, oldest first: user_id, item_id, rating, timestamp (whole seconds)."""
        columns = ["user_id", "item_id", "rating", "timestamp"]
        rows = self._db.table("ratings").rows_where(
            "catalogue = ?",
            [self.catalogue],
            order_by="place",
            select="user_id, item_id, rating, CAST(timestamp AS INTEGER) AS timestamp",
        )
        return pd.DataFrame(rows, columns=columns)

    # -- events ---------------------------------------------------------------------------------

    def add_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events (see `event_log.add`) in one transaction; those of a deleted profile without its name."""
        with schema.writing(self._db) as db:
            event_log.add(db, self.catalogue, event_log.without_deleted(db, self.catalogue, events, PREFIX))

    def events(self, **wanted: Any) -> Iterator[event_log.StoredEvent]:
        """Events as stored; see `event_log.read`."""
        return event_log.read(self._db, self.catalogue, **wanted)

    # -- helpers --------------------------------------------------------------------------------

    def _ratings(self, user_id: str, order: str, n: int | None) -> list[dict[str, Any]]:
        if not self.has_user(user_id):
            raise self._unknown(user_id)
        return list(
            self._db.table("ratings").rows_where(
                "catalogue = ? AND user_id = ?",
                [self.catalogue, str(user_id)],
                order_by=order,
                select="item_id, rating, timestamp",
                limit=n,
            )
        )

    def _unknown(self, user_id: str) -> UnknownUser:
        return UnknownUser(f"There is no profile {str(user_id)!r} in {self.catalogue}. Make a profile first.")


# -- rows: each function runs inside the caller's transaction -----------------------------------


def add_profile(db: Database, catalogue: str, user_id: str, key: Key, joined: float) -> None:
    """Insert a profile, unless there is one with this id."""
    row = {"catalogue": catalogue, "user_id": user_id, "salt": key[0], "hash": key[1], "joined": joined}
    db.table("profiles").insert(row, ignore=True)


def delete_profile(db: Database, catalogue: str, user_id: str, until: float = math.inf) -> None:
    """Delete a profile made up to `until` (seconds since 1970) with its ratings, and remove its name from events."""
    db.table("profiles").delete_where("catalogue = ? AND user_id = ? AND joined <= ?", [catalogue, user_id, until])
    event_log.forget(db, catalogue, user_id, until)


def rename_profile(db: Database, catalogue: str, user_id: str, new: str) -> None:
    """Move a profile with its ratings, in their order, and its events to another id, unless that exists."""
    which = [catalogue, user_id]
    row = next(db.table("profiles").rows_where("catalogue = ? AND user_id = ?", which), None)
    if row is None or exists(db, catalogue, new):
        return
    add_profile(db, catalogue, new, (row["salt"], row["hash"]), row["joined"])
    for rating in list(db.table("ratings").rows_where("catalogue = ? AND user_id = ?", which, order_by="place")):
        put_rating(db, catalogue, new, rating["item_id"], rating["rating"], rating["timestamp"])
    db.execute("UPDATE events SET user_id = ? WHERE catalogue = ? AND user_id = ?", [new, *which])
    delete_profile(db, catalogue, user_id)


def exists(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether there is such a profile."""
    found = db.execute("SELECT 1 FROM profiles WHERE catalogue = ? AND user_id = ?", [catalogue, user_id])
    return found.fetchone() is not None


def put_rating(
    db: Database, catalogue: str, user_id: str, item_id: str, rating: float, when: float, unless_newer: bool = False
) -> None:
    """Insert a rating in place of an earlier one of the same item.

    Args:
        unless_newer: do nothing if the stored rating is newer than `when`; else a clock that was set back must not
            make the new rating the older one.
    """
    which = [catalogue, user_id, item_id]
    stored = next(db.table("ratings").rows_where("catalogue = ? AND user_id = ? AND item_id = ?", which), None)
    if stored is not None and stored["timestamp"] > when:
        if unless_newer:
            return
        when = stored["timestamp"]
    row = {"catalogue": catalogue, "user_id": user_id, "item_id": item_id, "rating": rating, "timestamp": when}
    # replacing gives the row a new place, so that a changed rating counts as the latest
    db.table("ratings").insert(row, replace=True)


def delete_rating(db: Database, catalogue: str, user_id: str, item_id: str, until: float = math.inf) -> bool:
    """Delete a rating given up to `until` (seconds since 1970); returns whether there was one."""
    deleted = db.execute(
        "DELETE FROM ratings WHERE catalogue = ? AND user_id = ? AND item_id = ? AND timestamp <= ?",
        [catalogue, user_id, item_id, until],
    )
    return deleted.rowcount > 0


def has_ratings(db: Database, catalogue: str, user_id: str) -> bool:
    """Whether a profile has rated anything."""
    return db.table("ratings").count_where("catalogue = ? AND user_id = ?", [catalogue, user_id]) > 0


def order_ratings_by_time(db: Database, catalogue: str, user_id: str) -> None:
    """Make the places of a profile's ratings follow their times."""
    where = "catalogue = ? AND user_id = ?"
    rows = list(
        db.table("ratings").rows_where(
            where,
            [catalogue, user_id],
            order_by="timestamp, place",
            select="catalogue, user_id, item_id, rating, timestamp",
        )
    )
    db.table("ratings").delete_where(where, [catalogue, user_id])
    db.table("ratings").insert_all(rows)


# -- keys ---------------------------------------------------------------------------------------


def _salted(key: str) -> Key:
    """A new salt, and the hash of the key with it."""
    salt = secrets.token_bytes(16)
    return salt, _hash(key, salt)


def _hash(key: str, salt: bytes) -> bytes:
    return hashlib.scrypt(key.encode(errors="surrogatepass"), salt=salt, **SCRYPT)


def _digest(key: str, salt: bytes) -> bytes:
    return hashlib.sha256(salt + key.encode(errors="surrogatepass")).digest()


def _finite(rating: object, item: object) -> float:
    try:
        value = float(rating)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"The rating of item {str(item)!r} is {rating!r}. Give a finite number.")
    return value
