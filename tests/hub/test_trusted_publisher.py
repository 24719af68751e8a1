"""Deploy from a workflow without a stored token: the Hub gives it one for a single repository."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fake_hub import FakeHub
from film_app import PROJECT, environment
from waiting import PATIENCE_S

from recsys.hub import space
from recsys.settings import Settings

SPACE, WORKFLOW = "me/films", "sync-space.yml"


@pytest.fixture
def server():
    with FakeHub() as running:
        space.deploy(space.Plan(SPACE), Settings(hub_endpoint=running.url, hf_token="hf_writer"))
        running.put(SPACE, {"app.py": b"older"}, "space")
        running.publishers["spaces/me/films"] = WORKFLOW
        running.requests.clear()
        yield running


def step() -> dict:
    """The step of the workflow that deploys."""
    workflow = yaml.safe_load((PROJECT / ".github" / "workflows" / WORKFLOW).read_text(encoding="utf-8"))
    return next(one for one in workflow["jobs"]["sync"]["steps"] if one.get("name") == "Deploy")


def run(server, tmp_path: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run the step as a job of GitHub with the permission `id-token: write` does."""
    variables = {"vars.RECSYS_SPACE": SPACE, "vars.RECSYS_HUB_REPO": ""}
    given = {}
    for name, value in step()["env"].items():
        for variable, own in variables.items():
            value = value.replace("${{ " + variable + " }}", own)
        given[name] = value
    env = environment(tmp_path, "auto", HF_ENDPOINT=server.url, HF_HOME=str(tmp_path), **given)
    env |= {
        "GITHUB_ACTIONS": "true",
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{server.url}/identity/{WORKFLOW}?api-version=1",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "of-the-job",
        "PATH": f"{Path(sys.executable).parent}:{env['PATH']}",
        **changes,
    }
    return subprocess.run(
        ["bash", "-ec", step()["run"]], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S
    )


def test_a_workflow_updates_the_space_without_a_stored_token(server, tmp_path):
    done = run(server, tmp_path)
    assert done.returncode == 0, done.stderr
    files = server.repos["space", SPACE].files
    assert files["app.py"] == (PROJECT / "app.py").read_bytes() and "agents.md" in files
    assert server.count("POST /oauth/token") == 1 and not server.count("whoami")
    assert "hf_jwt" not in done.stdout + done.stderr


def test_a_workflow_that_the_space_does_not_trust_is_told_so(server, tmp_path):
    server.publishers.clear()
    done = run(server, tmp_path)
    assert done.returncode == 1
    assert "no Trusted Publisher of HF_OIDC_RESOURCE fits this workflow (HTTP 400)" in done.stderr
    assert "Traceback" not in done.stderr
    without = run(server, tmp_path, ACTIONS_ID_TOKEN_REQUEST_URL="")
    assert without.returncode == 1 and "Give its job the permission id-token: write." in without.stderr
