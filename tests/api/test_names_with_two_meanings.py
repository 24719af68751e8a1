"""A running app says in every answer which item a name was taken for if it has two meanings."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError

import pytest
from film_app import running
from gradio_client import Client
from movielens_files import folder
from waiting import PATIENCE_S

ITEMS = (
    "item_id,title,year,director\n7,Salt Road,1999,Ada Wood\n300,Paper Boats,1994,Ada Wood\n412,300,2007,Ed Wood\n"
    "413,Iron,2006,\n9,Iron,1970,\n"
)
RATINGS = "user_id,item_id,rating\nu1,7,4\nu1,412,5\nu2,300,3\nu2,413,5\nu3,7,1\nu3,300,2\nu3,412,3\nu3,413,4\nu3,9,5\n"
NUMBER = "'300' is taken for the title “300 (2007)”; id:300 means “Paper Boats (1994)”."
IRON = "'Iron' is taken for “Iron (2006)”; there are also “Iron (1970)” (id:9)."


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    path = tmp_path_factory.mktemp("two")
    tables = folder(path / "two", {"items.csv": ITEMS.encode(), "ratings.csv": RATINGS.encode()})
    with running(path / "data", "auto", RECSYS_CATALOGUE=str(tables)) as found:
        yield found


@pytest.fixture(scope="module")
def ask(address):
    def post(name, *given):
        """The answer of plain POST."""
        body = json.dumps({"data": given}).encode()
        request = urllib.request.Request(f"{address}/gradio_api/run/{name}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return json.load(answer)["data"][0]

    return post


@pytest.mark.slow
def test_plain_post_and_the_client_say_which_was_taken(address, ask):
    client = Client(address, verbose=False)
    for name, given, note in (
        ("similar", ["300", 3], NUMBER),
        ("similar", [300, 3], NUMBER),
        ("hybrid", ["u1", "Iron", 3], IRON),
        ("recommend_for", [["300"], ["Iron"], 3], f"{NUMBER} {IRON}"),
        ("recommend_for", [[], [], 3, "hybrid", {"Iron": 4}], IRON),
        ("together", [["u1", ["300"]], 3], NUMBER),
    ):
        lines = ask(name, *given)
        assert lines == client.predict(*given, api_name=f"/{name}"), name
        assert lines[0]["note"] == note and not any("note" in line for line in lines[1:]), name
    for name, given, note in (
        ("item", ["300"], NUMBER),
        ("item", ["iron"], IRON.replace("'Iron'", "'iron'")),
        ("explain", ["u1", "Iron"], IRON),
        ("feedback", ["like", "300"], NUMBER),
        ("person", ["wood"], "The name is taken for Ada Wood; there are also Ed Wood."),
    ):
        assert ask(name, *given)["note"] == client.predict(*given, api_name=f"/{name}")["note"] == note, name
    made = ask("join", ["300"])
    assert made["note"] == NUMBER
    assert ask("rate", made["user_id"], made["key"], "Iron", 4)["note"] == IRON
    assert ask("forget", made["user_id"], made["key"], "Iron")["note"] == IRON


@pytest.mark.slow
def test_a_title_with_a_wrong_year_is_no_wish_and_says_what_was_taken(ask):
    taken = "No item is called 'Salt Road (2019)'; it is taken for “Salt Road (1999)”."
    for name, given in (
        ("item", ["Salt Road (2019)"]),
        ("similar", ["Salt Road (2019)", 3]),
        ("recommend_for", [["Salt Road (2019)"]]),
        ("explain", ["u1", "Salt Road (2019)"]),
    ):
        answer = ask(name, *given)
        assert (answer[0] if isinstance(answer, list) else answer)["note"] == taken, name
    assert ask("similar", "Salt Road 2019", 3)[0]["note"] == taken.replace("(2019)'", "2019'")
    assert "note" not in ask("item", "Salt Road (1998)"), "data sets differ by a year"
    for text, message in (("Nowhere Land (2019)", "No item is called 'Nowhere Land (2019)'"), ("id:77", "the id '77'")):
        for name in ("similar", "item"):
            with pytest.raises(HTTPError) as error:
                ask(name, text)
            assert error.value.code == 422 and message in error.value.read().decode()


@pytest.mark.slow
def test_a_name_with_one_meaning_has_no_note(ask):
    for name, given in (
        ("similar", ["Salt Road", 3]),
        ("similar", ["id:300", 3]),
        ("similar", ["Iron (1970)", 3]),
        ("recommend_for", [["7", "412"]]),
        ("recommend", ["u1"]),
        ("search", ["Iron"]),
    ):
        assert all("note" not in line for line in ask(name, *given)), (name, given)
    assert "note" not in ask("item", "7") and "note" not in ask("person", "Ada Wood")


@pytest.mark.slow
def test_a_tool_of_mcp_says_it_too(address):
    pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def similar():
        async with (
            streamable_http_client(f"{address}/gradio_api/mcp/") as (reading, writing, _),
            ClientSession(reading, writing) as session,
        ):
            await session.initialize()
            (tool,) = [one.name for one in (await session.list_tools()).tools if one.name.endswith("similar")]
            answer = await session.call_tool(tool, {"title": "300", "n": 2})
            return next(part.text for part in answer.content if part.type == "text")

    with ThreadPoolExecutor(1) as pool:
        assert json.loads(pool.submit(asyncio.run, similar()).result())[0]["note"] == NUMBER
