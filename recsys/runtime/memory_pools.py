"""Limit the memory that the C library keeps for later when many threads have freed theirs."""

from __future__ import annotations

import ctypes
import sys

ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h
POOLS = 2  # Python runs one thread at a time, so more pools would only hold more freed memory


def few_memory_pools(pools: int = POOLS) -> bool:
    """Let all threads share a few pools of memory; return whether the C library can, which is glibc alone.

    glibc gives every thread its own pool, up to eight for each core, and memory that was freed in one of them is used
    again only by its threads. Call this before other threads are started.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and mallopt(ARENA_MAX, pools) == 1
