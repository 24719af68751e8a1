"""Plain POST to the public endpoints, straight to their functions.

Gradio makes a session for each of these calls from all that the page consists of, and looks for files, state, progress
and streams in it; the endpoints have none of these, and on a page of this size that takes longer than most answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import gradio as gr
from gradio.route_utils import API_PREFIX
from gradio.routes import ORJSONResponse
from gradio.utils import error_payload
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from recsys.api import endpoints as api

MOST_BYTES = 1_000_000
REFUSED, UNREADABLE = 500, 422  # as Gradio answers
EXAMPLE = '{"data": [...]} with the parameters in order and Content-Type: application/json'


def routes(endpoints: Mapping[str, Callable]) -> list[Route]:
    """A route for each endpoint, to be matched before Gradio's own."""
    return [
        Route(f"{API_PREFIX}/run/{name}", _Endpoint(name, function).answer, methods=["POST"])
        for name, function in endpoints.items()
    ]


class _Endpoint:
    def __init__(self, name: str, function: Callable):
        self._name, self._function = name, function
        self._calls, self._seconds = 0, 0.0

    async def answer(self, request: Request) -> Response:
        """What Gradio would answer."""
        try:
            given = _data(request.headers.get("content-type", ""), await _body(request))
        except gr.Error as error:
            return ORJSONResponse(error_payload(error, False), UNREADABLE)
        except ClientDisconnect:
            return Response(status_code=UNREADABLE)  # to nobody
        started = perf_counter()
        try:
            # in a thread, as it may have to wait for a disk or for TMDb
            result = await run_in_threadpool(self._function, *api.filled(self._name, self._function, given))
        except gr.Error as error:
            return ORJSONResponse(error_payload(error, False), REFUSED)
        seconds = perf_counter() - started
        self._calls += 1
        self._seconds += seconds
        return ORJSONResponse(
            {
                "data": [result],
                "is_generating": False,
                "duration": seconds,
                "average_duration": self._seconds / self._calls,
                "render_config": None,
                "changed_state_ids": [],
                "used_cache": None,
            }
        )


async def _body(request: Request) -> bytes:
    """The body, read no further than any question is long."""
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise gr.Error(
                f"the body is longer than {MOST_BYTES:,} bytes: ask for fewer items at a time.", print_exception=False
            )
    return b"".join(parts)


def _data(kind: str, body: bytes) -> list[Any]:
    """The parameters in a body.

    Raises:
        gr.Error: it is no JSON object with a list `data`; any other type of content could come from a form elsewhere.
    """
    kind = kind.split(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise gr.Error(f"Content-Type is {kind or 'missing'!r}: send {EXAMPLE}.", print_exception=False)
    try:
        told = json.loads(body)
    except ValueError as error:
        raise gr.Error(f"the body is not JSON ({error}): send {EXAMPLE}.", print_exception=False) from error
    given = told.get("data") if isinstance(told, dict) else None
    if not isinstance(given, list):
        raise gr.Error(f"the body has no list “data”: send {EXAMPLE}.", print_exception=False)
    return given
