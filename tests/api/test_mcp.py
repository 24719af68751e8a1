"""The endpoints as MCP tools, asked by the official client."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

mcp = pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")

from api_contract import PARAMETERS, REQUIRED
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


def asked(address, work):
    async def run():
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            return await work(session)

    # in a thread of its own: a browser driven before leaves its event loop in this one
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(lambda: asyncio.run(run())).result()


def test_every_endpoint_is_a_tool_with_words_a_model_can_use(app_address):
    async def listed(session):
        return (await session.list_tools()).tools

    tools = {tool.name: tool for tool in asked(app_address, listed)}
    assert set(tools) == set(PARAMETERS)
    for name, wanted in PARAMETERS.items():
        tool = tools[name]
        assert len(tool.description) > 30
        schema = tool.inputSchema
        assert set(schema["properties"]) == {parameter for parameter, _ in wanted}
        assert set(schema.get("required", [])) == {parameter for parameter, default in wanted if default is REQUIRED}
        assert all(entry.get("description") for entry in schema["properties"].values()), name


def test_results_are_json_text_and_the_api_s_own(app_address):
    from gradio_client import Client

    async def similar(session):
        return await session.call_tool("similar", {"title": "Toy Story (1995)", "n": 3})

    result = asked(app_address, similar)
    assert not result.isError
    lines = json.loads(result.content[0].text)
    assert lines == Client(app_address, verbose=False).predict("Toy Story (1995)", 3, api_name="/similar")


def test_errors_are_said_in_one_sentence(app_address):
    async def unknown(session):
        return await session.call_tool("recommend", {"user_id": "nobody"})

    result = asked(app_address, unknown)
    assert result.isError
    assert "Unknown user 'nobody'" in result.content[0].text
