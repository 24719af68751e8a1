"""The Space: only what it needs, in one commit; the second time nothing; secrets never shown."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import urllib.request

import pytest
import yaml
from fake_hub import FakeHub
from film_app import PROJECT, environment, running
from releases import write
from waiting import PATIENCE_S

from recsys import hub
from recsys.errors import BadInput, BrokenRelease, HubError, NotAllowed
from recsys.hub import client, space, space_files
from recsys.settings import Settings

SPACE, MODEL, FEEDBACK, TOKEN = "me/films", "me/recommender", "me/feedback", "hf_writer"
ADMIN, TMDB = "open-sesame-4711", "tmdb-key-0815"


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """No pauses between attempts."""
    monkeypatch.setattr(client, "sleep", lambda seconds: None)


@pytest.fixture(scope="module")
def released(tmp_path_factory, tastes, facts):
    return write(tmp_path_factory.mktemp("released"), tastes, facts, names=("popular",), version="v1.0")


@pytest.fixture
def server(released):
    with FakeHub() as running:
        hub.push(released, MODEL, token=TOKEN, endpoint=running.url)
        yield running


@pytest.fixture(scope="module", autouse=True)
def project(tmp_path_factory):
    """A copy of the project's files, so that editing them meanwhile changes nothing here."""
    copy = tmp_path_factory.mktemp("project")
    also = ("README.md", "requirements.txt", "requirements-serve.txt", "pyproject.toml")
    originals = {name: (PROJECT / name).read_bytes() for name in also}
    for name, data in {**space_files.contents(None), **originals}.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_bytes(data)
    patch = pytest.MonkeyPatch()
    patch.setitem(space.deploy.__kwdefaults__, "project", copy)
    yield copy
    patch.undo()


def settings(server, **more) -> Settings:
    return Settings(hub_endpoint=server.url, **{"hf_token": TOKEN, "tmdb_api_key": TMDB, "admin_key": ADMIN, **more})


def deploy(server, **more):
    given, project = more.pop("given", {}), {name: more.pop(name) for name in ("project",) if name in more}
    plan = {"model_repo": MODEL, "feedback_repo": FEEDBACK, **more}
    return space.deploy(space.Plan(SPACE, **plan), settings(server, **given), **project)


def writes(server) -> list[str]:
    return [f"{method} {path}" for method, path, _ in server.requests if method not in ("GET", "HEAD")]


def test_a_new_space_has_what_it_needs_in_one_commit(server, project, caplog):
    caplog.set_level(logging.DEBUG)
    done = deploy(server)
    made = server.repos["space", SPACE]
    assert [commit.title for commit in made.commits] == ["initial commit", "Update the app"]
    names = set(made.files) - {".gitattributes"}
    assert {
        "app.py",
        "requirements.txt",
        "README.md",
        "LICENSE",
        "data/film_notes.jsonl",
        "recsys/serving/service.py",
    } <= names
    assert {name.split("/")[0] for name in names} == {
        "app.py",
        "requirements.txt",
        "README.md",
        "LICENSE",
        "data",
        "recsys",
    }
    assert not [name for name in names if "pycache" in name or name.endswith((".pyc", ".sqlite"))]
    assert not [name for name in names if name.startswith("recsys/training/spark/")]
    serving = (project / "requirements-serve.txt").read_text().splitlines()
    without = [line for line in serving if not line.startswith(("gradio", "huggingface_hub"))]
    assert made.files["requirements.txt"].decode().splitlines() == without and len(serving) == len(without) + 2
    assert made.files["recsys/page/css/base.css"] == (project / "recsys/page/css/base.css").read_bytes()
    assert made.variables == {"RECSYS_HUB_REPO": MODEL, "RECSYS_HUB_REVISION": "main", "RECSYS_FEEDBACK_REPO": FEEDBACK}
    assert made.secrets == {"HF_TOKEN", "TMDB_API_KEY", "RECSYS_ADMIN_KEY"}
    assert server.repos["dataset", FEEDBACK].private
    assert done["created"] and done["commit"] == made.head.id and set(done["files_sent"]) == names
    assert (done["url"], done["address"]) == (f"{server.url}/spaces/{SPACE}", "https://me-films.hf.space")
    for secret in (TOKEN, ADMIN, TMDB):
        assert secret not in caplog.text + json.dumps(done)
        assert all(secret.encode() not in data for data in made.files.values())


