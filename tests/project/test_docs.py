"""The README: its front matter, tables and commands are what the program has and does."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from fake_hub import FakeHub
from fake_tmdb import V3_KEY, FakeTmdb
from film_app import PROJECT, environment, running
from waiting import PATIENCE_S

from recsys import models
from recsys.cli import COMMANDS
from recsys.hub.space_hardware import ZERO_GPU

TOKEN = "hf_writer"

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
SHELL = [line for language, text in BLOCKS if language == "sh" for line in text.splitlines() if line.strip()]
# Run as written by the fresh-start test, which needs minutes and a package index.
FRESH = ("make run", "make test", "pip install -r requirements.txt && python app.py")


def test_front_matter_fits_a_gradio_space():
    front = yaml.safe_load(README.split("---")[1])
    pinned = re.search(r"^gradio==(\S+)$", (PROJECT / "requirements.txt").read_text(), re.MULTILINE)[1]
    assert front["sdk"] == "gradio"
    assert front["sdk_version"] == pinned
    assert (PROJECT / front["app_file"]).is_file()
    assert front["python_version"] == "3.12.12"  # one of the two that ZeroGPU has
    assert len(front["short_description"]) <= 60
    assert front["suggested_hardware"] == ZERO_GPU and "mcp-server" in front["tags"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    assert f"Programming Language :: Python :: {front['python_version'].rpartition('.')[0]}" in project["classifiers"]


def test_every_setting_is_listed():
    table = README.split("## Settings")[1].split("\n## ")[0]
    listed = set(
        re.findall(
            r"`([A-Z][A-Z_]+)`", " ".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
        )
    )
    source = (PROJECT / "recsys" / "settings.py").read_text(encoding="utf-8")
    read = set(re.findall(r'(?:text|optional)\("([A-Z_]+)"', source)) - {"SPACE_ID"}
    assert listed == read


def test_the_drawn_tree_exists():
    tree = re.search(r"```\n(app\.py .*?)```", README, re.DOTALL)[1]
    named = re.findall(r"(?:^|\s)((?:recsys/)?[\w/]+(?:\.py|/))(?=\s|:)", tree)
    assert len(named) >= 10
    for name in named:
        assert any(
            (folder / name).exists() for folder in (PROJECT, PROJECT / "recsys", PROJECT / "recsys" / "models")
        ), name


def test_every_model_is_in_the_table_of_which_model_when():
    table = README.split("### Which model when")[1].split("\n\n")[1]
    assert set(re.findall(r"`(\w+)`", table)) == set(models.names())


@pytest.mark.long
@pytest.mark.skipif(
    "RECSYS_TEST_DATA" not in os.environ, reason="set RECSYS_TEST_DATA to a folder with ml-latest-small"
)
def test_the_printed_answer_is_what_the_command_prints(tmp_path):
    block = next(text for language, text in BLOCKS if language == "console")
    line, _, printed = block.partition("\n")
    env = environment(tmp_path / "data", Path(os.environ["RECSYS_TEST_DATA"]) / "ml-latest-small")
    command = [sys.executable, *shlex.split(line)[2:]]
    trained = [sys.executable, "-m", "recsys", "train", "--models", "popular,content,ease,als"]
    for words in (trained, command):
        run = subprocess.run(words, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=600)
        assert run.returncode == 0, run.stderr
    assert run.stdout == printed


def test_paths_that_the_documents_name_exist():
    for page in [*(PROJECT / "docs").glob("*.md"), *PROJECT.glob("*.md")]:
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"`((?:recsys|scripts|tests|docs)/[\w/.-]*\w/?)`", text):
            assert (PROJECT / path).exists(), f"{page.name} names {path}"
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_functions_that_the_architecture_names_are_where_it_says():
    text = " ".join((PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8").split())
    named = re.findall(r"`(recsys/[\w/]+\.py)`,? `(\w+)`", text)
    assert len(named) >= 15
    for path, name in named:
        source = (PROJECT / path).read_text(encoding="utf-8")
        assert re.search(rf"^\s*(async )?(def|class) {name}\b", source, re.MULTILINE), f"{path} has no {name}"


def test_the_architecture_lists_every_folder():
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = [path for path in (PROJECT / "recsys").iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert folders and all(f"`recsys/{path.name}/`" in text for path in folders)


def test_the_python_example_prints_five_films(app_address):
    code = next(text for language, text in BLOCKS if language == "python")
    run = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:7860", app_address)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) == 5


def test_the_curl_example_answers(app_address):
    line = next(line for line in SHELL if line.startswith("curl"))
    run = subprocess.run(
        line.replace("http://127.0.0.1:7860", app_address),
        shell=True,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
    )
    assert len(json.loads(run.stdout)["data"][0]) == 5


@pytest.fixture(scope="module")
def own_data(tmp_path_factory, prepared, film_folder):
    """A data directory with a release, which the commands may change, and the data set."""
    folder = tmp_path_factory.mktemp("docs") / "data"
    shutil.copytree(prepared, folder)
    return folder, film_folder


def test_every_command_is_in_the_readme():
    listed = [words[words.index("recsys") + 1] for words in map(shlex.split, SHELL) if "recsys" in words]
    assert set(listed) == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", [line for line in SHELL if line.startswith("python -m recsys") and "serve" not in line]
)
def test_commands_run_as_written(line, own_data, tmp_path):
    export = tmp_path / "my-ratings.csv"
    export.write_text("Title,Year,Rating\nHeat,1995,5\nToy Story,1995,2\n", encoding="utf-8")
    command = line.replace("python", sys.executable, 1).replace(export.name, str(export))
    command = command.replace("my-site", str(tmp_path / "my-site"))
    run = subprocess.run(
        command, shell=True, cwd=PROJECT, env=environment(*own_data), capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


@pytest.mark.slow
def test_enrich_as_written(own_data):
    line = next(line for line in SHELL if " enrich " in line)
    with closing(FakeTmdb()) as tmdb:
        command = line.replace("TMDB_API_KEY=…", f"TMDB_API_KEY={V3_KEY}").replace("python", sys.executable, 1)
        env = environment(*own_data, TMDB_API_URL=tmdb.api)
        run = subprocess.run(
            command, shell=True, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S
        )
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"TMDb knows \d of 5 films\n", run.stdout)


@pytest.mark.slow
def test_serve_as_written(prepared, film_folder):
    line = next(line for line in SHELL if line.startswith("python -m recsys serve"))
    with running(prepared, film_folder, command=line.split()[1:]) as address:
        import urllib.request

        with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE_S) as answer:
            assert json.load(answer)["ok"]


@pytest.mark.long
def test_push_pull_and_serve_as_written(own_data, tmp_path):
    push, pull, serve = (
        next(line for line in SHELL if word in line) for word in (" push ", " pull ", "RECSYS_HUB_REPO=")
    )
    with FakeHub() as hub:
        answers = []
        for line, folder in ((push, own_data[0]), (pull, tmp_path / "pulled")):
            env = environment(folder, own_data[1], HF_ENDPOINT=hub.url)
            command = line.replace("hf_…", TOKEN).replace("python", sys.executable, 1)
            run = subprocess.run(
                command, shell=True, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S
            )
            assert run.returncode == 0, run.stderr
            shown = subprocess.run(
                [sys.executable, "-m", "recsys", "recommend", "3", "--json", "--model", "ease"],
                cwd=PROJECT,
                env=env,
                capture_output=True,
                text=True,
                timeout=PATIENCE_S,
            )
            answers.append(json.loads(shown.stdout))
        assert answers[0] == answers[1]
        repo = serve.split("RECSYS_HUB_REPO=")[1].split()[0]
        changes = {"RECSYS_HUB_REPO": repo, "HF_ENDPOINT": hub.url}
        (tmp_path / "empty").mkdir()
        with running(tmp_path / "empty" / "data", own_data[1], **changes) as address:
            import urllib.request

            with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE_S) as answer:
                served = json.load(answer)["release"]
    assert (tmp_path / "pulled" / "releases" / "films" / served).is_dir()


def test_no_command_is_left_untested():
    run_here = ("curl", "python -m recsys", "HF_TOKEN=", "TMDB_API_KEY=", "RECSYS_HUB_REPO=")
    tested = [line for line in SHELL if line.startswith(run_here)]
    fresh = [line for line in SHELL if line.split("  #")[0].strip() in FRESH]
    assert sorted(tested + fresh) == sorted(SHELL)
