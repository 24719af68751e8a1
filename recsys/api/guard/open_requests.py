"""Limit how many requests are open at once, so that open streams of one visitor leave room for all others."""

from __future__ import annotations

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api.guard.hosts import CLIENT
from recsys.api.guard.refusal import refuse
from recsys.serving.client import STRANGER

MOST, MOST_OF_ADDRESS = 1000, 500
BUSY, TOO_MANY = 503, 429
CLOSE = [(b"retry-after", b"10"), (b"connection", b"close")]
NEEDED = {("GET", "/health"), ("GET", "/ready"), ("GET", "/gradio_api/startup-events"), ("HEAD", "/")}
"""Requests that are always answered: those of load balancers, and those by which Gradio tests its own start."""


class OpenRequests:
    """ASGI middleware that refuses requests beyond a number that are open at once, in total and from one address.

    A request is open until its answer is complete, which for a stream of events is when the client leaves.

    Args:
        most: number of open requests in total.
        most_of_address: number of open requests of one network address.
    """

    def __init__(self, app: ASGIApp, most: int = MOST, most_of_address: int = MOST_OF_ADDRESS):
        self._app, self._most, self._most_of_address = app, most, most_of_address
        self._open: Counter[str] = Counter()
        self._total = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or (scope["method"], scope["path"]) in NEEDED:
            await self._app(scope, receive, send)
            return
        address = scope.get(CLIENT, STRANGER).address
        if self._open.get(address, 0) >= self._most_of_address:
            sentence = f"{self._most_of_address} requests from this address are still open. Close some of them."
            await refuse(send, TOO_MANY, sentence, CLOSE)
            return
        if self._total >= self._most:
            await refuse(send, BUSY, "The server has too many open requests. Try again later.", CLOSE)
            return
        self._open[address] += 1
        self._total += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._total -= 1
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]
