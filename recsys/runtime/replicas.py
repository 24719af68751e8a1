"""Take part in a set of replicas: report this one to the store, and follow what the operator chooses on any of them."""

from __future__ import annotations

import logging
import socket
import threading
import time

from recsys import __version__
from recsys.errors import RecsysError
from recsys.runtime import shared_release
from recsys.runtime.jobs import Background
from recsys.visitors.shared_state import Choice, Replica
from recsys.visitors.store.base import FAILURES

log = logging.getLogger(__name__)
POLL_S = 2.0  # seconds between two looks at the operator's choices
REPORT_S = 10.0  # seconds between two reports
RETRY_S = 30.0  # seconds after which a choice that could not be followed is tried again
AWAY_S = 3 * REPORT_S
"""Seconds without a report after which a replica counts as away."""


class Member:
    """One replica: its reports, and the choices that it has followed.

    Args:
        background: jobs of the service.
        name: unique among the replicas.
    """

    def __init__(self, background: Background, name: str):
        self._background, self._service = background, background.service
        self.name, self.trouble = name, ""
        self._started = time.time()
        self._followed: int | None = None
        self._is_first = True
        self._reported = self._retry = 0.0

    def step(self) -> None:
        """Follow the latest choice, and report if it is time.

        Raises:
            StoreUnavailable, sqlite3.Error: the store cannot be used now.
        """
        self._follow()
        if time.monotonic() >= self._reported + REPORT_S or not self._reported:
            self.report()

    def report(self) -> None:
        """Report this replica."""
        job = self._background.running
        self._service.visitors.shared.report(
            Replica(
                self.name,
                program=__version__,
                release=self._service.release.version,
                since=self._started,
                seen=time.time(),
                job="" if job is None else job.task,
                trouble=self.trouble,
            )
        )
        self._reported = time.monotonic()

    def leave(self) -> None:
        """Remove this replica from the list, at its end."""
        try:
            self._service.visitors.shared.leave(self.name)
        except FAILURES as error:
            log.info("This replica stays in the list for a day: %s", getattr(error, "details", error))

    def _follow(self) -> None:
        choice = self._service.visitors.shared.choice(shared_release.NAME)
        if choice is not None:
            is_new = choice.number != self._followed
            # a pinned release is served again if something else has replaced it
            if is_new or (choice.value["pinned"] and time.monotonic() >= self._retry):
                self._apply(choice, is_new and not self._is_first)
        self._is_first = False

    def _apply(self, choice: Choice, is_new: bool) -> None:
        before = self._service.release.version
        self._followed, self._retry, self.trouble = choice.number, 0.0, ""
        try:
            shared_release.apply(self._service, choice, is_new=is_new)
        except RecsysError as error:
            self.trouble = " ".join(str(error).split())
            log.warning("%s Serving release %s.", self.trouble, before)
            self._retry = time.monotonic() + RETRY_S
        if self.trouble or self._service.release.version != before:
            self._reported = 0.0  # the operator waits for it


def name_of(port: int) -> str:
    """Default name of a replica: the machine and the port.

    >>> name_of(7860).endswith(":7860")
    True
    """
    return f"{socket.gethostname()}:{port}"


def take_part(background: Background, name: str) -> Member | None:
    """Start a thread that takes part in the set of replicas; None if the store belongs to one replica."""
    if not background.service.visitors.store.is_shared:
        return None
    member = Member(background, name)
    threading.Thread(target=_run, args=[member, background], name="replicas", daemon=True).start()
    return member


def _run(member: Member, background: Background) -> None:
    while not background.service.closed:
        try:
            member.step()
        except FAILURES as error:
            log.debug("The store cannot be used: %s", getattr(error, "details", error))  # the store itself warns once
        except Exception:  # an error must not end the thread, because it would stop following the operator
            log.exception("The operator's choice was not followed.")
        time.sleep(POLL_S)
