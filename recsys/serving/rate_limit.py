"""Rate limits by network address for writes, new profiles, sign-ins and wrong keys.

Each limit is a leaky bucket used as a meter (Turner 1986): it has space for `burst` requests and loses `per_s` of them
each second. If it is full, the request is refused and the address must wait; the wait doubles each time.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recsys.errors import NotAllowed, TooManyRequests, UnknownUser
from recsys.serving import client

Clock = Callable[[], float]
LONGEST_S = 900.0  # longest wait, in seconds
MOST_ADDRESSES = 10_000


@dataclass
class _Bucket:
    """State of one address: requests in the bucket, time of that count, number of waits, end of the wait."""

    level: float = 0.0
    counted: float = 0.0
    waits: int = 0
    until: float = -math.inf


class RateLimit:
    """Rate limit of one kind of request by address; thread-safe, and bounded in memory.

    Args:
        what: the kind of request for the error message, such as "new profiles".
        burst: number of requests at once.
        per_s: number of requests per second in the long run.
        first_s: the first wait, in seconds; each further one is twice as long, up to `LONGEST_S`.
        size: number of stored addresses; the least recently active one is removed first.
        clock: returns seconds that never decrease.
    """

    def __init__(
        self,
        what: str,
        burst: int,
        per_s: float,
        first_s: float = 1.0,
        size: int = MOST_ADDRESSES,
        clock: Clock = time.monotonic,
    ):
        self._what, self._burst, self._per_s, self._first_s = what, burst, per_s, first_s
        self._size, self._clock = size, clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, address: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the address must wait.
        """
        with self._lock:
            bucket = self._bucket(address)
            self._refuse_waiting(bucket)
            if bucket.level + 1 > self._burst:
                wait = min(self._first_s * 2.0**bucket.waits, LONGEST_S)
                bucket.until = self._clock() + wait
                bucket.waits = min(bucket.waits + 1, 30)
                self._refuse_waiting(bucket)
            bucket.level += 1

    def check(self, address: str) -> None:
        """Raise `TooManyRequests` if the address must wait, without counting a request."""
        with self._lock:
            self._refuse_waiting(self._bucket(address))

    def count(self, address: str) -> None:
        """Count one failure: after the first `burst`, each failure makes the address wait."""
        with self._lock:
            bucket = self._bucket(address)
            bucket.level += 1
            if bucket.level > self._burst:
                bucket.level = self._burst
                bucket.until = self._clock() + min(self._first_s * 2.0**bucket.waits, LONGEST_S)
                bucket.waits = min(bucket.waits + 1, 30)

    def _bucket(self, address: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.pop(address, None) or _Bucket(counted=now)
        self._buckets[address] = bucket
        while len(self._buckets) > self._size:
            self._buckets.popitem(last=False)
        bucket.level = max(0.0, bucket.level - (now - bucket.counted) * self._per_s)
        bucket.counted = now
        if bucket.level == 0.0 and now > bucket.until + LONGEST_S:
            bucket.waits = 0
        return bucket

    def _refuse_waiting(self, bucket: _Bucket) -> None:
        left = bucket.until - self._clock()
        if left > 0:
            seconds = math.ceil(left)
            unit = "second" if seconds == 1 else "seconds"
            raise TooManyRequests(f"Too many {self._what} from this address. Try again in {seconds} {unit}.", left)


class RateLimits:
    """The rate limits of one service. Calls outside of requests, as on the command line, are not limited.

    Args:
        enabled: whether the limits are active.
        clock: returns seconds that never decrease.
    """

    def __init__(self, enabled: bool = True, clock: Clock = time.monotonic):
        self._enabled = enabled
        self._joins = RateLimit("new profiles", burst=20, per_s=1 / 15, clock=clock)
        self._writes = RateLimit("ratings and marks", burst=300, per_s=5.0, clock=clock)
        self._imports = RateLimit("imports", burst=10, per_s=1 / 20, clock=clock)
        self._sign_ins = RateLimit("sign-ins", burst=20, per_s=1 / 10, clock=clock)
        self._wrong_keys = RateLimit("wrong keys", burst=5, per_s=1 / 300, clock=clock)

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
