"""The endpoints as tools of the Model Context Protocol, where the `mcp` extra of Gradio is installed."""

from __future__ import annotations

import importlib.util
import json
from typing import Any

import gradio as gr


def installed() -> bool:
    """Whether the tools can be served; `pip install "gradio[mcp]"` makes it so."""
    return importlib.util.find_spec("mcp") is not None


def answer_in_json(page: gr.Blocks) -> None:
    """Have a launched page's tools answer in JSON text.

    Gradio hands a client the `repr` of a result, which no JSON reader takes; ours are JSON values throughout.
    """
    server = page.mcp_server_obj
    if server is None:
        return

    def contents(data: list[Any], root_url: str) -> list[Any]:
        return [server.types.TextContent(type="text", text=json.dumps(value, ensure_ascii=False)) for value in data]

    server.postprocess_output_data = contents
