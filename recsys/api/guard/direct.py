"""Answer some requests without Gradio, and remove some headers of Gradio's answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.guard.origins import without_cors
from recsys.api.guard.refusal import refuse

Handlers = Mapping[str, Callable[[Request], Awaitable[Response]]]
"""Handlers of one path, by method; a path that ends with a slash stands for all paths that begin with it."""
NOT_ALLOWED = 405


def beginning(path: str) -> str:
    """The first part of a path with its slashes, by which handlers of many paths are found.

    >>> beginning("/lists/guest-a/b/json"), beginning("/feed")
    ('/lists/', '')
    """
    return path[: path.find("/", 1) + 1]


class Direct:
    """ASGI middleware that answers some paths itself, because Gradio's routing takes longer than most answers.

    Args:
        handlers: handlers by path.
    """

    def __init__(self, app: ASGIApp, handlers: Mapping[str, Handlers]):
        self._app, self._handlers = app, handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        handlers = self._handlers.get(path) or self._handlers.get(beginning(path))
        if handlers is None:
            await self._app(scope, receive, send)
        elif scope["method"] in handlers:
            response = await handlers[scope["method"]](Request(scope, receive))
            await response(scope, receive, send)
        else:
            allowed = ", ".join(handlers)
            sentence = f"Method {scope['method']!a:.20} is not allowed here; use {allowed}."
            await refuse(send, NOT_ALLOWED, sentence, [(b"allow", allowed.encode())])


class Gradio:
    """ASGI middleware that removes Gradio's own CORS headers, which allow every origin with credentials."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": without_cors(message.get("headers", []))}
            await send(message)

        await self._app(scope, receive, sending)
