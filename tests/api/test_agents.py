"""agents.md names every endpoint with its parameters, and what it says to do works."""

from __future__ import annotations

import json
import shlex
import subprocess
import urllib.request

import pytest
from api_contract import PARAMETERS
from waiting import PATIENCE_S

from recsys.api import agents
from recsys.api.endpoints import ENDPOINTS


def test_every_endpoint_and_parameter_is_described():
    text = agents.document("https://me-films.hf.space")
    sections = dict(part.split("\n", 1) for part in text.split("\n### /")[1:])
    assert list(sections) == list(ENDPOINTS) == list(PARAMETERS)
    for name, parameters in PARAMETERS.items():
        lines = [line for line in sections[name].splitlines() if line.startswith("- `")]
        assert [line[3:].split(":")[0] for line in lines] == [parameter for parameter, _ in parameters]
        assert all(len(line.split("`: ")[1]) > 3 for line in lines) and "{" not in sections[name].split("- `")[0]
    writing = [name for name, endpoint in ENDPOINTS.items() if endpoint.writes]
    assert f"{', '.join(f'/{name}' for name in writing)} store data" in text
    assert "`https://me-films.hf.space/gradio_api/mcp/`" in text
    assert "`recsys://items/{item_id}`" in text and "`what_next`" in text
    assert "mcp" not in agents.document("https://me-films.hf.space", mcp=False)


def test_no_title_breaks_out_of_the_command():
    words = agents.WORDS | {"example": "\\\"; $(touch x) `id` ' (1999)"}
    [command] = [line for line in agents.document("http://h", words).splitlines() if line.startswith("curl")]
    body = shlex.split(command)[-1]
    assert json.loads(body) == {"data": ["; (touch x) id  (1999)", 3]}


@pytest.mark.slow
def test_the_service_shows_it_with_its_own_address_and_the_command_works(app_address):
    with urllib.request.urlopen(f"{app_address}/agents.md", timeout=PATIENCE_S) as answer:
        assert answer.headers["Content-Type"].startswith("text/markdown")
        text = answer.read().decode()
    assert text.startswith("# Recommendations of films, for agents\n")
    [command] = [line for line in text.splitlines() if line.startswith("curl")]
    assert f"{app_address}/gradio_api/run/search" in command
    run = subprocess.run(shlex.split(command), capture_output=True, text=True, timeout=PATIENCE_S)
    [found] = json.loads(run.stdout)["data"]
    assert 1 <= len(found) <= 3 and found[0]["title"] in command
    with urllib.request.urlopen(f"{app_address}/gradio_api/info", timeout=PATIENCE_S) as answer:
        assert set(json.load(answer)["named_endpoints"]) == {f"/{name}" for name in ENDPOINTS}
