"""Limit the size and duration of request bodies, before any route is called.

The whole body is read before the route is called, so no route waits for a slow sender, and chunked bodies are counted
while they arrive.
"""

from __future__ import annotations

import asyncio
import contextlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.guard.hosts import headers_of
from recsys.api.guard.refusal import refuse

MAX_BYTES = 1_000_000
WAIT_S = 20.0  # seconds for a whole body
MOST_DISCARDED, DISCARD_S = 100_000_000, 5.0
TOO_LARGE, TOO_SLOW, INVALID = 413, 408, 400
CLOSE = [(b"connection", b"close")]


class TooLarge(Exception):
    """A body is longer than the limit."""


class Gone(Exception):
    """The sender closed the connection before the body was complete."""


class BodyLimit:
    """ASGI middleware that reads the body of a request, up to a number of bytes and within a time limit.

    Args:
        limit: largest number of bytes of a body.
        wait_s: seconds until a body must be complete.
        discard_s: seconds for which the rest of a longer body is read.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BYTES, wait_s: float = WAIT_S, discard_s: float = DISCARD_S):
        self._app, self._limit, self._wait_s, self._discard_s = app, limit, wait_s, discard_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        length = headers.get("content-length", "")
        if not length and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        if length and "transfer-encoding" in headers:
            # a proxy that believes the other one would see the end of the body elsewhere
            sentence = "Content-Length and Transfer-Encoding contradict each other. Send one of them."
            await refuse(send, INVALID, sentence, CLOSE)
            return
        if length and not (length.isascii() and length.isdecimal()):
            await refuse(send, INVALID, f"Content-Length is {length!a:.60}. Send the number of bytes.", CLOSE)
            return
        try:
            # A body with a too large Content-Length is not read.
            if length and (len(length) > 18 or int(length) > self._limit):
                raise TooLarge
            async with asyncio.timeout(self._wait_s):
                body = await self._read(receive)
        except TooLarge:
            # A client that is still sending would not read the answer; one that sends Expect (curl) sends no body.
            if "expect" not in headers:
                await self._discard(receive)
            await refuse(send, TOO_LARGE, self._too_large(), CLOSE)
        except TimeoutError:
            await refuse(send, TOO_SLOW, f"The body was not complete after {self._wait_s:g} seconds.", CLOSE)
        except Gone:
            return
        else:
            await self._app(scope, _replayed(body, receive), send)

    async def _read(self, receive: Receive) -> bytes:
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            part = message.get("body", b"")
            size += len(part)
            if size > self._limit:
                raise TooLarge
            parts.append(part)
            if not message.get("more_body"):
                return b"".join(parts)

    async def _discard(self, receive: Receive) -> None:
        """Read and discard the rest of a body, up to a time and a size."""
        left = MOST_DISCARDED
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._discard_s):
                while left > 0:
                    message = await receive()
                    left -= len(message.get("body", b""))
                    if not message.get("more_body"):
                        return

    def _too_large(self) -> str:
        return f"The body is longer than {self._limit:,} bytes. Send less at a time."


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return a receive function with the body as one message, then the messages of the connection."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving
