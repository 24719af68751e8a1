"""Background jobs, one at a time: calibrate what is served, train and evaluate the missing models, or tasks of the
operator."""

from __future__ import annotations

import json
import logging
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from dataclasses import dataclass, field
from pathlib import Path
from time import time
from typing import Any

from recsys import release as releases
from recsys.data.working_folders import remove_abandoned_scratch
from recsys.errors import BadInput, RecsysError, StoreUnavailable
from recsys.models import registry
from recsys.release import Release
from recsys.runtime import shared_release, zero_gpu
from recsys.runtime.job_command import job_command
from recsys.serving.service import Service
from recsys.settings import process_environment
from recsys.training import calibrating
from recsys.training.choice import default_models, estimated_seconds, improving, startup_models, suitable_models
from recsys.visitors.store.turns import turn

log = logging.getLogger(__name__)

MAX_LINES = 200
FAILED, STOPPED = 1, -15
LONG = ("train", "calibrate", "evaluate", "push")
"""Tasks that only one replica may run at a time."""


@dataclass
class Job:
    """One task in a separate process with low priority, because training in this process would delay all answers.

    Attributes:
        task: name of the task in `job_process.TASKS`.
        arguments: the arguments of the task, as JSON values.
        lines: the latest lines that it reported or logged.
        share: share of the work done, from 0 to 1; None if unknown.
        started, ended: seconds since 1970; `ended` is None until its release is served.
        status: exit status, below 0 if it was stopped; None while it runs.
        cancelled: whether it was cancelled.
    """

    task: str
    arguments: dict[str, Any]
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=MAX_LINES))
    share: float | None = None
    started: float = field(default_factory=time)
    ended: float | None = None
    status: int | None = None
    cancelled: bool = False
    _process: subprocess.Popen[str] | None = None

    @property
    def outcome(self) -> str:
        """ "done", "failed" or "cancelled"; "" while it runs."""
        if self.ended is None:
            return ""
        return "cancelled" if self.cancelled else "failed" if self.status else "done"

    def run(self) -> None:
        """Run the task to its end and set `status`."""
        try:
            self.status = STOPPED if self.cancelled else self._run()
        except OSError as error:
            self.fail(f"{self.task} could not be started: {error}")

    def fail(self, why: str) -> None:
        """Record that the job failed."""
        self.lines.append(why)
        self.status = FAILED

    def cancel(self) -> None:
        """Stop the process; releases are written atomically, so no incomplete release remains."""
        self.cancelled = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def _run(self) -> int:
        nice, gpu = ["nice", "-n", "10"] if shutil.which("nice") else [], zero_gpu.available()
        command = [*nice, *job_command(self.task, self.arguments, *(["gpu"] if gpu else []))]
        # With ZeroGPU, a process has a GPU only while the Hub lends it one, though CUDA may seem to be there.
        env, pipe = process_environment(gpu=not gpu), subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env) as process:
            self._process = process
            if self.cancelled:
                process.terminate()
            logged = threading.Thread(target=self._collect, args=[process.stderr], daemon=True)
            logged.start()
            for text in process.stdout or ():
                self._take(json.loads(text), process)
            logged.join()
            status = process.wait()
        if self.cancelled:
            remove_abandoned_scratch()  # what it was writing, such as ratings for a training on a GPU
        return status

    def _take(self, message: dict[str, Any], process: subprocess.Popen[str]) -> None:
        """Handle one message of the process; see `job_process`."""
        if folder := message.get("gpu"):
            # in a thread, so that progress is still read; in this context, whose request says whose quota is used
            lending = threading.Thread(target=copy_context().run, args=[self._lend, Path(folder), process], daemon=True)
            lending.start()
            return
        self.lines.append(message.get("error") or message.get("line") or "")
        if message.get("warning"):
            log.warning("%s: %s", self.task, self.lines[-1])
        if message.get("share") is not None:
            self.share = message["share"]

    def _lend(self, folder: Path, process: subprocess.Popen[str]) -> None:
        """Train the model that the process asks for on a GPU, and answer; see `gpu_borrower`."""

        def answer(**message: Any) -> None:
            if process.stdin is not None and process.poll() is None:
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()

        try:
            why = zero_gpu.lend(folder, lambda line, share=None: answer(line=line, share=share), lambda: self.cancelled)
            answer(refused=why)
        except (OSError, ValueError) as error:  # its input is closed: it ended, for example because it was cancelled
            log.info("The result of a GPU was not delivered: %s", error)

    def _collect(self, logged: Iterable[str]) -> None:
        self.lines.extend(line.rstrip() for line in logged)


def long_work(catalogue: str) -> str:
    """Name of the work that one replica does at a time."""
    return f"jobs of {catalogue}"


