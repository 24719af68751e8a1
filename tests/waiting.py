"""Waiting in tests for what another thread, process or server does.

A test fails by what happens, not by how soon: on a slow machine that runs four tests at once everything takes many times
as long. So there is one limit, far above what is usual, and it only ends tests that would never end.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

PATIENCE_S = 600


def until(happened: Callable[[], Any], why: Callable[[], object] | str = "it did not happen in time") -> Any:
    """Return what `happened()` gives as soon as it is true; fail with `why` where it never is."""
    deadline = time.monotonic() + PATIENCE_S
    while not (answer := happened()):
        assert time.monotonic() < deadline, why() if callable(why) else why
        time.sleep(0.02)
    return answer
