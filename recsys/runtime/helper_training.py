"""Train the models of a first start in another process, while this one imports what the page needs.

The process is started before the database is built. Until then it imports the libraries of the training, which takes
longer than the training itself; then it waits for a line on its standard input. See `job_process`.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from recsys.data.progress import Progress
from recsys.runtime.job_command import job_command
from recsys.settings import process_environment

log = logging.getLogger(__name__)
TASK, GO = "train_at_start", "go\n"
ENDS_S = 5.0  # longest wait for the process to end after it was terminated


class Helper:
    """A process that waits to train the models that a page needs.

    Args:
        process: runs the task `train_at_start`.
        meanwhile: called while the models are trained.
    """

    def __init__(self, process: subprocess.Popen[str], meanwhile: Callable[[], object]):
        self._process, self._meanwhile = process, meanwhile
        self._error = ""

    def train(self, progress: Progress) -> bool:
        """Let the process train on the database, which is ready; return whether it wrote a release.

        Args:
            progress: called in another thread with the reports of the process.
        """
        reading = threading.Thread(target=self._pass_on, args=[progress], name="first training", daemon=True)
        reading.start()
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(GO)
                self._process.stdin.flush()
        except OSError as error:  # it has ended
            self._error = str(error)
        self._meanwhile()
        reading.join()
        status = self._process.wait()
        if status:
            progress(f"The training in another process ended with status {status}. {self._error} Training here")
        return status == 0

    def _pass_on(self, progress: Progress) -> None:
        for text in self._process.stdout or ():
            message = json.loads(text)
            self._error = message.get("error", "")
            if not self._error:
                progress(message["line"], message.get("share"))


@contextmanager
def helper(meanwhile: Callable[[], object] | None) -> Iterator[Helper | None]:
    """Start a helper that ends with the block; None if there is nothing to do meanwhile or no core for it."""
    if meanwhile is None or (os.cpu_count() or 1) < 2:
        yield None
        return
    command, env, pipe = job_command(TASK, {}), process_environment(), subprocess.PIPE
    try:
        # in a session of its own, because Ctrl-C is handled by this process, which then ends the other one
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env, start_new_session=True)
    except OSError as error:
        log.info("The first training has no process of its own: %s", error)
        yield None
        return
    try:
        yield Helper(process, meanwhile)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):  # a process that has ended did not read what it was sent
                stream.close()