def requirements(project, model_repo, **more) -> list[str]:
    return space_files.contents(model_repo, project, **more)["requirements.txt"].decode().splitlines()


def test_a_space_that_trains_its_models_gets_what_training_needs(project):
    assert requirements(project, None, hardware="cpu-basic") == (
        (project / "requirements.txt").read_text().splitlines()
    )
    on_gpu = {line.split(">=")[0] for line in requirements(project, None)}
    assert {"scikit-learn", "keras", "torch"} <= on_gpu
    assert not {line.split("==")[0] for line in on_gpu} & {"gradio", "huggingface_hub", "spaces", "jax"}
    serving = requirements(project, MODEL)
    assert serving and not [line for line in serving if line.startswith(("scikit-learn", "torch", "keras", "jax"))]


def test_the_second_time_nothing_changes(server):
    first = deploy(server)
    server.requests.clear()
    again = deploy(server)
    assert writes(server) == []
    assert again == first | {"created": False, "files_sent": [], "variables": [], "secrets": []}


def test_only_what_changed_is_sent_and_what_is_gone_is_deleted(server):
    deploy(server)
    made = server.repos["space", SPACE]
    server.put(SPACE, {"recsys/old.py": b"1", "notes.txt": b"mine", "app.py": b"changed"}, "space")
    server.requests.clear()
    done = deploy(server, revision="v1.0", given={"feedback_minutes": 2.0})
    assert done["files_sent"] == ["app.py"] and done["files_deleted"] == ["recsys/old.py"]
    assert done["variables"] == ["RECSYS_HUB_REVISION", "RECSYS_FEEDBACK_MINUTES"] and done["secrets"] == []
    assert made.variables["RECSYS_HUB_REVISION"] == "v1.0" and made.files["notes.txt"] == b"mine"
    assert sum("/commit/" in line for line in writes(server)) == 1
    assert deploy(server)["variables"] == ["RECSYS_HUB_REVISION"] and made.variables["RECSYS_HUB_REVISION"] == "main"
    assert deploy(server, renew_secrets=True)["secrets"] == ["HF_TOKEN", "TMDB_API_KEY", "RECSYS_ADMIN_KEY"]


def test_a_secret_is_only_set_where_there_is_one_and_a_token_only_where_it_is_needed(server):
    given = {"tmdb_api_key": None, "admin_key": None}
    space.deploy(space.Plan(SPACE, MODEL), settings(server, **given))
    assert server.repos["space", SPACE].secrets == set()
    server.create("me/closed", private=True)
    server.put("me/closed", server.repos["model", MODEL].files)
    space.deploy(space.Plan("me/other", "me/closed"), settings(server, **given))
    assert server.repos["space", "me/other"].secrets == {"HF_TOKEN"}


def test_the_readme_of_the_space(server):
    deploy(server)
    text = server.repos["space", SPACE].files["README.md"].decode()
    front = yaml.safe_load(text.split("---")[1])
    own = yaml.safe_load((PROJECT / "README.md").read_text(encoding="utf-8").split("---")[1])
    assert front == own | {"models": [MODEL]} and front["suggested_hardware"] == "zero-a10g"
    assert front["python_version"] == "3.12.12" and "mcp-server" in front["tags"]
    assert front["app_file"] == "app.py" and front["sdk"] == "gradio" and front["colorFrom"] in COLOURS
    body = text.split("---\n", 2)[2]
    assert body.lstrip().startswith("# ") and "## The API" in body and "make run" not in body
    assert "](docs/" not in body and "](LICENSE)" not in body and "TMDB API but is not endorsed" in body


COLOURS = ("red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray")


def test_another_commit_in_between_is_kept(server):
    deploy(server)
    server.put(SPACE, {"app.py": b"changed"}, "space")
    server.fail("POST /api/spaces/.*/commit/main", then=lambda: server.put(SPACE, {"notes.txt": b"mine"}, "space"))
    deploy(server)
    files = server.repos["space", SPACE].files
    assert files["notes.txt"] == b"mine" and files["app.py"] != b"changed"


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}, {"cut_after": -1}, {"lose_answer": True}])
@pytest.mark.parametrize("call", ["POST /api/repos/create", "POST /api/spaces/.*/commit/main"])
def test_what_fails_once_is_done_once(server, call, fault):
    server.fail(call, **fault)
    deploy(server)
    assert len(server.repos["space", SPACE].commits) == 2
    server.requests.clear()
    deploy(server)
    assert writes(server) == []


