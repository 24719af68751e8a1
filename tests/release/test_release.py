"""Releases on disk: the same answers back, nothing half-written, nothing broken served."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from releases import INFO, answers, fit, write

from recsys import models, release
from recsys.data import working_folders
from recsys.data.files import save_arrays
from recsys.errors import BadInput, BrokenRelease, UnknownModel
from recsys.release import card
from recsys.release import manifest as manifests


@pytest.fixture
def root(tmp_path):
    return tmp_path / "films"


def edit(folder, change):
    """Change the manifest of a release in place."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def relist(folder, name):
    """Update the manifest's entry of a file, as an attacker who tampers with both would."""

    def change(manifest):
        records = manifest["files"] if name in manifest["files"] else manifest["models"]["popular"]["files"]
        records[name] = manifests.record(folder / name)

    edit(folder, change)


@pytest.mark.slow
def test_every_model_answers_the_same_after_the_round_trip(root, tastes, facts):
    fitted = fit(tastes, facts, models.names())
    written = release.write(
        root, catalogue="films", info=INFO, models=fitted, titles=list(tastes.items.ids), reports={}
    )
    again = release.current(root)
    assert again.names == written.names == tuple(name for name in models.names() if name in fitted)
    for name, model in fitted.items():
        back = again.model(name)
        assert back.settings == model.settings
        for history in ({"i100": 5.0, "i103": 4.0, "i101": 1.0}, ["i107", "i104"], {}):
            assert back.recommend(history, 8) == model.recommend(history, 8)


def test_what_is_written(root, tastes, facts):
    served = write(root, tastes, facts, extra_files={"plots/metrics.svg": b"<svg/>"}, version="v1.0")
    assert served.version == "v1.0" and served.info["dataset"] == "ml-latest-small" and served.revision is None
    assert (root / "current").read_text() == "v1.0\n"
    kept = {path.relative_to(served.path).as_posix() for path in served.path.rglob("*") if path.is_file()}
    assert kept == {
        "README.md",
        "items.json",
        "local.json",
        "manifest.json",
        "plots/metrics.svg",
        "models/popular.json",
        "models/popular.safetensors",
        "models/content.json",
        "models/content.safetensors",
    }
    record = served.manifest["models"]["popular"]
    assert record["seconds"] == 0.5 and record["metrics"] == {"random": {"ndcg@10": 0.25}}
    assert record["settings"] == models.create("popular").settings
    assert "![metrics](plots/metrics.svg)" in (served.path / "README.md").read_text()
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []
    release.verify(served.path)


def test_versions_are_times_and_stay_apart(root, tastes, facts):
    first, second = write(root, tastes, facts), write(root, tastes, facts)
    assert first.version != second.version and manifests.legal_version(first.version)
    assert release.versions(root) == [second.version, first.version]


def test_numbers_json_cannot_hold_become_null(root, tastes, facts):
    fitted = fit(tastes, facts, ("popular",))
    report = {"metrics": {"ndcg@10": np.float32(0.5), "odd": float("nan")}, "curve": np.arange(3)}
    served = release.write(
        root, catalogue="films", info={}, models=fitted, titles=[""] * len(tastes.items), reports={"popular": report}
    )
    record = release.open_release(served.path).manifest["models"]["popular"]
    assert record["metrics"] == {"ndcg@10": 0.5, "odd": None} and record["curve"] == [0, 1, 2]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"models": {}}, "A release needs at least one fitted model."),
        ({"titles": ["one"]}, "There are 1 titles for 40 items."),
        ({"version": "../up"}, "'../up' is not a legal version. Use letters, digits, '.', '_' and '-', such as v1.0."),
        ({"version": "v1"}, "The version 'v1' already exists. There are v1."),
        (
            {"extra_files": {"../x.png": b""}},
            "'../x.png' is not a legal name for a further file. Use a name such as plots/x.png.",
        ),
        (
            {"extra_files": {"x.pkl": b""}},
            "'x.pkl' is not a legal name for a further file. Use a name such as plots/x.png.",
        ),
    ],
    ids=["no models", "titles", "version", "taken", "escaping", "pickle"],
)
def test_refused_before_anything_is_written(root, tastes, facts, change, sentence):
    write(root, tastes, facts, names=("popular",), version="v1")
    sentence = sentence.replace("40 items", f"{len(tastes.items)} items")
    wanted = {"models": fit(tastes, facts, ("popular",)), "titles": list(tastes.items.ids), "reports": {}} | change
    with pytest.raises(BadInput) as error:
        release.write(root, catalogue="films", info={}, **wanted)
    assert str(error.value) == sentence
    assert release.versions(root) == ["v1"] and not list(root.glob(".write-*"))