class Background:
    """Queue of the jobs of one service, which run one after another.

    Attributes:
        service: the service, which serves the release of the last successful job.
        jobs: the started jobs, oldest first.
    """

    def __init__(self, service: Service):
        self.service = service
        self.jobs: list[Job] = []
        self._turn = threading.Lock()
        self._adding = threading.Lock()

    @property
    def running(self) -> Job | None:
        """The running or waiting job."""
        return next((job for job in self.jobs if job.ended is None), None)

    @property
    def latest(self) -> Job | None:
        """The running job, or the one that was started last."""
        return self.running or (self.jobs[-1] if self.jobs else None)

    def missing(self) -> list[str]:
        """Models that are trained by default and are not in the release yet."""
        wanted = default_models(self.service.catalogue) if self.service.has_ratings else []
        trainable = self.trainable()
        return [name for name in wanted if name in trainable]

    def trainable(self) -> list[str]:
        """Models that can be trained on these ratings with the installed packages and are not in the release yet."""
        return [
            name
            for name in suitable_models(registry.names(), self.service.catalogue)
            if name not in self.service.release.names and not registry.get(name).missing_modules()
        ]

    def start(self) -> threading.Thread:
        """Calibrate what is served, train the missing models, then evaluate those without metrics.

        That happens in processes, for which a thread waits.
        """
        thread = threading.Thread(
            target=copy_context().run, args=[self._complete_release], name="background", daemon=True
        )
        thread.start()
        return thread

    def do(self, task: str, **arguments: object) -> Job:
        """Run one job and serve its release; a failure is logged and changes nothing."""
        with self._adding:
            self.jobs.append(job := Job(task, arguments))
        self._carry_out(job)
        return job

    def begin(self, task: str, **arguments: object) -> Job:
        """Start one job without waiting for it.

        Raises:
            BadInput: another job is running.
        """
        with self._adding:
            self.check_idle()
            self.jobs.append(job := Job(task, arguments))
        # in the context of the caller: ZeroGPU finds the request in it, and so whose quota pays
        threading.Thread(target=copy_context().run, args=[self._carry_out, job], name=job.task, daemon=True).start()
        return job

    def check_idle(self) -> None:
        """Raise BadInput if a job is running."""
        if self.running is not None:
            raise BadInput(f"Another job is running: {self.running.task}. Wait for it, or cancel it first.")

    def _carry_out(self, job: Job) -> None:
        with self._turn, self._turn_among_replicas(job):
            job.run()
            if job.status == 0:
                self._serve_result(job)
            elif not job.cancelled:
                last_line = job.lines[-1] if job.lines else ""
                log.warning("%s ended with status %s: %s", job.task, job.status, last_line)
            job.ended = time()

    def _turn_among_replicas(self, job: Job) -> AbstractContextManager[object]:
        """Wait until no other replica runs a long job; a cancelled job does not wait."""
        if job.task not in LONG:
            return nullcontext()
        visitors = self.service.visitors
        waiting = "Another replica runs a job now; waiting for it"
        return turn(
            visitors.store, long_work(visitors.catalogue), lambda: job.lines.append(waiting), lambda: job.cancelled
        )

    def _serve_result(self, job: Job) -> None:
        """Serve the release of a job; if it cannot be served, keep the current one."""
        root, served = self.service.settings.releases, self.service.release
        try:
            current = releases.current(root)
            if current is None or current.version == served.version:
                return
            if current.fits(self.service.catalogue):
                self.service.use(current)
                self._announce(current)
                return
            releases.switch(root, served.version)
            title = self.service.catalogue.info["title"]
            why = f"Release {current.version} was trained on other data than {title} and is not served."
        except RecsysError as error:
            why = f"{error} Serving release {served.version}."
        job.fail(why)
        log.warning("%s", why)

    def _announce(self, release: Release) -> None:
        try:
            pinned = releases.pinned(self.service.settings.releases) is not None
            shared_release.announce(self.service.visitors, release, pinned=pinned)
        except StoreUnavailable as error:
            log.warning("%s The other replicas do not know of release %s.", error.details, release.version)

    def _complete_release(self) -> None:
        if calibrating.pending(self.service.release):
            self.do("calibrate")  # first, because until then no list shows a match
        catalogue, missing = self.service.catalogue, self.missing()
        slow = [name for name in missing if estimated_seconds(name, catalogue) is not None]
        of_start = improving(startup_models(catalogue), self.service.defaults.user, missing)
        quick = [name for name in missing if name not in slow and name not in of_start]
        # those of the start one by one, because each improves what the page shows
        for names in filter(None, [*([name] for name in of_start), quick]):
            self.do("train", models=names)
        self._measure()
        # one job for each, after all faster jobs
        for name in slow:
            self.do("train", models=[name])
            self._measure()

    def _measure(self) -> None:
        records = self.service.release.manifest["models"]
        unmeasured = [
            name
            for name in self.service.release.names
            if not records[name].get("metrics") and not records[name].get("engine")
        ]
        if unmeasured and self.service.has_ratings:
            self.do("evaluate", models=unmeasured, split="random")
