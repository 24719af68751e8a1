"""Delete profiles and events that are older than the settings allow: at startup, and once a day."""

from __future__ import annotations

import logging
import math
import threading
from time import time

from recsys.serving.service import Service
from recsys.visitors import believed_time
from recsys.visitors.store.base import FAILURES

log = logging.getLogger(__name__)
DAY_S = 86_400
FIRST_S = 60.0  # seconds after startup, when the backup has been restored


def expire(service: Service, now: float) -> list[str]:
    """Delete profiles and events that are too old at `now` (seconds since 1970), here and in all other stores.

    Returns:
        ids of the deleted profiles.
    """
    profiles, events = service.settings.profile_days, service.settings.event_days
    deleted = service.visitors.expire(
        now - profiles * DAY_S if profiles else -math.inf, now - events * DAY_S if events else -math.inf
    )
    for user_id in deleted:
        service.events.forget(user_id)
    if deleted and service.backup is not None:
        service.backup.save_soon(wait_s=0.0)
    return deleted


def expire_by_clock(service: Service, clock: float) -> list[str]:
    """Like `expire`, by the clock of this machine, unless it is far ahead of what it was at the last check."""
    visitors = service.visitors
    checked = believed_time.check(visitors.shared, clock, visitors.latest_change())
    if checked.ahead:
        log.warning(
            "The clock of this machine is %.1f days ahead of the last check. Nothing is deleted by RECSYS_PROFILE_DAYS "
            "and RECSYS_EVENT_DAYS for these days until the clock has stayed there for %s checks, one a day.",
            checked.days_ahead,
            believed_time.LOOKS,
        )
    return expire(service, checked.now)


def follow(service: Service) -> threading.Thread | None:
    """Start a thread that calls `expire_by_clock` every day; None if nothing ever expires."""
    if not (service.settings.profile_days or service.settings.event_days):
        return None
    thread = threading.Thread(target=_run, args=[service, threading.Event()], name="retention", daemon=True)
    thread.start()
    return thread


def _run(service: Service, never: threading.Event) -> None:
    pause_s = FIRST_S
    while not never.wait(pause_s):
        pause_s = DAY_S
        try:
            with service.visitors.store.exclusive(f"retention of {service.visitors.catalogue}") as is_mine:
                deleted = expire_by_clock(service, time()) if is_mine else []
            if deleted:
                log.info("%s profiles were not used for %s days.", len(deleted), service.settings.profile_days)
        except FAILURES as error:
            # such as a full disk; it is retried the next day
            log.warning("Old events and profiles are not deleted yet. %s", getattr(error, "details", error))