def refused(kind, call, *given, **more) -> str:
    with pytest.raises(kind) as error:
        call(*given, **more)
    assert TOKEN not in str(error.value) and ADMIN not in str(error.value)
    return str(error.value)


def test_what_cannot_be_done_is_said_before_anything_is_written(server):
    assert "needs a token. Set HF_TOKEN" in refused(HubError, deploy, server, given={"hf_token": None})
    assert "has no permission" in refused(HubError, deploy, server, given={"hf_token": "hf_reader"})
    assert "does not accept the token" in refused(HubError, deploy, server, given={"hf_token": "hf_wrong"})

    def plan(*given, **more):
        return space.deploy, space.Plan(*given, **more), settings(server)

    assert "'films' is not a legal repository name" in refused(BadInput, *plan("films"))
    assert "there is no model repository. Add --model-repo." in refused(BadInput, *plan(SPACE, revision="v1"))
    missing = refused(HubError, *plan(SPACE, "me/none"))
    assert missing.startswith("Looking at me/none failed: there is no such repository")
    nowhere = refused(HubError, *plan(SPACE, MODEL, revision="v9"))
    assert nowhere == f"Pulling from {MODEL} failed: it has no revision 'v9'. There are main, v1.0."
    server.create("me/empty")
    empty = refused(BrokenRelease, *plan(SPACE, "me/empty"))
    assert empty == "me/empty at main is not a release: it has no manifest.json. Push a release first."
    courses = refused(BadInput, space.deploy, space.Plan(SPACE, MODEL), settings(server, catalogue="courses"))
    assert courses.startswith(f"{MODEL} at main holds a release of films, and RECSYS_CATALOGUE is courses.")
    other = refused(BadInput, space.deploy, space.Plan(SPACE, MODEL), settings(server, dataset="ml-100k"))
    assert other.startswith(f"{MODEL} at main holds a release of ml-latest-small, and RECSYS_DATASET is ml-100k.")
    server.create("me/open", "dataset")
    text = refused(NotAllowed, *plan(SPACE, feedback_repo="me/open"))
    assert text == ("The dataset repository me/open is public. Make it private before visitors' data is stored in it.")
    assert ("space", SPACE) not in server.repos


def test_without_the_project_beside_the_package(server, tmp_path):
    assert refused(BadInput, deploy, server, project=tmp_path) == (
        f"{tmp_path} has no app.py. Deploy from a clone of the project."
    )


def test_the_script_prints_the_address_and_no_secret(server, tmp_path):
    env = environment(
        tmp_path, "auto", HF_ENDPOINT=server.url, HF_TOKEN=TOKEN, TMDB_API_KEY=TMDB, RECSYS_ADMIN_KEY=ADMIN
    )
    command = [sys.executable, "scripts/deploy_space.py", SPACE, "--model-repo", MODEL]
    outputs = []
    for _ in range(2):
        run = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
        assert run.returncode == 0, run.stderr
        outputs.append(run.stdout.splitlines())
        assert not [secret for secret in (TOKEN, ADMIN, TMDB) if secret in run.stdout + run.stderr]
    assert outputs[0][0].startswith("created: ") and "variables set, 2 secrets set" in outputs[0][0]
    assert outputs[1] == ["unchanged: nothing to do", f"{server.url}/spaces/{SPACE}", "https://me-films.hf.space"]
    run = subprocess.run(
        [*command[:2], "films"], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert (
        run.returncode == 1 and run.stderr == "deploy_space: 'films' is not a legal repository name. Write USER/REPO.\n"
    )


def test_what_was_deployed_serves(server, tmp_path, prepared, film_folder):
    """The Space's own files, with nothing else of the project in reach, as a Space starts them."""
    deploy(server)
    folder = tmp_path / "space"
    for name, data in server.repos["space", SPACE].files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    changes = {"SPACE_ID": SPACE, "PYTHONPATH": str(folder), "GRADIO_SERVER_NAME": "127.0.0.1"}
    with running(prepared, film_folder, cwd=folder, **changes) as address:
        answer = urllib.request.urlopen(f"{address}/health", timeout=PATIENCE_S)
        assert json.load(answer)["ok"]
