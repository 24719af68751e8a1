"""Pull and serve the release of the configured Hub repository, and poll for newer releases in the background."""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from recsys import hub
from recsys import release as releases
from recsys.errors import BrokenRelease, HubError
from recsys.hub.session import FULL_RETRIES, RetryPolicy
from recsys.release import Release
from recsys.serving.service import Service
from recsys.settings import Settings

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0  # pauses after a failure double from the first to the longest
LOOK_S = 3600.0  # seconds between two polls
REPLICAS_LOOK_S = 45.0  # the same with a shared store, so that all replicas serve a new release within a minute
PINNED_S = 5.0  # seconds between two checks whether a release is still pinned
STALLED_S, STALLED_BYTES = 7.0, 64 << 10  # a first pull that receives fewer bytes in this time counts as stalled
FIRST_PULL = replace(FULL_RETRIES, read_s=5.0)
"""Retries of a pull that a start waits for: below STALLED_S, so that one request without an answer is tried again, and
a pull that the start has given up ends soon. Until then no other pull can begin."""
POLL_S = 0.2
VERIFYING = "Verifying"


def pull_configured(settings: Settings) -> Release:
    """Pull the release of the configured repository at the configured revision, and switch to it.

    Raises:
        HubError: the Hub cannot be reached or refuses.
        BrokenRelease: the release cannot be served.
    """
    return _pull(settings, _StallMonitor(settings))


def pull_unless_stalled(settings: Settings) -> Release:
    """Pull like `pull_configured`, but stop waiting if the Hub sends no data; the pull then ends in the background.

    Raises:
        HubError, BrokenRelease: as for `pull_configured`.
    """
    monitor, outcome = _StallMonitor(settings), _Outcome()
    thread = threading.Thread(target=outcome.run, args=[settings, monitor], name="first pull", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
        if thread.is_alive() and monitor.stalled():
            raise HubError(f"Pulling from {settings.hub_repo} failed: the Hub has sent nothing for {STALLED_S:g} s.")
    return outcome.release()


class _StallMonitor:
    """Monitor of a pull that detects whether it still receives data."""

    def __init__(self, settings: Settings):
        self._root = settings.releases
        self._since, self._bytes, self._verifying = time.monotonic(), 0, False

    def step(self, line: str, share: float | None = None, /) -> None:
        """Progress callback of the pull."""
        self._verifying = line.startswith(VERIFYING)

    def stalled(self) -> bool:
        """Whether less than STALLED_BYTES arrived in STALLED_S; always False while files are verified."""
        arrived = sum(map(_size, self._root.glob(".pull-*")))
        if self._verifying or arrived >= self._bytes + STALLED_BYTES or arrived < self._bytes:
            self._since, self._bytes = time.monotonic(), arrived
        return time.monotonic() - self._since > STALLED_S


def _size(folder: Path) -> int:
    """Total size of the files in a folder, which may be moved at the same time."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total


class _Outcome:
    """Result or error of a pull in a thread."""

    def __init__(self) -> None:
        self._release: Release | None = None
        self._error: Exception | None = None

    def run(self, settings: Settings, monitor: _StallMonitor) -> None:
        """Run the pull; store the release, or the error for `release`."""
        try:
            self._release = _pull(settings, monitor, FIRST_PULL)
        except Exception as error:
            self._error = error

    def release(self) -> Release:
        """Return the release, or raise the error of the pull."""
        if self._release is None:
            raise self._error or HubError("The pull ended without a release. Try again.")
        return self._release


def _pull(settings: Settings, monitor: _StallMonitor, policy: RetryPolicy = FULL_RETRIES) -> Release:
    return hub.pull(
        settings.hub_repo or "",
        settings.releases,
        revision=settings.hub_revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        progress=monitor.step,
        policy=policy,
    )


def follow(service: Service) -> threading.Thread | None:
    """Start a thread that serves the configured release and each later one; None if no repository is followed."""
    settings = service.settings
    if not settings.hub_repo:
        return None
    pinned = releases.pinned(settings.releases)
    if pinned is not None:
        log.warning("Release %s is pinned, so %s is not followed.", pinned, settings.hub_repo)
    thread = threading.Thread(target=_follow, args=[service], name="hub", daemon=True)
    thread.start()
    return thread


def _follow(service: Service) -> None:
    pause_s, wait_s, served = FIRST_PAUSE_S, 0.0, None
    while _waited(service, wait_s):
        if releases.pinned(service.settings.releases) is not None:
            served, wait_s = None, PINNED_S
            continue
        try:
            served = update(service, served)
        except Exception as error:  # an error must not end the thread, because it would stop following the Hub
            reason = " ".join(str(error).split()) or type(error).__name__
            service.troubles["hub"] = reason
            if isinstance(error, BrokenRelease):
                pause_s = LONGEST_PAUSE_S  # a retry needs another download
            log.warning("%s Serving release %s; next try in %.0f s.", reason, service.release.version, pause_s)
            wait_s, pause_s = pause_s, min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            look_s = REPLICAS_LOOK_S if service.visitors.store.is_shared else LOOK_S
            service.troubles["hub"], wait_s, pause_s = "", look_s, FIRST_PAUSE_S


def _waited(service: Service, seconds: float) -> bool:
    """Wait; return whether the service is still open."""
    end = time.monotonic() + seconds
    while not service.closed and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 1.0))
    return not service.closed


def update(service: Service, served: str | None) -> str:
    """Serve the release of the repository unless it has been served before.

    Args:
        served: the last commit that was served. The operator may have switched to another release since then, which
            stays until there is a new commit.

    Returns:
        the commit in the repository.

    Raises:
        HubError: the Hub cannot be reached or refuses.
        BrokenRelease: the release cannot be served, or was trained on other data.
    """
    settings = service.settings
    if served is not None:
        commit = hub.resolve(
            settings.hub_repo or "", settings.hub_revision, token=settings.hf_token, endpoint=settings.hub_endpoint
        )
        if commit == served or releases.pinned(settings.releases) is not None:
            return served
    before = service.release
    release = pull_configured(settings)
    if releases.pinned(settings.releases) is not None:  # meanwhile, on another replica
        releases.switch(settings.releases, service.release.version)
        return release.revision or ""
    if not release.fits(service.catalogue):
        # otherwise the next start would find a release that it cannot serve, and train again
        releases.switch(settings.releases, before.version)
        raise BrokenRelease(f"Release {release.version} of {settings.hub_repo} was trained on other data.")
    if release.version != before.version or release.revision != before.revision:
        service.use(release)
    return release.revision or ""
