"""HTTP handler of /metrics, for Prometheus: closed without a key."""

from __future__ import annotations

import math
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from recsys.api.guard.direct import Handlers
from recsys.errors import NotAllowed, TooManyRequests

UNAUTHORIZED, TOO_MANY = 401, 429
_COLLECTING = CapacityLimiter(1)  # a thread of its own, so that a store that is away does not delay answers


def handlers(collect: Callable[[], str], allow: Callable[[str], None], media_type: str) -> dict[str, Handlers]:
    """Return the handler by path.

    Args:
        collect: returns the metrics as text.
        allow: raises NotAllowed or TooManyRequests unless its argument is the key.
        media_type: type of the text.
    """

    def answer(key: str) -> Response:
        try:
            allow(key)
        except NotAllowed as error:
            return JSONResponse({"error": str(error)}, UNAUTHORIZED, {"WWW-Authenticate": "Bearer"})
        except TooManyRequests as error:
            wait = str(math.ceil(error.retry_after))
            return JSONResponse({"error": str(error)}, TOO_MANY, {"Retry-After": wait})
        return PlainTextResponse(collect(), media_type=media_type)

    async def metrics(request: Request) -> Response:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        key = key.strip() if scheme.lower() == "bearer" else ""
        return await to_thread.run_sync(answer, key, limiter=_COLLECTING)

    return {"/metrics": {"GET": metrics}}
