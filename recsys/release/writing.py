"""Write a release to a hidden folder, verify it, then rename it to its version."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data import IdMap, working_folders
from recsys.data.files import write_json
from recsys.data.working_folders import working_folder
from recsys.errors import BadInput, listing
from recsys.models.base import Recommender
from recsys.release import card
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, DATABASE, FORMAT, ITEMS, NAME
from recsys.release.reading import Release, verify
from recsys.release.store import install, versions

WRITING = ".write-"  # beginning of the names of folders in which releases are written


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
    """Write a release and switch to it; the release becomes visible after it is written and verified.

    Args:
        root: the folder of this catalogue's releases.
        catalogue: `films`, `courses`, or the name of a user's own catalogue.
        info: facts about the data: `dataset`, `licence`, `redistributable`, `digest`, counts.
        models: fitted models by name, all on the same items.
        titles: display titles in column order.
        reports: by model `{"seconds": training seconds, "metrics": {...}, "calibration": {...} or None}`.
        extra_files: further files by name, such as plots for the card.
        version: name of the version (default: the time in UTC, as `v2026.11.24-183000`).

    Raises:
        BadInput: there are no models, they have different items, or the titles or the version are invalid.
        BrokenRelease: the written release is invalid or cannot answer.
    """
    if not models:
        raise BadInput("A release needs at least one fitted model.")
    items = next(iter(models.values())).items
    draft = _Draft(catalogue, _plain(info), items, list(titles), models, reports, extra_files=extra_files or {})
    return _write(Path(root), draft, version)


def add(release: Release, models: Mapping[str, Recommender], reports: Mapping[str, dict]) -> Release:
    """Write a new version with additional or newly trained models; the files of the other models are linked.

    The report of a model that stays, such as new metrics, replaces the same entries of its old report.

    Args:
        release: the release to add to.
        models: models by name; may be empty if only reports are new.
        reports: as for `write`.

    Raises:
        BadInput: a model was trained on other items than the release's, or a report belongs to no model.
    """
    manifest = release.manifest
    strangers = set(reports) - set(models) - set(manifest["models"])
    if strangers:
        raise BadInput(f"There are reports of models that are not in the release: {listing(sorted(strangers))}.")
    staying = {
        name: {**record, **_plain(reports.get(name, {}))}
        for name, record in manifest["models"].items()
        if name not in models
    }
    extras = [name for name in manifest["files"] if name not in (ITEMS, CARD, DATABASE)]
    linked = [*(name for record in staying.values() for name in record["files"]), *extras]
    draft = _Draft(
        manifest["catalogue"],
        manifest["info"],
        release.items,
        release.titles,
        models,
        reports,
        staying,
        {name: release.path / name for name in linked},
    )
    return _write(release.path.parent, draft, None)


@dataclass(frozen=True, eq=False)
class _Draft:
    """Contents of a release before it is written.

    Attributes:
        catalogue, info, items, titles: about the data; see `write`.
        models, reports: models to save, and their reports.
        staying: records of models that stay from an earlier release.
        links: files of an earlier release by name.
        extra_files: further files by name.
    """

    catalogue: str
    info: dict[str, Any]
    items: IdMap | None
    titles: list[str]
    models: Mapping[str, Recommender]
    reports: Mapping[str, dict]
    staying: Mapping[str, dict] = field(default_factory=dict)
    links: Mapping[str, Path] = field(default_factory=dict)
    extra_files: Mapping[str, bytes] = field(default_factory=dict)

    def check(self) -> IdMap:
        """Check that the contents are consistent; return the items.

        Raises:
            BadInput: the models have different items, the number of titles is wrong, or a file name is illegal.
        """
        items = self.items
        if items is None or any(model.items != items for model in self.models.values()):
            raise BadInput(f"The models of a release must all be fitted on the same items: {listing(self.models)}.")
        if len(self.titles) != len(items):
            raise BadInput(f"There are {len(self.titles)} titles for {len(items)} items.")
        for name in self.extra_files:
            reserved = name in (ITEMS, CARD, DATABASE) or name.startswith("models/")
            if reserved or not manifests.legal_file(name):
                raise BadInput(f"{name!r} is not a legal name for a further file. Use a name such as plots/x.png.")
        return items

    @property
    def shared(self) -> list[str]:
        """The files besides those of models, the manifest and the card."""
        return [ITEMS, *self.extra_files, *(name for name in self.links if not name.startswith("models/"))]


def _write(root: Path, draft: _Draft, version: str | None) -> Release:
    items, version = draft.check(), _checked_version(root, version)
    with working_folder(root, WRITING, f"{version}-") as folder:
        _write_files(folder, draft, items)
        manifest = _manifest(folder, draft, version)
        (folder / CARD).write_text(card.render(manifest), encoding="utf-8")
        manifest["files"][CARD] = manifests.record(folder / CARD)
        write_json(manifest, folder / NAME)
        verify(folder)
        return install(folder, root, version)


def _checked_version(root: Path, version: str | None) -> str:
    version = version or _new_version(root)
    if not manifests.legal_version(version):
        raise BadInput(f"{version!r} is not a legal version. Use letters, digits, '.', '_' and '-', such as v1.0.")
    if (root / version).exists():
        raise BadInput(f"The version {version!r} already exists. There are {listing(versions(root))}.")
    return version


def _write_files(folder: Path, draft: _Draft, items: IdMap) -> None:
    (folder / "models").mkdir()
    for name, source in draft.links.items():
        link(source, folder / name)
    write_json({"ids": items.ids.tolist(), "titles": draft.titles}, folder / ITEMS)
    for name, content in draft.extra_files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for model in draft.models.values():
        model.save_files(folder / "models")


def _manifest(folder: Path, draft: _Draft, version: str) -> dict[str, Any]:
    trained = {name: _record(folder, model, draft.reports.get(name, {})) for name, model in draft.models.items()}
    return {
        "format": FORMAT,
        "version": version,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "catalogue": draft.catalogue,
        "info": draft.info,
        "files": {name: manifests.record(folder / name) for name in draft.shared},
        "models": {**draft.staying, **trained},
    }


def _record(folder: Path, model: Recommender, report: dict) -> dict[str, Any]:
    """Return the manifest's record of a model after its files were written."""
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
        "files": {name: manifests.record(folder / name) for name in manifests.model_files(model.name)},
    }


def remove_abandoned(root: Path) -> list[str]:
    """Remove the folders of killed processes that were writing releases; return the names of the folders."""
    return working_folders.remove_abandoned(root, WRITING)


def link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it if the file system cannot link."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _new_version(root: Path) -> str:
    base = datetime.now(UTC).strftime("v%Y.%m.%d-%H%M%S")
    version, number = base, 1
    while (root / version).exists():
        number += 1
        version = f"{base}-{number}"
    return version


def _plain(value: Any) -> Any:
    """Convert to JSON values: NumPy numbers and arrays to Python's, numbers that are not finite to None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
