"""Count new events in the background, so that the Activity tab opens at once."""

from __future__ import annotations

import logging
import threading
import time

from recsys.serving.service import Service
from recsys.visitors.store.base import FAILURES

log = logging.getLogger(__name__)
PAUSE_S = 15.0  # seconds between two looks for new events
BATCH_PAUSE_S = 0.05  # seconds between two batches while many events are waiting, for other threads


def follow(service: Service) -> threading.Thread:
    """Start a thread that counts events."""
    thread = threading.Thread(target=_run, args=[service], name="counting", daemon=True)
    thread.start()
    return thread


def _run(service: Service) -> None:
    next_look = time.monotonic() + PAUSE_S
    while not service.closed:
        if time.monotonic() < next_look:
            time.sleep(1.0)
            continue
        has_more = False
        try:
            has_more = service.activity.advance()
        except FAILURES as error:
            log.debug("Events are counted later: %s", getattr(error, "details", error))  # the store itself warns once
        time.sleep(BATCH_PAUSE_S)
        next_look = time.monotonic() + (0.0 if has_more else PAUSE_S)
