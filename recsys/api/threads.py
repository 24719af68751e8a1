"""Worker threads of the API: an answer may wait for a disk or for TMDb, which must not stop the event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

Result = TypeVar("Result")
# Few threads, because Python runs one at a time and more would delay the event loop. Writes have separate threads, so
# that reads do not wait while the database is locked.
_READING, _WRITING = CapacityLimiter(8), CapacityLimiter(4)


async def in_thread(work: Callable[..., Result], *given: object, writes: bool = False) -> Result:
    """Call a function in a worker thread, which has the context variables of the caller."""
    return await to_thread.run_sync(work, *given, limiter=_WRITING if writes else _READING)
