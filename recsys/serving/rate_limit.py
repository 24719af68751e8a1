"""Rate limits by network address for writes, new profiles, sign-ins and wrong keys.

Each limit is a leaky bucket used as a meter (Turner 1986): it has space for `burst` requests and loses `per_s` of them
each second. If it is full, the request is refused and the address must wait; the wait doubles each time.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

from recsys.errors import NotAllowed, StoreUnavailable, TooManyRequests, UnknownUser
from recsys.serving import client
from recsys.visitors.shared_limits import Bucket, SharedBuckets

Clock = Callable[[], float]
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)
LONGEST_S = 900.0  # longest wait, in seconds
MOST_ADDRESSES = 10_000


class MemoryBuckets:
    """The buckets of one kind of request in this process; thread-safe, and bounded in memory.

    Args:
        size: number of stored addresses; the least recently active one is removed first.
        clock: returns seconds that never decrease.
    """

    def __init__(self, size: int, clock: Clock):
        self._size, self._clock = size, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def change(self, address: str, update: Callable[[Bucket, float], Answer]) -> Answer:
        """Let `update` change the bucket of an address, given the time, and return its answer."""
        with self._lock:
            now = self._clock()
            bucket = self._buckets.pop(address, None) or Bucket(counted=now)
            self._buckets[address] = bucket
            while len(self._buckets) > self._size:
                self._buckets.popitem(last=False)
            return update(bucket, now)


class RateLimit:
    """Rate limit of one kind of request by address; thread-safe.

    Args:
        what: the kind of request for the error message, such as "new profiles".
        burst: number of requests at once.
        per_s: number of requests per second in the long run.
        first_s: the first wait, in seconds; each further one is twice as long, up to `LONGEST_S`.
        size: number of addresses stored in memory.
        clock: returns seconds that never decrease.
        shared: buckets that all replicas share; while their store is away, each replica counts for itself.
    """

    def __init__(
        self,
        what: str,
        burst: int,
        per_s: float,
        first_s: float = 1.0,
        size: int = MOST_ADDRESSES,
        clock: Clock = time.monotonic,
        shared: SharedBuckets | None = None,
    ):
        self._what, self._burst, self._per_s, self._first_s = what, burst, per_s, first_s
        self._memory, self._shared = MemoryBuckets(size, clock), shared

    def __len__(self) -> int:
        return len(self._memory)

    def take(self, address: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the address must wait.
        """

        def update(bucket: Bucket, now: float) -> float:
            self._drain(bucket, now)
            if bucket.until <= now and bucket.level + 1 > self._burst:
                self._extend_wait(bucket, now)
            if bucket.until <= now:
                bucket.level += 1
            return bucket.until - now

        self._refuse(self._change(address, update))

    def check(self, address: str) -> None:
        """Raise `TooManyRequests` if the address must wait, without counting a request."""

        def update(bucket: Bucket, now: float) -> float:
            self._drain(bucket, now)
            return bucket.until - now

        self._refuse(self._change(address, update))

    def count(self, address: str) -> None:
        """Count one failure: after the first `burst`, each failure makes the address wait."""

        def update(bucket: Bucket, now: float) -> None:
            self._drain(bucket, now)
            bucket.level += 1
            if bucket.level > self._burst:
                bucket.level = self._burst
                self._extend_wait(bucket, now)

        self._change(address, update)

    def _change(self, address: str, update: Callable[[Bucket, float], Answer]) -> Answer:
        if self._shared is not None:
            try:
                return self._shared.change(self._what, address, update)
            except StoreUnavailable as error:
                log.debug("Rate limits are counted in memory: %s", error.details)
        return self._memory.change(address, update)

    def _drain(self, bucket: Bucket, now: float) -> None:
        """Remove what has left the bucket since it was counted."""
        bucket.level = max(0.0, bucket.level - max(0.0, now - bucket.counted) * self._per_s)
        bucket.counted = now
        # times in the store are those of its server, whose clock may have been set back since
        bucket.until = min(bucket.until, now + LONGEST_S)
        if bucket.level == 0.0 and now > bucket.until + LONGEST_S:
            bucket.waits = 0

    def _extend_wait(self, bucket: Bucket, now: float) -> None:
        bucket.until = now + min(self._first_s * 2.0**bucket.waits, LONGEST_S)
        bucket.waits = min(bucket.waits + 1, 30)

    def _refuse(self, left: float) -> None:
        """Raise `TooManyRequests` if a number of seconds is left to wait."""
        if left > 0:
            seconds = math.ceil(left)
            unit = "second" if seconds == 1 else "seconds"
            raise TooManyRequests(f"Too many {self._what} from this address. Try again in {seconds} {unit}.", left)


class RateLimits:
    """The rate limits of one service. Calls outside of requests, as on the command line, are not limited.

    Args:
        enabled: whether the limits are active.
        clock: returns seconds that never decrease.
        shared: counts that all replicas share; None if there is one replica.
    """

    def __init__(self, enabled: bool = True, clock: Clock = time.monotonic, shared: SharedBuckets | None = None):
        self._enabled = enabled
        limit = partial(RateLimit, clock=clock, shared=shared)
        self._joins = limit("new profiles", burst=20, per_s=1 / 15)
        self._writes = limit("ratings and marks", burst=300, per_s=5.0)
        self._imports = limit("imports", burst=10, per_s=1 / 20)
        self._sign_ins = limit("sign-ins", burst=20, per_s=1 / 10)
        self._wrong_keys = limit("wrong keys", burst=5, per_s=1 / 300)

    def join(self) -> None:
        """Count a new profile of the current client, or raise `TooManyRequests`."""
        self._take(self._joins)

    def write(self) -> None:
        """Count a change of stored data by the current client, or raise `TooManyRequests`."""
        self._take(self._writes)

    def read_import(self) -> None:
        """Count an import by the current client, or raise `TooManyRequests`, because a long one takes seconds."""
        self._take(self._imports)

    def sign_in(self) -> None:
        """Count a sign-in of the current client, or raise `TooManyRequests`."""
        self._take(self._sign_ins)

    @contextmanager
    def trying_a_key(self) -> Iterator[None]:
        """Count a wrong key or profile id inside the block; while an address must wait, its correct key is refused too.

        Raises:
            TooManyRequests: the current client tried too many wrong keys.
        """
        address = self._address()
        if address:
            self._wrong_keys.check(address)
        try:
            yield
        except (NotAllowed, UnknownUser):
            if address:
                self._wrong_keys.count(address)
            raise

    def _take(self, limit: RateLimit) -> None:
        address = self._address()
        if address:
            limit.take(address)

    def _address(self) -> str:
        return client.current().address if self._enabled else ""
