"""Bring the release of the configured Hub repository into service and follow the repository, in the background."""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from pathlib import Path

from recsys import hub
from recsys import release as releases
from recsys.errors import BrokenRelease, HubError
from recsys.release import Release
from recsys.serving.service import Service
from recsys.settings import Settings

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0  # pauses after a failure double from the first to the longest
LOOK_S = 3600.0  # between looks for a newer release
STALLED_S, STALLED_BYTES = 7.0, 64 << 10  # a first pull that gets less than this in such a time is not waited for
POLL_S = 0.2
VERIFYING = "Verifying"


def pull_configured(settings: Settings) -> Release:
    """Pull the release of the configured repository at the configured revision, and switch to it.

    Raises:
        HubError: the Hub cannot be reached or refuses.
        BrokenRelease: what is there cannot be served.
    """
    return _pull(settings, _Arrivals(settings))


def pull_unless_stalled(settings: Settings) -> Release:
    """Pull as `pull_configured`, but do not wait for a Hub that sends nothing: the pull then ends in the background.

    Raises:
        HubError, BrokenRelease: as `pull_configured`.
    """
    arrivals, outcome = _Arrivals(settings), _Outcome()
    thread = threading.Thread(target=outcome.run, args=[settings, arrivals], name="first pull", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_S)
        if thread.is_alive() and arrivals.stalled():
            raise HubError(f"Pulling from {settings.hub_repo} failed: the Hub has sent nothing for {STALLED_S:g} s.")
    return outcome.release()


class _Arrivals:
    """Notices whether a pull still receives anything."""

    def __init__(self, settings: Settings):
        self._root = settings.releases
        self._since, self._bytes, self._verifying = time.monotonic(), 0, False

    def step(self, line: str, share: float | None = None, /) -> None:
        """Progress of the pull."""
        self._verifying = line.startswith(VERIFYING)

    def stalled(self) -> bool:
        """Whether next to nothing has arrived for STALLED_S; never while files are verified."""
        arrived = sum(map(_size, self._root.glob(".pull-*")))
        if self._verifying or arrived >= self._bytes + STALLED_BYTES or arrived < self._bytes:
            self._since, self._bytes = time.monotonic(), arrived
        return time.monotonic() - self._since > STALLED_S


def _size(folder: Path) -> int:
    """Bytes of the files in a folder that may be moved away meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                total += (Path(place) / name).stat().st_size
    return total


class _Outcome:
    """What a pull in a thread returns or raises."""

    def __init__(self) -> None:
        self._release: Release | None = None
        self._error: Exception | None = None

    def run(self, settings: Settings, arrivals: _Arrivals) -> None:
        """Pull; the error of a failure is kept for `release`."""
        try:
            self._release = _pull(settings, arrivals)
        except Exception as error:
            self._error = error

    def release(self) -> Release:
        """The release, or the error of the pull."""
        if self._release is None:
            raise self._error or HubError("The pull ended without a release. Try again.")
        return self._release


def _pull(settings: Settings, arrivals: _Arrivals) -> Release:
    return hub.pull(
        settings.hub_repo or "",
        settings.releases,
        revision=settings.hub_revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
        progress=arrivals.step,
    )


def follow(service: Service) -> threading.Thread | None:
    """Start a thread that serves the configured release and each later one; None if there is nothing to follow."""
    settings = service.settings
    if not settings.hub_repo:
        return None
    pinned = releases.pinned(settings.releases)
    if pinned is not None:
        log.warning("Release %s is pinned, so %s is not followed.", pinned, settings.hub_repo)
        return None
    thread = threading.Thread(target=_follow, args=[service], name="hub", daemon=True)
    thread.start()
    return thread


def _follow(service: Service) -> None:
    pause_s, wait_s, served = FIRST_PAUSE_S, 0.0, None
    while _waited(service, wait_s):
        try:
            served = update(service, served)
        except Exception as error:  # no error may end the thread, or the Hub would not be followed any more
            said = " ".join(str(error).split()) or type(error).__name__
            service.troubles["hub"] = said
            if isinstance(error, BrokenRelease):
                pause_s = LONGEST_PAUSE_S  # looking again costs a download
            log.warning("%s Serving release %s; next try in %.0f s.", said, service.release.version, pause_s)
            wait_s, pause_s = pause_s, min(2 * pause_s, LONGEST_PAUSE_S)
        else:
            service.troubles["hub"], wait_s, pause_s = "", LOOK_S, FIRST_PAUSE_S


def _waited(service: Service, seconds: float) -> bool:
    """Wait; whether the service is still open."""
    end = time.monotonic() + seconds
    while not service.closed and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, 1.0))
    return not service.closed


def update(service: Service, served: str | None) -> str:
    """Serve the release of the repository unless it has been brought into service before.

    Args:
        served: the commit that was brought into service last. The operator may have switched to another release since,
            which stays until there is a new commit.

    Returns:
        the commit in the repository.

    Raises:
        HubError: the Hub cannot be reached or refuses.
        BrokenRelease: what is there cannot be served, or was trained on other data.
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
    if not release.fits(service.catalogue.info):
        # or the next start would train again for a release that it cannot serve
        releases.switch(settings.releases, before.version)
        raise BrokenRelease(f"Release {release.version} of {settings.hub_repo} was trained on other data.")
    if release.version != before.version or release.revision != before.revision:
        service.use(release)
    return release.revision or ""
