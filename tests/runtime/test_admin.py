"""Operating a running service: its figures, its jobs, its releases, and who may."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from services import with_settings
from waiting import until

from recsys import release as releases
from recsys.data import IdMap
from recsys.data.progress import quiet
from recsys.errors import BadInput, NotAllowed, RecsysError, TooManyRequests, UnknownModel
from recsys.models import registry
from recsys.release import manifest as manifests
from recsys.runtime import status
from recsys.runtime.access import check, is_open
from recsys.runtime.admin import Admin
from recsys.runtime.jobs import Background
from recsys.runtime.startup import ready
from recsys.serving.client import Client, answering
from recsys.serving.latency import Latencies
from recsys.serving.rate_limit import RateLimits
from recsys.settings import Settings


def test_latencies_are_counted_by_endpoint_and_outcome():
    latencies = Latencies(latest=100)
    for number in range(1, 201):
        latencies.record("similar", number / 1000)
    latencies.record("user", 0.5, "refused")
    with pytest.raises(BadInput), latencies.timing("user"):
        raise BadInput("no")
    with pytest.raises(ZeroDivisionError), latencies.timing("user"):
        1 / 0
    similar, user = latencies.lines()
    assert similar == {"endpoint": "similar", "count": 200, "refused": 0, "failed": 0, "p50": 150.5, "p95": 195.05}
    assert (user["count"], user["refused"], user["failed"]) == (3, 2, 1)


def test_figures_are_those_of_the_service(service):
    from recsys.api.calls import call
    from recsys.api.endpoints import ENDPOINTS

    call(service, ENDPOINTS["similar"], ["Heat (1995)", 3])
    found = status.figures(service)
    assert found["counts"]["users"] == 60 and found["release"]["version"] == service.release.version
    assert 0 < found["memory_mb"] < 10_000 and found["uptime_s"] >= 0
    assert [line["endpoint"] for line in found["latencies"]] == ["similar"]
    assert (found["errors"], found["refused"], found["lists_dropped"], found["newer_ratings"]) == (0, 0, 0, 0)
    service.profiles.create(["Heat (1995)", "Toy Story (1995)"])
    assert status.figures(service)["newer_ratings"] == 2


def test_who_may_run_it():
    local, space = Settings(), Settings(server_name="0.0.0.0", admin_key="right key")
    assert is_open(local) and not is_open(space) and not is_open(replace(local, on_space=True))
    check(local, "")
    check(space, "right key")
    for wrong in ("", "right", "right key ", "RIGHT KEY"):
        with pytest.raises(NotAllowed, match="This is not the RECSYS_ADMIN_KEY"):
            check(space, wrong)
    with pytest.raises(NotAllowed, match="has no admin key. Set RECSYS_ADMIN_KEY"):
        check(replace(space, admin_key=None), "")


def test_a_set_key_is_demanded_on_this_machine_too():
    keyed = Settings(admin_key="right key")
    assert not is_open(keyed)
    check(keyed, "right key")
    with pytest.raises(NotAllowed, match="This is not the RECSYS_ADMIN_KEY"):
        check(keyed, "")


def test_what_comes_through_a_proxy_or_by_another_name_runs_nothing():
    with answering(Client("192.0.2.7", is_local=False)):
        assert not is_open(Settings())
        with pytest.raises(NotAllowed, match="has no admin key"):
            check(Settings(), "")


def test_wrong_admin_keys_must_wait():
    limits, keyed = RateLimits(), Settings(server_name="0.0.0.0", admin_key="right key")
    with answering(Client("192.0.2.7", is_local=False)):
        found = []
        for number in range(100):
            with pytest.raises(RecsysError) as refused:
                check(keyed, f"guess {number}", limits)
            found.append(type(refused.value))
        assert found.count(TooManyRequests) >= 90
        with pytest.raises(TooManyRequests):
            check(keyed, "right key", limits)
    with answering(Client("192.0.2.8", is_local=False)):
        check(keyed, "right key", limits)


# -- jobs ---------------------------------------------------------------------------------------


@pytest.fixture
def admin(service, tmp_path):
    """Admin of a service whose releases are a copy."""
    served = with_settings(service, data_dir=tmp_path / "data")
    root, copied = service.settings.releases, served.settings.releases
    for version in releases.versions(root):
        for source in (root / version).rglob("*"):
            if source.is_file():
                releases.link(source, copied / version / source.relative_to(root / version))
    served.use(releases.switch(copied, service.release.version))
    return Admin(Background(served))


def finished(admin, job):
    until(lambda: job.ended is not None, lambda: str(list(job.lines)))
    return admin.job()


@pytest.fixture
def program(monkeypatch, tmp_path):
    """Runs a small program in place of the process of a job; gives the file that says what it does."""
    package = tmp_path / "stand_in" / "recsys"
    (package / "runtime").mkdir(parents=True)
    for folder in (package, package / "runtime"):
        (folder / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.chdir(package.parent)
    return package / "runtime" / "job_process.py"


def reports(*messages):
    """A program that reports these messages."""
    return "".join(f"print({json.dumps(message)!r}, flush=True)\n" for message in messages)


def test_the_process_of_a_job_sees_when_the_service_ends(admin, program):
    """Its standard input stays open as long as the service runs."""
    program.write_text(reports({"line": "begun"}) + "import sys; sys.stdin.read()\n" + reports({"line": "closed"}))
    job = admin.train(["ease"])
    until(lambda: "begun" in job.lines)
    job._process.stdin.close()
    assert finished(admin, job)["lines"] == ["begun", "closed"]


def test_a_job_reports_how_far_it_is(admin, program):
    program.write_text(
        reports({"line": "ease: trained in 0.1 s", "share": 0.5}, {"line": "writing", "share": None})
        + "import sys; print('WARNING: low disk', file=sys.stderr); sys.exit(3)"
    )
    found = finished(admin, admin.train(["ease", "popular"]))
    assert (found["share"], found["outcome"], found["running"]) == (0.5, "failed", False)
    assert sorted(found["lines"]) == ["WARNING: low disk", "ease: trained in 0.1 s", "writing"]
    program.write_text(reports({"line": "half", "share": 0.5}))
    assert finished(admin, admin.train(["ease"]))["share"] == 1.0
    with pytest.raises(BadInput, match="No model is chosen"):
        admin.train([])
    with pytest.raises(UnknownModel, match="nope"):
        admin.train(["nope"])


def test_a_job_is_cancelled_and_no_other_runs_beside_it(admin, program):
    program.write_text(reports({"line": "ease, split 1 of 1", "share": 0.4}) + "import time; time.sleep(60)")
    job = admin.evaluate(["ease"], "temporal")
    until(lambda: job.lines)
    assert admin.job()["running"] and admin.job()["share"] == 0.4
    for other in (lambda: admin.train(["ease"]), admin.roll_back, lambda: admin.switch("x")):
        with pytest.raises(BadInput, match="Another job is running: evaluate. Wait for it, or cancel it first."):
            other()
    admin.cancel()
    assert finished(admin, job)["outcome"] == "cancelled"
    with pytest.raises(BadInput, match="No job is running"):
        admin.cancel()
    with pytest.raises(BadInput, match="Split 'half' is unknown"):
        admin.evaluate(["ease"], "half")


def test_the_arguments_of_a_job_arrive_as_given(admin, program):
    program.write_text("import json, sys; print(json.dumps({'line': ' '.join(sys.argv[1:])}))")
    arrived = finished(admin, admin.push("me/x", private=True))["lines"]
    assert arrived == ['push {"repo": "me/x", "private": true}']
    arrived = finished(admin, admin.pull("me/x", "--help"))["lines"]
    assert arrived == ['pull {"repo": "me/x", "revision": "--help"}']
    for refused in (" ", "not a repo!!", "--with-ratings"):
        with pytest.raises(BadInput, match="USER/REPO"):
            admin.push(refused)
        with pytest.raises(BadInput, match="USER/REPO"):
            admin.pull(refused)
    assert len(admin.background.jobs) == 2, "no process was started for them"


def test_a_failed_job_leaves_the_release(admin, program, caplog):
    program.write_text(reports({"error": "There is no room."}) + "import sys; sys.exit(1)")
    before = admin.service.release.version
    found = finished(admin, admin.train(["ease"]))
    assert found["outcome"] == "failed" and found["lines"] == ["There is no room."]
    assert admin.service.release.version == before
    assert "There is no room." in caplog.text


# -- releases -----------------------------------------------------------------------------------


def another(admin, **info):
    """A further release on disk, not switched to."""
    served = admin.service.release
    made = releases.add(served, {}, {})
    if info:
        manifest = made.path / "manifest.json"
        manifest.write_text(manifest.read_text().replace(served.info["digest"], info["digest"]))
    releases.switch(admin.service.settings.releases, served.version)
    return made.version


def test_switching_and_rolling_back(admin):
    first = admin.service.release.version
    second = another(admin)
    assert admin.versions()[0] == second
    assert admin.switch(second).version == second == admin.service.release.version
    assert releases.current(admin.service.settings.releases).version == second
    assert admin.roll_back().version == first == admin.service.release.version
    with pytest.raises(UnknownModel, match=f"There is no release older than {first}"):
        admin.roll_back()
    with pytest.raises(UnknownModel, match="no release 'v0'"):
        admin.switch("v0")


def test_a_release_of_other_data_is_not_served(admin, program):
    first = admin.service.release.version
    other = another(admin, digest="f" * 64)
    with pytest.raises(BadInput, match=f"{other} was trained on other data .* {first} is still served"):
        admin.switch(other)
    assert releases.current(admin.service.settings.releases).version == first == admin.service.release.version
    root = admin.service.settings.releases
    program.write_text(f"open({str(root / 'current')!r}, 'w').write({other!r})")
    found = finished(admin, admin.pull("me/x"))
    assert found["outcome"] == "failed" and "was trained on other data" in found["lines"][-1]
    assert releases.current(root).version == first == admin.service.release.version


def test_a_release_with_items_that_are_not_in_the_data_is_not_served(admin):
    """Its manifest states the digest of the data all the same."""
    first, other = admin.service.release.version, another(admin)
    root = admin.service.settings.releases
    rename_item(root / other)
    with pytest.raises(BadInput, match=f"{other} was trained on other data .* {first} is still served"):
        admin.switch(other)
    assert releases.current(root).version == first == admin.service.release.version


def rename_item(folder):
    """Give an item another id in all files of a release, with the right digests."""
    path = folder / "items.json"
    items = json.loads(path.read_text())
    items["ids"][3] = "no such item"
    rewrite(path, items)
    for about_path in folder.glob("models/*.json"):
        about = json.loads(about_path.read_text())
        about["items"]["digest"] = IdMap(items["ids"]).digest
        rewrite(about_path, about)
    manifest = json.loads((folder / "manifest.json").read_text())
    for model in manifest["models"].values():
        model["files"] = {name: manifests.record(folder / name) for name in model["files"]}
    manifest["files"] = {name: manifests.record(folder / name) for name in manifest["files"]}
    rewrite(folder / "manifest.json", manifest)


def rewrite(path, values):
    """Write JSON to a file that other releases may share."""
    path.unlink()
    path.write_text(json.dumps(values))


def test_a_job_that_leaves_a_release_is_served(admin, program):
    second = another(admin)
    root = admin.service.settings.releases
    program.write_text(f"open({str(root / 'current')!r}, 'w').write({second!r})")
    assert finished(admin, admin.train(["ease"]))["outcome"] == "done"
    assert admin.service.release.version == second


# -- which models are trained -------------------------------------------------------------------


def test_the_hybrid_is_trained_behind_the_served_page_before_all_else(film_folder, tmp_path, monkeypatch):
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path / "data")
    service = ready(settings, quiet, finish_training=False)
    try:
        waiting = ["hybrid"]
        assert set(registry.where(first_start=True)) - set(service.release.names) == {*waiting, "item_knn"}
        # until then the default is another model, also for callers who use the default of the API by its name
        assert len(service.recommend("1", 5)) == len(service.recommend_for(["Heat (1995)"], [], 5)) == 5
        asked, do = [], Background.do
        monkeypatch.setattr(Background, "do", lambda self, task, **given: asked.append((task, given.get("models"))))
        background = Background(service)
        background.start().join()
        assert asked[:2] == [("calibrate", None), ("train", waiting)]
        assert "item_knn" in asked[2][1] and not set(waiting) & set(asked[2][1])
        monkeypatch.setattr(Background, "do", do)
        for name, value in {"RECSYS_DATA_DIR": settings.data_dir, "RECSYS_DATASET": film_folder}.items():
            monkeypatch.setenv(name, str(value))
        before = service.release
        assert background.do("train", models=waiting).outcome == "done"
        assert set(service.release.names) == {*before.names, *waiting}
        files = {name: record["files"] for name, record in before.manifest["models"].items()}
        kept = {name: service.release.manifest["models"][name]["files"] for name in before.names}
        assert kept == files, "nothing is trained twice"
    finally:
        service.close()


def test_slow_models_are_trained_after_all_else_each_in_a_job_of_its_own(service, monkeypatch):
    background, asked = Background(service), []
    monkeypatch.setattr(Background, "do", lambda self, task, **arguments: asked.append((task, arguments["models"])))
    monkeypatch.setattr(Background, "missing", lambda self: ["als", "svd", "sequential"])
    for record in service.release.manifest["models"].values():
        record["metrics"] = {}
    background.start().join()
    assert [task for task, _ in asked] == ["train", "evaluate", "train", "evaluate"]
    assert asked[0][1] == ["als", "svd"] and asked[2][1] == ["sequential"]


def test_what_can_be_trained_is_more_than_what_is_trained_unasked(service):
    background = Background(service)
    assert "sequential" not in background.missing()
    if not registry.get("sequential").missing_modules():
        assert "sequential" in background.trainable()
    assert set(background.missing()) <= set(background.trainable())
    assert not set(background.trainable()) & set(service.release.names)
