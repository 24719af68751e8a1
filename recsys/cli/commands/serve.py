"""`recsys serve`: start the web app, like `python app.py`."""

from __future__ import annotations

from dataclasses import replace

from recsys.cli.arguments import port as port_number
from recsys.cli.command import argument, command
from recsys.settings import Settings


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
    """Start the service, then serve until interrupted or terminated."""
    from recsys.page.serve import run

    run(
        replace(
            settings,
            server_name=settings.server_name if host is None else host,
            server_port=settings.server_port if port is None else port,
        )
    )
