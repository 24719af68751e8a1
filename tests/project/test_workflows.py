"""Workflows and container: readable, with least rights, no secret but by name, and running what the project has."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import tomllib

import pytest
import yaml
from film_app import PROJECT

from recsys import __version__
from recsys.settings import Settings

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
ACTION = re.compile(r"(actions/[a-z-]+@v\d+|pypa/gh-action-pypi-publish@release/v1|\./\.github/workflows/[a-z-]+\.yml)")
IDENTITY = {"contents": "read", "id-token": "write"}
# Rights beyond reading, by workflow and job: an identity for the Hub, for the package index, for attestations and for Pages.
WRITES = {
    ("retrain", "retrain"): IDENTITY,
    ("sync-space", "sync"): IDENTITY,
    ("pages", "deploy"): {"pages": "write", "id-token": "write"},
    ("release", "build"): {"contents": "read", "id-token": "write", "attestations": "write"},
    ("release", "publish"): {"id-token": "write"},
}


def read(path) -> dict:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    found["on"] = found.pop(True)  # "on" is a truth value in YAML 1.1
    return found


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return read(request.param)


def steps(workflow: dict) -> list[dict]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_all_five_are_there():
    assert [path.stem for path in WORKFLOWS] == ["pages", "release", "retrain", "sync-space", "tests"]


def test_rights_are_to_read_and_to_an_identity():
    given = {}
    for path in WORKFLOWS:
        workflow = read(path)
        assert workflow["permissions"] == {"contents": "read"}
        jobs = workflow["jobs"].items()
        given |= {(path.stem, name): job["permissions"] for name, job in jobs if "permissions" in job}
    assert given == WRITES


def test_a_checkout_leaves_no_token_behind(workflow):
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


def test_actions_are_of_one_major_version_and_time_is_bounded(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    used += [job["uses"] for job in workflow["jobs"].values() if "uses" in job]
    assert used and all(ACTION.fullmatch(name) for name in used)
    assert all("timeout-minutes" in job or "uses" in job for job in workflow["jobs"].values())
    assert "concurrency" in workflow


def test_secrets_come_by_name_into_one_step_and_never_onto_a_command_line(workflow):
    text = json.dumps(workflow)
    assert set(re.findall(r"secrets\.(\w+)", text)) <= {"HF_TOKEN"}
    assert not re.search(r"hf_[A-Za-z0-9]{6,}", text)
    # An expression inside a script is pasted before the shell reads it: whoever sets it could run anything.
    assert not [step for step in steps(workflow) if "${{" in step.get("run", "")]
    assert not any("secrets" in json.dumps(job.get("env", {})) for job in workflow["jobs"].values())


def test_what_they_set_is_what_the_settings_read():
    known = set(
        re.findall(r'(?:text|optional)\("([A-Z_]+)"', (PROJECT / "recsys" / "settings.py").read_text(encoding="utf-8"))
    )
    for step in steps(read(PROJECT / ".github" / "workflows" / "retrain.yml")):
        read_by_the_client = {"HF_OIDC_RESOURCE"}
        assert {
            name for name in step.get("env", {}) if name.startswith(("RECSYS_", "HF_"))
        } <= known | read_by_the_client
    # A variable that is not set arrives empty.
    assert Settings.from_env({"RECSYS_FEEDBACK_REPO": "", "RECSYS_DATASET": ""}) == Settings()


def test_scripts_and_options_exist(workflow):
    for step in steps(workflow):
        for script in re.findall(r"python (scripts/\w+\.py)", step.get("run", "")):
            source = (PROJECT / script).read_text(encoding="utf-8")
            options = set(re.findall(r"--[a-z-]+", f"{step['run']} {json.dumps(step.get('env', {}))}"))
            declared = {
                node.args[0].value
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument"
            }
            assert options and options <= declared
        for target in re.findall(r"^make ([\w-]+)$", step.get("run", ""), re.MULTILINE):
            assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text(), re.MULTILINE)
        for name in re.findall(r"-r (\S+)", step.get("run", "")):
            assert (PROJECT / name).is_file()


def test_the_suite_runs_on_the_oldest_python_and_the_quick_part_on_newer_ones():
    jobs = read(PROJECT / ".github" / "workflows" / "tests.yml")["jobs"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = [words[-1] for line in project["classifiers"] if re.fullmatch(r"3\.\d+", (words := line.split())[-1])]
    assert project["requires-python"] == f">={versions[0]}"
    tested = {
        step["with"]["python-version"] for step in jobs["tests"]["steps"] if "python-version" in step.get("with", {})
    }
    assert tested == {versions[0]}
    assert jobs["quick"]["strategy"]["matrix"]["python"] == versions[1:]
    runs = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()}
    assert runs == {
        "lint": ["make lint", "make types", "make test-scripts"],
        "tests": ["make test", "make test-long", "make newest-gradio", "make package"],
        "quick": ["make quick"],
    }


def test_a_release_is_tested_built_attested_and_published_without_a_token():
    workflow = read(PROJECT / ".github" / "workflows" / "release.yml")
    jobs = workflow["jobs"]
    assert workflow["on"] == {"push": {"tags": ["v*"]}}
    assert [jobs["build"]["needs"], jobs["publish"]["needs"]] == ["tests", "build"]
    used = [step.get("uses", step.get("run", "")).split("@")[0] for step in jobs["build"]["steps"]]
    assert used.index("python -m build") < used.index("actions/attest-build-provenance") < len(used) - 1
    assert "secrets" not in json.dumps(workflow) and jobs["publish"]["environment"] == "release"
    check = next(
        step["run"] for step in jobs["build"]["steps"] if step.get("name", "").startswith("Check that the tag")
    )
    for tag, status in ((f"v{__version__}", 0), ("v0.0.9", 1)):
        run = subprocess.run(
            ["bash", "-c", check], cwd=PROJECT, env={"GITHUB_REF_NAME": tag, "PATH": os.environ["PATH"]}
        )
        assert run.returncode == status


def test_the_check_of_a_change_runs_every_part():
    text = (PROJECT / ".ci" / "run").read_text(encoding="utf-8")
    for target in re.findall(r"make ([\w-]+)", text):
        assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE), target
    for path in re.findall(r"pytest (tests/\S+)", text):
        assert (PROJECT / path).is_file()
    assert set(re.findall(r"make ([\w-]+)", text)) == {
        *(
            "environment",
            "lint",
            "types",
            "lint-scripts",
            "test-scripts",
            "test",
            "test-long",
            "quick",
            "newest-gradio",
            "package",
        )
    }


def test_citation_issue_forms_and_updates_are_what_their_readers_expect():
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0" and citation["version"] == __version__ and citation["authors"]
    forms = sorted((PROJECT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [path.stem for path in forms] == ["bug", "config", "data", "idea"]
    for path in forms:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.stem != "config":
            assert form["name"] and form["description"] and all(one["attributes"]["label"] for one in form["body"])
            ids = [one["id"] for one in form["body"]]
            assert len(ids) == len(set(ids))
    updates = yaml.safe_load((PROJECT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    assert {one["package-ecosystem"] for one in updates["updates"]} == {"github-actions", "pip", "docker"}


def test_the_schedule_runs_each_week_and_a_failure_fails():
    workflow = read(PROJECT / ".github" / "workflows" / "retrain.yml")
    [cron] = [entry["cron"].split() for entry in workflow["on"]["schedule"]]
    assert len(cron) == 5 and cron[4] == "1"
    piped = [step for step in steps(workflow) if "|" in step.get("run", "")]
    assert all(step["shell"] == "bash" for step in piped)  # named, it stops at a failure before the pipe


# -- container ------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    text = (PROJECT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def test_the_container_does_not_run_as_root_and_has_a_health_check():
    made = instructions()
    assert made[0] == ("FROM", "python:3.11-slim")
    names = [name for name, _ in made]
    assert names.count("USER") == names.count("HEALTHCHECK") == names.count("CMD") == 1 and "ADD" not in names
    assert dict(made)["USER"] not in ("root", "0")
    assert all(name not in ("RUN", "COPY") for name in names[names.index("USER") :])
    assert json.loads(dict(made)["CMD"]) == ["python", "app.py"]


def test_the_health_check_is_python_that_asks_for_health():
    check = dict(instructions())["HEALTHCHECK"].split("CMD", 1)[1]
    program, flag, code = json.loads(check)
    assert (program, flag) == ("python", "-c") and "/health" in code
    assert {alias.name for node in ast.parse(code).body if isinstance(node, ast.Import) for alias in node.names} == {
        "os",
        "urllib.request",
    }


def test_the_two_steps_and_the_settings_of_the_container():
    made = instructions()
    assert ("ARG", "REQUIREMENTS=requirements-serve.txt") in made
    copied = next(rest.split() for name, rest in made if name == "COPY")
    assert copied == ["requirements.txt", "requirements-serve.txt", "requirements-spark.txt", "./"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (driver,) = project["optional-dependencies"]["postgres"]
    assert ("RUN", f'pip install -r "$REQUIREMENTS" "{driver}"') in made
    env = dict(pair.split("=", 1) for name, rest in made if name == "ENV" for pair in shlex.split(rest))
    settings = Settings.from_env(env)
    assert (settings.server_name, settings.server_port) == ("0.0.0.0", 7860)
    assert json.loads(dict(made)["VOLUME"]) == [str(settings.data_dir)]
    assert not [name for name in env if re.search("TOKEN|KEY|SECRET|PASSWORD|URI", name)]


def test_only_what_is_copied_is_sent_to_the_builder():
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    copied = {
        source.rstrip("/")
        for name, rest in instructions()
        if name == "COPY"
        for source in [part for part in rest.split() if not part.startswith("--")][:-1]
    }
    assert copied == allowed and all((PROJECT / name).exists() for name in copied)


def test_tools_for_the_scripts_are_pinned_and_come_from_no_named_registry():
    package = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    assert package["private"] and "dependencies" not in package
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    assert "resolved" not in (PROJECT / "package-lock.json").read_text(encoding="utf-8")
