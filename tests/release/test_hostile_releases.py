"""Releases whose hashes are right and whose contents are not: each is refused in one sentence, the good one stays."""

from __future__ import annotations

import json
import math
import shutil
import sqlite3
import time
from contextlib import closing

import numpy as np
import pytest
from releases import write, write_database

from recsys import release
from recsys.data.files import load_arrays, save_arrays
from recsys.errors import BrokenRelease, RecsysError
from recsys.evaluation import plots
from recsys.evaluation.calibration import Calibration, calibrate
from recsys.models import registry
from recsys.release import database_check, trial
from recsys.release import manifest as manifests

NAMES = ("popular", "item_knn", "ease")


@pytest.fixture(scope="module")
def made(tmp_path_factory, tastes, facts):
    folder = tmp_path_factory.mktemp("made")
    for version in ("v1", "v2"):
        write(folder, tastes, facts, names=NAMES, version=version)
    return folder


@pytest.fixture
def root(made, tmp_path):
    return shutil.copytree(made, tmp_path / "films")


def relisted(folder):
    """Update the manifest's entry of every file, as an attacker who tampers with both would."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for model in manifest["models"].values():
        model["files"] = {name: manifests.record(folder / name) for name in model["files"]}
    manifest["files"] = {name: manifests.record(folder / name) for name in manifest["files"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refused(folder) -> str:
    """What `verify` says; opening for use must refuse as well."""
    with pytest.raises(BrokenRelease) as error:
        release.verify(folder)
    assert str(error.value).count("\n") == 0 and len(str(error.value)) < 600
    return str(error.value)


# -- the manifest -------------------------------------------------------------------------------

CHANGES = {
    "no models": (lambda m: m.update(models={}), "models"),
    "metrics are text": (lambda m: m["models"]["ease"].update(metrics="x"), "models.ease.metrics"),
    "a metric is text": (
        lambda m: m["models"]["ease"].update(metrics={"random": {"ndcg@10": "high"}}),
        "models.ease.metrics",
    ),
    "a metric is NaN": (
        lambda m: m["models"]["ease"].update(metrics={"ndcg@10": float("nan")}),
        "not finite|finite number",
    ),
    "a metric beyond all charts": (
        lambda m: m["models"]["ease"].update(metrics={"ratings": {"rmse": 1e308}}),
        "models.ease.metrics",
    ),
    "an interval without an end": (
        lambda m: m["models"]["ease"].update(intervals={"random": {"ndcg@10": [0.5]}}),
        "models.ease.intervals.random",
    ),
    "endless milliseconds": (lambda m: m["models"]["ease"].update(ms_single=1e308), "models.ease.ms_single"),
    "negative seconds": (lambda m: m["models"]["ease"].update(seconds=-1.0), "models.ease.seconds"),
    "intervals are numbers": (lambda m: m["models"]["ease"].update(intervals={"random": 3}), "intervals"),
    "seconds are text": (lambda m: m["models"]["ease"].update(seconds="fast"), "models.ease.seconds"),
    "settings are a list": (lambda m: m["models"]["ease"].update(settings=[1]), "models.ease.settings"),
    "an infinite setting": (lambda m: m["models"]["ease"].update(settings={"reg": float("inf")}), "not finite"),
    "calibration lacks everything": (
        lambda m: m["models"]["ease"].update(calibration={"a": 1}),
        "models.ease.calibration",
    ),
    "calibration is text": (lambda m: m["models"]["ease"].update(calibration="x"), "models.ease.calibration"),
    "half of a character pair": (
        lambda m: m["info"].update(title="\ud800"),
        "info.title: the text is not valid Unicode",
    ),
    "half of a pair in a name": (lambda m: m["info"].update({"\ud800": 1}), "not valid Unicode"),
    "a number of 400 digits": (lambda m: m["info"].update(built=10**400), "info.built: the number has too many digits"),
    "a metric of 400 digits": (
        lambda m: m["models"]["ease"].update(metrics={"ndcg@10": 10**400}),
        "models.ease.metrics.ndcg@10: the number has too many digits",
    ),
    "notes are text": (lambda m: m["info"].update(notes="x"), "info.notes"),
    "title is a number": (lambda m: m["info"].update(title=7), "info.title"),
    "a negative count": (lambda m: m["info"].update(n_items=-1), "info.n_items"),
    "info is a list": (lambda m: m.update(info=[]), "info"),
    "created is no time": (lambda m: m.update(created="yesterday"), "created"),
    "created without a zone": (lambda m: m.update(created="2026-11-24T10:00:00"), "created: the time has no time zone"),
    "a size is true": (lambda m: m["files"]["items.json"].update(size=True), "files.items.json.size"),
    "format is true": (lambda m: m.update(format=True), "has format True"),
    "calls itself current": (
        lambda m: m.update(version="current"),
        "calls itself 'current', which is not a legal version",
    ),
    "calls itself Pinned": (
        lambda m: m.update(version="Pinned"),
        "calls itself 'Pinned', which is not a legal version",
    ),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_a_manifest_with_a_wrong_value_is_refused(root, kind):
    change, said = CHANGES[kind]
    path = root / "v2" / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))
    with pytest.raises(BrokenRelease, match=said):
        release.open_release(root / "v2")
    refused(root / "v2")
    assert release.last_good(root, lambda said: None).version == "v1"


@pytest.fixture(scope="module")
def calibrated(tastes):
    """The calibration of a model, as a manifest holds it."""
    return calibrate("ease", tastes).to_dict()


@pytest.mark.parametrize(
    "value", [None, True, -1, 10**15, 10**400, "x", "\ud800", [], ["x"], [None], {}, {"a": 1}, [[[]]]]
)
def test_a_calibration_with_a_value_of_any_kind_is_served_or_refused(calibrated, value):
    """Each field, and each field of its report, holds a value of a wrong type or size."""
    refused = 0
    places = [(calibrated, name) for name in calibrated] + [
        (calibrated["report"], name) for name in calibrated["report"]
    ]
    for holder, name in places:
        before, holder[name] = holder[name], value
        try:
            manifests.check_types(manifest_of(calibrated))
        except BrokenRelease as error:
            refused += 1
            assert "\n" not in str(error) and "calibration" in str(error)
        else:
            signals = Calibration.from_dict(calibrated).signals
            assert math.isfinite(signals.base) and math.isfinite(signals.liked_at or 0)
            assert math.isfinite(plots.reliability_curve(calibrated)["ece"])
        finally:
            holder[name] = before
    assert refused >= 5


def manifest_of(calibration):
    """A manifest of one model with this calibration."""
    record = {"size": 1, "sha256": "0" * 64}
    return {
        "format": 1,
        "version": "v1",
        "created": "2026-11-24T10:00:00+00:00",
        "catalogue": "films",
        "info": {},
        "files": {"items.json": record},
        "models": {"ease": {"files": {}, "calibration": calibration}},
    }


@pytest.mark.parametrize("value", ['["NaN", 1]', "1e999", "-1e999", '"' + "9" * 5000 + '"'])
def test_numbers_of_a_calibration_must_be_finite(root, tastes, value):
    path = root / "v2" / "manifest.json"
    fitted = calibrate(registry.create("ease"), tastes, None).to_dict()
    assert len(fitted["weights"]) > 1
    manifest = json.loads(path.read_text())
    manifest["models"]["ease"]["calibration"] = fitted | {"base": "HERE"}
    path.write_text(json.dumps(manifest).replace('"HERE"', value))
    refused(root / "v2")
    manifest["models"]["ease"]["calibration"] = fitted | {"weights": ["nan"] * len(fitted["weights"])}
    path.write_text(json.dumps(manifest))
    assert "weights: input should be a valid number" in refused(root / "v2")
    manifest["models"]["ease"]["calibration"] = fitted
    path.write_text(json.dumps(manifest))
    release.verify(root / "v2")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("knots", [[-1.0, 1.0], [50.0, 60.0]], "knots from 50 to 60, not from 0 to 1"),
        ("knots", [[-1.0, 1.0], [-3.0, -2.0]], "knots from -3 to -2, not from 0 to 1"),
        ("knots", [[1.0, -1.0], [0.1, 0.2]], "knots fall"),
        ("knots", [[0.0], [0.5], [0.1], [0.2]], "knots of shape"),
        ("base", 1e308, "base"),
        (
            "report",
            {"curve": [{"predicted": 0.5, "observed": 1e308, "n": 3}], "ece": 0.1, "n": 3},
            "calibration.report",
        ),
        ("report", {"curve": [], "ece": 1e308, "n": 0}, "calibration.report"),
    ],
)
def test_a_calibration_gives_chances_from_0_to_1(calibrated, field, value, said):
    manifests.check_types(manifest_of(calibrated))
    with pytest.raises(BrokenRelease, match=said):
        manifests.check_types(manifest_of(calibrated | {field: value}))


def test_a_calibration_of_other_items_is_refused(root, checkerboard):
    path = root / "v2" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["models"]["ease"]["calibration"] = calibrate(registry.create("ease"), checkerboard, None).to_dict()
    path.write_text(json.dumps(manifest))
    assert refused(root / "v2") == "The calibration of ease is for other items than items.json lists. Train it again."


# -- the arrays ---------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [b"[]", b"1 ", b'"x"', b"null"])
def test_a_header_that_is_no_object_is_refused(root, header):
    path = root / "v2" / "models" / "ease.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    relisted(root / "v2")
    assert "its header is not a JSON object" in refused(root / "v2")


def altered(folder, model, change):
    path = folder / "models" / f"{model}.safetensors"
    arrays = {name: array.copy() for name, array in load_arrays(path).items()}
    change(arrays)
    save_arrays(arrays, path)
    relisted(folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("model", ["ease", "item_knn"])
def test_weights_that_are_not_finite_are_refused(root, model, value):
    def change(arrays):
        name = max((name for name in arrays if arrays[name].dtype.kind == "f"), key=lambda name: arrays[name].size)
        arrays[name].ravel()[0] = value

    altered(root / "v2", model, change)
    assert f"models/{model}.safetensors of release v2: array" in refused(root / "v2")


def test_no_score_is_legal_where_the_model_says_so_and_infinity_nowhere(root):
    def missing(arrays):
        arrays["shares"][3] = np.nan

    altered(root / "v2", "popular", missing)
    release.verify(root / "v2")

    def infinite(arrays):
        arrays["shares"][3] = np.inf

    altered(root / "v2", "popular", infinite)
    assert "array 'shares' has numbers that are not finite" in refused(root / "v2")


def test_every_registered_model_says_which_of_its_arrays_may_hold_nan():
    for name in registry.names():
        assert isinstance(registry.get(name).may_hold_nan, tuple), name


@pytest.mark.parametrize("value", [3e38, -1e30])
def test_numbers_whose_squares_are_infinite_are_refused(root, value):
    altered(root / "v2", "ease", lambda arrays: arrays["weights"].__setitem__((0, 1), value))
    assert "array 'weights' has numbers that are not finite or too large" in refused(root / "v2")


# -- the JSON files -----------------------------------------------------------------------------


def rewritten(folder, name, change):
    path = folder / name
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))
    relisted(folder)


@pytest.mark.parametrize("key", ["ids", "titles"])
def test_items_with_half_of_a_character_pair_are_refused(root, key):
    rewritten(root / "v2", "items.json", lambda items: items[key].__setitem__(3, "\ud800"))
    assert f"items.json of release v2 has {key} that are not valid Unicode" in refused(root / "v2")


@pytest.mark.parametrize("value", [math.nan, math.inf, "\ud800", 10**30])
def test_a_model_whose_record_cannot_be_shown_is_refused(root, value):
    rewritten(root / "v2", "models/ease.json", lambda about: about["state"].update(note=[value]))
    assert "models/ease.json is not valid at state.note.0: the " in refused(root / "v2")


@pytest.mark.parametrize("scale", [[5.0, 0.5], [1.0], ["a", "b"], "x"])
def test_a_model_with_an_impossible_scale_is_not_loaded(root, scale):
    rewritten(root / "v2", "models/ease.json", lambda about: about["base"].update(scale=scale))
    with pytest.raises(BrokenRelease, match="The files of ease do not fit together"):
        release.open_release(root / "v2").model("ease")


def test_what_is_said_of_a_long_setting_is_short(root):
    rewritten(root / "v2", "models/ease.json", lambda about: about["settings"].update(reg=["x" * 9000]))
    with pytest.raises(RecsysError) as error:
        release.open_release(root / "v2").model("ease")
    assert len(str(error.value)) < 600


def test_what_is_said_of_a_long_name_is_short(root):
    altered(root / "v2", "ease", lambda arrays: arrays.update({"z" * 9000: np.zeros(1, np.float32)}))
    with pytest.raises(BrokenRelease) as error:
        release.open_release(root / "v2").model("ease")
    assert len(str(error.value)) < 600


# -- answers ------------------------------------------------------------------------------------


def beyond(arrays):
    """Neighbours that are no items."""
    arrays["indices"][:] = 9999


def test_an_array_that_lacks_its_last_rows_is_refused(root):
    """No request for a popular item reads them."""
    altered(root / "v2", "item_knn", lambda arrays: arrays.update(idf=arrays["idf"][:-1].copy()))
    assert "idf has shape" in trial.failures(release.open_release(root / "v2"))["item_knn"]


def test_the_last_item_is_asked_for_as_well(root, monkeypatch):
    """Whatever the model forgets to check."""
    asked, ranked = [], registry.get("ease").ranked
    monkeypatch.setattr(
        registry.get("ease"),
        "ranked",
        lambda self, history, *a, **k: asked.append(history) or ranked(self, history, *a, **k),
    )
    opened = release.open_release(root / "v1")
    assert not trial.failures(opened)
    assert any(opened.items.ids[-1] in history for history in asked)


def test_a_release_that_cannot_answer_never_becomes_current(root):
    altered(root / "v2", "item_knn", beyond)
    release.switch(root, "v1")
    release.verify(root / "v2")
    with pytest.raises(BrokenRelease, match="The release cannot be served: item_knn cannot answer: "):
        release.switch(root, "v2")
    assert release.current(root).version == "v1"


def test_at_start_the_newest_release_that_can_answer_is_served_and_the_operator_is_told(root):
    release.switch(root, "v2")
    altered(root / "v2", "item_knn", beyond)
    said = []
    assert release.last_good(root, said.append).version == "v1"
    assert said[0].startswith("Release v2 is not served: The release cannot be served: item_knn cannot answer: ")
    assert said[1] == "Release v1 is served instead."


def test_a_model_that_takes_too_long_is_no_answer(root, monkeypatch):
    monkeypatch.setattr(trial, "TRIAL_S", 0.2)
    monkeypatch.setattr(registry.get("ease"), "_score", lambda self, histories: time.sleep(2))
    assert trial.failures(release.open_release(root / "v1")) == {"ease": "it does not answer within 0.2 s."}


def test_models_are_asked_once_for_each_release(root, monkeypatch):
    asked = []
    monkeypatch.setattr(trial, "failures", lambda one: asked.append(one.version) or {})
    release.switch(root, "v1")
    release.last_good(root)
    assert asked == [], "they were asked when the release was written"
    altered(root / "v1", "popular", lambda arrays: arrays["shares"].__setitem__(0, 0.5))
    release.switch(root, "v1")
    release.switch(root, "v1")
    assert asked == ["v1"]


# -- the database -------------------------------------------------------------------------------


@pytest.fixture
def carried(root, tmp_path, tastes):
    """A database, and the manifest of the release it belongs to."""
    path = write_database(tmp_path / "catalogue.sqlite", tastes)
    manifest = manifests.read(root / "v1")
    database_check.check(path, manifest)
    return path, manifest


STATEMENTS = {
    "items as a view": (
        "create table hidden as select * from items; drop table items; create view items as select * from hidden",
        "has views or triggers (items)",
    ),
    "an endless view": (
        "drop table info; create view info as with recursive n(name) as (select 1 union all select name + 1 from n) "
        "select name, name as value from n",
        "has views or triggers (info)",
    ),
    "a trigger": (
        "create trigger t after insert on users begin delete from users; end",
        "has views or triggers (t)",
    ),
    "another table": ("create table extra (x)", "extra differ"),
    "no index of names": ("drop table names_fts", "names_fts"),
    "a computed column": ("alter table users add column x as (1)", "users differ"),
    "info that is no JSON": ("update info set value = 'x' where name = 'title'", "cannot be used: "),
    "a fact is missing": ("delete from info where name = 'licence'", "has a fact that cannot be used, licence"),
    "terms at an address that runs code": (
        "insert or replace into info (name, value) values ('licence_url', '\"javascript:alert(1)\"')",
        "has a fact that cannot be used, licence_url",
    ),
    "half-built": ("delete from info", "half-built"),
    "genres that are no JSON": ("update items set genres = '{' where number = 2", "cannot be used: "),
    "ratings of unknown items": (
        "pragma foreign_keys = off; update ratings set item = 9999 where item = 3",
        "a row of ratings refers to a row of items that does not exist",
    ),
    "ratings changed": ("update ratings set rating = 1.0", "has ratings that do not match their digest"),
    "a year in words": ("update items set year = 'x' where number = 1", "a value of items.year"),
    "an endless year": ("update items set year = 9e18 where number = 1", "a value of items.year"),
    "a title of bytes": ("update items set title = x'ff' where number = 1", "a value of items.title"),
    "no overview": ("update items set overview = null where number = 1", "a value of items.overview"),
    "a title with an escape sequence": (
        "update items set title = char(27) || '[31mred' where number = 1",
        "a value of items.title",
    ),
    "a title with a NUL": ("update items set title = 'a' || char(0) || 'b' where number = 1", "a value of items.title"),
    "an endless title": ("update items set title = hex(zeroblob(5000)) where number = 1", "a value of items.title"),
    "an endless overview": (
        "update items set overview = hex(zeroblob(600000)) where number = 1",
        "a value of items.overview",
    ),
    "a picture that is code": (
        "update items set image = 'data:text/html,x' where number = 1",
        "a value of items.image",
    ),
    "ratings that are not there": (
        "update items set n_ratings = 5000000 where number = 1",
        "states other numbers of ratings of items than it has ratings",
    ),
    "a year far away": ("update info set value = '99999999999999' where name = 'until'", "a fact that cannot be used"),
    "no day of the build": ("delete from info where name = 'built'", "a fact that cannot be used, built"),
    "a build on the day NaN": ("update info set value = 'NaN' where name = 'built'", "is not valid at built"),
    "half of a character pair": (
        "update info set value = '\"\\ud800\"' where name = 'title'",
        "is not valid at title: the text is not valid Unicode",
    ),
    "half of a pair in a genre": (
        "update items set genres = '[\"\\ud800\"]' where number = 1",
        "genres, cast, keywords or facets are not valid Unicode",
    ),
    "half of a pair in a facet": (
        'update items set facets = \'{"\\udfff": ["a"]}\' where number = 1',
        "genres, cast, keywords or facets are not valid Unicode",
    ),
    "fewer users than there are": ("update info set value = '0' where name = 'n_users'", "states n_users = 0"),
    "more ratings of one item": (
        "update info set value = '99' where name = 'most_ratings'",
        "states most_ratings = 99",
    ),
    "ratings that tell nothing": ("update info set value = 'false' where name = 'rated'", "states rated = False"),
    "a scale without the ratings": (
        "update info set value = '[3.0, 3.0]' where name = 'scale'",
        "on a scale from 3 to 3",
    ),
    "a scale beyond all ratings": (
        "update info set value = '[-1e308, 1e308]' where name = 'scale'",
        "a fact that cannot be used, scale",
    ),
    "no mean": ("update items set mean_rating = null where number = 1", "states other mean ratings"),
    "a better mean": ("update items set mean_rating = 5 where number = 1", "states other mean ratings"),
    "an endless note": (
        "update info set value = '[\"' || hex(zeroblob(5000)) || '\"]' where name = 'notes'",
        "a fact that cannot be used, notes",
    ),
    "an address that runs code": (
        "update items set url = 'javascript:alert(1)' where number = 1",
        "a value of items.url",
    ),
    "genres of numbers": ("update items set genres = '[1]' where number = 1", "are not lists of texts"),
    "genres are a number": ("update items set genres = '7' where number = 1", "are not lists of texts"),
    "facets are a list": ("update items set facets = '[]' where number = 1", "are not lists of texts"),
    "a time beyond dates": ("update ratings set timestamp = 9e15 where item = 1", "a value of ratings.timestamp"),
    "an infinite rating": ("update ratings set rating = 9e999 where item = 1", "a value of ratings.rating"),
    "a rating in words": ("update ratings set rating = 'good' where item = 1", "a value of ratings.rating"),
    "an infinite mean": ("update items set mean_rating = 9e999 where number = 1", "a value of items.mean_rating"),
    "users with gaps": (
        "pragma foreign_keys = off; update users set number = 999 where number = 0; "
        "update ratings set user = 999 where user = 0",
        "users, which are not numbered",
    ),
    "a scale of text": ("update info set value = '\"x\"' where name = 'scale'", "cannot be used, scale"),
    "a scale upside down": ("update info set value = '[5.0, 1.0]' where name = 'scale'", "cannot be used, scale"),
    "no description": ("update info set value = '7' where name = 'description'", "cannot be used, description"),
    "an unknown word": (
        'update info set value = \'{"name": "films", "item": 7}\' where name = \'description\'',
        "cannot be used",
    ),
    "a count in words": ("update info set value = '\"many\"' where name = 'n_users'", "cannot be used, n_users"),
    "an index beyond the titles": (
        "update trigrams set places = x'ffffff7f', names = 1",
        "an index of titles that does not match",
    ),
    "items missing": ("pragma foreign_keys = off; delete from items where number = 0", "items, which are not numbered"),
    "other data": ("update info set value = '\"0\"' where name = 'digest'", "has other data than the models"),
}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_a_carried_database_that_is_no_catalogue_is_refused(carried, kind):
    path, manifest = carried
    statements, said = STATEMENTS[kind]
    with closing(sqlite3.connect(path)) as db:
        db.execute("pragma journal_mode = delete")
        db.executescript(statements)
    with pytest.raises(BrokenRelease) as error:
        database_check.check(path, manifest)
    assert said in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\x00", b"SQLite format 3\x00" + b"\xff" * 5000, b"x" * 5000])
def test_a_file_that_is_no_database_is_refused(carried, data):
    path, manifest = carried
    path.write_bytes(data)
    with pytest.raises(BrokenRelease):
        database_check.check(path, manifest)
