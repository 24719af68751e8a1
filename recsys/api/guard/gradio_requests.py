"""Validate requests to Gradio's own routes before Gradio handles them.

Gradio answers a malformed request with status 500 and writes a traceback to the log. Here the sender gets 4xx and one
sentence. The plain endpoints (`recsys.api.plain_post`) are handled before and check their bodies themselves.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.hosts import headers_of
from recsys.api.guard.json_bodies import parse
from recsys.api.guard.refusal import refuse
from recsys.api.guard.routes import GRADIO, endpoint_of
from recsys.errors import BadInput

log = logging.getLogger(__name__)

NOT_FOUND, NOT_JSON, INVALID, FAILED = 404, 415, 422, 500
LONGEST = 100  # largest number of characters of a session or event id


class Results(Protocol):
    """Results of queued calls; see `recsys.api.gradio_patches.UnreadResults`."""

    def is_waiting(self, name: str) -> bool: ...
    def reading(self, name: str) -> AbstractContextManager[None]: ...
    def drop(self) -> None: ...


class PageCalls(NamedTuple):
    """Calls that the page and Gradio's clients may make.

    Attributes:
        inputs: number of parameters of each event that runs on the server, by its number.
        endpoints: name of the endpoint of an event, by its number.
        servers: names of the server functions of each component, by its number.
        results: unread results of queued calls.
    """

    inputs: dict[int, int]
    endpoints: dict[int, str]
    servers: dict[int, frozenset[str]]
    results: Results


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is JSON; forms of other sites can send any type but JSON."""
    kind = content_type.split(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


class GradioRequests:
    """ASGI middleware that validates requests to paths below /gradio_api and logs failures of any path in one line."""

    def __init__(self, app: ASGIApp, calls: PageCalls):
        self._app, self._calls = app, calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith(f"{GRADIO}/"):
            await self._guarded(scope, receive, send)
            return
        path = scope["path"].rstrip("/")
        if scope["method"] == "GET":
            await self._read(path, scope, receive, send)
            return
        if scope["method"] != "POST":
            await self._guarded(scope, receive, send)
            return
        kind = headers_of(scope).get("content-type", "")
        if not is_json(kind):
            await refuse(send, NOT_JSON, f"Content-Type is {kind or 'missing'!a:.100}. Send application/json.")
            return
        message = await receive()
        try:
            self._check(path, parse(message.get("body", b"")))
        except BadInput as error:
            await refuse(send, INVALID, str(error))
            return
        self._calls.results.drop()
        await self._guarded(scope, _again(message, receive), send)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Call Gradio; answer and log an exception that it raises in one line."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            log.error(
                "%s %.200s failed in Gradio: %s: %.200s", scope["method"], scope["path"], type(error).__name__, error
            )
            log.debug("Where it failed", exc_info=True)
            if not started:
                await refuse(send, FAILED, "The request failed because of an internal error.")

    async def _read(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a GET request; stream results only if there are any."""
        name = _results_asked(path, scope["query_string"])
        if name is None:
            await self._guarded(scope, receive, send)
        elif not self._calls.results.is_waiting(name):
            await refuse(send, NOT_FOUND, "There are no results to fetch here. Make the call again.")
        else:
            with self._calls.results.reading(name):
                await self._guarded(scope, receive, send)

    def _check(self, path: str, body: Any) -> None:
        """Raise `BadInput` if a body is invalid for its path."""
        if "/mcp" in path:
            return  # the MCP protocol has its own errors
        if not isinstance(body, dict):
            raise BadInput(f"The body is {body!a:.60}. Send a JSON object.")
        for name in ("session_hash", "event_id"):
            if not isinstance(body.get(name, ""), (str, type(None))) or len(body.get(name) or "") > LONGEST:
                raise BadInput(f"{name} is {body[name]!a:.60}. Send a text of up to {LONGEST} characters.")
        _refuse_files(body)
        if path == f"{GRADIO}/component_server":
            self._check_server_call(body)
        elif path.startswith(f"{GRADIO}/call/v2/"):
            _check_named(endpoint_of(path), body)
        elif path.startswith(f"{GRADIO}/call/"):
            ENDPOINTS[endpoint_of(path)].complete(_data(body))
        elif path in (f"{GRADIO}/queue/join", f"{GRADIO}/run/predict"):
            self._check_event(body, is_direct=path.endswith("/predict"))

    def _check_server_call(self, body: dict[str, Any]) -> None:
        number, name = body.get("component_id"), body.get("fn_name")
        known = self._calls.servers.get(number, ()) if type(number) is int else ()
        if not isinstance(name, str) or name not in known:
            raise BadInput(f"Component {number!a:.60} has no function {name!a:.60}. Load the page again.")
        if not body.get("session_hash"):
            raise BadInput("session_hash is missing. Load the page again.")

    def _check_event(self, body: dict[str, Any], is_direct: bool) -> None:
        number, data = body.get("fn_index"), _data(body)
        if type(number) is not int or number not in self._calls.inputs:
            raise BadInput(f"fn_index is {number!a:.60}, which is no event of this page. Load the page again.")
        if body.get("batched") or body.get("simple_format"):
            raise BadInput("This event takes no batches. Leave out batched and simple_format.")
        if number in self._calls.endpoints:
            if is_direct:
                raise BadInput(
                    f"Event {number} is an endpoint. POST to /gradio_api/run/{self._calls.endpoints[number]}."
                )
            ENDPOINTS[self._calls.endpoints[number]].complete(data)
        elif len(data) != self._calls.inputs[number]:
            raise BadInput(f"The list “data” has {len(data)} values; this event takes {self._calls.inputs[number]}.")


def _results_asked(path: str, query: bytes) -> str | None:
    """The session or call whose results a path streams; None for other paths."""
    if path == f"{GRADIO}/queue/data":
        return dict(parse_qsl(query.decode("latin-1"))).get("session_hash", "")
    return path.rsplit("/", 1)[1] if path.startswith(f"{GRADIO}/call/") else None


def _data(body: dict[str, Any]) -> list[Any]:
    data = body.get("data")
    if not isinstance(data, list):
        raise BadInput(f"The list “data” is {data!a:.60}. Send a list of the parameters in order.")
    return data


def _check_named(name: str, body: dict[str, Any]) -> None:
    """Check parameters that were sent by name."""
    parameters = {parameter.name: parameter for parameter in ENDPOINTS[name].parameters}
    unknown = [key for key in body if key not in parameters]
    if unknown:
        raise BadInput(f"/{name} has no parameter {unknown[0]!a:.60}; it takes {', '.join(parameters) or 'none'}.")
    missing = [key for key, one in parameters.items() if one.default is one.empty and key not in body]
    if missing:
        raise BadInput(f"Parameter {missing[0]} of /{name} is missing.")


def _refuse_files(value: Any) -> None:
    """Raise `BadInput` if a value names a file, which Gradio would fetch; no endpoint accepts files."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "meta" in one and ("path" in one or "url" in one):
                raise BadInput("Files are not taken here. Send texts and numbers.")
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def _again(message: Message, receive: Receive) -> Receive:
    waiting = [message]

    async def receiving() -> Message:
        return waiting.pop() if waiting else await receive()

    return receiving
