"""Check permission for admin actions: the admin key, or none if only this machine can reach the service."""

from __future__ import annotations

import hashlib
import hmac

from recsys.errors import NotAllowed
from recsys.serving import client
from recsys.serving.rate_limit import RateLimits
from recsys.settings import Settings


def is_open(settings: Settings) -> bool:
    """Whether the caller may use admin actions without a key.

    This requires that no other machine can reach the service, that no admin key is set, and that the request was
    addressed to this machine and came through no proxy, which could forward requests of any client.
    """
    return settings.is_open and client.current().is_local


def check(settings: Settings, key: str, limits: RateLimits | None = None) -> None:
    """Raise `NotAllowed` unless the service is open or this is its admin key.

    Raises:
        NotAllowed: the key is wrong, or no admin key is set.
        TooManyRequests: the caller has tried too many wrong keys.
    """
    if is_open(settings):
        return
    if not settings.admin_key:
        raise NotAllowed(
            "This service can be reached by others and has no admin key. Set RECSYS_ADMIN_KEY and start it again."
        )
    with (limits or RateLimits(enabled=False)).trying_a_key():
        # Compare digests, which have equal lengths, so that the time of the comparison reveals nothing about the key.
        if not hmac.compare_digest(_digest(key), _digest(settings.admin_key)):
            raise NotAllowed("This is not the RECSYS_ADMIN_KEY of this service.")


def check_metrics(settings: Settings, key: str, limits: RateLimits | None = None) -> None:
    """Raise `NotAllowed` unless this is RECSYS_METRICS_KEY or the admin key.

    Raises:
        NotAllowed: the key is wrong, or neither is set.
        TooManyRequests: the caller has tried too many wrong keys.
    """
    keys = [one for one in (settings.metrics_key, settings.admin_key) if one]
    if not keys:
        raise NotAllowed("Metrics are closed because neither RECSYS_METRICS_KEY nor RECSYS_ADMIN_KEY is set.")
    with (limits or RateLimits(enabled=False)).trying_a_key():
        given = _digest(key)
        if not any([hmac.compare_digest(given, _digest(one)) for one in keys]):
            raise NotAllowed("Send the RECSYS_METRICS_KEY of this service as Authorization: Bearer KEY.")


def _digest(text: str) -> bytes:
    return hashlib.sha256(str(text).encode(errors="replace")).digest()
