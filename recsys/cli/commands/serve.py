"""`recsys serve`: start the web app, which `python app.py` does as well."""

from __future__ import annotations

import signal
import sys
import time
from dataclasses import replace

from recsys.cli.arguments import port as port_number
from recsys.cli.command import argument, command
from recsys.data.progress import one_line
from recsys.settings import Settings

RESTORE_S = 2.0  # longest wait for the backup of visitors' data before serving


@command(
    "serve",
    "Start the web app: page, API and MCP tools. The first start prepares data and models.",
    "recsys serve --port 8000",
    argument("--host", metavar="NAME", help="address to listen on (default: GRADIO_SERVER_NAME, else localhost only)"),
    argument(
        "--port",
        type=port_number,
        help="port to listen on (default: GRADIO_SERVER_PORT, else the first free from 7860)",
    ),
    prints=False,
)
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Prepare what is missing, then serve until interrupted or terminated."""
    from recsys.page.serve import serve as serve_page
    from recsys.runtime.jobs import Background
    from recsys.runtime.startup import follow_hub, ready, start_backup

    started = time.perf_counter()

    def say(line: str, share: float | None = None, /) -> None:
        print(f"[{time.perf_counter() - started:5.1f} s] {one_line(line, share)}", flush=True)

    settings = replace(
        settings,
        server_name=settings.server_name if host is None else host,
        server_port=settings.server_port if port is None else port,
    )
    # SIGTERM ends a container; leaving through `finally` saves what visitors sent last.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    service = ready(settings, say)
    try:
        start_backup(service)
        follow_hub(service)
        background = Background(service)
        if settings.background:
            background.start()
        if service.backup is not None and not service.backup.wait_restored(RESTORE_S):
            say(f"visitors' data is still being restored from {service.backup.place}, in the background")
        serve_page(service, settings, say, background)
    except KeyboardInterrupt:
        return
    finally:
        service.events.close()
        if service.backup is not None:
            service.backup.close()
