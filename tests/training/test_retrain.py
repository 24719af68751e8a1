"""Retraining: feedback in, both sides on the same held-out ratings, a push only where nothing is worse."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace

import pytest
from fake_hub import FakeHub
from film_app import PROJECT, environment
from waiting import PATIENCE_S

from recsys import hub
from recsys.catalogue import building
from recsys.data.progress import quiet
from recsys.errors import BadInput, BrokenRelease, HubError
from recsys.hub import client
from recsys.models import registry
from recsys.settings import Settings
from recsys.training import comparison
from recsys.training.retrain import Plan, markdown, retrain, write_report
from recsys.training.train import train
from recsys.visitors.backup_to_hub import HubBackup
from recsys.visitors.profiles import Visitors
from recsys.visitors.store.sqlite import SqliteStore

pytestmark = pytest.mark.slow
REPO, FEEDBACK, TOKEN, MODELS = "me/films", "me/feedback", "hf_writer", ("popular", "ease")


@pytest.fixture(autouse=True)
def no_account(monkeypatch, tmp_path):
    """No token of whoever runs the tests."""
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-token"))


@pytest.fixture
def server():
    with FakeHub() as running:
        yield running


@pytest.fixture
def settings(server, film_folder, tmp_path):
    return Settings(dataset=str(film_folder), data_dir=tmp_path / "runner", hub_endpoint=server.url, hf_token=TOKEN)


@pytest.fixture
def first(settings, tmp_path):
    """A release in use, trained elsewhere on the data set alone."""
    elsewhere = replace(settings, data_dir=tmp_path / "elsewhere")
    made = train(elsewhere, building.ensure(elsewhere), MODELS)
    hub.push(made, REPO, token=TOKEN, endpoint=settings.hub_endpoint)
    return made


def told(settings, tmp_path, people: int = 12) -> None:
    """What visitors told a Space, in the feedback repo."""
    visitors = Visitors.open(tmp_path / "space" / "visitors.sqlite", "films")
    backup = HubBackup(visitors.store.path, FEEDBACK, 300, TOKEN, settings.hub_endpoint)
    backup.restore()
    items = building.ensure(settings).interactions().items.ids.tolist()
    for number in range(people):
        visitors.join({item: 5.0 for item in items[number : number + 8]})
    backup.save()
    backup.close()
    visitors.close()


def run(settings, **more):
    return retrain(settings, REPO, Plan(**{"names": MODELS, **more}), quiet)


def test_the_first_release_needs_no_comparison(server, settings):
    report = run(settings)
    assert (report["decision"], report["reason"]) == (
        "pushed",
        "The repository had no release.",
    )
    assert report["current"] is None and report["new"]["tag"] in server.repos["model", REPO].tags


def test_one_machine_at_a_time_retrains_a_repository(server, settings, monkeypatch):
    monkeypatch.setattr(SqliteStore, "exclusive", lambda self, work: nullcontext(False))
    with pytest.raises(BadInput, match=f"Another machine retrains {REPO} now. Try again when it has finished."):
        run(settings)
    assert ("model", REPO) not in server.repos


def test_nothing_new_changes_nothing(server, settings, first):
    report = run(settings)
    assert (report["decision"], report["reason"]) == (
        "unchanged",
        f"Release {first.version} has the same ratings and settings.",
    )
    assert [line["old"] == line["new"] for line in report["lines"]] == [True, True]
    assert len(server.repos["model", REPO].commits) == 2


def test_feedback_is_learnt_from_and_pushed_where_nothing_is_worse(server, settings, first, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    told(settings, tmp_path)
    report = run(replace(settings, feedback_repo=FEEDBACK), tolerance=0.5)
    assert report["decision"] == "pushed", report["reason"]
    assert report["data"]["profiles"] == 12 and report["data"]["restored"] == 12 * 9
    made = server.repos["model", REPO]
    assert [commit.title for commit in made.commits][2:] == [f"Release {report['new']['version']}"]
    manifest = json.loads(made.files["manifest.json"])
    assert manifest["info"]["n_profiles"] == 12 and "guest-" not in str(made.files)
    [ease] = [line for line in report["lines"] if line["model"] == "ease"]
    assert manifest["models"]["ease"]["metrics"]["random"]["ndcg@10"] == ease["new"] != ease["old"]
    assert TOKEN not in caplog.text


def damaged(server, kind):
    """Make the release on the Hub unusable in one way; returns what the refusal must say."""
    repo = server.repos["model", REPO]
    if kind == "newer format":
        manifest = json.loads(repo.files["manifest.json"]) | {"format": 2}
        server.put(REPO, {"manifest.json": json.dumps(manifest).encode()})
        return "has format 2"
    if kind == "no manifest any more, but a broken one":
        server.put(REPO, {"manifest.json": b"{"})
        return "manifest.json is not JSON"
    if kind == "corrupt model":
        data = repo.files["models/ease.json"]
        server.put(REPO, {"models/ease.json": data.replace(b"settings", b"settongs", 1)})
        return "SHA-256 differs"
    raise AssertionError(kind)


@pytest.mark.parametrize("kind", ["newer format", "no manifest any more, but a broken one", "corrupt model"])
def test_a_release_that_cannot_be_read_is_never_replaced_unmeasured(server, settings, first, kind):
    said, repo = damaged(server, kind), server.repos["model", REPO]
    commits = len(repo.commits)
    with pytest.raises(BrokenRelease, match=said) as error:
        run(settings)
    assert "Nothing was pushed, because there is no usable release to compare with." in str(error.value)
    assert len(repo.commits) == commits
    if kind != "corrupt model":
        time.sleep(1.1)  # a version is named by the second
        report = run(settings, force=True)
        assert (report["decision"], report["reason"]) == ("pushed", "Replaced without a comparison (--force).")


@pytest.mark.parametrize("name", ["manifest.json", "models/popular.json"])
def test_one_corrupt_download_pushes_nothing(server, settings, first, name):
    repo = server.repos["model", REPO]
    data = repo.files[name]
    server.fail(f"GET .*/resolve/.*{name}", answer=data[:-2] + b"!" + data[-1:])
    with pytest.raises(BrokenRelease, match="Nothing was pushed"):
        run(settings)
    assert len(repo.commits) == 2
    assert run(settings)["decision"] == "unchanged"


@pytest.mark.parametrize("status", [404, 412, 500])
@pytest.mark.parametrize("number", range(0, 12, 3))
def test_a_fault_at_any_request_of_the_look_at_the_hub_pushes_nothing(
    server, settings, first, monkeypatch, status, number
):
    monkeypatch.setattr(client, "sleep", lambda seconds: None)
    server.requests.clear()
    passed = server.fail(".*", times=number)  # the first requests pass
    server.fail(".*", times=99, status=status)
    with pytest.raises((BrokenRelease, HubError)):
        run(settings)
    assert passed.times <= 0 and len(server.repos["model", REPO].commits) == 2


def test_a_repository_without_a_release_gets_the_first_one(server, settings):
    server.create(REPO)
    report = run(settings)
    assert (report["decision"], report["reason"]) == ("pushed", "The repository had no release.")


def test_the_old_side_never_sees_what_came_later(settings, first, tmp_path):
    """With the visitors' ratings and the same settings, the old side learns from exactly the data set's."""
    from recsys.training.fitting import training_data
    from recsys.training.retrain import _known_to, _restore

    told(settings, tmp_path)
    catalogue = building.ensure(settings)
    visitors = Visitors.open(settings.visitors_database, "films")
    assert _restore(replace(settings, feedback_repo=FEEDBACK), quiet) == 108
    data, _ = training_data(catalogue, visitors)
    known = _known_to(first, data, catalogue)
    assert len(data.users) - len(known.users) == 12 and known.digest == catalogue.interactions().digest
    split = comparison.protocol.make_split("random", data, 0)
    before = comparison.only_pairs_in(split.fit_data, known)
    held_out = set(map(tuple, split.test.to_frame()[["user_id", "item_id"]].to_numpy()))
    learnt = set(map(tuple, before.to_frame()[["user_id", "item_id"]].to_numpy()))
    assert held_out and learnt and not held_out & learnt and not any(user.startswith("guest-") for user, _ in learnt)
    visitors.close()


def test_what_is_worse_is_kept_back_and_says_so(server, settings, first, monkeypatch):
    create = registry.create
    monkeypatch.setattr(
        registry, "create", lambda name, **given: create(name, **(given or ({"reg": 1e-3} if name == "ease" else {})))
    )
    report = run(settings)
    assert report["decision"] == "kept" and report["new"] is None
    assert report["reason"].startswith("Worse by more than 1.0% of NDCG@10: ease 0.")
    assert len(server.repos["model", REPO].commits) == 2
    [ease] = [line for line in report["lines"] if line["model"] == "ease"]
    assert ease["new"] < ease["old"] and ease["low"] <= ease["new"] - ease["old"] <= ease["high"]
    assert run(settings, force=True)["decision"] == "pushed" and len(server.repos["model", REPO].commits) == 3


@pytest.mark.parametrize("settings_then", [{"reg": "x"}, {"no_such_setting": 1}, {"reg": True}])
def test_a_model_whose_former_settings_are_unknown_is_not_replaced_unmeasured(server, settings, first, settings_then):
    repo = server.repos["model", REPO]
    manifest = json.loads(repo.files["manifest.json"])
    manifest["models"]["ease"]["settings"] = settings_then
    server.put(REPO, {"manifest.json": json.dumps(manifest).encode()})
    commits = len(repo.commits)
    with pytest.raises(BrokenRelease, match="^ease of release .* cannot be compared: with its former settings: ease"):
        run(settings)
    assert len(repo.commits) == commits
    assert run(settings, force=True)["decision"] == "pushed"


def test_a_model_without_anybody_to_measure_it_on_is_not_replaced(settings, first):
    nan, known = float("nan"), comparison.Line("popular", 0.1, 0.1)
    comparison.check_compared(first, [known, comparison.Line("svd", None, 0.3, note="release v1 does not have it")])
    for line in (comparison.Line("ease", nan, nan), comparison.Line("ease", 0.1, nan)):
        with pytest.raises(BrokenRelease, match="ease of release .* cannot be compared: there are no held-out ratings"):
            comparison.check_compared(first, [known, line])


def test_other_data_is_not_compared(server, settings, first, tmp_path):
    from film_app import write_folder

    report = run(replace(settings, dataset=str(write_folder(tmp_path / "other", seed=9))))
    assert report["decision"] == "kept" and "was trained on other data" in report["reason"]
    assert report["reason"].endswith("Use --force to push it anyway.")


def test_a_model_that_cannot_be_trained_here_keeps_the_release_whole(server, settings, first, monkeypatch):
    create = registry.create

    def without_ease(name, **given):
        if name == "ease":
            raise comparison.RecsysError("ease needs something that is not here")
        return create(name, **given)

    monkeypatch.setattr(registry, "create", without_ease)
    report = run(settings)
    assert (report["decision"], report["reason"]) == (
        "kept",
        "ease could not be trained here and would be missing from the release.",
    )


def test_deciding_without_pushing(server, settings):
    report = run(settings, push=False)
    assert report["decision"] == "kept" and report["reason"].endswith("Not pushed, because pushing is switched off.")
    assert ("model", REPO) not in server.repos


def test_what_is_refused(server, settings):
    with pytest.raises(BadInput, match="tolerance is 2. Use a share from 0 to below 1, such as 0.01."):
        run(settings, tolerance=2)
    with pytest.raises(HubError, match="does not accept the token"):
        run(replace(settings, hf_token="hf_wrong"))


def test_the_report_is_written_for_machines_and_people(settings, first, tmp_path):
    report = run(settings)
    paths = write_report(report, tmp_path / "reports")
    assert json.loads(paths[0].read_text()) == report
    text = paths[1].read_text()
    assert text == markdown(report) and text.startswith(f"# Retraining of {REPO}: unchanged\n")
    row = next(line for line in text.splitlines() if line.startswith("| ease |"))
    assert len(row.split("|")) == 7


def test_the_script(server, settings, first, film_folder, tmp_path):
    env = environment(tmp_path / "runner", film_folder, HF_ENDPOINT=server.url, HF_TOKEN=TOKEN, RECSYS_HUB_REPO=REPO)
    command = [sys.executable, "scripts/retrain.py", "--models", "popular,ease", "--report", str(tmp_path / "reports")]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (tmp_path / "reports" / "retrain.md").read_text() and "unchanged" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
    del env["RECSYS_HUB_REPO"]
    done = subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stderr) == (
        1,
        "retrain: No model repo is named. Pass USER/REPO, or set RECSYS_HUB_REPO.\n",
    )
