"""The release that all replicas of a store serve: announce it, and follow what another replica announces."""

from __future__ import annotations

import logging
from pathlib import Path

from recsys import hub
from recsys import release as releases
from recsys.errors import BadInput, RecsysError, UnknownModel
from recsys.release import Release
from recsys.serving.service import Service
from recsys.visitors.profiles import Visitors
from recsys.visitors.shared_state import Choice

log = logging.getLogger(__name__)
NAME = "release"


def announce(visitors: Visitors, release: Release, *, pinned: bool) -> None:
    """Tell the other replicas that the operator chose a release; do nothing if the store belongs to one replica.

    Args:
        pinned: whether all replicas serve it until the operator chooses another one. Otherwise they serve it if they
            have it or can pull it, and follow the Hub as before.

    Raises:
        StoreUnavailable: the store cannot be used now.
    """
    origin = release.origin or {}
    value = {"version": release.version, "pinned": pinned, "repo": origin.get("repo"), "commit": origin.get("commit")}
    if visitors.store.is_shared:
        visitors.shared.choose(NAME, value)


def unpin(visitors: Visitors, root: Path) -> None:
    """Let all replicas follow the Hub again.

    Args:
        root: the folder of releases of this one.

    Raises:
        StoreUnavailable: the store cannot be used now.
    """
    if visitors.store.is_shared:
        visitors.shared.choose(NAME, {"version": "", "pinned": False})
    releases.unpin(root)


def apply(service: Service, choice: Choice, *, is_new: bool) -> None:
    """Serve the release of a choice.

    Args:
        is_new: whether the choice was made while this replica was running. An earlier one counts only if it pins a
            release, because newer releases may have followed it.

    Raises:
        RecsysError: a pinned release cannot be served here.
    """
    root, version = service.settings.releases, choice.value["version"]
    if choice.value["pinned"]:
        if service.release.version != version or releases.pinned(root) != version:
            release = _obtained(service, choice)
            releases.pin(root, version)
            service.use(release)
        return
    releases.unpin(root)
    if is_new and version and version != service.release.version:
        try:
            release = _obtained(service, choice)
        except RecsysError as error:
            log.info("Release %s of another replica is not served here: %s", version, error)
        else:
            releases.switch(root, version)
            service.use(release)


def _obtained(service: Service, choice: Choice) -> Release:
    """The release of a choice, from this disk or from the Hub; the current release stays the current one."""
    root, version, served = service.settings.releases, choice.value["version"], service.release.version
    if version in releases.versions(root):
        release = releases.open_release(root / version)
    elif choice.value["repo"] and choice.value["commit"]:
        release = hub.pull(
            choice.value["repo"],
            root,
            revision=choice.value["commit"],
            token=service.settings.hf_token,
            endpoint=service.settings.hub_endpoint,
        )
        releases.switch(root, served)
    else:
        raise UnknownModel(
            f"Release {version} was chosen on another replica but is not on this one, and it is not on the Hub. Push "
            "it there, or choose another release."
        )
    if not release.fits(service.catalogue):
        raise BadInput(f"Release {version} was trained on other data than {service.title}.")
    return release
