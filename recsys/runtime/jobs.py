"""Work that follows while the page is already up: the other models, then their measurement."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from time import time

from recsys import release as releases
from recsys.errors import BadInput, RecsysError
from recsys.models import registry
from recsys.serving.released_models import fits
from recsys.serving.service import Service
from recsys.training.choice import default_models

log = logging.getLogger(__name__)

KEPT_LINES = 200
FAILED, STOPPED = 1, -15


@dataclass
class Job:
    """One command of this package in a process of its own, at low priority.

    Training in this process would hold the interpreter that answers visitors.

    Attributes:
        arguments: of `python -m recsys`.
        lines: the latest lines it said.
        started, ended: seconds since 1970; `ended` None until its release is served.
        status: exit status, None while it runs.
        cancelled: whether it was told to stop.
    """

    arguments: list[str]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    started: float = field(default_factory=time)
    ended: float | None = None
    status: int | None = None
    cancelled: bool = False
    process: subprocess.Popen | None = None

    @property
    def name(self) -> str:
        """The command, such as `train`."""
        return self.arguments[0]

    def run(self) -> int:
        """Run to the end; returns the exit status, below 0 where it was stopped."""
        try:
            self.status = STOPPED if self.cancelled else self._run()
        except OSError as error:
            self.lines.append(f"recsys {self.name} could not be started: {error}")
            self.status = FAILED
        return self.status

    def _run(self) -> int:
        lower = ["nice", "-n", "10"] if shutil.which("nice") else []
        command = [*lower, sys.executable, "-m", "recsys", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if self.cancelled:
            self.process.terminate()
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
        return self.process.wait()

    def cancel(self) -> None:
        """Stop it; a release is written whole or not at all, so nothing half-made stays."""
        self.cancelled = True
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
        self._turn = threading.Lock()
        self._adding = threading.Lock()

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
            for name in default_models(self.service.catalogue)
            if name not in self.service.release.names and not registry.get(name).missing_modules()
        ]

    def start(self) -> threading.Thread:
        """Train what is missing and measure what is not measured, in a thread that waits for the processes."""
        thread = threading.Thread(target=self._follow_up, name="background", daemon=True)
        thread.start()
        return thread

    def do(self, *arguments: str) -> Job:
        """One job: run a command, then serve the release it left; failures are logged and change nothing."""
        with self._adding:
            self.jobs.append(job := Job(list(arguments)))
        self._carry_out(job)
        return job

    def begin(self, *arguments: str) -> Job:
        """The same without waiting for it.

        Raises:
            BadInput: another job is under way.
        """
        with self._adding:
            if self.running is not None:
                raise BadInput(f"{self.running.name} is under way: wait for it, or cancel it first.")
            self.jobs.append(job := Job(list(arguments)))
        threading.Thread(target=self._carry_out, args=[job], name=job.name, daemon=True).start()
        return job

    def _carry_out(self, job: Job) -> None:
        with self._turn:
            job.run()
            self._serve(job)
            job.ended = time()

    def _serve(self, job: Job) -> None:
        if job.status:
            if not job.cancelled:
                log.warning("recsys %s ended with %s: %s", job.name, job.status, job.lines[-1] if job.lines else "")
            return
        served, catalogue = self.service.release, self.service.catalogue
        try:
            current = releases.current(self.service.settings.releases)
            if current is None or current.version == served.version:
                return
            if fits(current, catalogue):
                self.service.use(current)
                return
            releases.switch(self.service.settings.releases, served.version)
            said = (
                f"Release {current.version} was trained on other data than {catalogue.info['title']} and is not served."
            )
        except RecsysError as error:
            said = f"{error} Serving release {served.version}."
        job.status = FAILED
        job.lines.append(said)
        log.warning("%s", said)

    def _follow_up(self) -> None:
        missing = self.missing()
        if missing:
            self.do("train", "--models", ",".join(missing))
        records = self.service.release.manifest["models"]
        unmeasured = [
            name
            for name in self.service.release.names
            if not records[name].get("metrics") and not records[name].get("engine")
        ]
        if unmeasured and self.service.catalogue.info["n_ratings"]:
            self.do("evaluate", "--models", ",".join(unmeasured))
