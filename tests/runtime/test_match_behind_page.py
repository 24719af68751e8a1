"""A first start serves the page before `match` is calibrated; it appears in the running service, and once only."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recsys import release as releases
from recsys.data.progress import quiet
from recsys.evaluation import calibration
from recsys.page.build import about
from recsys.page.reports.release import trained_models
from recsys.runtime.jobs import Background
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.training import calibrating
from recsys.training.measure import Measurement, measure
from recsys.training.train import train

NOTE = "do not show a match yet"


@pytest.fixture
def settings(film_folder, tmp_path, monkeypatch):
    """Settings of an empty data directory, which are those of jobs too."""
    made = Settings(dataset=str(film_folder), data_dir=tmp_path / "data", background=True)
    for name, value in {"RECSYS_DATA_DIR": made.data_dir, "RECSYS_DATASET": film_folder}.items():
        monkeypatch.setenv(name, str(value))
    return made


@pytest.fixture
def first(settings):
    """The service of a first start that leaves work to the background."""
    service = ready(settings, quiet, finish_training=False)
    yield service
    service.close()


def matches(service):
    return [line["match"] for line in service.recommend("1", 10)]


def current(settings):
    found = releases.current(settings.releases)
    assert found is not None
    return found


def calibrated_models(release):
    return {name for name, record in release.manifest["models"].items() if record["calibration"]}


@pytest.fixture
def counted(monkeypatch):
    """Names of the models that are calibrated in this process."""
    names, fit = [], calibration.Calibration.fit.__func__

    def counting(cls, model, *given, **named):
        names.append(model.name)
        return fit(cls, model, *given, **named)

    monkeypatch.setattr(calibration.Calibration, "fit", classmethod(counting))
    return names


def test_match_appears_in_the_running_service(first, settings, tmp_path, film_folder):
    background, before = Background(first), first.release
    assert matches(first) == [None] * 10 and first.about()["match"] == about(first)["match"] == ""
    assert NOTE in trained_models(first, background)
    lists = [[line["item_id"] for line in first.recommend(user, 10)] for user in ("1", "2", "3")]
    job = background.do("calibrate")
    assert job.outcome == "done", list(job.lines)
    assert [line.partition(":")[0] for line in job.lines] == ["ease"]
    assert all(0 <= match <= 100 for match in matches(first)) and "% match" in about(first)["match"]
    assert NOTE not in trained_models(first, background)
    assert lists == [[line["item_id"] for line in first.recommend(user, 10)] for user in ("1", "2", "3")]
    records = {name: record["files"] for name, record in before.manifest["models"].items()}
    assert {name: record["files"] for name, record in first.release.manifest["models"].items()} == records
    at_once = ready(Settings(dataset=str(film_folder), data_dir=tmp_path / "other"), quiet)
    try:
        expected = at_once.release.manifest["models"]["ease"]["calibration"]
        found = first.release.manifest["models"]["ease"]["calibration"]
        # a job uses one BLAS thread, so the last digits may differ
        assert found["weights"] == pytest.approx(expected["weights"], rel=1e-4)
        assert not calibrating.pending(at_once.release) and calibrated_models(at_once.release) == {"ease"}
    finally:
        at_once.close()


def test_the_first_job_calibrates_and_no_later_one(first, monkeypatch):
    asked = []

    def done(self, task, **given):
        asked.append(task)
        if task == "calibrate":
            inputs = calibrating.Inputs.read(self.service.catalogue, None)
            self.service.use(calibrating.calibrate_pending(self.service.release, inputs, quiet))

    monkeypatch.setattr(Background, "do", done)
    Background(first).start().join()
    assert asked[0] == "calibrate"
    asked.clear()
    Background(first).start().join()
    assert "calibrate" not in asked and "train" in asked


def test_what_is_calibrated_is_not_calibrated_again(first, settings, counted):
    inputs = calibrating.Inputs.read(first.catalogue, first.visitors)
    done = calibrating.calibrate_pending(first.release, inputs, quiet)
    assert counted == ["ease"] and not calibrating.pending(done)
    assert calibrating.calibrate_pending(done, inputs, quiet) is done
    after = train(settings, first.catalogue, ["item_knn"], quiet, first.visitors, only=True)
    assert counted == ["ease"], "the served model is better and calibrated"
    measure(settings, first.catalogue, Measurement("random", ["ease", "item_knn"]), quiet)
    measured = current(settings)
    assert counted == ["ease", "item_knn"] and calibrated_models(measured) == {"ease", "item_knn"}
    before, now = (release.manifest["models"]["ease"]["calibration"] for release in (after, measured))
    assert before == now == done.manifest["models"]["ease"]["calibration"]


def test_a_busy_machine_does_not_change_which_model_is_calibrated(settings, first, tmp_path, monkeypatch):
    monkeypatch.setattr(calibrating, "QUICK_S", 0.0)
    empty = replace(settings, data_dir=tmp_path / "empty")
    found = train(empty, first.catalogue, ["user_knn", "item_knn", "ease"], quiet)
    assert calibrated_models(found) == {"ease"}


def test_an_evaluation_or_a_training_completes_a_release_too(first, settings, counted):
    train(settings, first.catalogue, None, quiet, first.visitors)
    trained = current(settings)
    assert counted.count("ease") == 1 and "ease" in calibrated_models(trained) and not calibrating.pending(trained)
    releases.switch(settings.releases, first.release.version)
    assert calibrating.pending(current(settings)) == ["ease"]
    measure(settings, first.catalogue, Measurement("random", ["ease"]), quiet)
    measured = current(settings)
    assert calibrated_models(measured) == {"ease"} and not calibrating.pending(measured)


def test_ratings_that_allow_no_calibration_are_tried_once(first, monkeypatch, counted):
    monkeypatch.setattr(calibrating, "calibrate", lambda *_: counted.append("tried"))
    inputs = calibrating.Inputs.read(first.catalogue, None)
    done = calibrating.calibrate_pending(first.release, inputs, quiet)
    assert counted == ["tried"] and not calibrated_models(done) and not calibrating.pending(done)
