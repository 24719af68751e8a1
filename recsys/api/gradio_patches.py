"""Every place where this project reaches into Gradio: names that Gradio does not document, or methods replaced.

Each patch says why it is there and what it gains, and has a test in tests/api/test_gradio_patches.py that fails when
Gradio makes it needless. No other module may use such names (tests/project/test_structure.py).
"""

from __future__ import annotations

import json
from copy import copy
from functools import partial
from typing import Any

import gradio as gr

from recsys.api.endpoints import ENDPOINTS
from recsys.errors import BadInput

# What Gradio asks every component for when a session begins.
SESSION_QUESTIONS = ("get_component_class_id", "api_info", "api_info_as_input", "api_info_as_output", "example_inputs")


def fill_defaults(page: gr.Blocks) -> None:
    """Let callers of Gradio's own routes, such as `POST /gradio_api/call/NAME`, leave out trailing optional parameters.

    Gradio refuses a list shorter than the function's parameters, with an empty error, before any of our code runs.
    gradio_client fills in defaults itself, a caller with curl does not. Gain: such calls are answered at all.
    """
    check = page.validate_inputs

    def validate(block_fn: Any, inputs: list[Any]) -> None:
        endpoint = ENDPOINTS.get(block_fn.api_name)
        # An event of the page has no endpoint of its name and passes all its inputs.
        if endpoint is not None:
            try:
                inputs[:] = endpoint.complete(inputs)
            except BadInput as error:
                raise gr.Error(str(error), print_exception=False) from error
        check(block_fn, inputs)

    page.validate_inputs = validate


def settle_components(page: gr.Blocks) -> None:
    """Compute the configuration of each component once instead of once for every session.

    Gradio rebuilds it from all components of the page for every new session, MCP call and call without a session.
    Gain: without it the first view of a visitor takes 1.5 times the CPU time (23.9 against 16.4 ms) and a call of
    Gradio's `POST /gradio_api/api/NAME` 2.2 times (8.9 against 4.0 ms; MovieLens latest-small, medians of 3 runs).
    """
    for block in page.blocks.values():
        # A copy for each session, because a session sets values of its own in it.
        answers = {"get_config": block.get_config()}
        if not block.skip_api:
            answers |= {name: getattr(block, name)() for name in SESSION_QUESTIONS if hasattr(block, name)}
        for name, answer in answers.items():
            setattr(block, name, partial(copy, answer))


def answer_mcp_in_json(page: gr.Blocks) -> None:
    """Make the MCP tools of a launched page answer with JSON text.

    Gradio sends the `repr` of a result, with single quotes and `None`, which no JSON parser reads. Gain: clients can
    parse the answers, which consist of JSON values only.
    """
    server = page.mcp_server_obj
    if server is None:
        return

    def contents(data: list[Any], root_url: str) -> list[Any]:
        return [server.types.TextContent(type="text", text=json.dumps(value, ensure_ascii=False)) for value in data]

    server.postprocess_output_data = contents
