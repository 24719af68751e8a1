"""HTTP handlers of /health and /ready, for load balancers and orchestrators."""

from __future__ import annotations

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from recsys.api.guard.direct import Handlers
from recsys.serving.service import Service

READY, NOT_READY = 200, 503
_CHECKING = CapacityLimiter(2)  # threads of their own, so that a store that is away does not delay answers


def probes(service: Service) -> dict[str, Handlers]:
    """Return the handlers by path and method.

    `/health` says that the process answers; restart it if it does not. `/ready` says that it can do all its work; send
    requests elsewhere while it cannot.
    """

    # In the event loop, so that it answers while all worker threads are busy.
    async def health(request: Request) -> JSONResponse:
        return JSONResponse(service.health())

    async def ready(request: Request) -> JSONResponse:
        found = await to_thread.run_sync(service.readiness, limiter=_CHECKING)
        return JSONResponse(found, READY if found["ok"] else NOT_READY)

    return {"/health": {"GET": health, "HEAD": health}, "/ready": {"GET": ready, "HEAD": ready}}
