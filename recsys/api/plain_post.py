"""Plain POST to the public endpoints: `POST /gradio_api/run/NAME` with `{"data": [parameters in order]}`.

These routes stand before Gradio's own of the same address, for two reasons. Gradio answers every error with status 500;
here a caller's mistake is 422 and only a failure of the service is 500. And Gradio builds a session from all components
of the page for each of these calls: an answer from the cache takes about three times the CPU time that way.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from recsys.api.calls import EndpointFailed, call
from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS
from recsys.errors import CALLER_ERRORS, BadInput
from recsys.serving.service import Service

PREFIX = "/gradio_api/run"
MAX_BYTES = 1_000_000
OK, INVALID, FAILED = 200, 422, 500
EXAMPLE = '{"data": [...]} with the parameters in order and Content-Type: application/json'


def routes(service: Service) -> list[Route]:
    """A route for each endpoint, to be matched before Gradio's own."""
    return [
        Route(f"{PREFIX}/{name}", handler(service, endpoint), methods=["POST"]) for name, endpoint in ENDPOINTS.items()
    ]


def handler(service: Service, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Answer POST requests to one endpoint."""

    async def handle(request: Request) -> Response:
        try:
            given = _parameters(request.headers.get("content-type", ""), await _body(request))
            started = perf_counter()
            # In a worker thread: an answer may wait for a disk or for TMDb.
            result = await run_in_threadpool(call, service, endpoint, given)
        except CALLER_ERRORS as error:
            return _json({"error": str(error)}, INVALID)
        except EndpointFailed as error:
            return _json({"error": str(error)}, FAILED)
        except ClientDisconnect:
            return Response(status_code=INVALID)  # nobody is left to read it
        return _json({"data": [result], "duration": perf_counter() - started}, OK)

    return handle


async def _body(request: Request) -> bytes:
    """Read the body, at most MAX_BYTES of it."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise BadInput(f"The body is longer than {MAX_BYTES:,} bytes. Ask for fewer items at a time.")
    return b"".join(parts)


def _parameters(content_type: str, body: bytes) -> list[Any]:
    """Parse the parameters in a body.

    Raises:
        BadInput: the body is not a JSON object with a list `data`, or is declared as another type: a form on another
            site can send any type but JSON.
    """
    kind = content_type.split(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise BadInput(f"Content-Type is {kind or 'missing'!r}. Send {EXAMPLE}.")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"The body is not JSON ({error}). Send {EXAMPLE}.") from error
    given = found.get("data") if isinstance(found, dict) else None
    if not isinstance(given, list):
        raise BadInput(f"The body has no list “data”. Send {EXAMPLE}.")
    return given


def _json(value: Any, status: int) -> Response:
    return Response(json.dumps(value), status, media_type="application/json")
