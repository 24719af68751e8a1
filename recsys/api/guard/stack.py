"""Combine the middleware of the guard into one ASGI application, outermost first."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp

from recsys.api.guard.body_limit import BodyLimit
from recsys.api.guard.direct import Direct, Gradio, Handlers
from recsys.api.guard.gradio_requests import GradioRequests, PageCalls
from recsys.api.guard.headers import SecurityHeaders
from recsys.api.guard.hosts import Hosts
from recsys.api.guard.open_requests import OpenRequests
from recsys.api.guard.origins import Origins
from recsys.api.guard.routes import Routes, is_public
from recsys.api.guard.sign_ins import SignIns
from recsys.serving.rate_limit import RateLimits
from recsys.settings import Settings


def guarded(
    app: ASGIApp, settings: Settings, calls: PageCalls, direct: Mapping[str, Handlers], limits: RateLimits
) -> ASGIApp:
    """Wrap an application in the guard.

    Args:
        calls: calls that the page's own requests may make.
        direct: handlers of paths that are answered without Gradio, by path and method.
        limits: rate limits of the service.
    """
    app = Gradio(GradioRequests(app, calls))
    app = Direct(app, direct)
    app = SignIns(app, limits)
    app = BodyLimit(app)
    app = Routes(app, frozenset(direct))
    app = Origins(app, settings, is_public)
    app = OpenRequests(app)
    app = Hosts(app, settings)
    return SecurityHeaders(app, settings)
