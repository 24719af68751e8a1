"""Manage the releases of a catalogue on this machine: list, switch, pin, roll back, install and prune them."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recsys.data.files import replaced
from recsys.errors import BadInput, BrokenRelease, UnknownModel, listing
from recsys.release import manifest as manifests
from recsys.release.manifest import NAME
from recsys.release.metrics import flatten
from recsys.release.reading import Release, ensure_answers, open_release, remember

log = logging.getLogger(__name__)
CURRENT, PINNED = "current", "pinned"  # files that name a version; reserved in manifest_schema


def current(root: Path) -> Release | None:
    """Return the current release, or None if there is no release yet.

    Raises:
        BrokenRelease: it is missing or invalid; the text lists the other releases.
    """
    root = Path(root)
    version = _named(root, CURRENT)
    if version is None:
        return None
    try:
        if not manifests.legal_version(version):
            raise BrokenRelease(f"{CURRENT} names {version[:80]!r}, which is not a legal version.")
        return open_release(root / version)
    except BrokenRelease as error:
        others = [other for other in versions(root) if other != version]
        hint = f"Other releases here: {listing(others)}." if others else "There is no other release here."
        raise BrokenRelease(f"{error} {hint}") from error


def last_good(root: Path, report: Callable[[str], object] = log.warning) -> Release | None:
    """Return the current release if it is valid and can answer, else the newest such release, or None.

    Args:
        root: the folder of releases.
        report: called with a sentence about each release that is skipped, and about the one used instead.
    """
    root = Path(root)
    first = _named(root, CURRENT)
    candidates = [first] if first is not None and manifests.legal_version(first) else []
    for version in [*candidates, *(version for version in versions(root) if version != first)]:
        try:
            release = ensure_answers(open_release(root / version))
        except (BrokenRelease, OSError) as error:  # a file that cannot be read makes the release unusable, not the app
            report(f"Release {version} is not served: {error}")
            continue
        if first is not None and version != first:
            report(f"Release {version} is served instead.")
        return release
    return None


def versions(root: Path) -> list[str]:
    """The versions on disk, newest first."""
    folders = [path.parent for path in Path(root).glob(f"*/{NAME}") if not path.parent.name.startswith(".")]
    return [folder.name for folder in sorted(folders, key=lambda folder: (_created(folder), folder.name), reverse=True)]


def switch(root: Path, version: str) -> Release:
    """Verify and test a version, then make it the current one.

    Raises:
        UnknownModel: there is no such version.
        BrokenRelease: it is invalid or cannot answer; the current release stays.
    """
    root = Path(root)
    if not manifests.legal_version(version) or not (root / version / NAME).is_file():
        raise UnknownModel(f"There is no release {version!r}. There are {listing(versions(root)) or 'none'}.")
    release = ensure_answers(open_release(root / version))
    _name(root, CURRENT, version)
    return release


def pin(root: Path, version: str) -> Release:
    """Switch to a version and keep it: newer releases on the Hub are ignored until `unpin`.

    Raises:
        UnknownModel, BrokenRelease: as for `switch`; nothing changes.
    """
    release = switch(root, version)
    _name(Path(root), PINNED, version)
    return release


def unpin(root: Path) -> None:
    """Follow newer releases on the Hub again, from the next start on."""
    (Path(root) / PINNED).unlink(missing_ok=True)


def pinned(root: Path) -> str | None:
    """The pinned version, or None."""
    return _named(Path(root), PINNED)


def roll_back(root: Path, accept: Callable[[Release], bool] = lambda release: True) -> Release:
    """Pin the newest release older than the current one that is valid, can answer and is accepted.

    Raises:
        UnknownModel: there is no such release; the current one stays.
    """
    root = Path(root)
    served = _named(root, CURRENT)
    names = versions(root)
    for version in names[names.index(served) + 1 :] if served in names else names:
        try:
            if accept(open_release(root / version)):
                return pin(root, version)
        except BrokenRelease as error:
            log.warning("%s", error)
    if served is None:
        raise UnknownModel("There is no release here yet.")
    raise UnknownModel(f"There is no release older than {served} to go back to.")


def install(folder: Path, root: Path, version: str, origin: dict[str, Any] | None = None) -> Release:
    """Rename a verified folder to its version and switch to it, if its models can answer.

    Raises:
        BrokenRelease: a model cannot answer; nothing changes.
    """
    release = Release(folder, manifests.read(folder))
    remember(release, origin)
    ensure_answers(release)
    folder.rename(root / version)
    return switch(root, version)


def prune(root: Path, keep: int = 5) -> list[str]:
    """Remove all versions except the newest `keep`, the current and the pinned one; return the removed versions.
    Raises:
        BadInput: `keep` is below 1.
    """
    root = Path(root)
    if keep < 1:
        raise BadInput(f"keep is {keep}. At least one release must stay.")
    needed = (_named(root, CURRENT), pinned(root))
    removed = [version for version in versions(root)[keep:] if version not in needed]
    for version in removed:
        # Rename it first, so that a partly removed folder is never taken for a release.
        doomed = root / f".write-{version}-{secrets.token_hex(4)}"
        (root / version).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return removed


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Compare the metrics of two manifests: rows of model, metric, old, new, change (None if unknown)."""
    rows = []
    for name in dict.fromkeys([*old["models"], *new["models"]]):
        before, after = (flatten(manifest["models"].get(name, {}).get("metrics")) for manifest in (old, new))
        for metric in dict.fromkeys([*before, *after]):
            was, now = before.get(metric), after.get(metric)
            change = None if was is None or now is None else now - was
            rows.append({"model": name, "metric": metric, "old": was, "new": now, "change": change})
    return rows


def _named(root: Path, file: str) -> str | None:
    """The version that a file names; None if there is no such file."""
    path = root / file
    return path.read_text(encoding="utf-8", errors="replace").strip() if path.is_file() else None


def _name(root: Path, file: str, version: str) -> None:
    with replaced(root / file, f"-{secrets.token_hex(4)}") as temporary:
        temporary.write_text(version + "\n", encoding="utf-8")


def _created(folder: Path) -> str:
    try:
        return manifests.read(folder)["created"]
    except BrokenRelease:
        return ""
