"""One release on disk: opening, verifying, and its models."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from recsys.data import IdMap
from recsys.data.files import read_json, write_json
from recsys.errors import BrokenRelease, UnknownModel, UnknownSetting, listing
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import manifest as manifests
from recsys.release.manifest import DATABASE, STAMP

log = logging.getLogger(__name__)


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
                self._models[name] = registry.get(name).load_files(self.path / "models", self.items)
            return self._models[name]

    def can_load(self, name: str) -> bool:
        """Whether this version of the program can load a model; the reason why not is logged."""
        try:
            self.model(name)
        except (BrokenRelease, UnknownModel, UnknownSetting) as error:
            log.warning("%s", error)
            return False
        return True

    def fits(self, info: Mapping[str, Any]) -> bool:
        """Whether its models were trained on the data of this catalogue.

        Args:
            info: of the catalogue.
        """
        return self.info.get("digest") == info.get("digest")

    def state(self, name: str) -> dict[str, Any]:
        """What a model noted of its training, without reading its arrays.

        Raises:
            UnknownModel: the release has none of this name.
            BrokenRelease: its file is damaged.
        """
        if name not in self.manifest["models"]:
            raise UnknownModel(f"no model {name!r} in release {self.version}; it has {listing(self.names)}.")
        found = read_json(self.path / "models" / f"{name}.json").get("state")
        return found if isinstance(found, dict) else {}

    def models(self) -> dict[str, Recommender]:
        """Every model of the release by name."""
        return {name: self.model(name) for name in self.names}


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


def remember(release: Release, origin: dict[str, Any] | None) -> None:
    """Note beside a verified release where it came from, and how its files look, so that opening need not hash."""
    verified = {name: _signature(release.path / name) for name in manifests.files(release.manifest)}
    write_json({"verified": verified, "origin": origin}, release.path / STAMP)


def _signature(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
