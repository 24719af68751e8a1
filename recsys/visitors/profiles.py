"""Visitors' data of one catalogue: profiles protected by a key, their ratings, and the event log.

Every answer reads the store, so a change made through another process counts at once. Only a salted scrypt hash of each
key is stored (RFC 7914; n = 2**13, r = 8: 8 MB and about 20 ms per attempt).
"""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from recsys.errors import BadInput, NotAllowed, UnknownUser
from recsys.settings import Settings
from recsys.visitors import event_counts, event_log, list_rows, profile_rows
from recsys.visitors.list_rows import Entry
from recsys.visitors.shared_limits import SharedBuckets
from recsys.visitors.shared_state import SharedState
from recsys.visitors.store.base import Row, Store, Transaction
from recsys.visitors.store.opening import open_store
from recsys.visitors.store.sqlite import SqliteStore

PREFIX = "guest-"
"""Prefix of every profile id; ids of data sets do not begin with it."""
SCRYPT = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
VERIFIED_KEYS = 10_000
PAGE = 100_000  # number of ratings read at once for training


class Visitors:
    """Profiles and events of one catalogue in a store; thread-safe.

    Attributes:
        store: the database.
        catalogue: the catalogue whose profiles these are.
        shared: choices of the operator, and the replicas of the store.
    """

    def __init__(self, store: Store, catalogue: str):
        self.store, self.catalogue = store, catalogue
        self.shared = SharedState(store, catalogue)
        # Digests of verified keys, so that a visitor who rates twenty items waits for only one scrypt hash.
        self._verified: dict[str, bytes] = {}

    @classmethod
    def open(cls, path: Path | str, catalogue: str) -> Visitors:
        """Open the visitors' data of a catalogue in a SQLite file; create the file if it is missing.

        Raises:
            BrokenDatabase: the file is not a usable database.
        """
        return cls(SqliteStore(Path(path)), catalogue)

    @classmethod
    def of(cls, settings: Settings) -> Visitors:
        """Open the visitors' data of the settings' catalogue; see `open_store`."""
        return cls(open_store(settings), settings.catalogue_name)

    def close(self) -> None:
        """Close the connections of all threads."""
        self.store.close()

    # -- profiles -------------------------------------------------------------------------------

    def join(self, ratings: Mapping[str, float]) -> tuple[str, str]:
        """Create a profile with these ratings, oldest first.

        Returns:
            user_id and key; the key cannot be read later.

        Raises:
            BadInput: a rating is not a finite number.
        """
        values = {str(item): _finite(rating, item) for item, rating in ratings.items()}
        key, now = secrets.token_urlsafe(18), time.time()
        hashed = _salted(key)  # before the transaction, because hashing is intentionally slow
        with self.store.writing() as tx:
            while not profile_rows.add_profile(tx, self.catalogue, user_id := _new_id(), hashed, now):
                continue  # another profile has this id
            for item, rating in values.items():
                profile_rows.put_rating(tx, self.catalogue, user_id, item, rating, now)
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
            with self.store.writing() as tx:
                joined = profile_rows.time_to_join(tx, self.catalogue, user_id)
                profile_rows.add_profile(tx, self.catalogue, user_id, hashed, joined)
        except NotAllowed:
            hashed = _salted(key)
            with self.store.writing() as tx:
                profile_rows.set_key(tx, self.catalogue, user_id, hashed)
            self._verified.pop(user_id, None)
        return user_id

    def rename(self, user_id: str, new: str) -> None:
        """Change the id of a profile, its ratings and its events, unless the new id exists."""
        with self.store.writing() as tx:
            profile_rows.rename_profile(tx, self.catalogue, user_id, new)
        self._verified.pop(user_id, None)

    def rate(self, user_id: str, key: str, item_id: str, rating: float) -> None:
        """Store a rating; it replaces an earlier one of the same item.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
            BadInput: the rating is not a finite number.
        """
        self.verify(user_id, key)
        value = _finite(rating, item_id)
        with self._changing(user_id) as tx:
            profile_rows.put_rating(tx, self.catalogue, user_id, str(item_id), value, time.time())

    def unrate(self, user_id: str, key: str, item_id: str) -> bool:
        """Delete a rating; return whether it existed.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        self.verify(user_id, key)
        with self._changing(user_id) as tx:
            return profile_rows.delete_rating(tx, self.catalogue, user_id, str(item_id))

    def delete(self, user_id: str, key: str) -> None:
        """Delete a profile with its ratings and lists; its events stay, without its id.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        self.verify(user_id, key)
        with self._changing(user_id) as tx:
            profile_rows.delete_profile(tx, self.catalogue, user_id)
        self._verified.pop(user_id, None)

    def verify(self, user_id: str, key: str) -> None:
        """Raise `UnknownUser` if the profile does not exist, `NotAllowed` if the key is wrong."""
        row = self._profile(user_id)
        if row is None:
            raise self._unknown(user_id)
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

    def feed_token(self, user_id: str) -> str:
        """A text that only the owner of a profile can get, and that does not reveal the key.

        Raises:
            UnknownUser: the profile does not exist.
        """
        row = self._profile(user_id)
        if row is None:
            raise self._unknown(user_id)
        return hmac.new(row["hash"], b"feed", hashlib.sha256).hexdigest()

    def is_verified(self, user_id: str, key: str) -> bool:
        """Whether `verify` has accepted this key since the start, so that the slow hash is not needed."""
        known = self._verified.get(user_id)
        row = None if known is None else self._profile(user_id)
        if known is None or row is None:
            return False
        return hmac.compare_digest(known, _digest(key, row["salt"]))

    def ids(self, prefix: str) -> list[str]:
        """Ids of the profiles that begin with a text."""
        with self.store.reading() as tx:
            return profile_rows.ids(tx, self.catalogue, prefix)

    def has_user(self, user_id: str) -> bool:
        """Whether the profile exists."""
        return self._profile(user_id) is not None

    # -- ratings --------------------------------------------------------------------------------

    def history(self, user_id: str) -> dict[str, float]:
        """Return a profile's ratings by item id, oldest first.

        Raises:
            UnknownUser: the profile does not exist.
        """
        return {row["item_id"]: row["rating"] for row in self._ratings(user_id, newest=False)}

    def user_rows(self, user_id: str, n: int = 20) -> list[dict[str, Any]]:
        """Return a profile's latest `n` ratings as item_id, rating, timestamp, newest first.

        Raises:
            UnknownUser: the profile does not exist.
        """
        return self._ratings(user_id, newest=True, n=n)

    # -- lists ----------------------------------------------------------------------------------

    def lists(self, user_id: str) -> list[Entry]:
        """The entries of a profile's lists, oldest first, with those that were removed; empty if it does not exist."""
        with self.store.reading() as tx:
            return list_rows.entries(tx, self.catalogue, str(user_id))

    def change_lists(self, user_id: str, key: str, changed: Sequence[Entry]) -> None:
        """Store entries of a profile's lists; the latest change of each entry counts.

        Raises:
            UnknownUser, NotAllowed: the profile does not exist, or the key is wrong.
        """
        self.verify(user_id, key)
        with self._changing(user_id) as tx:
            list_rows.put(tx, self.catalogue, user_id, changed)

    def ratings_since(self, when: float) -> int:
        """Number of ratings given after `when` (seconds since 1970)."""
        with self.store.reading() as tx:
            found = tx.row(
                "SELECT count(*) AS n FROM ratings WHERE catalogue = ? AND timestamp > ?", [self.catalogue, when]
            )
        return found["n"] if found else 0

    def ratings_frame(self) -> pd.DataFrame:
        """All profiles' ratings, oldest first: user_id, item_id, rating, timestamp (whole seconds)."""
        columns = ["user_id", "item_id", "rating", "timestamp"]
        pages, place = [pd.DataFrame(columns=columns)], -1
        while pages[-1].shape[0] == PAGE or place < 0:
            with self.store.reading() as tx:
                rows = tx.rows(
                    f"SELECT {', '.join(columns)}, place FROM ratings WHERE catalogue = ? AND place > ? "
                    "ORDER BY place LIMIT ?",
                    [self.catalogue, place, PAGE],
                )
            place = rows[-1]["place"] if rows else 0
            pages.append(pd.DataFrame(rows, columns=columns))
        found = pd.concat([page for page in pages if len(page)] or pages[:1], ignore_index=True)
        # a rating that is replaced between two pages is in both
        found = found.drop_duplicates(["user_id", "item_id"], keep="last", ignore_index=True)
        return found.astype({"rating": "float64", "timestamp": "int64"})

    # -- events ---------------------------------------------------------------------------------

    def add_events(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Add events (see `event_log.add`) in one transaction; the ids of deleted profiles are removed from them."""
        with self.store.writing() as tx:
            event_log.add(tx, self.catalogue, event_log.without_deleted(tx, self.catalogue, events, PREFIX))

    def events(self, **wanted: Any) -> Iterator[event_log.StoredEvent]:
        """Read stored events; see `event_log.read`."""
        return event_log.read(self.store, self.catalogue, **wanted)

    def latest_change(self) -> float | None:
        """Time of the latest change or event, in seconds since 1970; None if there is none."""
        with self.store.reading() as tx:
            return profile_rows.latest_change(tx, self.catalogue)

    def expire(self, profiles_before: float, events_before: float) -> list[str]:
        """Delete events before `events_before` (seconds since 1970), and profiles without activity since
        `profiles_before`; return the ids of these profiles."""
        with self.store.writing() as tx:
            tx.without_time_limit()
            tx.execute("DELETE FROM events WHERE catalogue = ? AND time < ?", [self.catalogue, events_before])
            event_counts.expire(tx, self.catalogue, events_before)
            idle = profile_rows.unused_since(tx, self.catalogue, profiles_before)
            for user_id in idle:
                profile_rows.delete_profile(tx, self.catalogue, user_id)
                self._verified.pop(user_id, None)
        return idle

    def short_name(self, text: str) -> str:
        """Return a pseudonym of a visitor that cannot be computed from the id or session without the secret of this
        database."""
        return hashlib.blake2b(text.encode(errors="surrogatepass"), key=self._name_key, digest_size=4).hexdigest()

    def shared_limits(self) -> SharedBuckets | None:
        """Counts of rate limits that all replicas of the store share; None if the store belongs to one replica."""
        return SharedBuckets(self.store, lambda: self._name_key) if self.store.is_shared else None

    @cached_property
    def _name_key(self) -> bytes:
        with self.store.reading() as tx:
            (row,) = tx.rows("SELECT value FROM secrets WHERE name = 'names'")
        return row["value"]

    # -- helpers --------------------------------------------------------------------------------

    def _profile(self, user_id: str) -> Row | None:
        with self.store.reading() as tx:
            return profile_rows.get(tx, self.catalogue, str(user_id))

    @contextmanager
    def _changing(self, user_id: str) -> Iterator[Transaction]:
        """Transaction that changes a profile, which another process may have deleted since its key was verified."""
        with self.store.writing() as tx:
            if not profile_rows.lock(tx, self.catalogue, user_id):
                raise self._unknown(user_id)
            yield tx

    def _ratings(self, user_id: str, newest: bool, n: int | None = None) -> list[dict[str, Any]]:
        with self.store.reading() as tx:
            found = profile_rows.ratings(tx, self.catalogue, str(user_id), newest, n)
            # a profile with ratings exists, so that most answers need one query
            if not found and not profile_rows.exists(tx, self.catalogue, str(user_id)):
                raise self._unknown(user_id)
            return found

    def _unknown(self, user_id: str) -> UnknownUser:
        return UnknownUser(f"There is no profile {str(user_id)!r} here. Check the name, or make a profile.")


# -- ids and keys -------------------------------------------------------------------------------


def _new_id() -> str:
    return PREFIX + "".join(secrets.choice(LETTERS) for _ in range(12))


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
