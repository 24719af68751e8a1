"""Training: nothing twice, releases of one data, and visitors' ratings taken in."""

from __future__ import annotations

import hashlib
import json

import pytest

from recsys import models
from recsys.catalogue.building import ensure
from recsys.errors import BadInput, MissingExtra, UnknownModel
from recsys.models import registry
from recsys.runtime.startup import ready
from recsys.settings import Settings
from recsys.training.train import first, train, training_data, unasked
from recsys.visitors.profiles import Visitors

FEW = ("popular", "item_knn")


@pytest.fixture
def made(film_folder, tmp_path):
    """Settings, catalogue and visitors of an empty data directory."""
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    return settings, ensure(settings, lambda line: None), Visitors.open(settings.visitors_database, "films")


def test_the_same_data_and_settings_are_not_trained_twice(made):
    settings, catalogue, visitors = made
    lines: list[str] = []
    first = train(settings, catalogue, FEW, lines.append, visitors)
    again = train(settings, catalogue, FEW, lines.append, visitors)
    assert again.version == first.version
    assert "nothing to train" in lines[-1]
    more = train(settings, catalogue, ("user_knn",), lines.append, visitors)
    assert set(more.names) == {*FEW, "user_knn"}
    assert more.manifest["models"]["popular"] == first.manifest["models"]["popular"]


def test_settings_tuned_on_the_data_set_are_trained_once(made):
    settings, catalogue, visitors = made
    first = train(settings, catalogue, FEW, lambda line: None, visitors)
    (settings.data_dir / "tuned").mkdir()
    record = {"settings": {"n_neighbours": 9}, "used": True, "trials": []}
    content = {"catalogue": "films", "dataset": catalogue.info["dataset"], "models": {"item_knn": record}}
    (settings.data_dir / "tuned" / f"films-{catalogue.info['dataset']}.json").write_text(json.dumps(content))
    lines: list[str] = []
    second = train(settings, catalogue, FEW, lines.append, visitors)
    assert second.manifest["models"]["item_knn"]["settings"]["n_neighbours"] == 9
    assert second.manifest["models"]["popular"] == first.manifest["models"]["popular"]
    assert any(line.startswith("item_knn: trained") and line.endswith("with n_neighbours 9") for line in lines)
    assert train(settings, catalogue, FEW, lines.append, visitors).version == second.version
    third = train(settings, catalogue, FEW, lines.append, visitors, explicit={"item_knn": {"n_neighbours": 8}})
    assert third.manifest["models"]["item_knn"]["settings"]["n_neighbours"] == 8
    assert models.create("item_knn").settings["n_neighbours"] == 100


def test_new_ratings_bring_the_whole_release_up_to_date(made):
    settings, catalogue, visitors = made
    first = train(settings, catalogue, FEW, lambda line: None, visitors)
    assert first.info["n_profiles"] == 0
    visitors.join({"1": 5.0, "6": 0.5})
    second = train(settings, catalogue, ("user_knn",), lambda line: None, visitors)
    assert set(second.names) == {*FEW, "user_knn"}
    assert second.info["n_profiles"] == 1
    assert second.info["data_digest"] != first.info["data_digest"]
    assert second.manifest["models"]["popular"]["fitted_on"] != first.manifest["models"]["popular"]["fitted_on"]


def test_profiles_are_part_of_the_training_data(made):
    _, catalogue, visitors = made
    user_id, _ = visitors.join({"1": 5.0, "6": 0.5})
    data, features = training_data(catalogue, visitors)
    assert data.history(user_id) == {"1": 5.0, "6": 0.5}
    assert data.items == features.ids
    assert len(data.users) == catalogue.info["n_users"] + 1


def test_reports_hold_seconds_and_calibration(made):
    settings, catalogue, visitors = made
    record = train(settings, catalogue, FEW, lambda line: None, visitors).manifest["models"]["item_knn"]
    assert record["seconds"] >= 0
    assert record["calibration"]["report"]["ece"] < 0.2


def test_wrong_names_and_missing_extras_are_said(made, monkeypatch):
    settings, catalogue, visitors = made
    with pytest.raises(UnknownModel, match="no model 'nope'"):
        train(settings, catalogue, ("popular", "nope"))
    with pytest.raises(BadInput, match="at least one model"):
        train(settings, catalogue, ())

    def lacking(self, data, features, seed):
        raise MissingExtra("this model needs keras: pip install keras jax")

    monkeypatch.setattr(registry.get("item_knn"), "_fit", lacking)
    lines: list[str] = []
    assert train(settings, catalogue, FEW, lines.append, visitors).names == ("popular",)
    assert any("item_knn: left out, this model needs keras" in line for line in lines)
    with pytest.raises(MissingExtra):
        train(settings, catalogue, ("item_knn",), lines.append, visitors)


def test_a_model_of_another_version_is_trained_again_at_start(film_folder, tmp_path):
    settings = Settings(dataset=str(film_folder), data_dir=tmp_path)
    first = ready(settings, lambda line: None).release
    path = first.path / "models" / "item_knn.json"
    record = first.manifest["models"]["item_knn"]["files"]["models/item_knn.json"]
    text = path.read_text().replace('"n_neighbours"', '"n_neighbors"')
    path.write_text(text)
    record |= {"size": len(text.encode()), "sha256": hashlib.sha256(text.encode()).hexdigest()}
    (first.path / "manifest.json").write_text(json.dumps(first.manifest))
    lines: list[str] = []
    again = ready(settings, lines.append)
    assert any("made by another version of the program" in line for line in lines)
    assert again.release.version != first.version
    assert set(again.release.names) == set(first.names)
    assert len(again.recommend("1", 5, "item_knn")) == 5
    assert again.release.manifest["models"]["ease"] == first.manifest["models"]["ease"]


def test_of_many_ratings_only_the_models_that_keep_pace_are_trained_unasked(made, monkeypatch):
    settings, catalogue, visitors = made
    assert first(catalogue) == registry.where(first_start=True) and set(unasked(catalogue)) == set(registry.names())
    scaling = registry.where(scales=True)
    assert set(first(catalogue)) - set(scaling) == {"item_knn", "user_knn"}
    monkeypatch.setattr("recsys.training.train.LARGE", catalogue.info["n_ratings"])
    assert first(catalogue) == scaling and unasked(catalogue) == list(scaling)
    release = train(settings, catalogue, None, lambda line: None, visitors)
    assert set(release.names) == set(scaling)
    assert "user_knn" in train(settings, catalogue, ("user_knn",), lambda line: None, visitors).names
