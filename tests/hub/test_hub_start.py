"""Starting the real app with the Hub away, slow and back again; feedback kept through a container's end."""

from __future__ import annotations

import json
import shutil
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from film_app import running
from waiting import PATIENCE_S, until

from recsys import hub, release

MODEL, FEEDBACK, TOKEN = "me/films", "me/feedback", "hf_writer"


@pytest.fixture
def data(prepared, tmp_path) -> Path:
    """A data directory of its own with a release in it."""
    shutil.copytree(prepared, tmp_path / "disk" / "data")
    return tmp_path / "disk" / "data"


@pytest.fixture
def newer(server, data, tmp_path) -> str:
    """A release on the Hub that is newer than the one on the disk; its version."""
    shutil.copytree(data / "releases" / "films", tmp_path / "newer")
    made = release.add(release.current(tmp_path / "newer"), {}, {"popular": {"metrics": {"random": {"ndcg@10": 0.5}}}})
    hub.push(made, MODEL, token=TOKEN, endpoint=server.url)
    return made.version


def ask(address: str, name: str, *given) -> dict:
    request = urllib.request.Request(
        f"{address}/gradio_api/run/{name}",
        json.dumps({"data": list(given)}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return json.load(answer)["data"][0]


def served(address: str) -> str:
    with urllib.request.urlopen(f"{address}/health", timeout=PATIENCE_S) as answer:
        return json.load(answer)["release"]


@contextmanager
def app(data, film_folder, url, **changes):
    with running(data, film_folder, HF_ENDPOINT=url, RECSYS_HUB_REPO=MODEL, HF_TOKEN=TOKEN, **changes) as address:
        yield address


def log(data: Path) -> str:
    return "\n".join(path.read_text() for path in data.parent.glob("app-*.log"))


def test_the_hub_is_away_and_comes_back(data, film_folder, server, newer):
    old = release.current(data / "releases" / "films").version
    server.fail("/api/", times=10_000, cut_after=-1)
    with app(data, film_folder, server.url, RECSYS_FEEDBACK_REPO=FEEDBACK) as address:
        assert served(address) == old and len(ask(address, "recommend", "3", 5)) == 5
        assert len(ask(address, "join", ["Heat (1995)"])) == 2
        feedback = ask(address, "about")["feedback"]
        assert (feedback["place"], feedback["every_minutes"], feedback["restored"]) == (FEEDBACK, 5.0, False)
        assert "the Hub cannot be reached or cut the connection" in feedback["trouble"]
        until(lambda: f"Serving release {old}; next try in" in log(data))
        server.faults.clear()
        until(lambda: served(address) == newer)
        assert len(ask(address, "recommend", "3", 5)) == 5
    assert TOKEN not in log(data)


def test_the_hub_answers_slowly(data, film_folder, server, newer):
    old = release.current(data / "releases" / "films").version
    server.fail("/api/", times=10_000, delay=8.0)
    with app(data, film_folder, server.url, RECSYS_FEEDBACK_REPO=FEEDBACK) as address:
        assert served(address) == old
        server.faults.clear()
        until(lambda: served(address) == newer)


def test_a_new_disk_has_the_profiles_of_the_old_one(data, prepared, film_folder, server, tmp_path):
    """A container is told to end, its disk is thrown away, the next one starts with nothing but the repo."""
    changes = {"RECSYS_HUB_REPO": "", "HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "RECSYS_FEEDBACK_REPO": FEEDBACK}
    with running(data, film_folder, **changes) as address:
        profile = ask(address, "join", ["Heat (1995)", "Fargo (1996)"])
        ask(address, "rate", profile["user_id"], profile["key"], "Casino (1995)", 5)
        ask(address, "feedback", "like", "Heat (1995)", profile["user_id"], "ease", "", profile["key"])
        history = ask(address, "user", profile["user_id"], 20, profile["key"])["history"]
    assert server.repos["dataset", FEEDBACK].private
    shutil.copytree(prepared, tmp_path / "new" / "data", ignore=shutil.ignore_patterns("visitors.sqlite*"))
    with running(tmp_path / "new" / "data", film_folder, **changes) as address:
        again = ask(address, "user", profile["user_id"], 20, profile["key"])["history"]
        assert again == history and len(again) == 3
        assert ask(address, "rate", profile["user_id"], profile["key"], "Alien (1979)", 4)["stored"]
        about = ask(address, "about")
        assert about["feedback"]["restored"] and about["services"]["feedback"]
    assert profile["key"] not in str(server.repos["dataset", FEEDBACK].files)
