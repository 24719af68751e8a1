"""Every fault at every request of push, pull, deploy and start: one sentence, both sides whole, and well again after."""

from __future__ import annotations

import copy
import shutil

import pytest
from releases import write

from hub.conftest import REPO, TOKEN
from hub.faults import FAULTS, ODD, one_sentence
from recsys import hub, release
from recsys.catalogue import building
from recsys.data.progress import quiet
from recsys.errors import RecsysError
from recsys.hub import space
from recsys.runtime import startup
from recsys.settings import Settings
from recsys.training.train import train

SPACE = "me/space"
ALL = FAULTS | ODD
MOST_REQUESTS = 60
# What a failure leaves behind depends on the request that failed, hardly on the kind of the fault: after each request,
# every fourth kind is followed by another attempt.
ATTEMPTS_AGAIN = 4
pytestmark = [pytest.mark.usefixtures("no_waiting"), pytest.mark.long]


@pytest.fixture(scope="module")
def source(tmp_path_factory, tastes, facts):
    return write(tmp_path_factory.mktemp("source"), tastes, facts, names=("popular",), version="v1.0")


def every_request(server, kind, before, act, whole):
    """Let the first request fail, then the second, and so on; check after each run, and after one without a fault.

    Args:
        kind: a key of ALL.
        before: makes the state that each run starts from.
        act: what is tried.
        whole: what must hold afterwards, given whether it succeeded.
    """
    place = list(ALL).index(kind)
    for number in range(MOST_REQUESTS):
        before()
        server.faults.clear()
        injected = server.fail("", skip=number, **ALL[kind])
        try:
            act()
            succeeded = True
        except RecsysError as error:
            assert one_sentence(error, TOKEN), error
            succeeded = False
        reached = injected.times == 0
        server.faults.clear()
        whole(succeeded)
        if not succeeded and (number - place) % ATTEMPTS_AGAIN == 0:
            act()
            whole(True)
        if not reached:
            assert number > 3
            return
    raise AssertionError("it does not end")


@pytest.mark.parametrize("kind", FAULTS)
def test_push(server, source, kind):
    def empty():
        server.repos.clear()
        server.lfs.clear()

    def whole(succeeded):
        found = server.repos.get(("model", REPO))
        titles = [] if found is None else [commit.title for commit in found.commits]
        assert titles[:1] in ([], ["initial commit"]) and titles[1:] in ([], ["Release v1.0"])
        if succeeded:
            assert titles[1:] and found.tags == {"v1.0": found.head.id}

    every_request(server, kind, empty, lambda: hub.push(source, REPO, token=TOKEN, endpoint=server.url), whole)


@pytest.mark.parametrize("kind", FAULTS)
def test_pull(server, pushed, tmp_path, kind):
    root = tmp_path / "pulled"
    server.repos, server.lfs = copy.deepcopy(pushed)

    def whole(succeeded):
        found = release.current(root)
        assert (found is not None) if succeeded else release.versions(root) == []
        if succeeded:
            release.verify(found.path)
            assert not list(root.glob(".*-*/"))

    every_request(
        server,
        kind,
        lambda: shutil.rmtree(root, ignore_errors=True),
        lambda: hub.pull(REPO, root, endpoint=server.url),
        whole,
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project of a few files."""
    folder = tmp_path_factory.mktemp("project")
    texts = {
        "app.py": "print()",
        "LICENSE": "free",
        "README.md": "---\nsdk: gradio\n---\n\n# Films\n",
        "requirements.txt": "gradio\n",
        "requirements-serve.txt": "gradio\n",
        "pyproject.toml": "[tool.hatch.build.targets.wheel.force-include]\n"
        '[tool.recsys.requirements.zero_gpu]\nwithout = ["gradio"]\nalso = ["torch"]\n',
        "recsys/__init__.py": "",
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("kind", FAULTS)
def test_deploy(server, pushed, project, kind):
    plan = space.Plan(SPACE, REPO, revision="v1.0", feedback_repo="me/feedback")
    settings = Settings(hub_endpoint=server.url, hf_token=TOKEN, admin_key="open-sesame")

    def whole(succeeded):
        found = server.repos.get(("space", SPACE))
        titles = [] if found is None else [commit.title for commit in found.commits]
        assert titles[1:] in ([], ["Update the app"])
        if succeeded:
            assert found.variables["RECSYS_HUB_REPO"] == REPO and titles[1:]
            assert found.secrets == {"HF_TOKEN", "RECSYS_ADMIN_KEY"} and server.repos["dataset", "me/feedback"].private

    def before():
        server.repos, server.lfs = copy.deepcopy(pushed)

    every_request(server, kind, before, lambda: space.deploy(plan, settings, project=project), whole)


@pytest.fixture(scope="module")
def trained(prepared, film_folder, tmp_path_factory):
    """A release of the prepared data with one model: more of them add requests that are alike."""
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path_factory.mktemp("trained"))
    for path in prepared.glob("films.sqlite*"):
        shutil.copy(path, settings.data_dir)
    return train(settings, building.ensure(settings, quiet), ("popular",), quiet)


@pytest.mark.parametrize("kind", ALL)
def test_start(server, prepared, trained, film_folder, tmp_path, monkeypatch, kind):
    """A start never fails because of the Hub: it serves the Hub's release or one that was trained here."""
    hub.push(trained, REPO, token=TOKEN, endpoint=server.url)
    settings = Settings(
        dataset=str(film_folder), data_dir=tmp_path / "data", hub_repo=REPO, hub_endpoint=server.url, hf_token=TOKEN
    )
    (tmp_path / "data").mkdir()
    for path in prepared.glob("films.sqlite*"):
        shutil.copy(path, tmp_path / "data")
    monkeypatch.setattr(startup, "train", lambda *_, **options: trained)

    def act():
        said: list[str] = []
        found = startup._first_pull(settings, lambda line, share=None: said.append(line))
        if found is None:
            assert said[-1].endswith(" Continuing without it.")
            raise RecsysError(said[-1])

    def whole(succeeded):
        found = release.current(settings.releases)
        assert found is not None if succeeded else release.versions(settings.releases) == []

    def before():
        shutil.rmtree(settings.releases, ignore_errors=True)

    every_request(server, kind, before, act, whole)
    before()
    server.fail("", times=10_000, **ALL[kind])
    service = startup.ready(settings, lambda line, share=None: None)
    assert service.release.version == trained.version and len(service.recommend("3", 3)) == 3
    service.close()
