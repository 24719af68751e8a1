"""Report the progress of a Spark job: regular lines while a step runs, and one when it is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recsys.data.progress import Progress
from recsys.training.spark.failures import spark_errors

FIRST_S, EVERY_S = 2.0, 10.0  # seconds before the first line about a running step, and between two lines


@contextmanager
def step(spark: Any, what: str, progress: Progress) -> Iterator[None]:
    """Run one step on the cluster and report its progress.

    Raises:
        SparkFailed: the step failed.
    """
    tracker = spark.sparkContext.statusTracker()
    with reported(what, progress, lambda: _state(tracker)), spark_errors(what):
        yield


@contextmanager
def reported(what: str, progress: Progress, state: Callable[[], str] = str) -> Iterator[None]:
    """Report the elapsed seconds and the `state` of a long operation, and its end."""
    started, ended = time.perf_counter(), threading.Event()

    def report() -> None:
        wait_s = FIRST_S
        while not ended.wait(wait_s):
            wait_s, now = EVERY_S, state()
            progress(f"{what}: {time.perf_counter() - started:.0f} s{', ' if now else ''}{now}")

    thread = threading.Thread(target=report, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    progress(f"{what}: done in {time.perf_counter() - started:.1f} s")


def _state(tracker: Any) -> str:
    from py4j.protocol import Py4JError

    try:
        stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
    except (Py4JError, OSError):
        return ""  # the session is ending; the step itself raises the error
    stages = [stage for stage in stages if stage is not None]
    total, done = sum(stage.numTasks for stage in stages), sum(stage.numCompletedTasks for stage in stages)
    if stages and not done and not any(stage.numActiveTasks for stage in stages):
        return "no worker has started a task yet"
    return f"{done} of {total} tasks of this stage" if total else ""
