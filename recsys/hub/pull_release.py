"""Pull: by commit, checked before, during and after, and switched to last."""

from __future__ import annotations

import logging
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from recsys import release as releases
from recsys.data.progress import Progress, quiet
from recsys.errors import BrokenRelease, HubError, UnknownModel, listing
from recsys.hub.client import BRIEF, api, hub_error, retrying
from recsys.hub.repo import check_repo, download, read_tree
from recsys.release import Release
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, NAME

log = logging.getLogger(__name__)
DOWNLOADS = 4  # files fetched at once
LOCK_S = 600
SPARE_BYTES = 64 << 20  # disk left free by a pull
_COMMIT = re.compile(r"[0-9a-f]{40}")


def pull(
    repo_id: str,
    root: Path | str,
    *,
    revision: str = "main",
    token: str | None = None,
    endpoint: str | None = None,
    progress: Progress = quiet,
) -> Release:
    """Fetch a release, verify all of it, install it below `root` and switch to it.

    Until the last step nothing changes for who serves from `root`; a file that an installed release already
    has is linked, and a release that is installed is only switched to.

    Args:
        repo_id: `USER/REPO`.
        root: the folder of releases.
        revision: tag, branch or commit.
        token: for a private repo (default: the one stored on this machine).
        endpoint: address of the Hub.
        progress: called with a line for each step.

    Raises:
        HubError: the Hub refused, failed or could not be reached, or the disk is full.
        BrokenRelease: what the repo holds does not verify.
        BadInput: an illegal repo name.
    """
    from filelock import FileLock, Timeout

    check_repo(repo_id)
    root, client = Path(root), api(token or None, endpoint)
    progress(f"Looking up {revision} of {repo_id}")
    commit = retrying(lambda: _resolve(client, repo_id, revision), repo_id, "pulling from", BRIEF)
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise HubError(f"pulling from {repo_id} failed: {revision} is no commit there; push a release first.")
    origin = {"repo": repo_id, "revision": revision, "commit": commit}
    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / ".pull.lock", timeout=LOCK_S):
            return _pulled(root, commit) or _fetch(client, root, origin, progress)
    except Timeout:
        raise HubError(f"pulling from {repo_id} failed: another pull into {root} is still running.") from None
    except BrokenRelease as error:
        raise BrokenRelease(f"{repo_id} at {revision} was not installed: {error}") from error


def peek(
    repo_id: str, revision: str = "main", *, token: str | None = None, endpoint: str | None = None
) -> dict[str, Any]:
    """The checked manifest of a release on the Hub, without its models.

    Raises:
        HubError, BrokenRelease, BadInput: as `pull`.
    """
    check_repo(repo_id)
    client = api(token or None, endpoint)
    commit = retrying(lambda: _resolve(client, repo_id, revision), repo_id, "pulling from", BRIEF)
    tree = retrying(lambda: read_tree(client, repo_id, commit), repo_id, "pulling from")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            return _fetch_manifest(client, repo_id, commit, tree, Path(scratch))
        except BrokenRelease as error:
            raise BrokenRelease(f"{repo_id} at {revision} is no release: {error}") from error


def _resolve(client: Any, repo_id: str, revision: str) -> str | None:
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        return client.model_info(repo_id, revision=revision).sha
    except RevisionNotFoundError:
        refs = client.list_repo_refs(repo_id)
        names = [ref.name for ref in [*refs.branches, *refs.tags]]
        raise HubError(
            f"pulling from {repo_id} failed: it has no revision {revision!r}; there are {listing(names)}."
        ) from None


def _pulled(root: Path, commit: str) -> Release | None:
    """The installed release that was pulled from this commit, switched to."""
    for version in releases.versions(root):
        try:
            release = releases.open_release(root / version)
        except BrokenRelease as error:
            log.warning("%s", error)
            continue
        if release.revision == commit:
            return releases.switch(root, version)
    return None


def _fetch(client: Any, root: Path, origin: dict[str, str], progress: Progress) -> Release:
    repo_id, commit = origin["repo"], origin["commit"]
    tree = retrying(lambda: read_tree(client, repo_id, commit), repo_id, "pulling from")
    folder = root / f".pull-{commit[:12]}"
    for other in root.glob(".pull-*"):
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)
    # Kept after a failure: the next pull of this commit goes on where this one stopped.
    folder.mkdir(exist_ok=True)
    try:
        manifest = _fetch_manifest(client, repo_id, commit, tree, folder)
        listed = manifests.files(manifest)
        installed = _superset(root, manifest, listed)
        if installed is not None:
            releases.remember(installed, origin)
            return releases.switch(root, installed.version)
        missing = _link_known(root, folder, listed)
        _check_space(root, repo_id, sum(listed[name]["size"] for name in missing))
        progress(f"Fetching {len(missing)} of {len(listed)} files of {manifest['version']} from {repo_id}")
        _download_all(client, repo_id, commit, missing, folder)
        shutil.rmtree(folder / ".cache", ignore_errors=True)
        progress(f"Verifying {manifest['version']}")
        releases.verify(folder)
        _check_loads(folder, manifest)
        return releases.install(folder, root, _free_name(root, manifest["version"], commit), origin)
    except BrokenRelease:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except OSError as error:
        if isinstance(error, HubError):
            raise
        raise hub_error(error, repo_id, "pulling from") from error


