"""An assistant solves thirty tasks through the official client, and no answer has a title outside the catalogue."""

from __future__ import annotations

import pytest
from film_app import running

pytest.importorskip("mcp", reason="needs the mcp extra: pip install 'gradio[mcp]'")

from agent_tasks import TASKS
from mcp_client import Agent, asked

from recsys.catalogue import building
from recsys.data.progress import quiet
from recsys.settings import Settings
from recsys.training.train import train

pytestmark = pytest.mark.long
MODELS = ("popular", "content", "ease")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The app over the data set that comes with the project: its address, and the titles of its catalogue by id."""
    data_dir = tmp_path_factory.mktemp("tweets") / "data"
    settings = Settings(dataset="movietweetings", data_dir=data_dir)
    catalogue = building.ensure(settings, quiet)
    train(settings, catalogue, MODELS, quiet)
    # a title may be given with its year
    items = catalogue.items(catalogue.ids.ids)
    known = {item["item_id"]: (item["title"], f"{item['title']} ({item['year']})") for item in items}
    catalogue.close()
    with running(data_dir, "movietweetings") as address:
        yield address, known


def items_in(answer):
    """All items in an answer, at any depth."""
    if isinstance(answer, dict):
        if "item_id" in answer:
            yield answer
        answer = list(answer.values())
    if isinstance(answer, list):
        for one in answer:
            yield from items_in(one)


def test_there_are_thirty_tasks():
    assert len(TASKS) == 30


@pytest.mark.parametrize("task", TASKS, ids=lambda one: one.__name__)
def test_a_task_is_solved_with_titles_of_the_catalogue_only(served, task):
    address, known = served

    async def work(session):
        agent = Agent(session)
        await task(agent)
        return agent.answers

    named = [item for answer in asked(address, work) for item in items_in(answer) if item["item_id"]]
    assert [item for item in named if item["title"] not in known.get(item["item_id"], ())] == []
