"""Open and verify a release on disk, and load its models."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys import __version__
from recsys.catalogue.database import Catalogue
from recsys.data import IdMap
from recsys.data.files import read_json, write_json
from recsys.errors import BrokenRelease, UnknownModel, UnknownSetting, listing
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import manifest as manifests
from recsys.release import trial
from recsys.release.manifest import DATABASE, STAMP

log = logging.getLogger(__name__)


class Release:
    """One release: a folder with a manifest, the items, and the files of each model.

    Attributes:
        path: the folder.
        manifest: the content of `manifest.json`, checked.
        origin: repository, revision and commit it was pulled from; None if it was trained here.
    """

    def __init__(self, path: Path, manifest: dict[str, Any], origin: dict[str, Any] | None = None):
        self.path = path
        self.manifest = manifest
        self.origin = origin
        self._models: dict[str, Recommender] = {}
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Release({self.version!r}, {listing(self.names)})"

    @property
    def version(self) -> str:
        """The version, which is the name of the folder and the argument of `switch`."""
        return self.path.name

    @property
    def revision(self) -> str | None:
        """The Hub commit this release was pulled from; None if it was trained here."""
        return self.origin.get("commit") if self.origin else None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the models of this release, in the registry's order; unregistered models come last."""
        order = {name: place for place, name in enumerate(registry.names())}
        return tuple(sorted(self.manifest["models"], key=lambda name: (order.get(name, len(order)), name)))

    @property
    def database(self) -> Path | None:
        """Path of the catalogue's database if the release has one, otherwise None."""
        return self.path / DATABASE if DATABASE in self.manifest["files"] else None

    @property
    def info(self) -> dict[str, Any]:
        """Facts about the data: data set, licence, counts, digest."""
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
        """Return a model, which is loaded once and memory-mapped.

        Raises:
            UnknownModel: the release or this version of recsys does not have the model.
            UnknownSetting: the model has a setting that this version does not have.
            BrokenRelease: its files are inconsistent.
        """
        self._check_name(name)
        with self._lock:
            if name not in self._models:
                self._models[name] = registry.get(name).load_files(self.path / "models", self.items)
            return self._models[name]

    def models(self) -> dict[str, Recommender]:
        """All models of the release by name."""
        return {name: self.model(name) for name in self.names}

    def can_load(self, name: str) -> bool:
        """Whether this version of the program can load a model; the reason why not is logged."""
        try:
            self.model(name)
        except (BrokenRelease, UnknownModel, UnknownSetting) as error:
            log.warning("%s", error)
            return False
        return True

    def fits(self, catalogue: Catalogue) -> bool:
        """Whether the models were trained on the data of this catalogue, and it has all their items."""
        same_data = self.info.get("digest") == catalogue.info.get("digest")
        return same_data and all(item_id in catalogue.ids for item_id in self.items.ids)

    def state(self, name: str) -> dict[str, Any]:
        """Return the saved state of a model, such as its training losses, without reading its arrays.

        Raises:
            UnknownModel: the release does not have the model.
            BrokenRelease: its file is damaged.
        """
        self._check_name(name)
        found = read_json(self.path / "models" / f"{name}.json").get("state")
        return found if isinstance(found, dict) else {}

    def _check_name(self, name: str) -> None:
        if name not in self.manifest["models"]:
            raise UnknownModel(f"There is no model {name!r} in release {self.version}. It has {listing(self.names)}.")


def verify(path: Path) -> None:
    """Check a release: manifest, names, sizes, SHA-256, types, shapes and numbers of arrays, items, database.

    Raises:
        BrokenRelease: the release is invalid; the text says why in one sentence.
    """
    path = Path(path)
    manifest = manifests.read(path)
    for name, record in manifests.files(manifest).items():
        manifests.check_file(path, name, record)
    manifests.check_contents(path, manifest)


def open_release(path: Path) -> Release:
    """Open a release; files verified before are recognised by size and time, other files are hashed again.

    Raises:
        BrokenRelease: the release is invalid.
    """
    path = Path(path)
    manifest, stamp = manifests.read(path), _stamp(path)
    verified = stamp.get("verified")
    verified = verified if isinstance(verified, dict) else {}
    for name, record in manifests.files(manifest).items():
        manifests.check_size(path, name, record)
        if verified.get(name) != _signature(path / name):
            manifests.check_file(path, name, record)
    origin = stamp.get("origin")
    return Release(path, manifest, origin if isinstance(origin, dict) else None)


def ensure_answers(release: Release) -> Release:
    """Return the release if all its models can answer.

    Raises:
        BrokenRelease: a model cannot answer; the text names it and says why.
    """
    for name, why in unusable_models(release).items():
        raise BrokenRelease(f"The release cannot be served: {name} cannot answer: {why}")
    return release


def unusable_models(release: Release) -> dict[str, str]:
    """The models that cannot answer, and why; each model is tested once per release and version of the program."""
    models = json.dumps(release.manifest["models"], sort_keys=True)
    identity = f"{__version__} {hashlib.sha256(models.encode()).hexdigest()}"
    stamp = _stamp(release.path)
    if stamp.get("answered") == identity:
        return {}
    # use a second Release object, so that models which are never requested do not stay in memory
    found = trial.failures(Release(release.path, release.manifest, release.origin))
    if not found:
        _write_stamp(release, {**stamp, "answered": identity})
    return found


def remember(release: Release, origin: dict[str, Any] | None) -> None:
    """Record the origin of a verified release, and sizes and times of its files, so that they need not be hashed."""
    verified = {name: _signature(release.path / name) for name in manifests.files(release.manifest)}
    _write_stamp(release, {**_stamp(release.path), "verified": verified, "origin": origin})


def _stamp(path: Path) -> dict[str, Any]:
    """The facts that this machine has recorded about a release; empty if nothing was recorded."""
    try:
        return read_json(path / STAMP)
    except BrokenRelease:
        return {}


def _write_stamp(release: Release, stamp: dict[str, Any]) -> None:
    try:
        write_json(stamp, release.path / STAMP)
    except OSError as error:
        # a release on a full or read-only disk can be served, but it is checked at each start
        log.info("Could not record the check of release %s: %s", release.version, error)


def _signature(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
