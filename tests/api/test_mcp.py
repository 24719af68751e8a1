"""The endpoints as MCP tools, asked by the official client."""

from __future__ import annotations

import json

import pytest

mcp = pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")

from api_contract import PARAMETERS, REQUIRED
from mcp_client import Agent, asked

from recsys.api.endpoints import ENDPOINTS
from recsys.serving.filters import FILTER_KEYS


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
        if "filters" in schema["properties"]:
            assert set(schema["properties"]["filters"]["properties"]) == set(FILTER_KEYS)
        assert tool.annotations.readOnlyHint is not ENDPOINTS[name].writes
        assert tool.annotations.destructiveHint is (name == "forget")


def test_results_are_json_text_shorter_than_the_api_s(app_address):
    from gradio_client import Client

    async def similar(session):
        return await session.call_tool("similar", {"title": "Toy Story (1995)", "n": 3})

    result = asked(app_address, similar)
    assert not result.isError
    lines = json.loads(result.content[0].text)
    full = Client(app_address, verbose=False).predict("Toy Story (1995)", 3, api_name="/similar")
    assert [(line["item_id"], line["reason"]) for line in lines] == [(one["item_id"], one["reason"]) for one in full]
    assert all(set(line) <= set(full[0]) - {"poster", "url", "rank", "score"} for line in lines)
    assert result.structuredContent == {"result": lines}


def test_numbers_and_lists_as_text_are_forgiven(app_address):
    async def work(session):
        agent = Agent(session)
        asked_plainly = await agent.use("recommend_for", liked=["Heat"], n=3, filters={"year_from": 1990})
        return asked_plainly, await agent.use("recommend_for", liked='["Heat"]', n="3", filters='{"year_from": "1990"}')

    plain, forgiven = asked(app_address, work)
    assert plain == forgiven and len(plain) == 3


def test_the_catalogue_items_and_profiles_are_resources(app_address):
    async def work(session):
        agent = Agent(session)
        listed = [str(one.uri) for one in (await session.list_resources()).resources]
        templates = [one.uriTemplate for one in (await session.list_resource_templates()).resourceTemplates]
        made = await agent.use("join", liked=["Heat"])
        address = f"recsys://profiles/{made['user_id']}/{made['key']}"
        found = [await agent.read(one) for one in ("recsys://catalogue", address)]
        found.append(await agent.read(f"recsys://items/{found[1]['history'][0]['item_id']}"))
        await agent.use("forget", **made)
        return listed, templates, found

    listed, templates, (catalogue, profile, item) = asked(app_address, work)
    assert listed == ["recsys://catalogue"]
    assert templates == ["recsys://items/{item_id}", "recsys://profiles/{user_id}/{key}"]
    assert catalogue["counts"]["items"] and "Crime" in catalogue["values"]["genres"]
    assert profile["history"][0]["title"] == item["title"] == "Heat" and item["overview"]


def test_a_resource_that_does_not_exist_is_refused_in_one_sentence(app_address):
    async def work(session, address):
        with pytest.raises(mcp.McpError) as refused:
            await session.read_resource(address)
        return str(refused.value)

    for address, said in (
        ("recsys://nothing", "There is no resource"),
        ("recsys://items/nope", "No film has the id 'nope'"),
        ("recsys://profiles/guest-nobody/wrong", "Unknown user"),
    ):
        assert said in asked(app_address, lambda session, address=address: work(session, address))


def test_prompts_are_filled_in(app_address):
    async def work(session):
        listed = (await session.list_prompts()).prompts
        return listed, await Agent(session).prompt("what_next", liked="Heat {and} Fargo", wish="something short")

    listed, text = asked(app_address, work)
    assert [one.name for one in listed] == ["movie_night", "what_next", "more_like", "from_my_ratings"]
    assert all(one.title and one.description and one.arguments[0].required for one in listed)
    assert "Heat {and} Fargo" in text and "something short" in text and "do not like" not in text


def test_errors_are_said_in_one_sentence(app_address):
    async def unknown(session):
        return await session.call_tool("recommend", {"user_id": "nobody"})

    result = asked(app_address, unknown)
    assert result.isError
    assert "Unknown user 'nobody'" in result.content[0].text
