"""A release that cannot be served never keeps the app from starting: another one or freshly trained models are served."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from progress_lines import Lines

from recsys import release
from recsys.catalogue import building
from recsys.data.files import load_arrays, save_arrays
from recsys.errors import SourceError
from recsys.release import manifest as manifests
from recsys.runtime.startup import ready
from recsys.settings import Settings


@pytest.fixture
def settings(prepared, film_folder, tmp_path):
    shutil.copytree(prepared, tmp_path / "data", ignore=shutil.ignore_patterns("visitors.sqlite*"))
    return Settings(dataset=str(film_folder), data_dir=tmp_path / "data")


@pytest.fixture
def two(settings):
    """The prepared release, and a newer one of the same models that is the current one."""
    good = release.current(settings.releases)
    return good, release.add(good, {}, {"ease": {"seconds": 1.0}})


def answers(service) -> None:
    """Everything a page or caller asks for first."""
    assert len(service.recommend("3", 5)) == 5 and len(service.similar("Heat (1995)", 5)) == 5
    assert service.models() and service.about()["release"]["version"]
    service.events.close()


def spoil_manifest(newer) -> None:
    path = newer.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["models"]["ease"]["calibration"] = {"a": 1}
    path.write_text(json.dumps(manifest))


def spoil_model(newer) -> None:
    """Neighbours that are no items, with the right hash."""
    name = "models/item_knn.safetensors"
    arrays = {key: array.copy() for key, array in load_arrays(newer.path / name).items()}
    arrays["indices"][:] = 99_999
    (newer.path / name).unlink()  # it is linked to the other release's
    save_arrays(arrays, newer.path / name)
    path = newer.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["models"]["item_knn"]["files"][name] = manifests.record(newer.path / name)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize("spoil", [spoil_manifest, spoil_model])
def test_the_last_good_release_is_served_and_the_operator_is_told(settings, two, spoil):
    good, newer = two
    spoil(newer)
    lines = Lines()
    service = ready(settings, lines)
    assert service.release.version == good.version
    assert any(line.startswith(f"Release {newer.version} is not served: ") for line in lines)
    assert f"Release {good.version} is served instead." in lines
    answers(service)


@pytest.mark.parametrize("spoil", [spoil_manifest, spoil_model])
def test_without_a_good_release_the_data_is_trained_on(settings, spoil):
    (version,) = release.versions(settings.releases)
    bad = release.open_release(settings.releases / version)
    ease = bad.manifest["models"]["ease"]
    spoil(bad)
    lines = Lines()
    service = ready(settings, lines)
    assert service.release.version != version and set(service.release.names) == set(bad.names)
    if spoil is spoil_model:
        assert f"release {version} has models that cannot be used: item_knn" in lines
        assert service.release.manifest["models"]["ease"] == ease, "what can answer is not trained again"
    answers(service)
    again = Lines()
    assert ready(settings, again).release.version == service.release.version and not again


def test_a_release_that_cannot_answer_does_not_replace_the_one_in_service(settings, two, monkeypatch):
    good, newer = two
    release.switch(settings.releases, good.version)
    spoil_model(newer)
    service = ready(settings, Lines())
    with pytest.raises(release.store.BrokenRelease, match="item_knn cannot answer"):
        release.switch(settings.releases, newer.version)
    assert release.current(settings.releases).version == service.release.version == good.version
    answers(service)


def test_other_data_is_used_if_that_of_a_pulled_release_is_not_available(settings, monkeypatch, tmp_path):
    pulled = release.current(settings.releases)
    release.remember(pulled, {"repo": "me/films", "revision": "main", "commit": "0" * 40})
    path = pulled.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["info"]["dataset"] = "ml-100k"
    path.write_text(json.dumps(manifest))
    database, folder, ensure = settings.database, settings.dataset, building.ensure
    database.unlink()

    def without_publisher(wanted, progress):
        if wanted.dataset == "ml-100k":
            raise SourceError("MovieLens 100K could not be downloaded.")
        return ensure(replace(wanted, dataset=folder), progress)

    monkeypatch.setattr(building, "ensure", without_publisher)
    lines = Lines()
    service = ready(replace(settings, dataset="auto"), lines)
    assert any("MovieLens 100K could not be downloaded. Using other data." in line for line in lines)
    answers(service)
