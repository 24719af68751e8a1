"""Who may run a service: whoever uses this machine if it listens to no other, else whoever has the admin key."""

from __future__ import annotations

import hashlib
import hmac

from recsys.errors import NotAllowed
from recsys.settings import Settings

LOCAL = ("127.0.0.1", "localhost", "::1")


def is_open(settings: Settings) -> bool:
    """Whether the service listens to this machine only, so that whoever reaches it may run it."""
    return not settings.on_space and settings.server_name in LOCAL


def check(settings: Settings, key: str) -> None:
    """Raise `NotAllowed` if the service listens to other machines and this is not its admin key."""
    if is_open(settings):
        return
    if not settings.admin_key:
        raise NotAllowed(
            "This service can be reached by others and has no admin key. Set RECSYS_ADMIN_KEY and start it again."
        )
    # Digests have the same length, so the time of the comparison says nothing about the key.
    given, right = (hashlib.sha256(str(text).encode(errors="replace")).digest() for text in (key, settings.admin_key))
    if not hmac.compare_digest(given, right):
        raise NotAllowed("This is not the RECSYS_ADMIN_KEY of this service.")
