"""Admin actions on a running service (train, evaluate, push, pull, switch release), protected by the admin key."""

from __future__ import annotations

from collections.abc import Sequence
from time import time
from typing import Any

from recsys import release as releases
from recsys.errors import BadInput, StoreUnavailable, listing
from recsys.hub.repo import check_repo
from recsys.models import registry
from recsys.release import Release
from recsys.runtime import access, shared_release
from recsys.runtime.jobs import Background, Job
from recsys.training.measure import SPLITS
from recsys.visitors.shared_state import Replica

__all__ = ["SPLITS", "Admin"]

SHOWN_LINES = 40


class Admin:
    """Admin actions of one service: start and stop jobs, and switch releases."""

    def __init__(self, background: Background):
        self.background, self.service = background, background.service

    @property
    def is_open(self) -> bool:
        """Whether the current caller needs no admin key; see `access.is_open`."""
        return access.is_open(self.service.settings)

    @property
    def has_key(self) -> bool:
        """Whether an admin key is set."""
        return bool(self.service.settings.admin_key)

    @property
    def hub_repo(self) -> str:
        """The configured Hub repository; "" if there is none."""
        return self.service.settings.hub_repo or ""

    def check(self, key: str) -> None:
        """Raise `NotAllowed` unless the service is open or this is its admin key."""
        access.check(self.service.settings, key, self.service.limits)

    def train(self, names: Sequence[str]) -> Job:
        """Train models into a new release; models that are up to date are reused.

        Raises:
            BadInput: there are no names, or another job is running.
            UnknownModel: there is no such model.
        """
        return self.background.begin("train", models=self._known(names))

    def evaluate(self, names: Sequence[str], split: str = "random") -> Job:
        """Evaluate models on held-out ratings and store the result with the release.

        Raises:
            BadInput: there are no names, the split is unknown, or another job is running.
            UnknownModel: there is no such model.
        """
        if split not in SPLITS:
            raise BadInput(f"Split {split!r:.300} is unknown; use {listing(SPLITS)}.")
        return self.background.begin("evaluate", models=self._known(names), split=split)

    def push(self, repo: str, private: bool = False) -> Job:
        """Push the current release to a model repository on the Hub.

        Raises:
            BadInput: no repository or an illegal name, or another job is running.
        """
        return self.background.begin("push", repo=_named(repo), private=private)

    def pull(self, repo: str, revision: str = "main") -> Job:
        """Pull a release from the Hub, and serve it if it was trained on the same data.

        Raises:
            BadInput: no repository or an illegal name, or another job is running.
        """
        return self.background.begin("pull", repo=_named(repo), revision=revision or "main")

    def cancel(self) -> None:
        """Stop the running job.

        Raises:
            BadInput: no job is running.
        """
        job = self.background.running
        if job is None:
            raise BadInput("No job is running.")
        job.cancel()

    def switch(self, version: str) -> Release:
        """Serve another release from the next call on; with a shared store, pin it on all replicas.

        Raises:
            UnknownModel: there is no such release.
            BrokenRelease: it is invalid.
            BadInput: it was trained on other data, or a running job would switch again.
            StoreUnavailable: the other replicas cannot be told; nothing changes.
        """
        self.background.check_idle()
        root, served, catalogue = self.service.settings.releases, self.service.release, self.service.catalogue
        release = releases.switch(root, version)
        if not release.fits(catalogue):
            releases.switch(root, served.version)
            raise BadInput(
                f"Release {version} was trained on other data than {catalogue.info['title']}. "
                f"Release {served.version} is still served."
            )
        self._share(release, served, releases.pinned(root))
        if self.service.visitors.store.is_shared:
            releases.pin(root, version)
        self.service.use(release)
        return release

    def roll_back(self) -> Release:
        """Serve the newest older release that fits the data, and pin it.

        Raises:
            UnknownModel: there is no such release.
            BadInput: a job is running.
            StoreUnavailable: the other replicas cannot be told; nothing changes.
        """
        self.background.check_idle()
        catalogue, root, served = self.service.catalogue, self.service.settings.releases, self.service.release
        pinned = releases.pinned(root)
        release = releases.roll_back(root, lambda older: older.fits(catalogue))
        self._share(release, served, pinned)
        self.service.use(release)
        return release

    def unpin(self) -> None:
        """Let this service, and all replicas of a shared store, follow newer releases on the Hub again.

        Raises:
            StoreUnavailable: the other replicas cannot be told; nothing changes.
        """
        shared_release.unpin(self.service.visitors, self.service.settings.releases)

    @property
    def pinned(self) -> str:
        """The pinned release; "" if there is none."""
        return releases.pinned(self.service.settings.releases) or ""

    def _share(self, release: Release, served: Release, pinned: str | None) -> None:
        """Announce a release; if that fails, restore the current and the pinned release."""
        root = self.service.settings.releases
        try:
            shared_release.announce(self.service.visitors, release, pinned=True)
        except StoreUnavailable:
            releases.unpin(root)
            if pinned is not None:
                releases.pin(root, pinned)
            releases.switch(root, served.version)
            raise

    def versions(self) -> list[str]:
        """The releases on disk, newest first."""
        return releases.versions(self.service.settings.releases)

    def replicas(self) -> list[Replica]:
        """The replicas of a shared store; empty if the store belongs to one replica or cannot be used now."""
        visitors = self.service.visitors
        try:
            return visitors.shared.replicas() if visitors.store.is_shared else []
        except StoreUnavailable:
            return []

    def job(self) -> dict[str, Any] | None:
        """The running job or the last one; None before the first.

        Returns:
            name, running, seconds, share (0 to 1, None if unknown), outcome ("", "done", "failed", "cancelled"), and
            the latest lines.
        """
        job = self.background.latest
        if job is None:
            return None
        return {
            "name": job.task,
            "running": job.ended is None,
            "seconds": round((job.ended or time()) - job.started, 1),
            "share": 1.0 if job.outcome == "done" else job.share,
            "outcome": job.outcome,
            "lines": list(job.lines)[-SHOWN_LINES:],
        }

    def _known(self, names: Sequence[str]) -> list[str]:
        if not names:
            raise BadInput("No model is chosen. Choose at least one.")
        return [registry.get(str(name)).name for name in names]


def _named(repo: str) -> str:
    if not repo.strip():
        raise BadInput("No repository is named. Write it as USER/REPO.")
    check_repo(repo.strip())  # before a process is started
    return repo.strip()
