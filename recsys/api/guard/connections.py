"""HTTP protocol with a time limit for request headers, and a number of connections for each network address."""

from __future__ import annotations

import asyncio
import ipaddress
from functools import lru_cache

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Seconds from the first byte of a request until its headers must be complete."""
MOST, MOST_OF_PEER = 2000, 500
"""Largest number of connections in total, which is more than that of open requests, and from one address."""
FILES = 4096
"""Number of open files that all connections, databases and libraries together need at most."""


def allow_open_files() -> None:
    """Raise the limit of open files of this process, which many systems set to 1024, to `FILES` if that is allowed."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class LimitedProtocol(H11Protocol):
    """uvicorn's protocol with a time limit for request headers and limits of connections, which uvicorn does not have.

    The limit for bodies is `body_limit.WAIT_S`, that for idle connections uvicorn's `timeout_keep_alive`. A peer that
    is a trusted proxy has no limit here, because `open_requests` counts the addresses that it forwards.
    """

    head_s = HEAD_S
    most, most_of_peer = MOST, MOST_OF_PEER
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timer for the first request, or close the connection if there are too many."""
        super().connection_made(transport)
        if self._is_too_many():
            transport.abort()
        else:
            self._wait()

    def data_received(self, data: bytes) -> None:
        """Parse the data; keep the timer running if the headers are incomplete."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and not self.transport.is_closing():
            if self._timer is None and self.timeout_keep_alive_task is None:
                self._wait()
        else:
            self._stop()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._stop()
        super().connection_lost(exc)

    def _is_too_many(self) -> bool:
        if len(self.connections) > self.most:
            return True
        if len(self.connections) <= self.most_of_peer or self.client is None:
            return False
        peer = self.client[0]
        if _is_trusted(peer, str(self.config.forwarded_allow_ips)):
            return False
        clients = [getattr(one, "client", None) for one in self.connections]
        return sum(client is not None and client[0] == peer for client in clients) > self.most_of_peer

    def _wait(self) -> None:
        self._timer = self.loop.call_later(self.head_s, self._close)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _close(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.IDLE:
            self.transport.close()


@lru_cache(maxsize=1024)
def _is_trusted(peer: str, proxies: str) -> bool:
    """Whether an address is one of the trusted proxies, a comma-separated list of addresses and networks.

    >>> _is_trusted("10.1.2.3", "127.0.0.1,10.0.0.0/8"), _is_trusted("192.0.2.7", "127.0.0.1"), _is_trusted("", "*")
    (True, False, True)
    """
    if proxies.strip() == "*":
        return True
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(one.strip(), strict=False) for one in proxies.split(",") if one.strip())