def test_models_of_different_items_make_no_release(root, tastes, facts, checkerboard):
    mixed = {**fit(tastes, facts, ("popular",)), "item_knn": models.create("item_knn").fit(checkerboard)}
    with pytest.raises(BadInput, match="must all be fitted on the same items: popular, item_knn"):
        release.write(root, catalogue="films", info={}, models=mixed, titles=list(tastes.items.ids), reports={})


def test_a_failure_while_writing_leaves_nothing(root, tastes, facts, monkeypatch):
    write(root, tastes, facts, version="v1")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(card, "render", full)
    with pytest.raises(OSError, match="No space left"):
        write(root, tastes, facts, version="v2")
    assert release.versions(root) == ["v1"] and release.current(root).version == "v1"
    assert not list(root.glob(".write-*"))


def test_folders_of_killed_processes_are_cleared(root, tastes, facts):
    for name, age in ((".write-old", working_folders.ABANDONED_S + 60), (".write-new", 60)):
        (root / name).mkdir(parents=True)
        then = (root / name).stat().st_mtime - age
        os.utime(root / name, (then, then))
    write(root, tastes, facts)
    assert [path.name for path in root.glob(".write-*")] == [".write-new"]


def test_adding_links_what_is_unchanged(root, tastes, facts):
    first = write(root, tastes, facts, extra_files={"plots/a.png": b"png"})
    new = fit(tastes, facts, ("item_knn", "content"))
    second = release.add(first, new, {"item_knn": {"seconds": 2.0}, "popular": {"metrics": {"ndcg@10": 0.4}}})
    assert second.names == tuple(name for name in models.names() if name in ("popular", "content", "item_knn"))
    assert release.current(root).version == second.version
    for name in ("models/popular.safetensors", "plots/a.png"):
        assert (first.path / name).stat().st_ino == (second.path / name).stat().st_ino
    assert second.manifest["models"]["item_knn"]["seconds"] == 2.0
    assert second.manifest["models"]["popular"]["metrics"] == {"ndcg@10": 0.4}
    assert answers(second)["popular"] == answers(first)["popular"]
    release.verify(first.path)


def test_adding_needs_the_same_items_and_known_models(root, tastes, facts, checkerboard):
    first = write(root, tastes, facts)
    with pytest.raises(BadInput, match="same items"):
        release.add(first, {"item_knn": models.create("item_knn").fit(checkerboard)}, {})
    with pytest.raises(BadInput, match="There are reports of models that are not in the release: ease."):
        release.add(first, {}, {"ease": {}})


def test_switching_back_and_pruning(root, tastes, facts):
    for version in ("v1", "v2", "v3", "v4"):
        write(root, tastes, facts, names=("popular",), version=version)
    assert release.switch(root, "v1").version == release.current(root).version == "v1"
    assert release.prune(root, keep=2) == ["v2"]
    assert release.versions(root) == ["v4", "v3", "v1"]
    with pytest.raises(UnknownModel) as error:
        release.switch(root, "v9")
    assert str(error.value) == "There is no release 'v9'. There are v4, v3, v1."
    with pytest.raises(UnknownModel):
        release.switch(root, "../v1")
    with pytest.raises(BadInput, match="keep is 0. At least one release must stay."):
        release.prune(root, keep=0)


