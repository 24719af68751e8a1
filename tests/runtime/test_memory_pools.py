"""Threads share a few pools of memory, where the C library can do that."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest
from waiting import PATIENCE_S

COUNT = """
import ctypes, re, sys, threading
from recsys.runtime.memory_pools import few_memory_pools
if sys.argv[1] == "few":
    assert few_memory_pools()
libc = ctypes.CDLL(None)
everybody = threading.Barrier(9)
def allocate():
    libc.malloc.restype = ctypes.c_void_p
    held = libc.malloc(1000)
    everybody.wait()
    everybody.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for one in threads:
    one.start()
everybody.wait()
libc.malloc_stats()
everybody.wait()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has pools for threads")
def test_eight_threads_share_two_pools():
    counts = {}
    for how in ("few", "default"):
        done = subprocess.run(
            [sys.executable, "-c", COUNT, how], capture_output=True, text=True, check=True, timeout=PATIENCE_S
        )
        counts[how] = done.stderr.count("Arena")
    assert counts["few"] <= 2 < counts["default"]
