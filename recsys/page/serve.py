"""Start the service, then serve page, API and probes on one port until the process is terminated."""

from __future__ import annotations

import socket
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from recsys import __version__
from recsys.data.progress import Progress, one_line
from recsys.errors import BadSetting
from recsys.runtime import (
    access,
    counting,
    hub_updates,
    logs,
    metrics,
    prometheus,
    replicas,
    retention,
    warm_up,
    zero_gpu,
)
from recsys.runtime.garbage import objects_that_stay
from recsys.runtime.heartbeat import Heartbeat
from recsys.runtime.jobs import Background
from recsys.runtime.memory_pools import few_memory_pools
from recsys.runtime.shutdown import end_in_time
from recsys.runtime.startup import ready
from recsys.serving.service import Service
from recsys.settings import Settings
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors

if TYPE_CHECKING:
    import gradio as gr
    from starlette.types import ASGIApp

    from recsys.api.guard.direct import Handlers

SWITCH_S = 0.001  # seconds after which a computing thread lets others run; the event loop waits that long for each
RESTORE_S = 2.0  # longest wait for the backup of visitors' data before serving, in seconds


def run(settings: Settings) -> None:
    """Start the service, then serve until interrupted or terminated; progress goes to standard output.

    The order of the steps matters:

    1. Handle SIGTERM first. It ends a container at any time, and the latest data of visitors is saved in `finally`.
    2. Open the visitors' database before its backup, which reads the changes in it, and create the backup before the
       service, which backs up deletions at once.
    3. Start the threads of the backup, the Hub and the missing models before the page is built, because that imports
       Gradio and takes more than a second; therefore Gradio is not imported at the top of this module. At a first
       start it is imported while another process trains the models.
    4. On a ZeroGPU Space, `zero_gpu.prepare` comes before everything that may load CUDA, and the missing models are
       trained after the page is launched, because GPUs are lent only then.
    5. Serve when profiles are restored, or after RESTORE_S, because a slow backup must not delay the page.
    6. Build the indexes after the launch, so that neither the start nor the first visitor waits for them.

    Raises:
        RecsysError: the service cannot be started.
    """
    _check_address(settings.server_name)
    if settings.log_format == "json":
        logs.use_json()
    with Heartbeat(_printing(time.perf_counter(), settings.log_format)) as progress:
        _run(settings, progress)


def _run(settings: Settings, progress: Heartbeat) -> None:
    progress(f"Starting recsys {__version__}")
    zero_gpu.prepare(settings)
    sys.setswitchinterval(SWITCH_S)
    few_memory_pools()
    end_in_time()
    visitors = Visitors.of(settings)
    backup = create_backup(settings)
    service = ready(
        settings,
        progress,
        visitors=visitors,
        backup=backup,
        finish_training=not settings.background,
        meanwhile=None if zero_gpu.available() else _import_page,
    )
    member = None
    try:
        if backup is not None:
            backup.start()
        hub_updates.follow(service)
        retention.follow(service)
        counting.follow(service)
        background = Background(service)
        if settings.background and not zero_gpu.available():
            background.start()
        progress("Starting the page")
        with objects_that_stay():
            page = _built(service, settings, background)
            if backup is not None and not backup.wait_restored(RESTORE_S):
                progress(f"Visitors' data is still being restored from {backup.place}, in the background")
            _launch(page, background, settings)
        warm_up.follow(service)
        if settings.background and zero_gpu.available():
            background.start()
        member = replicas.take_part(background, settings.replica_name or replicas.name_of(page.server_port))
        host = "127.0.0.1" if settings.server_name == "0.0.0.0" else settings.server_name
        progress(f"Serving {service.title} on http://{host}:{page.server_port}")
        progress.stop()
        page.block_thread()
    except KeyboardInterrupt:
        return
    finally:
        service.close()
        if member is not None:
            member.leave()
        visitors.close()


def _check_address(name: str) -> None:
    """Raise `BadSetting` if this machine cannot listen on an address, before minutes of preparation."""
    try:
        if not name:
            raise OSError("it is empty")
        family, *_, address = socket.getaddrinfo(name, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listening:
            listening.bind(address)
    except (OSError, UnicodeError) as error:
        legal = "Use 127.0.0.1 for this machine alone, 0.0.0.0 for all, or a name of this machine."
        raise BadSetting(f"Cannot listen on the address {name!r:.100} ({error}). {legal}") from error


def _import_page() -> None:
    """Import Gradio and the page, which takes longer than all else of a second start."""
    from recsys.api import gradio_import

    gradio_import.load()
    from recsys.page import build  # noqa: F401


def _built(service: Service, settings: Settings, background: Background) -> gr.Blocks:
    _import_page()
    from recsys.page.build import build

    return build(service, settings, background)


def direct_handlers(background: Background, settings: Settings) -> dict[str, Handlers]:
    """Handlers of the paths that are answered without Gradio."""
    from recsys.api import agents, plain_post
    from recsys.api import metrics as api_metrics
    from recsys.api.feed import feed
    from recsys.api.probes import probes
    from recsys.api.watch_lists import watch_lists

    service = background.service
    documents = {**agents.handlers(service), **feed(service), **watch_lists(service)}
    figures = api_metrics.handlers(
        partial(metrics.text, background),
        lambda key: access.check_metrics(settings, key, service.limits),
        prometheus.CONTENT_TYPE,
    )
    return {**probes(service), **documents, **plain_post.handlers(service), **figures}


def _launch(page: gr.Blocks, background: Background, settings: Settings) -> None:
    """Serve without blocking.

    Raises:
        BadSetting: the port is not free.
    """
    from starlette.middleware import Middleware

    from recsys.api import gradio_api, gradio_patches
    from recsys.api.guard import connections
    from recsys.api.guard.stack import guarded
    from recsys.page.build import launch_options
    from recsys.page.components.sign_in import Accounts, FailedSignIns
    from recsys.page.document import Document

    service = background.service
    direct = direct_handlers(background, settings)
    document = Middleware(Document, service=service, on_space=settings.on_space)
    middleware = [Middleware(FailedSignIns), Middleware(Accounts), document]
    calls = gradio_patches.page_calls(page)
    server = {
        "http": connections.LimitedProtocol,
        "ws": "none",
        "server_header": False,
        "forwarded_allow_ips": settings.trusted_proxies,
    }

    def served(app: ASGIApp) -> ASGIApp:
        gradio_patches.serve_mcp(page, service)  # before the first request
        return guarded(app, settings, calls, direct, service.limits)

    connections.allow_open_files()
    try:
        with gradio_patches.served_by(served, **server):
            page.launch(
                prevent_thread_lock=True,
                server_name=settings.server_name,
                server_port=settings.server_port,
                app_kwargs={"middleware": middleware},
                mcp_server=gradio_api.mcp_installed(),
                **launch_options(settings),
            )
    except OSError as error:
        port = settings.server_port or "7860 or any of the next hundred"
        raise BadSetting(f"Cannot listen on port {port} ({error}). Set GRADIO_SERVER_PORT to a free one.") from error
    gradio_patches.name_current_page(page)


def _printing(started: float, log_format: str) -> Progress:
    def progress(line: str, share: float | None = None, /) -> None:
        text = one_line(line, share)
        plain = f"[{time.perf_counter() - started:5.1f} s] {text}"
        print(logs.line(text) if log_format == "json" else plain, flush=True)

    return progress
