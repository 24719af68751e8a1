"""An empty Gradio app with prepared answers: what any app of this kind costs at least.

Run by path, in a process of its own that imports Gradio and nothing of this package:
`python -P empty_app.py ANSWERS.json PORT`.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any


def key(arguments: list[Any]) -> str:
    """What an answer is found by."""
    return json.dumps(arguments)


def looked_up(answers: dict[str, dict[str, Any]], endpoint: str, arguments: str) -> Any:
    """The answer prepared for these arguments of an endpoint; its first where there is none."""
    prepared = answers[endpoint]
    return prepared[arguments] if arguments in prepared else next(iter(prepared.values()))


def main(answers_file: str, port: str) -> None:
    """Serve `{endpoint: {key: answer}}` until ended, through one endpoint, /answer.

    One, because Gradio goes through all that an app has for each plain POST.
    """
    import gradio as gr

    answers = json.loads(Path(answers_file).read_text(encoding="utf-8"))

    def answer(endpoint: str, arguments: str) -> Any:
        return looked_up(answers, endpoint, arguments)

    with gr.Blocks(analytics_enabled=False) as page:
        gr.api(answer, api_name="answer", queue=False, concurrency_limit=None)
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
