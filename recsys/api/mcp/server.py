"""Handlers of the Model Context Protocol on the server that Gradio has made.

Gradio lists the endpoints as tools. Three things are done here instead of there. A call of a tool accepts numbers as
text and answers with short JSON, where Gradio's check of the schema refuses them and its answer is Python's `repr`.
Resources and prompts are read in this process: Gradio reads them through a request to itself, so that every reader
would have the address of this server, and the limits for wrong keys would count all readers as one. And listed tools
say whether they change anything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.lowlevel.helper_types import ReadResourceContents
from pydantic import AnyUrl

from recsys.api.calls import call
from recsys.api.contract import Endpoint
from recsys.api.endpoints import ENDPOINTS, vocabulary
from recsys.api.guard.hosts import CLIENT
from recsys.api.mcp import prompts, resources
from recsys.api.mcp.arguments import filter_schema, parameters
from recsys.api.mcp.results import short, structured, text
from recsys.api.threads import in_thread
from recsys.errors import BadInput
from recsys.serving.client import STRANGER, answering
from recsys.serving.service import Service

DELETING = ("forget",)


def serve(server: Server, service: Service, tools: Mapping[str, str]) -> None:
    """Replace the handlers of a server by those of the endpoints.

    Args:
        server: the server, which lists tools.
        tools: path of the endpoint, such as "/search", by the name of the tool, which may have a prefix on a Space.
    """
    endpoints = {name: ENDPOINTS[path.lstrip("/")] for name, path in tools.items() if path.lstrip("/") in ENDPOINTS}
    _serve_tools(server, service, endpoints)
    _serve_resources(server, service)
    _serve_prompts(server, service)


def _serve_tools(server: Server, service: Service, endpoints: Mapping[str, Endpoint]) -> None:
    listing: Callable[[types.ListToolsRequest], Awaitable[types.ServerResult]]
    listing = server.request_handlers[types.ListToolsRequest]

    async def list_tools(request: types.ListToolsRequest) -> types.ServerResult:
        found = await listing(request)
        if isinstance(found.root, types.ListToolsResult):
            for tool in found.root.tools:
                _describe(tool, endpoints[tool.name])
        return found

    async def call_tool(name: str, given: dict[str, Any]) -> types.CallToolResult:
        if name not in endpoints:
            raise BadInput(f"There is no tool {name!a:.100}; list the tools.")
        endpoint = endpoints[name]
        with answering(_client(server)):
            result = await in_thread(call, service, endpoint, parameters(endpoint, given), writes=endpoint.writes)
        found = short(result)
        content: list[types.ContentBlock] = [types.TextContent(type="text", text=text(found))]
        return types.CallToolResult(content=content, structuredContent=structured(found))

    server.request_handlers[types.ListToolsRequest] = list_tools
    # an argument in another form than the schema's is converted, not refused
    server.call_tool(validate_input=False)(call_tool)


def _describe(tool: types.Tool, endpoint: Endpoint) -> None:
    """Add to a listed tool whether it changes anything, and the keys of its filters."""
    tool.annotations = types.ToolAnnotations(
        readOnlyHint=not endpoint.writes, destructiveHint=endpoint.name in DELETING, openWorldHint=False
    )
    filters = tool.inputSchema["properties"].get("filters")
    if filters is not None:
        filters.update(filter_schema())


def _serve_resources(server: Server, service: Service) -> None:
    words = vocabulary(service)
    entries = [(one, one.about.format(**words)) for one in resources.RESOURCES]

    async def list_resources() -> list[types.Resource]:
        return [
            types.Resource(uri=AnyUrl(one.address), name=one.name, description=about, mimeType=resources.MIME_TYPE)
            for one, about in entries
            if not one.parts
        ]

    async def list_templates() -> list[types.ResourceTemplate]:
        return [
            types.ResourceTemplate(
                uriTemplate=one.address, name=one.name, description=about, mimeType=resources.MIME_TYPE
            )
            for one, about in entries
            if one.parts
        ]

    async def read_resource(address: AnyUrl) -> list[ReadResourceContents]:
        with answering(_client(server)):
            found = await in_thread(resources.read, service, str(address))
        return [ReadResourceContents(text(short(found)), resources.MIME_TYPE)]

    server.list_resources()(list_resources)
    server.list_resource_templates()(list_templates)
    server.read_resource()(read_resource)


def _serve_prompts(server: Server, service: Service) -> None:
    words = vocabulary(service)

    async def list_prompts() -> list[types.Prompt]:
        return [_prompt(name, one, words) for name, one in prompts.questions(words["item"]).items()]

    async def get_prompt(name: str, given: dict[str, str] | None) -> types.GetPromptResult:
        content = types.TextContent(type="text", text=prompts.written(name, given or {}, words))
        return types.GetPromptResult(messages=[types.PromptMessage(role="user", content=content)])

    server.list_prompts()(list_prompts)
    server.get_prompt()(get_prompt)


def _prompt(name: str, question: prompts.Question, words: Mapping[str, str]) -> types.Prompt:
    arguments = [
        types.PromptArgument(name=argument, description=about.format(**words), required=place == 0)
        for place, (argument, about) in enumerate(question.arguments.items())
    ]
    return types.Prompt(
        name=name, title=question.title, description=question.about.format(**words), arguments=arguments
    )


def _client(server: Server) -> Any:
    """The client of the current request, which the guard has found."""
    return getattr(server.request_context.request, "scope", {}).get(CLIENT, STRANGER)
