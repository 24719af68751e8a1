"""Start the service, then serve page, API and probes on one port until the process is terminated."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from recsys.data.progress import Progress, one_line
from recsys.errors import BadSetting
from recsys.runtime import hub_updates, retention, zero_gpu
from recsys.runtime.jobs import Background
from recsys.runtime.shutdown import end_in_time
from recsys.runtime.startup import ready
from recsys.serving.service import Service
from recsys.settings import Settings
from recsys.visitors.backup_to_hub import create_backup
from recsys.visitors.profiles import Visitors

if TYPE_CHECKING:
    import gradio as gr

MOST_CONNECTIONS = 1000  # largest number of connections; further ones are answered with status 503
SWITCH_S = 0.001  # seconds after which a computing thread lets others run; the event loop waits that long for each
RESTORE_S = 2.0  # longest wait for the backup of visitors' data before serving, in seconds


def run(settings: Settings) -> None:
    """Start the service, then serve until interrupted or terminated; progress goes to standard output.

    The order of the steps matters:

    1. Handle SIGTERM first. It ends a container at any time, and the latest data of visitors is saved in `finally`.
    2. Open the visitors' database before its backup, which reads the changes in it, and create the backup before the
       service, which backs up deletions at once.
    3. Start the threads of the backup, the Hub and the missing models before the page is built, because that imports
       Gradio and takes more than a second; therefore Gradio is not imported at the top of this module.
    4. On a ZeroGPU Space, `zero_gpu.prepare` comes before everything that may load CUDA, and the missing models are
       trained after the page is launched, because GPUs are lent only then.
    5. Serve when profiles are restored, or after RESTORE_S, because a slow backup must not delay the page.

    Raises:
        RecsysError: the service cannot be started.
    """
    progress = _printing(time.perf_counter())
    zero_gpu.prepare(settings)
    sys.setswitchinterval(SWITCH_S)
    end_in_time()
    visitors = Visitors.of(settings)
    backup = create_backup(settings)
    service = ready(settings, progress, visitors=visitors, backup=backup, finish_training=not settings.background)
    try:
        if backup is not None:
            backup.start()
        hub_updates.follow(service)
        retention.follow(service)
        background = Background(service)
        if settings.background and not zero_gpu.available():
            background.start()
        page = _built(service, settings, background)
        if backup is not None and not backup.wait_restored(RESTORE_S):
            progress(f"Visitors' data is still being restored from {backup.place}, in the background")
        _launch(page, service, settings)
        if settings.background and zero_gpu.available():
            background.start()
        host = "127.0.0.1" if settings.server_name == "0.0.0.0" else settings.server_name
        progress(f"Serving {service.title} on http://{host}:{page.server_port}")
        page.block_thread()
    except KeyboardInterrupt:
        return
    finally:
        service.close()
        visitors.close()


def _built(service: Service, settings: Settings, background: Background) -> gr.Blocks:
    from recsys.page.build import build

    return build(service, settings, background)


def _launch(page: gr.Blocks, service: Service, settings: Settings) -> None:
    """Serve without blocking.

    Raises:
        BadSetting: the port is not free.
    """
    from starlette.middleware import Middleware

    from recsys.api import agents, gradio_api, gradio_patches, plain_post
    from recsys.api.feed import feed
    from recsys.api.guard.slow_requests import TimeLimitedProtocol
    from recsys.api.guard.stack import guarded
    from recsys.api.probes import probes
    from recsys.page.build import launch_options
    from recsys.page.components.sign_in import Accounts, FailedSignIns
    from recsys.page.document import Document

    direct = {**probes(service), **agents.handlers(service), **feed(service), **plain_post.handlers(service)}
    document = Middleware(Document, service=service, on_space=settings.on_space)
    middleware = [Middleware(FailedSignIns), Middleware(Accounts), document]
    calls = gradio_patches.page_calls(page)
    server = {
        "http": TimeLimitedProtocol,
        "ws": "none",
        "server_header": False,
        "limit_concurrency": MOST_CONNECTIONS,
        "forwarded_allow_ips": settings.trusted_proxies,
    }
    try:
        with gradio_patches.served_by(lambda app: guarded(app, settings, calls, direct, service.limits), **server):
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
    gradio_patches.answer_mcp_in_json(page)
    gradio_patches.name_current_page(page)


def _printing(started: float) -> Progress:
    def progress(line: str, share: float | None = None, /) -> None:
        print(f"[{time.perf_counter() - started:5.1f} s] {one_line(line, share)}", flush=True)

    return progress
