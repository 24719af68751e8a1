"""The document agents.md: what an agent can call here and how, written from the registry of endpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from inspect import Parameter

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS, vocabulary
from recsys.api.gradio_api import mcp_installed
from recsys.api.guard.direct import Handlers
from recsys.api.mcp.prompts import questions
from recsys.api.mcp.resources import RESOURCES
from recsys.serving.filters import FILTER_KEYS
from recsys.serving.service import Service

PATH = "agents.md"
WORDS = {
    **{name: name for name in ("item", "items", "genre", "rating", "ratings")},
    "Items": "Items",
    "Ratings": "Ratings",
    "person": "user",
    "filter_keys": ", ".join(FILTER_KEYS),
    "example": "A Title (1999)",
    "scale": "the lowest to the highest rating, see /about",
}
"""Words for a document that is written before the catalogue is known."""
ARGUMENT = re.compile(r"^    (\w+): (.*(?:\n {6,}.*)*)", re.MULTILINE)
MCP = """
- Model Context Protocol (streamable HTTP): `{address}/gradio_api/mcp/`. Each endpoint is a tool, with shorter results;
  numbers and lists may be sent as text. Resources: {resources}. Prompts: {prompts}."""
HEAD = """# Recommendations of {items}, for agents

What is similar to one of the {items}, what fits a history, a user or a group, with reasons. {reads_and_writes}

- Call: `POST {address}/gradio_api/run/NAME` with `Content-Type: application/json` and
  `{{"data": [parameters in order]}}`; parameters at the end may be left out. The answer is `{{"data": [result]}}`.
- Call and poll, as clients of Gradio do: `POST {address}/gradio_api/call/NAME`, then
  `GET {address}/gradio_api/call/NAME/EVENT_ID`.
- Schema: `GET {address}/gradio_api/info`{mcp}
- Errors: `{{"error": sentence}}` with status 422 if the request is wrong, 429 with `Retry-After` if there are too many,
  500 or 503 if the service fails.
- Authentication: none. A private Space needs `Authorization: Bearer $HF_TOKEN`. No call uses a GPU.

```sh
curl -s {address}/gradio_api/run/search -H 'Content-Type: application/json' -d '{{"data": ["{example}", 3]}}'
```

## Endpoints
"""


def handlers(service: Service) -> dict[str, Handlers]:
    """Return the handler of the document, by path."""
    words = vocabulary(service)

    async def show(request: Request) -> Response:
        text = document(str(request.base_url).rstrip("/"), words, mcp=mcp_installed())
        return PlainTextResponse(text, media_type="text/markdown")

    return {f"/{PATH}": {"GET": show, "HEAD": show}}


def document(address: str, words: Mapping[str, str] = WORDS, *, mcp: bool = True) -> str:
    """Write the document.

    Args:
        address: scheme and host of the service.
        words: words of the catalogue; see `vocabulary`.
        mcp: whether the endpoints are tools for assistants too.
    """
    tools = MCP.format(
        address=address,
        resources=", ".join(f"`{one.address}`" for one in RESOURCES),
        prompts=", ".join(f"`{name}`" for name in questions(words["item"])),
    )
    writing = ", ".join(f"/{one.name}" for one in ENDPOINTS.values() if one.writes)
    head = HEAD.format(
        **{**words, "example": re.sub(r"['\"\\\\`$]", "", words["example"])},
        address=address,
        mcp=tools if mcp else "",
        reads_and_writes=f"{writing} store data; all other endpoints only read.",
    )
    return "\n".join([head, *(_section(endpoint, words) for endpoint in ENDPOINTS.values())])


def _section(endpoint: Endpoint, words: Mapping[str, str]) -> str:
    text, _, arguments = endpoint.text(words).partition("\nArgs:\n")
    about = {name: " ".join(said.split()) for name, said in ARGUMENT.findall(arguments)}
    lines = [f"- `{_declared(one)}`: {about[one.name]}" for one in endpoint.parameters]
    return "\n".join([f"### /{endpoint.name}\n", text.strip(), "", *lines, ""])


def _declared(parameter: Parameter) -> str:
    return str(parameter).replace("typing.", "")
