"""A trained set of models on disk: written whole, verified, switched to and back."""

from __future__ import annotations

import logging
import math
import os
import secrets
import shutil
import threading
import time
from collections.abc import Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from recsys import card, manifest as manifests
from recsys.arrays import read_json, write_json
from recsys.data import IdMap
from recsys.errors import BadInput, BrokenRelease, UnknownModel, listing
from recsys.manifest import CARD, DATABASE, FORMAT, ITEMS, NAME, STAMP
from recsys.models import registry
from recsys.models.base import Recommender

if TYPE_CHECKING:
    from recsys.evaluation.calibration import Calibration

log = logging.getLogger(__name__)
CURRENT = "current"
ABANDONED_S = 6 * 3600  # a working folder this old belongs to a process that was killed


class Release:
    """One version: a folder with a manifest, the items, and the files of each model.

    Attributes:
        path: the folder.
        manifest: what `manifest.json` says, checked.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], origin: dict[str, Any] | None = None):
        self.path = path
        self.manifest = manifest
        self.origin = origin
        self._models: dict[str, Recommender] = {}
        self._calibrations: dict[str, Calibration | None] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Release({self.version!r}, {listing(self.names)})"

    @property
    def version(self) -> str:
        """The name of the folder: what `switch` takes."""
        return self.path.name

    @property
    def revision(self) -> str | None:
        """The Hub commit this release was pulled from, or None for one trained here."""
        return self.origin.get("commit") if self.origin else None

    @property
    def names(self) -> tuple[str, ...]:
        """The models of this release, in the registry's order where it knows them."""
        order = {name: place for place, name in enumerate(registry.names())}
        return tuple(sorted(self.manifest["models"], key=lambda name: (order.get(name, len(order)), name)))

    @property
    def database(self) -> Path | None:
        """The catalogue's database, where the release carries one."""
        return self.path / DATABASE if DATABASE in self.manifest["files"] else None

    @property
    def info(self) -> dict[str, Any]:
        """What is known of the data: data set, licence, counts, digest."""
        return self.manifest["info"]

    @property
    def items(self) -> IdMap:
        """The item ids, in column order."""
        return self._table[0]

    @property
    def titles(self) -> list[str]:
        """Display titles, in column order."""
        return self._table[1]

    @cached_property
    def _table(self) -> tuple[IdMap, list[str]]:
        return manifests.item_table(self.path)

    def model(self, name: str) -> Recommender:
        """A model, read once and memory-mapped.

        Raises:
            UnknownModel: the release has none of this name, or this version of recsys does not know it.
            BrokenRelease: its files do not fit together.
        """
        if name not in self.manifest["models"]:
            raise UnknownModel(f"no model {name!r} in release {self.version}; it has {listing(self.names)}.")
        with self._lock:
            if name not in self._models:
                model = registry.get(name).load_files(self.path / "models", self.items)
                model.labels = self.titles
                self._models[name] = model
            return self._models[name]

    def calibration(self, name: str) -> Calibration | None:
        """What turns a model's scores into chances, or None where it was not calibrated.

        Raises:
            BrokenRelease: what the manifest holds does not fit.
        """
        if name not in self._calibrations:
            from recsys.evaluation.calibration import Calibration

            values = self.manifest["models"].get(name, {}).get("calibration")
            self._calibrations[name] = None if values is None else Calibration.from_dict(values)
        return self._calibrations[name]

    def models(self) -> dict[str, Recommender]:
        """Every model of the release by name."""
        return {name: self.model(name) for name in self.names}


def write(
    root: Path,
    *,
    catalogue: str,
    info: dict[str, Any],
    models: Mapping[str, Recommender],
    titles: list[str],
    reports: Mapping[str, dict],
    extra_files: Mapping[str, bytes] | None = None,
    version: str | None = None,
) -> Release:
    """Write a release and switch to it; nothing is visible before all of it is written and verified.

    Args:
        root: the folder of this catalogue's releases.
        catalogue: `films`, `courses`, or the name of an own one.
        info: the data: `dataset`, `licence`, `redistributable`, `digest`, counts.
        models: fitted models by name, all of the same items.
        titles: display titles in column order.
        reports: by model `{"seconds": training seconds, "metrics": {...}, "calibration": {...} or None}`.
        extra_files: further files by name, such as plots for the card.
        version: default the time in UTC, as `v2026.11.24-183000`.

    Raises:
        BadInput: no models, models of different items, titles of another number, or an illegal version.
        BrokenRelease: what was written does not verify.
    """
    if not models:
        raise BadInput("a release needs at least one fitted model.")
    items = next(iter(models.values())).items
    about = {"catalogue": catalogue, "info": _plain(info)}
    return _write(Path(root), about, items, titles, {}, {}, models, reports, extra_files or {}, version)


