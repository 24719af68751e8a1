"""Writing a release: whole, verified, and only then visible."""

from __future__ import annotations

import math
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from recsys.data import IdMap
from recsys.data.files import write_json
from recsys.errors import BadInput, listing
from recsys.models.base import Recommender
from recsys.release import card
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, DATABASE, FORMAT, ITEMS, NAME
from recsys.release.reading import Release, verify
from recsys.release.store import install, versions

ABANDONED_S = 6 * 3600  # a working folder this old belongs to a process that was killed


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


def _write(
    root: Path,
    about: dict[str, Any],
    items: IdMap | None,
    titles: list[str],
    kept: dict[str, dict],
    links: dict[str, Path],
    models: Mapping[str, Recommender],
    reports: Mapping[str, dict],
    extra_files: Mapping[str, bytes],
    version: str | None,
) -> Release:
    if items is None or any(model.items != items for model in models.values()):
        raise BadInput(f"the models of a release must all be fitted on the same items: {listing(models)}.")
    if len(titles) != len(items):
        raise BadInput(f"there are {len(titles)} titles for {len(items)} items.")
    version = version or _new_version(root)
    if not manifests.legal_version(version):
        raise BadInput(f"{version!r} is no legal version: letters, digits, '.', '_' and '-', such as v1.0.")
    if (root / version).exists():
        raise BadInput(f"the version {version!r} exists already; there are {listing(versions(root))}.")
    with _working_folder(root, version) as folder:
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
def _working_folder(root: Path, name: str) -> Iterator[Path]:
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


def link(source: Path, target: Path) -> None:
    """Hard-link a file, or copy it where the file system cannot."""
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
    """JSON-ready: NumPy numbers and arrays become Python's, not-a-number becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
