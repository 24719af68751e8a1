"""Build the indexes of a release in the background after the start, so that no visitor waits for them.

The indexes for search, people, reasons and wishes are lazily built by the first question that needs them, which takes
up to half a second of a core. The thread asks such questions itself, one after the other, with pauses for visitors.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from recsys.errors import RecsysError
from recsys.serving.remarks import by_id
from recsys.serving.service import Service

log = logging.getLogger(__name__)
PAUSE_S = 1.0  # seconds before the first question, so that it delays no first answer
BETWEEN_S = 0.05  # seconds between two questions


def follow(service: Service) -> threading.Thread:
    """Start a thread that builds the indexes of the release in use, and of every later one."""
    thread = threading.Thread(target=_run, args=[service], name="warm-up", daemon=True)
    thread.start()
    return thread


def build(service: Service, pause_s: float = 0.0) -> None:
    """Build the indexes of the release in use; the lists are not recorded as shown."""
    with service.activity.unrecorded():
        for ask in _questions(service):
            if service.closed:
                return
            try:
                ask()
            except RecsysError as error:
                log.info("An index is built by its first question instead: %s", error)
            except Exception as error:  # must not end the thread; the visitor who asks the same sees it as an error
                log.warning("An index could not be built ahead: %s: %s", type(error).__name__, error)
            time.sleep(pause_s)
    service.candidates.build()  # last, because a large catalogue takes minutes and its lists are exact meanwhile


def _questions(service: Service) -> list[Callable[[], object]]:
    """Questions that together need all indexes: one of each kind that a visitor can ask first."""
    item = next(iter(service.landing.examples(1)), None)
    if item is None:
        return []
    name, title = by_id(service, item["item_id"]), item["title"]
    # a first letter, and a misspelt word
    texts = (title[:1], title[:2], f"{title.split(' ')[0]}qx")
    wish = f"like {title} but newer"
    # Some indexes are left to their first visitor: a description of several words reads 110 MB into memory. The model
    # for newcomers is asked about one item, because a long history reads 50 MB.
    asked: list[Callable[[], object]] = [
        *(partial(service.search, text) for text in texts if text.strip()),
        service.filter_choices,
        partial(service.wishes.beyond_search, wish),
        partial(service.similar, name),
        partial(service.similar, wish),
        partial(service.recommend_for, [name]),
        partial(service.landing.starters, 1, (), 0),
    ]
    users = service.landing.example_users[:1]
    return [*asked, *(partial(service.recommend, user) for user in users)]


def _run(service: Service) -> None:
    built = None
    service.changed.clear()
    service.changed.wait(PAUSE_S)
    while True:
        service.changed.clear()  # before a look at the service, so that no change after it is missed
        if service.closed:
            return
        if built is service.release:
            service.changed.wait()
            continue
        if built is not None:  # indexes of an earlier release, which are freed
            gc.unfreeze()
            gc.collect()
        built = service.release
        build(service, BETWEEN_S)
        gc.freeze()  # these objects stay, so that no later collection looks at each of them again