def _fetch_manifest(client: Any, repo_id: str, commit: str, tree: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The manifest of the repo, checked together with what the repo says of the files it lists."""
    if NAME not in tree:
        raise BrokenRelease(f"it has no {NAME}; push a release first.")
    if tree[NAME].size > manifests.LIMITS.manifest_bytes:
        most = manifests.LIMITS.manifest_bytes
        raise BrokenRelease(f"its {NAME} has {tree[NAME].size:,} bytes; at most {most:,} are read.")
    retrying(lambda: download(client, repo_id, commit, NAME, folder), repo_id, "pulling from")
    manifest = manifests.read(folder)
    for name, record in manifests.files(manifest).items():
        if name not in tree:
            raise BrokenRelease(f"its manifest lists {name}, which the repo does not have.")
        remote = tree[name]
        size = remote.lfs.size if remote.lfs else remote.size
        if size != record["size"]:
            raise BrokenRelease(f"{name} has {size:,} bytes in the repo and its manifest lists {record['size']:,}.")
        if remote.lfs and remote.lfs.sha256 != record["sha256"]:
            raise BrokenRelease(f"{name} is not the file the manifest lists (SHA-256 differs).")
    return manifest


def _superset(root: Path, manifest: dict[str, Any], listed: dict[str, dict]) -> Release | None:
    """The installed release of the same version that has all these files, if there is one that verifies."""
    try:
        installed = releases.open_release(root / manifest["version"])
    except BrokenRelease:
        return None
    have = manifests.files(installed.manifest)
    same = all(name == CARD or have.get(name, {}).get("sha256") == record["sha256"] for name, record in listed.items())
    return installed if same else None


def _link_known(root: Path, folder: Path, listed: dict[str, dict]) -> list[str]:
    """Link files that installed releases have; returns the names still to fetch, smallest first."""
    known: dict[str, tuple[Path, str]] = {}
    for version in releases.versions(root):
        try:
            manifest = manifests.read(root / version)
        except BrokenRelease:
            continue
        for name, record in manifests.files(manifest).items():
            known.setdefault(record["sha256"], (root / version, name))
    missing = []
    for name, record in listed.items():
        if record["sha256"] in known and not (folder / name).exists():
            source, source_name = known[record["sha256"]]
            try:
                manifests.check_file(source, source_name, record)
            except BrokenRelease as error:
                log.warning("%s", error)
            else:
                releases.link(source / source_name, folder / name)
                continue
        missing.append(name)
    return sorted(missing, key=lambda name: listed[name]["size"])


def _check_space(root: Path, repo_id: str, needed: int) -> None:
    free = shutil.disk_usage(root).free
    if free < needed + SPARE_BYTES:
        raise HubError(
            f"pulling from {repo_id} failed: the disk is full ({needed / 1e6:,.0f} MB are needed, "
            f"{free / 1e6:,.0f} MB are free); free some space and try again."
        )


def _download_all(client: Any, repo_id: str, commit: str, names: list[str], folder: Path) -> None:
    def fetch(name: str) -> None:
        retrying(lambda: download(client, repo_id, commit, name, folder), repo_id, "pulling from")

    with ThreadPoolExecutor(DOWNLOADS) as pool:
        pending = [pool.submit(fetch, name) for name in names]
        try:
            for future in pending:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _check_loads(folder: Path, manifest: dict[str, Any]) -> None:
    try:
        Release(folder, manifest).models()
    except UnknownModel as error:
        raise BrokenRelease(f"it needs a later recsys: {error}") from error


def _free_name(root: Path, version: str, commit: str) -> str:
    """The folder to install under: the version, or with the commit appended where another release has that name."""
    for name in (version, f"{version}-{commit[:7]}"):
        taken = root / name
        if not taken.exists():
            return name
        try:
            releases.open_release(taken)
        except BrokenRelease:
            shutil.rmtree(taken)
            return name
    raise BrokenRelease(f"{version} is installed already and differs; remove {root / version} first.")
