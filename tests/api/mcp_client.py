"""The official client of the Model Context Protocol, for tests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


def asked(address: str, work: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    """What `work` returns for a session with the server at an address."""

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


class Agent:
    """A session that keeps all answers, as an assistant would read them."""

    def __init__(self, session: ClientSession):
        self.session = session
        self.answers: list[Any] = []

    async def use(self, tool: str, **arguments: object) -> Any:
        """The result of a tool; the text says the same as the structured content."""
        result = await self.session.call_tool(tool, arguments)
        text = "".join(part.text for part in result.content if part.type == "text")
        assert not result.isError, text
        answer = json.loads(text)
        assert result.structuredContent == (answer if isinstance(answer, dict) else {"result": answer})
        self.answers.append(answer)
        return answer

    async def refused(self, tool: str, **arguments: object) -> str:
        """The sentence with which a tool refuses a call."""
        result = await self.session.call_tool(tool, arguments)
        assert result.isError
        return result.content[0].text

    async def read(self, address: str) -> Any:
        """The content of a resource."""
        found = await self.session.read_resource(address)
        answer = json.loads(found.contents[0].text)
        self.answers.append(answer)
        return answer

    async def prompt(self, name: str, **arguments: str) -> str:
        """The text of a prompt."""
        found = await self.session.get_prompt(name, arguments)
        return found.messages[0].content.text
