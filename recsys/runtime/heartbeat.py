"""Report that a long start still works if a step reports nothing for a while."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from recsys.data.progress import Progress

SILENCE_S = 1.5  # longest time without a line, in seconds


class Heartbeat:
    """Progress callback that adds a line whenever there was none for some time, until it is stopped.

    Args:
        progress: called with all lines, from several threads but one at a time.
        silence_s: seconds without a line.
    """

    def __init__(self, progress: Progress, silence_s: float = SILENCE_S):
        self._progress, self._silence_s = progress, silence_s
        self._one_line, self._stopped = threading.RLock(), threading.Event()
        self._reported = self._said = time.monotonic()  # the latest line of a step, and the latest of all

    def __call__(self, line: str, share: float | None = None, /) -> None:
        """Pass on one line."""
        with self._one_line:
            self._reported = self._said = time.monotonic()
            self._progress(line, share)

    def __enter__(self) -> Heartbeat:
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Add no further lines."""
        with self._one_line:
            self._stopped.set()

    def _beat(self) -> None:
        left = self._silence_s
        while not self._stopped.wait(left):
            with self._one_line:
                left = self._said + self._silence_s - time.monotonic()
                if left > 0 or self._stopped.is_set():
                    continue
                self._said, left = time.monotonic(), self._silence_s
                self._progress(f"Still working, {self._said - self._reported:.0f} s after the last line")
