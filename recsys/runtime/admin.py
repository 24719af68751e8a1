"""What an operator may do to a running service, behind a key unless it is served to this machine alone."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from time import time
from typing import Any

from recsys import release as releases
from recsys.errors import BadInput, NotAllowed, listing
from recsys.models import registry
from recsys.release import Release
from recsys.runtime.jobs import Background, Job
from recsys.serving.released_models import fits
from recsys.settings import Settings
from recsys.training.measure import SPLITS

LOCAL = ("127.0.0.1", "localhost", "::1")
SHOWN_LINES = 40
_PERCENT = re.compile(r"\s*(\d{1,3})%")
_TRAINED = re.compile(r"[a-z_]+: (trained in|left out)")


def is_open(settings: Settings) -> bool:
    """Whether the service is served to this machine alone, so that who can reach it may run it."""
    return not settings.on_space and settings.server_name in LOCAL


def check(settings: Settings, key: str) -> None:
    """Raise `NotAllowed` where the service is served to others and this is not its RECSYS_ADMIN_KEY."""
    if is_open(settings):
        return
    if not settings.admin_key:
        raise NotAllowed(
            "this is served to others and has no RECSYS_ADMIN_KEY: set one and start again to run it from here."
        )
    # Digests are of one length, so that the time taken tells nothing of the key's.
    given, right = (hashlib.sha256(text.encode()).digest() for text in (str(key), settings.admin_key))
    if not hmac.compare_digest(given, right):
        raise NotAllowed("this is not the RECSYS_ADMIN_KEY of this service.")


class Control:
    """Starts and stops the jobs of one service, and switches its releases."""

    def __init__(self, background: Background):
        self.background, self.service = background, background.service

    def train(self, names: Sequence[str]) -> Job:
        """Train models into a new release; what is trained already on the same data is kept.

        Raises:
            BadInput: no names, or another job is under way.
            UnknownModel: there is no such model.
        """
        return self.background.begin("train", "--models", self._known(names))

    def evaluate(self, names: Sequence[str], split: str = "random") -> Job:
        """Measure models on held-out ratings and keep the result with the release.

        Raises:
            BadInput: no names, no such split, or another job is under way.
            UnknownModel: there is no such model.
        """
        if split not in SPLITS:
            raise BadInput(f"no split {split!r}; there are {listing(SPLITS)}.")
        return self.background.begin("evaluate", "--split", split, "--models", self._known(names))

    def push(self, repo: str, private: bool = False) -> Job:
        """Push the current release to a model repo on the Hub.

        Raises:
            BadInput: no repo, or another job is under way.
        """
        return self.background.begin("push", *(["--private"] if private else []), "--", _repo(repo))

    def pull(self, repo: str, revision: str = "main") -> Job:
        """Pull a release from the Hub and serve it, where it was trained on the same data.

        Raises:
            BadInput: no repo, or another job is under way.
        """
        return self.background.begin("pull", f"--revision={revision or 'main'}", "--", _repo(repo))

    def cancel(self) -> None:
        """Stop the job under way.

        Raises:
            BadInput: there is none.
        """
        job = self.background.running
        if job is None:
            raise BadInput("nothing is under way.")
        job.cancel()

    def switch(self, version: str) -> Release:
        """Serve another release from the next question on.

        Raises:
            UnknownModel: there is no such release.
            BrokenRelease: it does not verify.
            BadInput: it was trained on other data, or a job is under way that would switch again.
        """
        self._idle()
        root, served = self.service.settings.releases, self.service.release
        release = releases.switch(root, version)
        if not fits(release, self.service.catalogue):
            releases.switch(root, served.version)
            raise BadInput(
                f"release {version} was trained on other data than {self.service.catalogue.info['title']}; "
                f"release {served.version} stays."
            )
        self.service.use(release)
        return release

    def roll_back(self) -> Release:
        """Serve the newest older release that can be served, and hold it.

        Raises:
            UnknownModel: there is none.
            BadInput: a job is under way.
        """
        self._idle()
        release = releases.roll_back(self.service.settings.releases, lambda older: fits(older, self.service.catalogue))
        self.service.use(release)
        return release

    def pin(self, version: str) -> Release:
        """Serve a release and hold it at later starts; the Hub is not followed meanwhile.

        Raises:
            UnknownModel, BrokenRelease, BadInput: as `switch`.
        """
        release = self.switch(version)
        return releases.pin(self.service.settings.releases, release.version)

    def unpin(self) -> None:
        """Follow the Hub again from the next start on."""
        releases.unpin(self.service.settings.releases)

    def pinned(self) -> str | None:
        """The version held, or None."""
        return releases.pinned(self.service.settings.releases)

    def versions(self) -> list[str]:
        """The releases on disk, newest first."""
        return releases.versions(self.service.settings.releases)

    def job(self) -> dict[str, Any] | None:
        """The job under way or else the last one: name, arguments, running, seconds, share (0 to 1 or None), outcome
        ("", "done", "failed", "cancelled") and its latest lines; None where there was none yet."""
        job = self.background.running or (self.background.jobs[-1] if self.background.jobs else None)
        if job is None:
            return None
        running, lines = job.ended is None, list(job.lines)
        outcome = "" if running else "cancelled" if job.cancelled else "failed" if job.status else "done"
        return {
            "name": job.name,
            "arguments": job.arguments[1:],
            "running": running,
            "seconds": round((job.ended or time()) - job.started, 1),
            "share": 1.0 if outcome == "done" else _share(job, lines),
            "outcome": outcome,
            "lines": lines[-SHOWN_LINES:],
        }

    def _idle(self) -> None:
        if self.background.running is not None:
            raise BadInput(f"{self.background.running.name} is under way: wait for it, or cancel it first.")

    def _known(self, names: Sequence[str]) -> str:
        if not names:
            raise BadInput("choose at least one model.")
        return ",".join(registry.get(str(name)).name for name in names)


def _repo(text: str) -> str:
    if not text.strip():
        raise BadInput("name the repository as USER/REPO.")
    return text.strip()


def _share(job: Job, lines: Sequence[str]) -> float | None:
    """How far a job is by what it said."""
    for line in reversed(lines):
        if found := _PERCENT.match(line):
            return min(int(found[1]), 100) / 100
    if job.name == "train":
        return sum(bool(_TRAINED.match(line)) for line in lines) / max(1, len(job.arguments[-1].split(",")))
    return None
