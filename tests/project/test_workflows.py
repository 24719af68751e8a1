"""Workflows and container: readable, with least rights, no secret but by name, and running what the project has."""

from __future__ import annotations

import ast
import json
import re
import shlex

import pytest
import yaml
from film_app import PROJECT

from recsys.settings import Settings

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
ACTION = re.compile(r"(actions/[a-z-]+@v\d+|\./\.github/workflows/[a-z-]+\.yml)")


def read(path) -> dict:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    found["on"] = found.pop(True)  # "on" is a truth value in YAML 1.1
    return found


@pytest.fixture(params=WORKFLOWS, ids=lambda path: path.stem)
def workflow(request):
    return read(request.param)


def steps(workflow: dict) -> list[dict]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_all_three_are_there():
    assert [path.stem for path in WORKFLOWS] == ["retrain", "sync-space", "tests"]


def test_rights_are_to_read_only(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert not [job for job in workflow["jobs"].values() if "permissions" in job]
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
        assert {name for name in step.get("env", {}) if name.startswith(("RECSYS_", "HF_"))} <= known
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
        for target in re.findall(r"^make (\w+)$", step.get("run", ""), re.MULTILINE):
            assert re.search(rf"^{target}:", (PROJECT / "Makefile").read_text(), re.MULTILINE)
        for name in re.findall(r"-r (\S+)", step.get("run", "")):
            assert (PROJECT / name).is_file()


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
    assert any(name == "RUN" and rest == "pip install -r requirements.txt" for name, rest in made)
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
