"""An empty Gradio app with prepared answers: what any app of this kind costs at least.

Run by path, in a process of its own that imports Gradio and nothing of this package:
`python -P empty_app.py ANSWERS.json PORT`.
"""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

TYPES = {"str": str, "int": int, "float": float, "list": list[str]}


def key(arguments: list[Any]) -> str:
    """What an answer is found by."""
    return json.dumps(arguments)


def answering(parameters: list[list[str]], answers: dict[str, Any]) -> Callable:
    """A function with these parameters that looks its answer up; the first one where it knows no better."""
    first = next(iter(answers.values()))

    def answer(*arguments: Any) -> Any:
        return answers.get(key(list(arguments)), first)

    answer.__annotations__ = {name: TYPES[kind] for name, kind in parameters} | {"return": Any}
    answer.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=TYPES[kind])
            for name, kind in parameters
        ],
        return_annotation=Any,
    )
    return answer


def main(answers_file: str, port: str) -> None:
    """Serve `{endpoint: {"parameters": [[name, type]], "answers": {key: answer}}}` until ended."""
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as page:
        for name, about in json.loads(Path(answers_file).read_text(encoding="utf-8")).items():
            function = answering(about["parameters"], about["answers"])
            function.__name__ = name
            gr.api(function, api_name=name, queue=False, concurrency_limit=None)
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
