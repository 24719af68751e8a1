"""Store visitors' data in one SQLite file: profiles protected by a key, their ratings, and the event log.

The file is in WAL mode and is never rebuilt, and its data leaves this machine only as records in a backup. Only a
salted scrypt hash of each key is stored (RFC 7914; n = 2**13, r = 8: 8 MB and about 20 ms per attempt).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from sqlite_utils import Database
from sqlite_utils.db import NotFoundError

from recsys.data import storage
from recsys.data.connections import Connections
from recsys.errors import BadInput, BrokenDatabase, NotAllowed, UnknownUser
from recsys.visitors import event_log, profile_rows, schema

PREFIX = "guest-"
"""Prefix of every profile id; ids of data sets do not begin with it."""
SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
VERIFIED_KEYS = 10_000


class Visitors:
    """Profiles and events of one catalogue in the visitors' database; thread-safe.

    Attributes:
        path: the database file.
        catalogue: the catalogue whose profiles these are.
    """

    def __init__(self, path: Path, catalogue: str):
        self.path, self.catalogue = path, catalogue
        self._connections = Connections(lambda: schema.connect(path))
        # Digests of verified keys, so that a visitor who rates twenty items waits for only one scrypt hash.
        self._verified: dict[str, bytes] = {}
        self._make_ready()

    def _make_ready(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            db = self._db
            db.enable_wal()
            schema.MIGRATIONS.apply(db)
        except sqlite3.DatabaseError as error:
            self.close()
            trouble = storage.cause(error)
            if trouble not in (None, storage.DAMAGED):
                raise  # the file is not corrupt, so the operator must not be told to move it away
            raise BrokenDatabase(
                f"{self.path} is not a usable database ({error}). It holds visitors' profiles, so it is not replaced: "
                "restore it from a copy, or move it away to start without profiles."
            ) from error

    @classmethod
    def open(cls, path: Path | str, catalogue: str) -> Visitors:
        """Open the visitors' data of a catalogue; create the file if it is missing.

        Raises:
            BrokenDatabase: the file is not a usable database.
        """
        return cls(Path(path), catalogue)

    def close(self) -> None:
        """Close the connections of all threads."""
        self._connections.close()

    @property
    def _db(self) -> Database:
        return self._connections.db

    # -- profiles -------------------------------------------------------------------------------

    def join(self, ratings: Mapping[str, float]) -> tuple[str, str]:
        """Create a profile with these ratings, oldest first.

        Returns:
            user_id and key; the key cannot be read later.

        Raises:
            BadInput: a rating is not a finite number.
        """
        values = {str(item): _finite(rating, item) for item, rating in ratings.items()}
        user_id = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(12))
        key, now = secrets.token_urlsafe(18), time.time()
        hashed = _salted(key)  # before the write lock is taken, because hashing is intentionally slow
        with schema.writing(self._db) as db:
            profile_rows.add_profile(db, self.catalogue, user_id, hashed, now)
            for item, rating in values.items():
                profile_rows.put_rating(db, self.catalogue, user_id, item, rating, now)
        return user_id, key

    def sign_in(self, name: str, key: str) -> str:
        """Return the id of the profile of a verified account, and create the profile if it is missing.

        Args:
            name: an identifier of the account that cannot be guessed.
            key: the key of the profile; the caller derives the same key at every sign-in.
        """
        user_id = f"{PREFIX}{name}"
        try:
            self.verify(user_id, key)
        except UnknownUser:
            hashed = _salted(key)
            with schema.writing(self._db) as db:
                joined = profile_rows.time_to_join(db, self.catalogue, user_id)
                profile_rows.add_profile(db, self.catalogue, user_id, hashed, joined)
        except NotAllowed:
            salt, hashed_key = _salted(key)
            with schema.writing(self._db) as db:
                db.table("profiles").update((self.catalogue, user_id), {"salt": salt, "hash": hashed_key})
            self._verified.pop(user_id, None)
        return user_id

    def rename(self, user_id: str, new: str) -> None:
        """Change the id of a profile, its ratings and its events, unless the new id exists."""
        with schema.writing(self._db) as db:
            profile_rows.rename_profile(db, self.catalogue, user_id, new)
        self._verified.pop(user_id, None)

    def rate(self, user_id: str, key: str, item_id: str, rating: float) -> None:
        """Store a rating; it replaces an earlier one of the same item.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
            BadInput: the rating is not a finite number.
        """
        self.verify(user_id, key)
        value = _finite(rating, item_id)
        with schema.writing(self._db) as db:
            profile_rows.put_rating(db, self.catalogue, user_id, str(item_id), value, time.time())

    def unrate(self, user_id: str, key: str, item_id: str) -> bool:
        """Delete a rating; return whether it existed.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        self.verify(user_id, key)
        with schema.writing(self._db) as db:
            return profile_rows.delete_rating(db, self.catalogue, user_id, str(item_id))

    def delete(self, user_id: str, key: str) -> None:
        """Delete a profile and its ratings; its events stay, without its id.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        self.verify(user_id, key)
        with schema.writing(self._db) as db:
            profile_rows.delete_profile(db, self.catalogue, user_id)
        self._verified.pop(user_id, None)

    def verify(self, user_id: str, key: str) -> None:
        """Raise `UnknownUser` if the profile does not exist, `NotAllowed` if the key is wrong."""
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
        """Whether `verify` has accepted this key since the start, so that the slow hash is not needed."""
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
        """Whether the profile exists."""
        return profile_rows.exists(self._db, self.catalogue, str(user_id))

    # -- ratings --------------------------------------------------------------------------------

    def history(self, user_id: str) -> dict[str, float]:
        """Return a profile's ratings by item id, oldest first.

        Raises:
            UnknownUser: the profile does not exist.
        """
        return {row["item_id"]: row["rating"] for row in self._ratings(user_id, "place", None)}

    def user_rows(self, user_id: str, n: int = 20) -> list[dict[str, Any]]:
        """Return a profile's latest `n` ratings as item_id, rating, timestamp, newest first.

        Raises:
            UnknownUser: the profile does not exist.
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
        """Add events (see `event_log.add`) in one transaction; the ids of deleted profiles are removed from them."""
        with schema.writing(self._db) as db:
            event_log.add(db, self.catalogue, event_log.without_deleted(db, self.catalogue, events, PREFIX))

    def events(self, **wanted: Any) -> Iterator[event_log.StoredEvent]:
        """Read stored events; see `event_log.read`."""
        return event_log.read(self._db, self.catalogue, **wanted)

    def expire(self, profiles_before: float, events_before: float) -> list[str]:
        """Delete events before `events_before` (seconds since 1970), and profiles without activity since
        `profiles_before`; return the ids of these profiles."""
        with schema.writing(self._db) as db:
            db.table("events").delete_where("catalogue = ? AND time < ?", [self.catalogue, events_before])
            idle = profile_rows.unused_since(db, self.catalogue, profiles_before)
            for user_id in idle:
                profile_rows.delete_profile(db, self.catalogue, user_id)
                self._verified.pop(user_id, None)
        return idle

    def short_name(self, text: str) -> str:
        """Return a pseudonym of a visitor that cannot be computed from the id or session without the secret of this
        database."""
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._name_key, digest_size=4).hexdigest()

    @cached_property
    def _name_key(self) -> bytes:
        return self._db.execute("SELECT value FROM secrets WHERE name = 'names'").fetchone()[0]

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


# -- keys ---------------------------------------------------------------------------------------


def _salted(key: str) -> profile_rows.Key:
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