def test_nothing_there_yet(root):
    assert release.current(root) is None and release.last_good(root) is None and release.versions(root) == []


def test_an_unknown_model_is_answered_with_those_there_are(root, tastes, facts):
    served = write(root, tastes, facts, version="v1")
    with pytest.raises(UnknownModel) as error:
        served.model("als")
    assert str(error.value) == "There is no model 'als' in release v1. It has popular, content."


def test_comparing_two_releases(root, tastes, facts):
    old = write(root, tastes, facts, names=("popular",))
    new = release.add(old, fit(tastes, facts, ("content",)), {"popular": {"metrics": {"random": {"ndcg@10": 0.3}}}})
    rows = release.differences(old.manifest, new.manifest)
    assert rows == [{"model": "popular", "metric": "ndcg@10", "old": 0.25, "new": 0.3, "change": pytest.approx(0.05)}]


def test_opening_hashes_only_what_has_changed(root, tastes, facts, monkeypatch):
    served, hashed = write(root, tastes, facts, version="v1"), []
    record = manifests.record
    monkeypatch.setattr(manifests, "record", lambda path: hashed.append(path.name) or record(path))
    release.open_release(served.path)
    assert hashed == []
    os.utime(served.path / "items.json", (1, 1))
    release.open_release(served.path)
    assert hashed == ["items.json"]


def flip(path):
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


WEIGHTS, SIDE_FILE = "models/popular.safetensors", "models/popular.json"


def damaged(folder, kind):
    """Damage a release in one way; returns the sentence it must be refused with."""
    size = (folder / WEIGHTS).stat().st_size
    if kind == "tampered":
        flip(folder / WEIGHTS)
        return f"{WEIGHTS} of release v2 is not the file its manifest lists (SHA-256 differs). Pull it again."
    if kind == "truncated":
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:-5])
        return f"{WEIGHTS} of release v2 has {size - 5:,} bytes, and its manifest lists {size:,}. Pull or train the release again."
    if kind == "missing":
        (folder / WEIGHTS).unlink()
        return f"{WEIGHTS} of release v2 is missing. Pull or train the release again."
    if kind == "link":
        outside = folder.parent / "outside"
        outside.write_bytes((folder / WEIGHTS).read_bytes())
        (folder / WEIGHTS).unlink()
        (folder / WEIGHTS).symlink_to(outside)
        return f"{WEIGHTS} of release v2 is a link to a place outside the release."
    if kind == "later format":
        edit(folder, lambda manifest: manifest.update(format=2))
        return "The release has format 2, and this version of recsys reads format 1. Update recsys."
    if kind == "escaping":
        edit(folder, lambda manifest: manifest["files"].update({"../../x.json": {"size": 1, "sha256": "0" * 64}}))
        return (
            "The release lists the file '../../x.json'. Names must stay inside the folder and end in "
            ".safetensors, .json, .md, .sqlite, .png, .svg, .csv."
        )
    if kind == "absolute":
        edit(folder, lambda manifest: manifest["files"].update({"/etc/x.json": {"size": 1, "sha256": "0" * 64}}))
        return (
            "The release lists the file '/etc/x.json'. Names must stay inside the folder and end in "
            ".safetensors, .json, .md, .sqlite, .png, .svg, .csv."
        )
    if kind == "pickle":
        edit(folder, lambda manifest: manifest["files"].update({"model.pkl": {"size": 1, "sha256": "0" * 64}}))
        return (
            "The release lists the file 'model.pkl'. Names must stay inside the folder and end in "
            ".safetensors, .json, .md, .sqlite, .png, .svg, .csv."
        )
    if kind == "foreign files":
        edit(folder, lambda m: m["models"]["popular"].update(files={"models/x.json": {"size": 1, "sha256": "0" * 64}}))
        return (
            "The model 'popular' must have the files models/popular.safetensors and models/popular.json, "
            "not models/x.json."
        )
    if kind == "oversized":
        edit(folder, lambda manifest: manifest["models"]["popular"]["files"][WEIGHTS].update(size=10**12))
        others = sum(r["size"] for n, r in manifests.files(json.loads((folder / "manifest.json").read_text())).items())
        return f"The release has {others:,} bytes; at most {8 << 30:,} are read."
    if kind == "no hash":
        edit(folder, lambda manifest: manifest["files"]["items.json"].pop("sha256"))
        return "manifest.json is not valid at files.items.json.sha256: field required. Train or pull the release again."
    if kind == "not JSON":
        (folder / "manifest.json").write_text("{")
        return "manifest.json is not JSON; train or pull it again."
    if kind == "nested JSON":
        (folder / "manifest.json").write_text("[" * 200_000)
        return "manifest.json is not JSON; train or pull it again."
    if kind == "no manifest":
        (folder / "manifest.json").unlink()
        return "v2 is not a release: it has no manifest.json."
    raise AssertionError(kind)


