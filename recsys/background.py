"""Work that follows while the page is already up: the other models, then their measurement."""

from __future__ import annotations

import importlib.util
import logging
import shutil
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from time import time

from recsys import release as releases
from recsys.errors import BrokenRelease
from recsys.models import registry
from recsys.service import Service

log = logging.getLogger(__name__)

KEPT_LINES = 200


@dataclass
class Job:
    """One command of this package in a process of its own, at low priority.

    Training in this process would hold the interpreter that answers visitors.

    Attributes:
        arguments: of `python -m recsys`.
        lines: the latest lines it said.
        started, ended: seconds since 1970; `ended` None while it runs.
        status: exit status, None while it runs.
    """

    arguments: list[str]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    started: float = field(default_factory=time)
    ended: float | None = None
    status: int | None = None
    process: subprocess.Popen | None = None

    def run(self) -> int:
        """Run to the end; returns the exit status."""
        lower = ["nice", "-n", "10"] if shutil.which("nice") else []
        command = [*lower, sys.executable, "-m", "recsys", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
        self.status = self.process.wait()
        self.ended = time()
        return self.status

    def cancel(self) -> None:
        """Stop it; a release is written whole or not at all, so nothing half-made stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()


class Background:
    """The jobs of one service, one after another.

    Attributes:
        jobs: those started, oldest first.
    """

    def __init__(self, service: Service):
        self.service = service
        self.jobs: list[Job] = []
        self._lock = threading.Lock()

    @property
    def running(self) -> Job | None:
        """The job under way."""
        return next((job for job in self.jobs if job.ended is None), None)

    def missing(self) -> list[str]:
        """Models that could be trained here and are not in the release."""
        if not self.service.catalogue.info["n_ratings"]:
            return []
        return [
            name
            for name in registry.names()
            if name not in self.service.release.names
            and all(importlib.util.find_spec(module) for module in registry.get(name).requires)
        ]

    def start(self) -> threading.Thread:
        """Train what is missing and measure what is not measured, in a thread that waits for the processes."""
        thread = threading.Thread(target=self._follow_up, name="background", daemon=True)
        thread.start()
        return thread

    def do(self, *arguments: str) -> Job:
        """One job: run a command, then serve the release it left; failures are logged and change nothing."""
        with self._lock:
            job = Job(list(arguments))
            self.jobs.append(job)
            status = job.run()
        if status:
            log.warning("recsys %s ended with %s: %s", " ".join(arguments), status, job.lines[-1] if job.lines else "")
            return job
        try:
            current = releases.current(self.service.settings.releases)
        except BrokenRelease as error:
            log.warning("%s Serving release %s.", error, self.service.release.version)
            return job
        if current is not None and current.version != self.service.release.version:
            self.service.use(current)
        return job

    def _follow_up(self) -> None:
        missing = self.missing()
        if missing:
            self.do("train", "--models", ",".join(missing))
        records = self.service.release.manifest["models"]
        unmeasured = [name for name in self.service.release.names if not records[name].get("metrics")]
        if unmeasured and self.service.catalogue.info["n_ratings"]:
            self.do("evaluate", "--models", ",".join(unmeasured))
