"""Requests that are crafted for each route of Gradio and of MCP, as bytes; each kind is a list without chance."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from raw_requests import Bad

LONE = "\ud800"
TEXTS = [
    "",
    "x",
    "x" * 5000,
    "../../etc/passwd",
    "a/b",
    "a\x00b",
    "%00",
    "é\u2028",
    "__proto__",
    "' OR 1=1 --",
    "{{7*7}}",
]
VALUES: list[Any] = [None, True, -1, 2**63, 10**200, 1.5, 1e308, [], {}, [[]], [None], LONE, *TEXTS]
ROUTES = ("queue/join", "run/predict", "component_server", "cancel", "reset", "call/search", "call/v2/search")
STREAM = "text/event-stream"
BOTH = {"Accept": f"application/json, {STREAM}"}
FOLDERS = ("/static/", "/assets/", "/svelte/", "/pwa_icon/", "/gradio_api/file=", "/gradio_api/file/", "/theme/")
FOLDERS += ("/gradio_api/stream/", "/gradio_api/custom_component/1/client/component/", "/gradio_api/proxy=")
FOLDERS += ("/monitoring/", "/gradio_api/run-history/records/", "/gradio_api/upload_progress?upload_id=")
CLIMBS = ("../" * n + "etc/passwd" for n in (1, 3, 8))
WAYS = [
    *CLIMBS,
    "/etc/passwd",
    "//etc/passwd",
    "..",
    ".",
    "",
    "%2e%2e/%2e%2e/app.py",
    "..%2f..%2fapp.py",
    "..%5c..%5cx",
]
WAYS += [
    "%252e%252e/app.py",
    "a%00.js",
    "%c0%ae%c0%ae/x",
    "C:%5cWindows%5cwin.ini",
    "CON",
    "http://127.0.0.1:1/x",
    "x" * 3000,
]
WAYS += [
    "js/../../../routes.py",
    "~root",
    "-1",
    "1e400",
    "NaN",
    "é",
    "%ff%fe",
    "fonts",
    "js",
    "img/..;/x",
    "1/2/3/playlist.m3u8",
]


def crafted() -> Iterator[tuple[str, Bad]]:
    """All crafted requests with the names of their kinds."""
    for kind, requests in KINDS.items():
        for bad in requests():
            yield kind, bad


def request(
    method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, unread: bool = False
) -> Bad:
    """One request; a body that is no bytes is written as JSON."""
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    lines = {"Host": "localhost", "Connection": "keep-alive"}
    if data or method == "POST":
        lines |= {"Content-Type": "application/json", "Content-Length": str(len(data))}
    lines |= headers or {}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Bad(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("utf-8", "surrogateescape") + data, unread)


def bodies() -> Iterator[Bad]:
    """One wrong value in each field of what the page sends, for each route."""
    fields = ("data", "fn_index", "session_hash", "event_id", "event_data", "trigger_id", "fn_name", "component_id")
    plain = {"data": [], "fn_index": 0, "session_hash": "s", "event_id": "e", "fn_name": "search", "component_id": 3}
    for route, field, value in itertools.product(ROUTES, fields, VALUES):
        yield request("POST", f"/gradio_api/{route}", {**plain, field: value})
    for route, value in itertools.product(ROUTES, VALUES):
        yield request("POST", f"/gradio_api/{route}", value)


def paths() -> Iterator[Bad]:
    """Ways out of the folders of the static files, and routes that are closed."""
    for method, folder, way in itertools.product(("GET", "HEAD", "POST"), FOLDERS, WAYS):
        yield request(method, folder + quote(way, safe="/%:~.=-"), headers={"Content-Length": "0"})


def sessions() -> Iterator[Bad]:
    """Streams of sessions and calls that nobody began; some are left at once, some are never read."""
    for text, route in itertools.product(map(str, VALUES), ("heartbeat/", "call/search/", "queue/data?session_hash=")):
        name = quote(text.encode("utf-8", "surrogatepass"), safe="")
        for method in ("GET", "HEAD", "DELETE"):
            stays = route == "heartbeat/" and method == "GET"
            yield request(method, f"/gradio_api/{route}{name}", unread=stays)
    for name in ("config", "", "login/callback", "login/huggingface", "logout", "gradio_api/startup-events"):
        for query in (
            "?session_hash=%ff",
            "?__theme=%00",
            "?code=x&state=y",
            "?logs=container&__sign=x",
            "?" + "a=1&" * 800,
        ):
            yield request("GET", f"/{name}{query}", unread=name == "gradio_api/startup-events")


def messages() -> Iterator[Any]:
    """Messages of MCP: a wrong value in each part, batches, other protocols."""
    methods = ("initialize", "ping", "tools/list", "tools/call", "resources/read", "prompts/get", "completion/complete")
    methods += (
        "resources/subscribe",
        "logging/setLevel",
        "notifications/cancelled",
        "sampling/createMessage",
        "",
        "x" * 5000,
    )
    plain = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    for field, value in itertools.product(plain, VALUES):
        yield {**plain, field: value}
    for method, value in itertools.product(methods, VALUES):
        yield {**plain, "method": method, "params": value}
        yield {
            **plain,
            "method": method,
            "params": {"name": value, "arguments": value, "uri": value, "requestId": value},
        }
    for version in ("", "1", "2024-11-05", "2025-03-26", "9999-12-31", "x" * 5000, 7, None):
        client = {"name": "x", "version": "1"}
        params = {"protocolVersion": version, "capabilities": {}, "clientInfo": client}
        yield {**plain, "method": "initialize", "params": params}
    for tool, value in itertools.product(("search", "similar", "rate", "join", "recommend_for", "about"), VALUES):
        for name in ("query", "title", "liked", "filters", "top_n", "key", "model"):
            yield {**plain, "method": "tools/call", "params": {"name": tool, "arguments": {name: value}}}
    yield from (
        [plain] * 50,
        [],
        [[]],
        [plain, None],
        {**plain, "id": 10**300},
        {**plain, "params": {"_meta": {"progressToken": 1}}},
    )
    yield from (
        {"jsonrpc": "2.0", "id": 1, "result": {}},
        {"jsonrpc": "2.0", "id": 1, "error": {"code": "x"}},
        VALUES[0],
        7,
        "x",
    )
    yield {"jsonrpc": "2.0", "method": "notifications/initialized"}


def tools() -> Iterator[Bad]:
    """Requests to MCP."""
    for message in messages():
        yield request("POST", "/gradio_api/mcp/", message, BOTH)
    plain = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for name, value in itertools.product(("Mcp-Session-Id", "Mcp-Protocol-Version", "Last-Event-ID", "Accept"), TEXTS):
        given = value.replace("\x00", "").replace("\u2028", "")
        for path in ("mcp", "mcp/", "mcp/http", "mcp/http/"):
            yield request("POST", f"/gradio_api/{path}", plain, BOTH | {name: given})
        yield request("GET", "/gradio_api/mcp/", headers={"Accept": STREAM, name: given}, unread=True)
        yield request("DELETE", "/gradio_api/mcp/", headers=BOTH | {name: given})
    for body in (
        b"",
        b"{",
        b"\xff",
        b"[" * 3000,
        b'{"jsonrpc": "2.0", "id": NaN}',
        b'{"id": ' + b"9" * 5000 + b"}",
        b"\xef\xbb\xbf{}",
    ):
        yield request("POST", "/gradio_api/mcp/", body, BOTH)
    for method, path in itertools.product(
        ("GET", "POST", "DELETE", "HEAD", "OPTIONS"), ("mcp/sse", "mcp/messages/", "mcp/schema", "mcp/x")
    ):
        yield request(method, f"/gradio_api/{path}?session_id=x&root_url=%00", None if method == "GET" else {})
    for _ in range(50):
        yield request("GET", "/gradio_api/mcp/", headers={"Accept": STREAM}, unread=True)
        yield request("POST", "/gradio_api/mcp/", plain, BOTH, unread=True)


KINDS = {"bodies": bodies, "paths": paths, "sessions": sessions, "tools": tools}
