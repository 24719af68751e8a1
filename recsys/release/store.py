"""The releases of a catalogue: which there are, which one is current, switching and clearing."""

from __future__ import annotations

import logging
import secrets
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from recsys.errors import BadInput, BrokenRelease, UnknownModel, listing
from recsys.release import manifest as manifests
from recsys.release.manifest import NAME
from recsys.release.metrics import flatten
from recsys.release.reading import Release, open_release, remember

log = logging.getLogger(__name__)
CURRENT, PINNED = "current", "pinned"


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
    _name(root, CURRENT, version)
    return release


def pin(root: Path, version: str) -> Release:
    """Switch to a version and hold it: the Hub is not followed at start until `unpin`.

    Raises:
        UnknownModel, BrokenRelease: as `switch`; nothing changes then.
    """
    release = switch(root, version)
    _name(Path(root), PINNED, version)
    return release


def unpin(root: Path) -> None:
    """Follow the Hub again from the next start on."""
    (Path(root) / PINNED).unlink(missing_ok=True)


def pinned(root: Path) -> str | None:
    """The version held, or None."""
    file = Path(root) / PINNED
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def roll_back(root: Path, accept: Callable[[Release], bool] = lambda release: True) -> Release:
    """Go back to the newest release older than the current one that verifies and is accepted, and hold it.

    Raises:
        UnknownModel: there is none; the current one stays.
    """
    root = Path(root)
    file = root / CURRENT
    served = file.read_text(encoding="utf-8").strip() if file.is_file() else None
    names = versions(root)
    for version in names[names.index(served) + 1 :] if served in names else names:
        try:
            if accept(open_release(root / version)):
                return pin(root, version)
        except BrokenRelease as error:
            log.warning("%s", error)
    if served is None:
        raise UnknownModel("there is no release here yet.")
    raise UnknownModel(f"there is no older release than {served} to go back to.")


def install(folder: Path, root: Path, version: str, origin: dict[str, Any] | None = None) -> Release:
    """Stamp a verified folder, give it its name, and switch to it."""
    remember(Release(folder, manifests.read(folder)), origin)
    folder.rename(root / version)
    return switch(root, version)


def prune(root: Path, keep: int = 5) -> list[str]:
    """Remove all but the newest `keep` versions, the current and the pinned one; returns what was removed."""
    root = Path(root)
    if keep < 1:
        raise BadInput(f"keep is {keep}: at least one release must stay.")
    file = root / CURRENT
    served = file.read_text(encoding="utf-8").strip() if file.is_file() else None
    removed = [version for version in versions(root)[keep:] if version not in (served, pinned(root))]
    for version in removed:
        # Renamed first: a half-removed folder must never look like a release.
        doomed = root / f".write-{version}-{secrets.token_hex(4)}"
        (root / version).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return removed


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each metric of each model in two manifests: rows of model, metric, old, new, change (None if unknown)."""
    rows = []
    for name in dict.fromkeys([*old["models"], *new["models"]]):
        before, after = (flatten(manifest["models"].get(name, {}).get("metrics")) for manifest in (old, new))
        for metric in dict.fromkeys([*before, *after]):
            pair = before.get(metric), after.get(metric)
            change = None if None in pair else pair[1] - pair[0]
            rows.append({"model": name, "metric": metric, "old": pair[0], "new": pair[1], "change": change})
    return rows


def _name(root: Path, file: str, version: str) -> None:
    temporary = root / f".{file}-{secrets.token_hex(4)}"
    temporary.write_text(version + "\n", encoding="utf-8")
    temporary.replace(root / file)


def _created(folder: Path) -> str:
    try:
        return manifests.read(folder)["created"]
    except BrokenRelease:
        return ""
