"""Tuned settings by data set: what is saved, what overrides what, and what is shipped."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from recsys import models
from recsys.errors import BadInput, NeedsRatings, UnknownModel, UnknownSetting
from recsys.evaluation.protocol import make_split
from recsys.models.config import search_space
from recsys.models.registry import get
from recsys.settings import CATALOGUES, Settings
from recsys.tuning import differing, search, tuned
from recsys.tuning import settings as reading


@pytest.fixture
def films(tastes, facts):
    info = {"n_ratings": tastes.matrix.nnz, "title": "Tastes", "catalogue": "films", "dataset": "own tastes"}
    return SimpleNamespace(info=info, interactions=lambda: tastes, features=lambda: facts)


def test_what_is_found_is_kept_with_its_command_and_every_try(films, tmp_path):
    settings = Settings(data_dir=tmp_path)
    found = search(settings, films, ["popular", "item_knn"], 0.5, seed=3)
    assert found["path"] == str(tmp_path / "tuned" / "films-own-tastes.json")
    record = json.loads((tmp_path / "tuned" / "films-own-tastes.json").read_text())["models"]["item_knn"]
    assert record == found["models"]["item_knn"]
    assert record["command"] == "python -m recsys tune --models item_knn --budget 0.5 --seed 3"
    assert [part.split(" ")[1] for part in record["judged_on"]] == ["time", "random"]
    scores = [trial["score"] for trial in record["trials"]]
    assert scores == sorted(scores, reverse=True)
    assert {"settings": record["settings"], "means": record["means"]}.items() <= next(
        trial for trial in record["trials"] if trial["settings"] == record["settings"]
    ).items()
    again = search(settings, films, ["popular"], 0.5)
    assert set(again["models"]) == {"popular"} and set(tuned(settings, films.info).records) == {"popular", "item_knn"}


def test_the_test_part_is_never_seen(films, tastes, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "recsys.models.baseline.popular.Popular._fit", lambda self, data, *rest: seen.append(data) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        search(Settings(data_dir=tmp_path), films, ["popular"], 1)
    made = make_split("temporal", tastes, 0, ties="random")
    learnt = set(map(tuple, seen[0].to_frame()[["user_id", "item_id"]].to_numpy()))
    hidden = set(map(tuple, made.test.to_frame()[["user_id", "item_id"]].to_numpy()))
    assert learnt and hidden and not learnt & hidden


def kept(folder, name, settings, **more):
    record = {"settings": settings, "used": True, "trials": [], **more}
    folder.mkdir(exist_ok=True)
    path = folder / "films-own-tastes.json"
    path.write_text(json.dumps({"catalogue": "films", "dataset": "own tastes", "models": {name: record}}))


def test_explicit_settings_count_more_than_tuned_ones_and_those_than_defaults(films, tmp_path):
    settings = Settings(data_dir=tmp_path)
    kept(tmp_path / "tuned", "ease", {"reg": 1.5, "dropout": 0.2})
    found = tuned(settings, films.info)
    model = found.create("ease", dropout=0.1)
    assert (model.settings["reg"], model.settings["dropout"], model.settings["recency_items"]) == (1.5, 0.1, 15.0)
    assert differing(model) == "reg 1.5, dropout 0.1"
    assert differing(found.create("als")) == "" == differing(models.create("ease")), (
        "outside of training nothing changes"
    )
    with pytest.raises(UnknownSetting, match="ease has no setting 'regs'"):
        found.create("ease", regs=2)
    kept(tmp_path / "tuned", "ease", {"reg": 1.5}, used=False)
    assert tuned(settings, films.info).create("ease").settings == models.create("ease").settings


def test_tuned_settings_are_of_one_data_set_and_one_version(films, tmp_path, caplog):
    settings = Settings(data_dir=tmp_path)
    kept(tmp_path / "tuned", "ease", {"reg": 1.5})
    assert tuned(settings, {**films.info, "dataset": "own-tastes"}).records == {}, "another of the same file name"
    kept(tmp_path / "tuned", "ease", {"penalty": 1.5})
    assert tuned(settings, films.info).create("ease").settings == models.create("ease").settings
    assert "tuned by another version: ease has no setting" in caplog.text
    (tmp_path / "tuned" / "films-own-tastes.json").write_text("{")
    assert tuned(settings, films.info).records == {} and "holds no usable settings" in caplog.text


def test_what_cannot_be_tuned_is_said(films, tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(get("popular"), "Config", models.get("ease").__base__.Config)
        with pytest.raises(BadInput, match="These models have no settings to search: popular. "):
            search(settings, films, ["ease", "popular"], 1)
    with pytest.raises(UnknownModel, match="no model 'nope'"):
        search(settings, films, ["nope"], 1)
    with pytest.raises(NeedsRatings, match="Tastes has no ratings to evaluate settings on"):
        search(settings, SimpleNamespace(info={**films.info, "n_ratings": 0}), ["popular"], 1)


def test_what_is_shipped_makes_models_and_says_how_it_was_found():
    files = sorted(reading.SHIPPED.glob("*.json"))
    assert {path.stem.removeprefix("films-") for path in files} <= set(CATALOGUES["films"]) and files
    for path in files:
        content = json.loads(path.read_text(encoding="utf-8"))
        assert path.name == reading.file_name(content)
        for name, record in content["models"].items():
            made = models.create(name, **record["settings"])
            # a setting that is younger than the search has its default
            assert set(record["settings"]) <= set(search_space(get(name).Config))
            assert len(record["settings"]) >= len(search_space(get(name).Config)) - 1
            assert record["command"].startswith(
                f"RECSYS_DATASET={content['dataset']} python -m recsys tune --models {name} "
            )
            assert record["date"] >= "2026-11-24" and record["budget_s"] > 0 and record["note"]
            assert len(record["means"]) == len(record["defaults"]) == len(record["judged_on"])
            assert not record["used"] or made.settings != models.create(name).settings
