"""Operating a running service: its figures, its jobs, its releases, and who may."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from recsys import release as releases
from recsys.errors import BadInput, NotAllowed, UnknownModel
from recsys.runtime import status
from recsys.runtime.admin import Control, check, is_open
from recsys.runtime.jobs import Background
from recsys.serving.latency import Latencies
from recsys.settings import Settings


def test_latencies_are_counted_by_endpoint_and_outcome():
    latencies = Latencies(kept=100)
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
    service.join(["Heat (1995)", "Toy Story (1995)"])
    assert status.figures(service)["newer_ratings"] == 2


def test_who_may_run_it():
    local, space = Settings(), Settings(server_name="0.0.0.0", admin_key="right key")
    assert is_open(local) and not is_open(space) and not is_open(replace(local, on_space=True))
    check(local, "")
    check(space, "right key")
    for wrong in ("", "right", "right key ", "RIGHT KEY"):
        with pytest.raises(NotAllowed, match="this is not the RECSYS_ADMIN_KEY"):
            check(space, wrong)
    with pytest.raises(NotAllowed, match="has no RECSYS_ADMIN_KEY: set one"):
        check(replace(space, admin_key=None), "")


# -- jobs ---------------------------------------------------------------------------------------


@pytest.fixture
def control(service, tmp_path):
    """Control over a service whose releases are a copy."""
    copied = replace(service.settings, data_dir=tmp_path / "data")
    for version in releases.versions(service.settings.releases):
        for source in (service.settings.releases / version).rglob("*"):
            if source.is_file():
                releases.link(
                    source, copied.releases / version / source.relative_to(service.settings.releases / version)
                )
    service.settings = copied
    service.use(releases.switch(copied.releases, service.release.version))
    return Control(Background(service))


def finished(control, job):
    deadline = time.monotonic() + 60
    while job.ended is None and time.monotonic() < deadline:
        time.sleep(0.02)
    assert job.ended is not None, list(job.lines)
    return control.job()


@pytest.fixture
def commands(monkeypatch, tmp_path):
    """Runs a small program in place of `python -m recsys`; gives the file that says what it does."""
    package = tmp_path / "stand_in" / "recsys"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.chdir(package.parent)
    return package / "__main__.py"


def test_training_says_how_far_it_is(control, commands):
    commands.write_text(
        "import sys; print('ease: trained in 0.1 s', file=sys.stderr); print(sys.argv[1:], file=sys.stderr)"
    )
    job = control.train(["ease", "popular"])
    told = finished(control, job)
    assert told["outcome"] == "done" and told["share"] == 1.0 and not told["running"]
    assert "['train', '--models', 'ease,popular']" in told["lines"][-1]
    job.status = 1
    assert control.job()["share"] == 0.5 and control.job()["outcome"] == "failed"
    with pytest.raises(BadInput, match="choose at least one model"):
        control.train([])
    with pytest.raises(UnknownModel, match="no model 'nope'"):
        control.train(["nope"])


def test_a_job_is_cancelled_and_no_other_runs_beside_it(control, commands):
    commands.write_text(
        "import sys, time; print(' 40% ease, split 1 of 1', file=sys.stderr, flush=True); time.sleep(60)"
    )
    job = control.evaluate(["ease"], "temporal")
    deadline = time.monotonic() + 30
    while not job.lines and time.monotonic() < deadline:
        time.sleep(0.02)
    assert control.job()["running"] and control.job()["share"] == 0.4
    for other in (lambda: control.train(["ease"]), control.roll_back, lambda: control.switch("x")):
        with pytest.raises(BadInput, match="evaluate is under way: wait for it, or cancel it first"):
            other()
    control.cancel()
    assert finished(control, job)["outcome"] == "cancelled"
    with pytest.raises(BadInput, match="nothing is under way"):
        control.cancel()
    with pytest.raises(BadInput, match="no split 'half'"):
        control.evaluate(["ease"], "half")


def test_hub_commands_cannot_be_given_options(control, commands):
    commands.write_text("import sys; print(sys.argv[1:], file=sys.stderr)")
    told = finished(control, control.push("--with-ratings", private=True))
    assert told["lines"] == ["['push', '--private', '--', '--with-ratings']"]
    told = finished(control, control.pull("me/x", "--help"))
    assert told["lines"] == ["['pull', '--revision=--help', '--', 'me/x']"]
    with pytest.raises(BadInput, match="USER/REPO"):
        control.push(" ")


def test_a_failed_job_leaves_the_release(control, commands, caplog):
    commands.write_text("import sys; print('recsys train: no room', file=sys.stderr); sys.exit(1)")
    before = control.service.release.version
    assert finished(control, control.train(["ease"]))["outcome"] == "failed"
    assert control.service.release.version == before
    assert "no room" in caplog.text


# -- releases -----------------------------------------------------------------------------------


def another(control, **info):
    """A further release on disk, not switched to."""
    served = control.service.release
    made = releases.add(served, {}, {})
    if info:
        manifest = made.path / "manifest.json"
        manifest.write_text(manifest.read_text().replace(served.info["digest"], info["digest"]))
    releases.switch(control.service.settings.releases, served.version)
    return made.version


def test_switching_and_rolling_back(control):
    first = control.service.release.version
    second = another(control)
    assert control.versions()[0] == second
    assert control.switch(second).version == second == control.service.release.version
    assert releases.current(control.service.settings.releases).version == second
    assert control.roll_back().version == first == control.service.release.version
    with pytest.raises(UnknownModel, match=f"no older release than {first}"):
        control.roll_back()
    with pytest.raises(UnknownModel, match="no release 'v0'"):
        control.switch("v0")


def test_a_release_of_other_data_is_not_served(control, commands):
    first = control.service.release.version
    other = another(control, digest="f" * 64)
    with pytest.raises(BadInput, match=f"{other} was trained on other data .* {first} stays"):
        control.switch(other)
    assert releases.current(control.service.settings.releases).version == first == control.service.release.version
    root = control.service.settings.releases
    commands.write_text(f"open({str(root / 'current')!r}, 'w').write({other!r})")
    told = finished(control, control.pull("me/x"))
    assert told["outcome"] == "failed" and "was trained on other data" in told["lines"][-1]
    assert releases.current(root).version == first == control.service.release.version


def test_a_job_that_leaves_a_release_is_served(control, commands):
    second = another(control)
    root = control.service.settings.releases
    commands.write_text(f"open({str(root / 'current')!r}, 'w').write({second!r})")
    assert finished(control, control.train(["ease"]))["outcome"] == "done"
    assert control.service.release.version == second
