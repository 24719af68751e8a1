"""End the process in a bounded time after SIGTERM or Ctrl-C, whatever hangs."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

ENDS_S = 6.0
"""Seconds after the signal. Containers are killed 10 s after it, a Space sooner."""


def end_in_time(seconds: float = ENDS_S) -> None:
    """Let SIGTERM end the process in order, and in any case after some seconds; call it in the main thread.

    The orderly end closes stores and waits for threads. A request that hangs, or a computation that runs in a library,
    must not delay it: Python's own signal handler runs only between two steps of the main thread, so a thread that is
    woken by the system watches as well. What is not backed up then stays in the database of visitors.
    """
    woken, waking = socket.socketpair()
    waking.setblocking(False)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=[woken, waking, seconds], name="shutdown", daemon=True).start()


def _watch(woken: socket.socket, waking: socket.socket, seconds: float) -> None:
    # `waking` is an argument so that the socket is not closed while the thread runs.
    while woken.recv(1)[0] not in (signal.SIGTERM, signal.SIGINT):
        continue
    threading.Event().wait(seconds)
    print(f"Ended {seconds:g} s after the signal; something still hung.", file=sys.stderr, flush=True)
    os._exit(0)
