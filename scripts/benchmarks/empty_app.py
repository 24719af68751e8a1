"""An empty Gradio app with prepared answers: the lower bound of latency and memory for any Gradio app.

Run by path, in a process that imports Gradio and nothing of this package:
`python -P empty_app.py ANSWERS.json PORT`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def key(arguments: list[Any]) -> str:
    """Key under which the answer to these arguments is stored."""
    return json.dumps(arguments)


def looked_up(answers: dict[str, dict[str, Any]], endpoint: str, arguments: str) -> Any:
    """The answer prepared for these arguments of an endpoint, or its first answer."""
    prepared = answers[endpoint]
    return prepared[arguments] if arguments in prepared else next(iter(prepared.values()))


def main(answers_file: str, port: str) -> None:
    """Serve `{endpoint: {key: answer}}` until terminated, through one endpoint, /answer.

    Only one, because Gradio searches all endpoints of an app on each plain POST.
    """
    import gradio as gr

    answers = json.loads(Path(answers_file).read_text(encoding="utf-8"))

    def answer(endpoint: str, arguments: str) -> Any:
        return looked_up(answers, endpoint, arguments)

    with gr.Blocks(analytics_enabled=False) as page:
        # documented, but missing in its __all__
        gr.api(answer, api_name="answer", queue=False, concurrency_limit=None)  # pyright: ignore[reportPrivateImportUsage]
    page.queue(default_concurrency_limit=64)
    page.launch(
        server_name="127.0.0.1",
        server_port=int(port),
        show_error=False,
        footer_links=["api", "settings"],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        share=False,
        quiet=True,
        allowed_paths=[],
        mcp_server=importlib.util.find_spec("mcp") is not None,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
