"""Register the endpoints with Gradio, which also provides them as MCP tools."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import gradio as gr

from recsys.api import gradio_patches
from recsys.api.calls import EndpointFailed, call
from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS, examples, vocabulary
from recsys.errors import CALLER_ERRORS
from recsys.serving.service import Service


def register(service: Service) -> None:
    """Add all endpoints to the current Blocks."""
    words = vocabulary(service)
    for name, endpoint in ENDPOINTS.items():
        # Without a queue plain POST works on Spaces too; without a limit no call waits for another.
        # Gradio documents `api` but does not list it in `__all__`.
        gr.api(  # pyright: ignore[reportPrivateImportUsage]
            bound(service, endpoint, words), api_name=name, queue=False, concurrency_limit=None
        )


def describe(page: gr.Blocks, service: Service) -> None:
    """Document the parameters of all endpoints, with examples that can be run."""
    words, values = vocabulary(service), examples(service)
    texts = {name: endpoint.parameter_texts(words) for name, endpoint in ENDPOINTS.items()}
    gradio_patches.describe_parameters(page, texts, values)


def bound(service: Service, endpoint: Endpoint, words: dict[str, str]) -> Callable[..., object]:
    """Wrap an endpoint for Gradio: a function without the service parameter that raises `gr.Error`."""

    def answer(*given: object) -> object:
        try:
            return call(service, endpoint, given)
        except (*CALLER_ERRORS, EndpointFailed) as error:
            # `call` has logged failures of the service, and an error of the caller needs no traceback.
            raise gr.Error(str(error), print_exception=False) from error

    # Gradio reads name, texts, parameters and types from the function.
    answer.__name__ = endpoint.name
    answer.__doc__ = endpoint.text(words)
    answer.__signature__ = endpoint.signature  # type: ignore[attr-defined]
    answer.__annotations__ = {parameter.name: parameter.annotation for parameter in endpoint.parameters}
    return answer


def mcp_installed() -> bool:
    """Whether Gradio can serve MCP tools; `pip install "gradio[mcp]"` installs what it needs."""
    return importlib.util.find_spec("mcp") is not None
