"""End the process in a bounded time after SIGTERM or Ctrl-C, even if a thread hangs."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading

ENDS_S = 6.0
"""Seconds after the signal. Containers are killed 10 s after it, a Space sooner."""


def end_in_time(seconds: float = ENDS_S) -> None:
    """Shut down in order after SIGTERM, or forcibly after some seconds; call it in the main thread.

    The orderly shutdown closes stores and waits for threads. A hanging request or a computation in a library must not
    delay it. Python's signal handler runs only between two steps of the main thread, so a second thread, woken by the
    system, watches too. Data that is not backed up then stays in the visitors' database.
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
    print(f"Ended {seconds:g} s after the signal, although a thread was still busy.", file=sys.stderr, flush=True)
    os._exit(0)
