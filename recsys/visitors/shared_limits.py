"""Counts of rate limits in PostgreSQL, so that an address has the same limits at all replicas together."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import inf
from typing import TypeVar

from recsys.visitors.store.base import Store

Answer = TypeVar("Answer")
OLD_S = 7200.0  # seconds after which a row has no effect any more
CLEANING = 1000  # old rows are deleted once in so many changes


@dataclass
class Bucket:
    """State of one address: requests in the bucket, time of that count, number of waits, end of the wait."""

    level: float = 0.0
    counted: float = 0.0
    waits: int = 0
    until: float = -inf


class SharedBuckets:
    """Buckets by kind of request and address, in the table `rate_limits`; times are those of the server.

    Args:
        store: a PostgreSQL store.
        secret: returns the key of the pseudonyms that are stored instead of addresses.
    """

    def __init__(self, store: Store, secret: Callable[[], bytes]):
        self._store, self._secret = store, secret
        self._changes = itertools.count(1)

    def change(self, kind: str, address: str, update: Callable[[Bucket, float], Answer]) -> Answer:
        """Let `update` change a bucket, given the time in seconds, and return its answer; one caller at a time.

        Raises:
            StoreUnavailable: the store cannot be used now.
        """
        which = [kind, hashlib.blake2b(address.encode(), key=self._secret(), digest_size=16).hexdigest()]
        now = "extract(epoch FROM clock_timestamp())::double precision"
        with self._store.writing() as tx:
            tx.execute(
                "INSERT INTO rate_limits (kind, address, level, counted, waits, until) "
                f"VALUES (?, ?, 0, {now}, 0, '-Infinity') ON CONFLICT DO NOTHING",
                which,
            )
            (row,) = tx.rows(
                f"SELECT level, counted, waits, until, {now} AS now FROM rate_limits WHERE kind = ? AND address = ? "
                "FOR UPDATE",
                which,
            )
            time = row.pop("now")
            answer = update(bucket := Bucket(**row), time)
            tx.execute(
                "UPDATE rate_limits SET level = ?, counted = ?, waits = ?, until = ? WHERE kind = ? AND address = ?",
                [*asdict(bucket).values(), *which],
            )
        if next(self._changes) % CLEANING == 0:
            with self._store.writing() as tx:
                tx.execute(f"DELETE FROM rate_limits WHERE counted < {now} - {OLD_S} AND until < {now} - {OLD_S}")
        return answer
