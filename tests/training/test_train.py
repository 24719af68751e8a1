"""Training: nothing twice, releases of one data, and visitors' ratings taken in."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from progress_lines import Lines

from recsys import Interactions, models
from recsys.catalogue.building import ensure
from recsys.data.progress import quiet
from recsys.errors import BadInput, MissingExtra, UnknownModel
from recsys.models import registry
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.training import calibrating
from recsys.training.choice import before_serving, default_models, estimated_seconds, improving, startup_models
from recsys.training.fitting import Inputs, fit, training_data
from recsys.training.train import train
from recsys.visitors.profiles import Visitors

FEW = ("popular", "item_knn")


@pytest.fixture
def made(film_folder, tmp_path):
    """Settings, catalogue and visitors of an empty data directory."""
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    return settings, ensure(settings, quiet), Visitors.open(settings.visitors_database, "films")


def test_the_same_data_and_settings_are_not_trained_twice(made):
    settings, catalogue, visitors = made
    lines = Lines()
    first = train(settings, catalogue, FEW, lines, visitors)
    again = train(settings, catalogue, FEW, lines, visitors)
    assert again.version == first.version
    assert "nothing to train" in lines[-1]
    more = train(settings, catalogue, ("user_knn",), lines, visitors)
    assert set(more.names) == {*FEW, "user_knn"}
    assert more.manifest["models"]["popular"] == first.manifest["models"]["popular"]


def test_settings_tuned_on_the_data_set_are_trained_once(made):
    settings, catalogue, visitors = made
    first = train(settings, catalogue, FEW, quiet, visitors)
    (settings.data_dir / "tuned").mkdir()
    record = {"settings": {"n_neighbours": 9}, "used": True, "trials": []}
    content = {"catalogue": "films", "dataset": catalogue.info["dataset"], "models": {"item_knn": record}}
    (settings.data_dir / "tuned" / f"films-{catalogue.info['dataset']}.json").write_text(json.dumps(content))
    lines = Lines()
    second = train(settings, catalogue, FEW, lines, visitors)
    assert second.manifest["models"]["item_knn"]["settings"]["n_neighbours"] == 9
    assert second.manifest["models"]["popular"] == first.manifest["models"]["popular"]
    assert any(line.startswith("item_knn: trained") and line.endswith("with n_neighbours 9") for line in lines)
    assert train(settings, catalogue, FEW, lines, visitors).version == second.version
    third = train(settings, catalogue, FEW, lines, visitors, explicit={"item_knn": {"n_neighbours": 8}})
    assert third.manifest["models"]["item_knn"]["settings"]["n_neighbours"] == 8
    assert models.create("item_knn").settings["n_neighbours"] == 100


def test_changed_texts_train_the_models_that_read_them_again_and_no_other(made, monkeypatch):
    settings, catalogue, visitors = made
    names = ("popular", "content", "item_knn")
    before = train(settings, catalogue, names, quiet, visitors).manifest["models"]
    features = catalogue.features()
    texts = ["a plot about submarines"] * 2 + features.texts[2:]
    monkeypatch.setattr(catalogue, "features", lambda: replace(features, texts=texts))
    lines = Lines()
    after = train(settings, catalogue, names, lines, visitors)
    assert [line.split(":")[0] for line in lines if ": trained" in line] == ["content"]
    records = after.manifest["models"]
    assert records["content"]["fitted_on"] != before["content"]["fitted_on"]
    assert records["content"]["files"] != before["content"]["files"]
    assert records["popular"] == before["popular"] and records["item_knn"] == before["item_knn"]
    found = {item_id for item_id, _ in after.model("content").search("submarines", 2)}
    assert found == set(features.ids.ids[:2])


def test_new_ratings_bring_the_whole_release_up_to_date(made):
    settings, catalogue, visitors = made
    first = train(settings, catalogue, FEW, quiet, visitors)
    assert first.info["n_profiles"] == 0
    visitors.join({"1": 5.0, "6": 0.5})
    second = train(settings, catalogue, ("user_knn",), quiet, visitors)
    assert set(second.names) == {*FEW, "user_knn"}
    assert second.info["n_profiles"] == 1
    assert second.info["data_digest"] != first.info["data_digest"]
    assert second.manifest["models"]["popular"]["fitted_on"] != first.manifest["models"]["popular"]["fitted_on"]


def test_named_models_alone_are_trained_where_that_is_asked_for(made):
    settings, catalogue, visitors = made
    first = train(settings, catalogue, FEW, quiet, visitors)
    visitors.join({"1": 5.0, "6": 0.5})
    lines = Lines()
    second = train(settings, catalogue, ("popular",), lines, visitors, only=True)
    assert [line.split(":")[0] for line in lines if ": trained" in line] == ["popular"]
    assert set(second.names) == set(first.names) and second.info["n_profiles"] == 1
    before, after = first.manifest["models"], second.manifest["models"]
    assert after["popular"]["fitted_on"] != before["popular"]["fitted_on"]
    assert all(after[name] == before[name] for name in FEW if name != "popular")
    third = train(settings, catalogue, FEW, quiet, visitors)
    assert all(third.manifest["models"][name]["fitted_on"] != before[name]["fitted_on"] for name in FEW)


def test_profiles_are_part_of_the_training_data(made):
    _, catalogue, visitors = made
    user_id, _ = visitors.join({"1": 5.0, "6": 0.5})
    data, features = training_data(catalogue, visitors)
    assert data.history(user_id) == {"1": 5.0, "6": 0.5}
    assert data.items == features.ids
    assert len(data.users) == catalogue.info["n_users"] + 1


def test_profiles_are_added_to_the_ratings_as_numbers(made, monkeypatch):
    _, catalogue, visitors = made
    visitors.join({"6": 0.5, "1": 5.0, "gone from the catalogue": 3.0})
    ratings, profiles = catalogue.interactions(), visitors.ratings_frame()
    rows = pd.concat([ratings.to_frame(), profiles[profiles["item_id"].isin(ratings.items.ids)]])
    expected = Interactions.from_frame(rows, items=ratings.items.ids)

    def as_text(self):
        raise AssertionError("all ratings are turned into text")

    monkeypatch.setattr(Interactions, "to_frame", as_text)
    data, _ = training_data(catalogue, visitors)
    assert data.digest == expected.digest and data.users == expected.users


def test_reports_hold_seconds_and_calibration(made):
    settings, catalogue, visitors = made
    record = train(settings, catalogue, FEW, quiet, visitors).manifest["models"]["item_knn"]
    assert record["seconds"] >= 0
    assert record["calibration"]["report"]["ece"] < 0.2


def test_only_the_best_model_for_users_is_calibrated_at_once(made):
    settings, catalogue, visitors = made
    inputs = Inputs.read(catalogue, visitors)

    def calibrated(*names, staying=()):
        fitted = fit(names, inputs, progress=quiet)
        calibrating.complete(fitted, inputs, quiet, staying or {}, later=False)
        return [name for name, report in fitted.reports.items() if report["calibration"]]

    assert calibrated("popular", "item_knn", "ease", "als") == ["ease"]
    assert calibrated("popular", "item_knn") == ["item_knn"]
    assert calibrated("popular", "content") == ["popular", "content"], "none of them is preferred for users"
    served, better = {"user_knn": {calibrating.PENDING: True}}, {"ease": {"calibration": {"weights": []}}}
    assert calibrated("popular", "ease", staying=served) == ["ease"]
    assert calibrated("popular", "item_knn", staying=served) == []
    assert calibrated("als", "item_knn", staying=better) == calibrated("popular", staying=better) == []
    assert calibrated("item_knn", staying={"popular": {"calibration": {"weights": []}}, "ease": {}}) == ["item_knn"]


def test_a_slow_model_waits_until_the_page_is_served(made):
    _, catalogue, _ = made
    later = {"item_knn", "hybrid"}
    assert before_serving(catalogue) == tuple(name for name in startup_models(catalogue) if name not in later)
    large = SimpleNamespace(info={**catalogue.info, "n_users": 16_000, "n_items": 10_000})
    assert set(startup_models(large)) - set(before_serving(large)) == {"ease", *later}
    missing = ["item_knn", "ease", "als", "hybrid"]
    assert improving(startup_models(large), "user_knn", missing) == ["ease", "hybrid"]
    assert improving(startup_models(large), "content", missing) == ["item_knn", "ease", "hybrid"]


def test_wrong_names_and_missing_extras_are_said(made, monkeypatch):
    settings, catalogue, visitors = made
    with pytest.raises(UnknownModel, match="no model 'nope'"):
        train(settings, catalogue, ("popular", "nope"))
    with pytest.raises(BadInput, match="Name at least one model to train."):
        train(settings, catalogue, ())

    def lacking(self, data, features, seed):
        raise MissingExtra("this model needs keras: pip install keras jax")

    monkeypatch.setattr(registry.get("item_knn"), "_fit", lacking)
    lines = Lines()
    assert train(settings, catalogue, FEW, lines, visitors).names == ("popular",)
    assert any("item_knn: left out, this model needs keras" in line for line in lines)
    with pytest.raises(MissingExtra):
        train(settings, catalogue, ("item_knn",), lines, visitors)


def test_a_model_of_another_version_is_trained_again_at_start(film_folder, tmp_path):
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    first = ready(settings, quiet).release
    path = first.path / "models" / "item_knn.json"
    record = first.manifest["models"]["item_knn"]["files"]["models/item_knn.json"]
    text = path.read_text().replace('"n_neighbours"', '"n_neighbors"')
    path.write_text(text)
    record |= {"size": len(text.encode()), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (first.path / "manifest.json").write_text(json.dumps(first.manifest))
    lines = Lines()
    again = ready(settings, lines)
    assert any(line.startswith(f"Release {first.version} is not served: ") for line in lines)
    assert f"release {first.version} has models that cannot be used: item_knn" in lines
    assert again.release.version != first.version
    assert set(again.release.names) == set(first.names)
    assert len(again.recommend("1", 5, "item_knn")) == 5
    assert again.release.manifest["models"]["ease"] == first.manifest["models"]["ease"]


def test_of_many_ratings_only_the_models_that_keep_pace_are_trained_unasked(made, monkeypatch):
    settings, catalogue, visitors = made
    assert startup_models(catalogue) == registry.where(first_start=True)
    assert set(default_models(catalogue)) == set(registry.names()) - {"sequential"}
    scaling = registry.where(scales=True)
    assert set(startup_models(catalogue)) - set(scaling) == {"item_knn", "user_knn"}
    monkeypatch.setattr("recsys.training.choice.LARGE", catalogue.info["n_ratings"])
    assert startup_models(catalogue) == scaling and default_models(catalogue) == list(scaling)
    release = train(settings, catalogue, None, quiet, visitors)
    assert set(release.names) == set(scaling)
    assert "user_knn" in train(settings, catalogue, ("user_knn",), quiet, visitors).names


def of_size(**info):
    """A catalogue of which only the size is known."""
    return SimpleNamespace(
        info={"n_users": 20_000, "n_items": 12_000, "n_ratings": 150_000, "rated": True, "timed": True, **info}
    )


def test_a_slow_model_is_trained_last_and_only_where_it_pays():
    names = default_models(of_size())
    assert names[-1] == "sequential" and set(names) == set(registry.names())
    assert estimated_seconds("sequential", of_size()) > 60 and estimated_seconds("ease", of_size()) is None
    assert "sequential" not in startup_models(of_size())
    events = of_size(rated=False)
    assert default_models(events)[-2:] == ["sequential", "hybrid"], "hybrid takes over the trained sequential"
    assert estimated_seconds("hybrid", events) > estimated_seconds("sequential", events)
    assert estimated_seconds("hybrid", of_size()) is None
    for size in ({"n_items": 500}, {"n_users": 900}, {"n_users": 200_000, "n_ratings": 4_000_000}):
        assert "sequential" not in default_models(of_size(**size)), size


def test_the_estimate_grows_with_the_ratings_and_the_items():
    seconds = [
        estimated_seconds("sequential", of_size(**size))
        for size in ({"n_items": 200}, {}, {"n_ratings": 300_000}, {"n_ratings": 600_000})
    ]
    assert seconds == sorted(seconds) and seconds[3] > 1.8 * seconds[2]


@pytest.mark.slow
@pytest.mark.skipif(bool(registry.get("sequential").missing_modules()), reason="needs Keras")
def test_a_cancelled_training_goes_on_where_it_was(made):
    settings, catalogue, visitors = made
    explicit = {"sequential": {"n_factors": 4, "max_epochs": 4}}

    def cancel(line, share=None):
        lines.append(line)
        if "epoch 2 " in line:
            raise KeyboardInterrupt

    lines = []
    with pytest.raises(KeyboardInterrupt):
        train(settings, catalogue, ("popular", "sequential"), cancel, visitors, explicit=explicit)
    assert "sequential: training takes about a minute" in lines
    shares = []
    release = train(
        settings,
        catalogue,
        ("popular", "sequential"),
        lambda line, share=None: shares.append((line.split(",")[0], share)),
        visitors,
        explicit=explicit,
    )
    epochs = [(line, share) for line, share in shares if "epoch" in line]
    assert epochs == [("sequential: epoch 3 of at most 4", 0.875), ("sequential: epoch 4 of at most 4", 1.0)]
    assert "sequential" in release.names and not list((settings.data_dir / "checkpoints").iterdir())
