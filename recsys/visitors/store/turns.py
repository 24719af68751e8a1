"""Wait for the turn to do work that only one replica may do at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from recsys.visitors.store.base import FAILURES, Store

log = logging.getLogger(__name__)
POLL_S = 1.0


@contextmanager
def turn(
    store: Store, work: str, waiting: Callable[[], object], cancelled: Callable[[], bool] = lambda: False
) -> Iterator[bool]:
    """Run the block when no other replica does this work; the turn of a replica that dies is free at once.

    If the store cannot be used, the block runs without waiting: two replicas that train at the same time do no harm.

    Args:
        work: name of the work.
        waiting: called once if another replica does it now.
        cancelled: whether to stop waiting.

    Yields:
        True, or False if it was cancelled.
    """
    told = False
    while not cancelled():
        with ExitStack() as held:
            if _taken(store, work, held):
                yield True
                return
        if not told:
            waiting()
            told = True
        time.sleep(POLL_S)
    yield False


def _taken(store: Store, work: str, held: ExitStack) -> bool:
    """Whether this replica may do the work until `held` ends."""
    try:
        return held.enter_context(store.exclusive(work))
    except FAILURES as error:
        log.info("%s is not limited to one replica: %s", work, getattr(error, "details", error))
        return True
