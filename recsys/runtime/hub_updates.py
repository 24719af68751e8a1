"""Bring the release of the configured Hub repository into service, in the background and with retries."""

from __future__ import annotations

import logging
import threading
import time

from recsys import hub
from recsys import release as releases
from recsys.errors import BrokenRelease
from recsys.release import Release
from recsys.serving.service import Service
from recsys.settings import Settings

log = logging.getLogger(__name__)

FIRST_PAUSE_S, LONGEST_PAUSE_S = 2.0, 300.0  # pauses between attempts double from the first to the longest


def pull_configured(settings: Settings) -> Release:
    """Pull the release of the configured repository at the configured revision, and switch to it.

    Raises:
        HubError: the Hub cannot be reached or refuses.
        BrokenRelease: what is there cannot be served.
    """
    return hub.pull(
        settings.hub_repo or "",
        settings.releases,
        revision=settings.hub_revision,
        token=settings.hf_token,
        endpoint=settings.hub_endpoint,
    )


def follow(service: Service) -> threading.Thread | None:
    """Start a thread that pulls and serves the configured release; None if there is nothing to follow."""
    settings = service.settings
    if not settings.hub_repo:
        return None
    pinned = releases.pinned(settings.releases)
    if pinned is not None:
        log.warning("Release %s is pinned, so %s is not followed.", pinned, settings.hub_repo)
        return None
    thread = threading.Thread(target=_update, args=[service], name="hub", daemon=True)
    thread.start()
    return thread


def _update(service: Service) -> None:
    settings, pause_s = service.settings, FIRST_PAUSE_S
    while True:
        try:
            release = pull_configured(settings)
            break
        except BrokenRelease as error:
            # It may have been damaged on the way, or be replaced by a better one; looking again costs a download.
            said, pause_s = error, LONGEST_PAUSE_S
        except Exception as error:  # no error may end the thread, or the Hub would not be followed any more
            said = error
        log.warning("%s Serving release %s; next try in %.0f s.", said, service.release.version, pause_s)
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
    if release.fits(service.catalogue.info):
        service.use(release)
    else:
        log.warning("Release %s of %s was trained on other data and is not served.", release.version, settings.hub_repo)
