"""Plain POST to the public endpoints: `POST /gradio_api/run/NAME` with `{"data": [parameters in order]}`.

`/gradio_api/api/NAME` is the same. They replace Gradio's own routes, for two reasons. Gradio answers all errors with
status 500; here an error of the caller is 422 and only a failure of the service is 500. And Gradio builds a session
from all components of the page for each of these calls, so an answer from the cache would take about three times the
CPU time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from math import ceil
from time import perf_counter
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from recsys.api.calls import EndpointFailed, Unavailable, call
from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS
from recsys.api.guard.direct import Handlers
from recsys.api.guard.gradio_requests import is_json
from recsys.api.guard.json_bodies import parse
from recsys.api.threads import in_thread
from recsys.errors import CALLER_ERRORS, BadInput, TooManyRequests
from recsys.serving.service import Service

PREFIXES = ("/gradio_api/run", "/gradio_api/api")
OK, INVALID, TOO_MANY, FAILED, UNAVAILABLE = 200, 422, 429, 500, 503
RETRY_S = 10  # Retry-After in seconds if the machine cannot store data
EXAMPLE = '{"data": [...]} with the parameters in order and Content-Type: application/json'


def handlers(service: Service) -> dict[str, Handlers]:
    """Return the handlers of POST requests, by path."""
    return {
        f"{prefix}/{name}": {"POST": handler(service, endpoint)}
        for name, endpoint in ENDPOINTS.items()
        for prefix in PREFIXES
    }


def handler(service: Service, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of POST requests to one endpoint."""

    async def handle(request: Request) -> Response:
        try:
            given = _parameters(request.headers.get("content-type", ""), await request.body())
            started = perf_counter()
            result = await in_thread(call, service, endpoint, given, writes=endpoint.writes)
        except TooManyRequests as error:
            return _json({"error": str(error)}, TOO_MANY, {"Retry-After": str(ceil(error.retry_after))})
        except CALLER_ERRORS as error:
            return _json({"error": str(error)}, INVALID)
        except Unavailable as error:
            return _json({"error": str(error)}, UNAVAILABLE, {"Retry-After": str(RETRY_S)})
        except EndpointFailed as error:
            return _json({"error": str(error)}, FAILED)
        except ClientDisconnect:
            return Response(status_code=INVALID)  # the client has closed the connection
        return _json({"data": [result], "duration": perf_counter() - started}, OK)

    return handle


def _parameters(content_type: str, body: bytes) -> list[Any]:
    """Parse the parameters in a body.

    Raises:
        BadInput: the body is not a JSON object with a list `data`, or is declared as another type: a form on another
            site can send any type but JSON.
    """
    if not is_json(content_type):
        raise BadInput(f"Content-Type is {content_type[:100] or 'missing'!r}. Send {EXAMPLE}.")
    try:
        found = parse(body)
    except BadInput as error:
        raise BadInput(f"{error} Send {EXAMPLE}.") from None
    given = found.get("data") if isinstance(found, dict) else None
    if not isinstance(given, list):
        raise BadInput(f"The body has no list “data”. Send {EXAMPLE}.")
    return given


def _json(value: Any, status: int, headers: dict[str, str] | None = None) -> Response:
    try:
        body: str | bytes = orjson.dumps(value)
    except TypeError:  # a lone surrogate or a number beyond 64 bits, which the standard library writes
        body = json.dumps(value)
    return Response(body, status, headers, media_type="application/json")
