"""Who may run a service: whoever uses this machine if no other can reach it, else whoever has the admin key."""

from __future__ import annotations

import hashlib
import hmac

from recsys.errors import NotAllowed
from recsys.serving import client
from recsys.serving.rate_limit import RateLimits
from recsys.settings import Settings


def is_open(settings: Settings) -> bool:
    """Whether the caller may run the service without a key.

    Only if no other machine can reach the service, no admin key is set, and the request named this machine and came
    through no proxy, which could stand for anybody.
    """
    return settings.is_open and client.current().is_local


def check(settings: Settings, key: str, limits: RateLimits | None = None) -> None:
    """Raise `NotAllowed` unless the caller may run the service or this is its admin key.

    Raises:
        NotAllowed: the key is wrong, or there is none.
        TooManyRequests: the caller has tried too many wrong keys.
    """
    if is_open(settings):
        return
    if not settings.admin_key:
        raise NotAllowed(
            "This service can be reached by others and has no admin key. Set RECSYS_ADMIN_KEY and start it again."
        )
    with (limits or RateLimits(enabled=False)).trying_a_key():
        # Digests have the same length, so the time of the comparison says nothing about the key.
        if not hmac.compare_digest(_digest(key), _digest(settings.admin_key)):
            raise NotAllowed("This is not the RECSYS_ADMIN_KEY of this service.")


def _digest(text: str) -> bytes:
    return hashlib.sha256(str(text).encode(errors="replace")).digest()
