"""Check the origin of requests, against cross-site request forgery, and set CORS headers.

Gradio answers any origin with `Access-Control-Allow-Credentials`. Here no answer allows credentials. Public read
endpoints of a hosted server may be called from any site, without cookies. Other requests from other sites are refused,
and on a server that only serves this machine all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.guard.hosts import headers_of, name_of
from recsys.api.guard.refusal import Header, refuse
from recsys.settings import LOCAL_NAMES, Settings

FORBIDDEN = 403
PREFLIGHT = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"content-type"),
    (b"access-control-max-age", b"600"),
]
ANYBODY = (b"access-control-allow-origin", b"*")


def is_own(origin: str, headers: dict[str, str], allowed: frozenset[str]) -> bool:
    """Whether an Origin header names this server: the requested host, or one of RECSYS_ALLOWED_HOSTS.

    All names of this machine are equal if the port is equal; another port is another program.
    """
    try:
        parts = urlsplit(origin)
        name, port = name_of(parts.netloc), parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not name:
        return False
    if name in allowed:
        return True
    # A page can set these headers for a request to another site only after a preflight request, which is refused.
    for host in (headers.get("host", ""), headers.get("x-forwarded-host", "").split(",")[0]):
        own, own_port = _split(host, parts.scheme)
        if port == own_port and (name == own or (name in LOCAL_NAMES and own in LOCAL_NAMES)):
            return True
    return False


class Origins:
    """ASGI middleware that refuses other sites, except for public endpoints.

    Args:
        is_public: whether a method and path are a public read endpoint.
    """

    def __init__(self, app: ASGIApp, settings: Settings, is_public: Callable[[str, str], bool]):
        self._app, self._is_public = app, is_public
        self._allowed = frozenset((*settings.allowed_hosts, *settings.space_hosts))
        self._open = settings.is_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = headers_of(scope)
        origin = headers.get("origin")
        if origin is None or is_own(origin, headers, self._allowed):
            await self._app(scope, receive, send)
            return
        method = headers.get("access-control-request-method") or scope["method"]
        if self._open or not self._is_public(method, scope["path"]):
            await refuse(send, FORBIDDEN, _refused(origin, self._open))
        elif scope["method"] == "OPTIONS":
            await send({"type": "http.response.start", "status": 204, "headers": [ANYBODY, *PREFLIGHT]})
            await send({"type": "http.response.body", "body": b""})
        else:
            # The answer must not depend on the visitor, so the cookie is removed.
            scope = {**scope, "headers": [(name, value) for name, value in scope["headers"] if name != b"cookie"]}
            await self._app(scope, receive, _readable(send))


def _split(host: str, scheme: str) -> tuple[str, int | None]:
    """Name and port of a Host header; the port of the scheme if it has none."""
    try:
        port = urlsplit(f"//{host.strip()}").port
    except ValueError:
        return "", None
    return name_of(host), port or {"http": 80, "https": 443}[scheme]


def without_cors(headers: Iterable[Header]) -> list[Header]:
    """Remove the CORS headers that Gradio sets."""
    return [pair for pair in headers if not pair[0].lower().startswith(b"access-control-")]


def _readable(send: Send) -> Send:
    """Wrap `send` to add headers that let pages of any site read the answer."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*without_cors(message.get("headers", [])), ANYBODY]}
        await send(message)

    return sending


def _refused(origin: str, is_open: bool) -> str:
    if is_open:
        why = "This server only serves this machine and does not answer other web sites"
    else:
        why = "Other web sites may call only the public read endpoints"
    return f"{why}; the request came from {origin!a:.100}. Call it from its own page or from a program."
