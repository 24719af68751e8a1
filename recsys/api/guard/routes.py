"""List of the paths that this server answers; all other paths of Gradio are closed.

Gradio also serves development reloading, uploads, proxies, files by path, streams, run histories and monitoring. The
page uses none of them.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.types import ASGIApp, Receive, Scope, Send

from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.direct import beginning
from recsys.api.guard.refusal import refuse

GRADIO = "/gradio_api"
EXACT = {
    *("", "/health", "/ready", "/config", "/theme.css", "/favicon.ico", "/robots.txt", "/manifest.json"),
    *("/login/huggingface", "/login/callback", "/logout"),
    *(f"{GRADIO}/{name}" for name in ("info", "openapi.json", "app_id", "startup-events", "theme.css")),
    *(f"{GRADIO}/{name}" for name in ("queue/join", "queue/data", "queue/status", "cancel", "reset")),
    *(f"{GRADIO}/{name}" for name in ("component_server", "run/predict")),
    *(f"{GRADIO}/{name}" for name in ("mcp", "mcp/http", "mcp/schema")),
}
BELOW = ("/assets/", "/static/", "/svelte/", "/pwa_icon/", f"{GRADIO}/heartbeat/")
CALLS = ("run", "api", "call", "call/v2")
READABLE = ("/health", "/ready", f"{GRADIO}/info", f"{GRADIO}/openapi.json")
METHODS = ("GET", "HEAD", "POST", "OPTIONS", "DELETE")  # clients of MCP end their session with DELETE
NOT_ALLOWED = 405
LONGEST_PATH, LONGEST_NAME = 1000, 255  # characters of a path, and bytes of a part: no file has a longer name
_CONTROL = re.compile("[\0-\x1f\x7f]")
PRIVATE_READS = ("user", "export", "feed_address")
"""Endpoints that only read but return personal data, so other web sites may not call them."""


def endpoint_of(path: str) -> str:
    """The name of the endpoint that a path of Gradio's API calls, "" if it calls none; see `CALLS`.

    >>> [endpoint_of(f"/gradio_api/{path}") for path in ("call/v2/search", "call/search/7f", "run/predict")]
    ['search', 'search', '']
    """
    parts = path.rstrip("/").split("/")
    if len(parts) < 4 or parts[1] != GRADIO[1:] or parts[2] not in ("run", "api", "call"):
        return ""
    rest = parts[4:] if parts[2:4] == ["call", "v2"] else parts[3:]
    longest = 2 if parts[2] == "call" else 1  # results of a call are fetched by number
    return rest[0] if 1 <= len(rest) <= longest and rest[0] in ENDPOINTS else ""


def is_open(path: str) -> bool:
    """Whether this server answers this path."""
    plain = path.rstrip("/")
    is_known = plain in EXACT or plain.startswith(BELOW) or bool(endpoint_of(path))
    return is_known and not _is_impossible(path)


def _is_impossible(path: str) -> bool:
    """Whether a path has control characters, or it or a part of it is longer than that of any file.

    >>> _is_impossible("/assets/" + "é" * 127), _is_impossible("/assets/" + "é" * 128), _is_impossible("/assets/a\\0")
    (False, True, True)
    """
    if _CONTROL.search(path):
        return True
    parts = path.encode("utf-8", "surrogatepass").split(b"/")
    return len(path) > LONGEST_PATH or max(map(len, parts)) > LONGEST_NAME


def is_public(method: str, path: str) -> bool:
    """Whether other web sites may make this request: it changes nothing, and the answer does not depend on the user."""
    name = endpoint_of(path)
    if name:
        return method in ("GET", "POST") and not ENDPOINTS[name].writes and name not in PRIVATE_READS
    return method == "GET" and path.rstrip("/") in READABLE


class Routes:
    """ASGI middleware that answers 404 to paths that are not listed here, and 405 to methods that no path takes.

    Args:
        direct: paths that are answered without Gradio and need no check.
    """

    def __init__(self, app: ASGIApp, direct: Collection[str] = ()):
        self._app, self._direct = app, direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] not in METHODS:
            allowed = ", ".join(METHODS)
            sentence = f"Method {scope['method']!a:.20} is not allowed here; use {allowed}."
            await refuse(send, NOT_ALLOWED, sentence, [(b"allow", allowed.encode())])
            return
        if scope["path"] in self._direct or beginning(scope["path"]) in self._direct:
            await self._app(scope, receive, send)
            return
        if not is_open(scope["path"]):
            await refuse(send, 404, f"There is nothing at {scope['path']!a:.100}. See / for the page and its API.")
            return
        if endpoint_of(scope["path"]):
            plain = scope["path"].rstrip("/")
            scope = {**scope, "path": plain, "raw_path": plain.encode()}
        await self._app(scope, receive, send)
