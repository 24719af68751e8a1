"""Steps of a Spark job: said when done, and how far they are while they take long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from recsys.spark.failures import spoken

FIRST_S, EVERY_S = 2.0, 10.0  # until a step is said to be under way, and between two such lines
Progress = Callable[[str], None]


@contextmanager
def step(spark: Any, what: str, progress: Progress) -> Iterator[None]:
    """One step on the cluster: progress while it runs, one line with its seconds when it is done.

    Raises:
        SparkFailed: Spark gave up on it.
    """
    started, ended = time.perf_counter(), threading.Event()
    thread = threading.Thread(target=_report, args=[spark, what, progress, started, ended], daemon=True)
    thread.start()
    try:
        with spoken(what):
            yield
    finally:
        ended.set()
        thread.join()
    progress(f"{what}: done in {time.perf_counter() - started:.1f} s")


def _report(spark: Any, what: str, progress: Progress, started: float, ended: threading.Event) -> None:
    from py4j.protocol import Py4JError

    tracker = spark.sparkContext.statusTracker()
    wait_s = FIRST_S
    while not ended.wait(wait_s):
        wait_s = EVERY_S
        try:
            stages = [tracker.getStageInfo(number) for number in tracker.getActiveStageIds()]
        except (Py4JError, OSError):  # the session is going down; the step itself says why
            return
        stages = [stage for stage in stages if stage is not None]
        total, done = sum(stage.numTasks for stage in stages), sum(stage.numCompletedTasks for stage in stages)
        idle = stages and not done and not any(stage.numActiveTasks for stage in stages)
        state = "no worker has taken a task yet" if idle else f"{done} of {total} tasks of this stage" if total else ""
        progress(f"{what}: {time.perf_counter() - started:.0f} s{', ' if state else ''}{state}")
