"""Every command of docs/hosting.md runs, against a Hub on localhost on which the account is free; Docker is left out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fake_hub import FakeHub
from film_app import PROJECT, environment

pytestmark = pytest.mark.long

GUIDE = (PROJECT / "docs" / "hosting.md").read_text(encoding="utf-8")
SPACE, MODEL, FEEDBACK = "me/films", "me/my-recommender", "me/my-feedback"


def commands() -> list[str]:
    """The commands, those that delete last, because the guide shows retraining after them."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]
    return sorted((line for line in lines if not line.startswith("docker ")), key=lambda line: " delete " in line)


@pytest.fixture(scope="module")
def hub():
    with FakeHub() as running:
        yield running


def run(command: str, hub: FakeHub, folder: Path, dataset: Path) -> str:
    env = environment(folder / "data", dataset, HF_ENDPOINT=hub.url, HF_TOKEN="hf_writer", HF_HOME=str(folder / "home"))
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), env["PATH"]])
    command = re.sub(r"\bmy-site\b", str(folder / "my-site"), command)
    command += f" --report {folder}" if "retrain.py" in command else ""
    done = subprocess.run(["bash", "-ec", command], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_commands_run_in_their_order(hub, tmp_path, film_folder):
    """One test, because each command needs what those before it have made."""
    done = commands()
    for command in done:
        if "--hardware cpu-basic" in command:
            hub.paying.add("me")
        if "--compare" in command:  # its two versions, which are those of nobody
            repo = hub.repos["model", MODEL]
            repo.tags |= dict.fromkeys(re.findall(r"\bv2026\S+", command), repo.head.id)
        printed = run(command, hub, tmp_path, film_folder)
        if "deploy_space.py" in command:
            space_id = re.search(r"deploy_space\.py (\S+)", command)[1]
            assert ("space", space_id) in hub.repos and "https://me-" in printed
        if command == f"python scripts/deploy_space.py {SPACE}":
            made = hub.repos["space", SPACE]
            assert (made.hardware, made.secrets, made.variables) == ("zero-a10g", set(), {}) and not hub.paying
        if "export-site" in command:
            assert (tmp_path / "my-site" / "index.html").is_file()
        if "--revision" in command:
            assert hub.repos["space", SPACE].variables["RECSYS_HUB_REVISION"] == "v2026.11.23-181500"
            assert hub.repos["space", SPACE].secrets == {"HF_TOKEN", "RECSYS_ADMIN_KEY"}
    ways = re.findall(r"^\| \[.*\| `([^`]+)`[^|]*\|$", GUIDE, re.MULTILINE)
    shown = {re.sub(r" -v .*env", "", line) for line in re.findall(r"^(?:python|docker) .*", GUIDE, re.MULTILINE)}
    assert len(ways) == 4 and set(ways[:3]) <= shown
    assert not {("space", SPACE), ("model", MODEL), ("dataset", FEEDBACK)} & set(hub.repos)


def test_the_guide_names_settings_that_the_readme_lists():
    table = (PROJECT / "README.md").read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    named = set(re.findall(r"\b(?:RECSYS|TMDB|HF)_[A-Z_]+[A-Z]\b", GUIDE)) - {
        "RECSYS_SPACE",
        "RECSYS_PAGES",
    }  # of workflows
    assert named and all(f"`{name}`" in table for name in named)


def test_links_within_the_guide_lead_somewhere():
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", GUIDE, re.MULTILINE)
    }
    links = re.findall(r"\]\(#([^)]+)\)", GUIDE)
    assert len(links) >= 4 and set(links) <= anchors