def add(release: Release, models: Mapping[str, Recommender], reports: Mapping[str, dict]) -> Release:
    """A new version with further (or newly trained) models; the others' files are linked, not trained again.

    A report of a model that stays, such as new metrics, replaces the same entries of its old one.

    Args:
        release: what to add to.
        models: by name; may be empty where only reports are new.
        reports: as for `write`; those of models already there are merged into what is known of them.

    Raises:
        BadInput: a model was trained on other items than the release's, or a report belongs to no model.
    """
    manifest = release.manifest
    about = {"catalogue": manifest["catalogue"], "info": manifest["info"]}
    strangers = set(reports) - set(models) - set(manifest["models"])
    if strangers:
        raise BadInput(f"reports of models that are not there: {listing(sorted(strangers))}.")
    kept = {
        name: {**record, **_plain(reports.get(name, {}))}
        for name, record in manifest["models"].items()
        if name not in models
    }
    extras = {name: record for name, record in manifest["files"].items() if name not in (ITEMS, CARD, DATABASE)}
    links = {name: release.path / name for record in kept.values() for name in record["files"]}
    links.update({name: release.path / name for name in extras})
    root = release.path.parent
    return _write(root, about, release.items, release.titles, kept, links, models, reports, {}, None)


def _write(root, about, items, titles, kept, links, models, reports, extra_files, version) -> Release:
    if items is None or any(model.items != items for model in models.values()):
        raise BadInput(f"the models of a release must all be fitted on the same items: {listing(models)}.")
    if len(titles) != len(items):
        raise BadInput(f"there are {len(titles)} titles for {len(items)} items.")
    version = version or _new_version(root)
    if not manifests.legal_version(version):
        raise BadInput(f"{version!r} is no legal version: letters, digits, '.', '_' and '-', such as v1.0.")
    if (root / version).exists():
        raise BadInput(f"the version {version!r} exists already; there are {listing(versions(root))}.")
    with working_folder(root, version) as folder:
        (folder / "models").mkdir()
        for name, source in links.items():
            link(source, folder / name)
        write_json({"ids": items.ids.tolist(), "titles": list(titles)}, folder / ITEMS)
        for name, content in extra_files.items():
            if not manifests.legal_file(name) or name in (ITEMS, CARD, DATABASE) or name.startswith("models/"):
                raise BadInput(f"{name!r} is no legal name for a further file of a release, such as plots/x.png.")
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        for model in models.values():
            model.save_files(folder / "models")
        trained = {name: _model_record(folder, model, reports.get(name, {})) for name, model in models.items()}
        others = [ITEMS, *extra_files, *(name for name in links if not name.startswith("models/"))]
        manifest = {
            "format": FORMAT,
            "version": version,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **about,
            "files": {name: manifests.record(folder / name) for name in others},
            "models": {**kept, **trained},
        }
        (folder / CARD).write_text(card.render(manifest), encoding="utf-8")
        manifest["files"][CARD] = manifests.record(folder / CARD)
        write_json(manifest, folder / NAME)
        verify(folder)
        return install(folder, root, version)


def _model_record(folder: Path, model: Recommender, report: dict) -> dict[str, Any]:
    names = (f"models/{model.name}.safetensors", f"models/{model.name}.json")
    return {
        "metrics": {},
        "calibration": None,
        "seconds": None,
        **_plain(report),
        "title": model.title,
        "family": model.family,
        "summary": model.summary,
        "settings": _plain(model.settings),
        "holds_ratings": model.holds_ratings,
        "files": {name: manifests.record(folder / name) for name in names},
    }


@contextmanager
def working_folder(root: Path, name: str):
    """A new hidden folder below `root`, removed unless it was renamed; those of killed processes go as well."""
    root.mkdir(parents=True, exist_ok=True)
    for abandoned in root.glob(".write-*"):
        with suppress(FileNotFoundError):  # another process may be clearing up as well
            if time.time() - abandoned.stat().st_mtime > ABANDONED_S:
                shutil.rmtree(abandoned, ignore_errors=True)
    folder = root / f".write-{name}-{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def install(folder: Path, root: Path, version: str, origin: dict[str, Any] | None = None) -> Release:
    """Stamp a verified folder, give it its name, and switch to it."""
    remember(Release(folder, manifests.read(folder)), origin)
    os.rename(folder, root / version)
    return switch(root, version)


def remember(release: Release, origin: dict[str, Any] | None) -> None:
    """Note beside a verified release where it came from, and how its files look, so that opening need not hash."""
    verified = {name: _signature(release.path / name) for name in manifests.files(release.manifest)}
    write_json({"verified": verified, "origin": origin}, release.path / STAMP)


