"""Limit how often one address may begin or complete a sign-in with Hugging Face."""

from __future__ import annotations

import math

from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api.guard.refusal import refuse
from recsys.errors import TooManyRequests
from recsys.serving.rate_limit import RateLimits

PATHS = "/login/"
TOO_MANY = 429


class SignIns:
    """ASGI middleware that limits requests to Gradio's sign-in paths, because each of them contacts another server.

    Args:
        limits: rate limits of the service.
    """

    def __init__(self, app: ASGIApp, limits: RateLimits):
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"].startswith(PATHS):
            try:
                self._limits.sign_in()
            except TooManyRequests as error:
                wait = str(math.ceil(error.retry_after)).encode()
                await refuse(send, TOO_MANY, str(error), [(b"retry-after", wait)])
                return
        await self._app(scope, receive, send)
