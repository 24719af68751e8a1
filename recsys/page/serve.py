"""The web server: the page, the API and /health on one port."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from recsys.api import gradio_api, gradio_patches, plain_post
from recsys.data.progress import Progress
from recsys.errors import BadSetting
from recsys.page.build import build, launch_options
from recsys.page.document import Document
from recsys.runtime.jobs import Background
from recsys.serving.service import Service
from recsys.settings import Settings


def start(service: Service, settings: Settings, background: Background | None = None):
    """Launch without blocking; returns the running Blocks."""

    def health(request: Request) -> JSONResponse:
        return JSONResponse(
            {"ok": True, "release": service.release.version, "dataset": service.catalogue.info["dataset"]}
        )

    options = launch_options(settings)
    routes = [Route("/health", health), *plain_post.routes(service)]
    page = build(service, settings, background)
    try:
        page.launch(
            prevent_thread_lock=True,
            server_name=settings.server_name,
            server_port=settings.server_port,
            app_kwargs={"routes": routes, "middleware": [Middleware(Document, service=service)]},
            mcp_server=gradio_api.mcp_installed(),
            **options,
        )
    except OSError as error:
        port = settings.server_port or "7860 and the hundred after it"
        raise BadSetting(f"port {port} cannot be served on ({error}); set GRADIO_SERVER_PORT to a free one.") from error
    gradio_patches.answer_mcp_in_json(page)
    return page


def serve(service: Service, settings: Settings, say: Progress, background: Background | None = None) -> None:
    """Launch, say where, and block until interrupted."""
    page = start(service, settings, background)
    host = "127.0.0.1" if settings.server_name == "0.0.0.0" else settings.server_name
    say(f"serving {service.catalogue.info['title']} on http://{host}:{page.server_port}")
    page.block_thread()