DAMAGES = (
    "tampered",
    "truncated",
    "missing",
    "link",
    "later format",
    "escaping",
    "absolute",
    "pickle",
    "foreign files",
    "oversized",
    "no hash",
    "not JSON",
    "nested JSON",
    "no manifest",
)


@pytest.fixture
def pair(two_releases, root):
    import shutil

    return shutil.copytree(two_releases, root)


@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_release_is_refused_in_one_sentence(pair, kind):
    sentence = damaged(pair / "v2", kind)
    for check in (release.verify, release.open_release):
        with pytest.raises(BrokenRelease) as error:
            check(pair / "v2")
        assert str(error.value) == sentence
    with pytest.raises(BrokenRelease) as error:
        release.current(pair)
    assert str(error.value) == f"{sentence} Other releases here: v1."
    assert release.last_good(pair).version == "v1"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        (
            "items.json",
            {"ids": ["a", "a"], "titles": ["A", "B"]},
            "items.json of release v2: Ids must be unique; repeated: a.",
        ),
        ("items.json", {"ids": ["a"], "titles": ["A", "B"]}, "items.json of release v2 has 1 ids and 2 titles."),
        ("items.json", {"ids": [1]}, "items.json of release v2 has no list of ids."),
        (
            "items.json",
            {"ids": ["a"], "titles": ["A"]},
            "popular was trained on other items than items.json lists. Train it again.",
        ),
        (SIDE_FILE, {"items": 3}, "popular was trained on other items than items.json lists. Train it again."),
        (
            WEIGHTS,
            b"\xff" * 100,
            "popular.safetensors is not a usable safetensors file: its header claims 18446744073709551615 bytes of 100; train or pull it again.",
        ),
        (
            WEIGHTS,
            b"\x80\x04pickled",
            "popular.safetensors is not a usable safetensors file: its header claims 7308334370030355584 bytes of 9; train or pull it again.",
        ),
    ],
    ids=["repeated ids", "fewer ids", "numbers as ids", "other items", "no items", "endless header", "a pickle"],
)
def test_files_that_match_their_hash_and_make_no_release(pair, name, content, sentence):
    folder = pair / "v2"
    (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    relist(folder, name)
    with pytest.raises(BrokenRelease) as error:
        release.verify(folder)
    assert str(error.value) == sentence


def test_arrays_of_another_shape_are_refused_when_the_model_is_read(pair):
    folder = pair / "v2"
    save_arrays({"base.counts_share": np.ones(3, np.float32), "base.rated": np.ones(3, bool)}, folder / WEIGHTS)
    relist(folder, WEIGHTS)
    with pytest.raises(
        BrokenRelease,
        match=r"files of popular do not fit together \(base.rated has shape \(3,\) and there are 45 items",
    ):
        release.open_release(folder).model("popular")


def test_a_current_file_that_points_outside_is_refused(pair):
    (pair / "current").write_text("../../etc")
    with pytest.raises(BrokenRelease) as error:
        release.current(pair)
    assert str(error.value) == "current names '../../etc', which is not a legal version. Other releases here: v2, v1."