def verify(path: Path) -> None:
    """Check everything: manifest, names, sizes, SHA-256, types and shapes of arrays, items.

    Raises:
        BrokenRelease: one sentence with what is wrong.
    """
    path = Path(path)
    manifest = manifests.read(path)
    for name, record in manifests.files(manifest).items():
        manifests.check_file(path, name, record)
    manifests.check_contents(path, manifest)


def open_release(path: Path) -> Release:
    """A release for use: files verified before are known by size and time, any other is hashed again.

    Raises:
        BrokenRelease: it does not verify.
    """
    path = Path(path)
    manifest = manifests.read(path)
    stamp = read_json(path / STAMP) if (path / STAMP).is_file() else {}
    verified = stamp.get("verified") if isinstance(stamp.get("verified"), dict) else {}
    listed = manifests.files(manifest)
    for name, record in listed.items():
        manifests.check_size(path, name, record)
        if verified.get(name) != _signature(path / name):
            manifests.check_file(path, name, record)
    origin = stamp.get("origin")
    return Release(path, manifest, origin if isinstance(origin, dict) else None)


def current(root: Path) -> Release | None:
    """The release switched to, or None where there is none yet.

    Raises:
        BrokenRelease: it is missing or does not verify; the text lists the others.
    """
    root = Path(root)
    try:
        version = (root / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    try:
        if not manifests.legal_version(version):
            raise BrokenRelease(f"{CURRENT} names {version[:80]!r}, which is no legal version.")
        return open_release(root / version)
    except BrokenRelease as error:
        others = [other for other in versions(root) if other != version]
        hint = f"Other releases here: {listing(others)}." if others else "There is no other release here."
        raise BrokenRelease(f"{error} {hint}") from error


def last_good(root: Path) -> Release | None:
    """The current release, or where that one is broken the newest that verifies; None where there is none."""
    try:
        return current(root)
    except BrokenRelease as error:
        log.warning("%s", error)
    for version in versions(root):
        try:
            release = open_release(Path(root) / version)
        except BrokenRelease as error:
            log.warning("%s", error)
        else:
            log.warning("Serving release %s instead.", version)
            return release
    return None


def versions(root: Path) -> list[str]:
    """The versions on disk, newest first."""
    root = Path(root)
    folders = [path.parent for path in root.glob(f"*/{NAME}") if not path.parent.name.startswith(".")]
    return [folder.name for folder in sorted(folders, key=lambda folder: (_created(folder), folder.name), reverse=True)]


def switch(root: Path, version: str) -> Release:
    """Make a version the current one, after it verified.

    Raises:
        UnknownModel: there is no such version.
        BrokenRelease: it does not verify; the current one stays.
    """
    root = Path(root)
    if not manifests.legal_version(version) or not (root / version / NAME).is_file():
        raise UnknownModel(f"no release {version!r}; there are {listing(versions(root)) or 'none'}.")
    release = open_release(root / version)
    temporary = root / f".{CURRENT}-{secrets.token_hex(4)}"
    temporary.write_text(version + "\n", encoding="utf-8")
    os.replace(temporary, root / CURRENT)
    return release


def prune(root: Path, keep: int = 5) -> list[str]:
    """Remove all but the newest `keep` versions and the current one; returns what was removed."""
    root = Path(root)
    if keep < 1:
        raise BadInput(f"keep is {keep}: at least one release must stay.")
    file = root / CURRENT
    served = file.read_text(encoding="utf-8").strip() if file.is_file() else None
    removed = [version for version in versions(root)[keep:] if version != served]
    for version in removed:
        # Renamed first: a half-removed folder must never look like a release.
        doomed = root / f".write-{version}-{secrets.token_hex(4)}"
        os.rename(root / version, doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return removed


def compare(old: Release, new: Release) -> list[dict[str, Any]]:
    """Each metric of each model in two releases: rows of model, metric, old, new, change (None where unknown)."""
    rows = []
    for name in dict.fromkeys([*old.names, *new.names]):
        before, after = (card.flat(release.manifest["models"].get(name, {}).get("metrics")) for release in (old, new))
        for metric in dict.fromkeys([*before, *after]):
            pair = before.get(metric), after.get(metric)
            change = None if None in pair else pair[1] - pair[0]
            rows.append({"model": name, "metric": metric, "old": pair[0], "new": pair[1], "change": change})
    return rows


def link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it where the file system cannot."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _signature(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def _created(folder: Path) -> str:
    try:
        return manifests.read(folder)["created"]
    except BrokenRelease:
        return ""


def _new_version(root: Path) -> str:
    base = datetime.now(UTC).strftime("v%Y.%m.%d-%H%M%S")
    version, number = base, 1
    while (root / version).exists():
        number += 1
        version = f"{base}-{number}"
    return version


def _plain(value: Any) -> Any:
    """JSON-ready: NumPy numbers and arrays become Python's, not-a-number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
