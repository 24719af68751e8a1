"""Pull a release from the Hub by commit: check it before, during and after the download, then switch to it."""

from __future__ import annotations

import logging
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys import release as releases
from recsys.data.progress import Progress, quiet
from recsys.data.working_folders import scratch_folder
from recsys.errors import BrokenRelease, HubError, RecsysError, UnknownModel, listing
from recsys.hub.client import api, hub_error, retrying
from recsys.hub.repo import check_repo, download, read_tree, size_of
from recsys.hub.session import FEW_RETRIES, FULL_RETRIES, RetryPolicy
from recsys.release import Release
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, NAME

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

log = logging.getLogger(__name__)
PULLING = "Pulling from"
DOWNLOADS = 4  # files downloaded at once
LOCK_S = 600
SPARE_BYTES = 64 << 20  # disk space left free by a pull
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class _Remote:
    """One commit of a repository: client, repository, requested revision, commit, files by name, limits of retries."""

    client: HfApi
    repo_id: str
    revision: str
    commit: str
    tree: dict[str, RepoFile]
    policy: RetryPolicy = FULL_RETRIES

    def download(self, name: str, folder: Path) -> None:
        """Download one file into a folder."""
        file = self.tree[name]
        once = partial(download, self.client, self.repo_id, self.commit, file, folder)
        retrying(once, self.repo_id, PULLING, self.policy)


def pull(
    repo_id: str,
    root: Path | str,
    *,
    revision: str = "main",
    token: str | None = None,
    endpoint: str | None = None,
    progress: Progress = quiet,
    policy: RetryPolicy = FULL_RETRIES,
) -> Release:
    """Download a release, verify it, install it in `root` and switch to it.

    Until the last step nothing changes for a service that uses `root`. A file that an installed release already has
    is linked instead of downloaded. If the release is already installed, it only becomes the current one.

    Args:
        repo_id: `USER/REPO`.
        root: the folder of releases.
        revision: tag, branch or commit.
        token: for a private repository (default: the one stored on this machine).
        endpoint: address of the Hub.
        progress: called for each step.
        policy: limits of the retries of each request.

    Raises:
        HubError: the Hub refused, failed or could not be reached, or the disk is full.
        BrokenRelease: the release in the repository is invalid.
        BadInput: the repository name is illegal.
    """
    from filelock import FileLock, Timeout

    check_repo(repo_id)
    root, client = Path(root), api(token or None, endpoint)
    progress(f"Looking up {revision} of {repo_id}")
    commit = _resolve(client, repo_id, revision)
    root.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(root / ".pull.lock", timeout=LOCK_S):
            installed = _pulled_before(root, commit)
            if installed is not None:
                return releases.switch(root, installed)
            tree = retrying(lambda: read_tree(client, repo_id, commit), repo_id, PULLING, policy)
            return _fetch(_Remote(client, repo_id, revision, commit, tree, policy), root, progress)
    except Timeout:
        raise HubError(f"{PULLING} {repo_id} failed: another pull into {root} is still running.") from None
    except BrokenRelease as error:
        raise BrokenRelease(f"{repo_id} at {revision} was not installed: {error}") from error


def remove_downloads(root: Path) -> None:
    """Remove the files of unfinished downloads, unless a pull is running."""
    from filelock import FileLock, Timeout

    unfinished = list(root.glob(".pull-*/"))
    if not unfinished:
        return
    try:
        with FileLock(root / ".pull.lock", timeout=0):
            for folder in unfinished:
                shutil.rmtree(folder, ignore_errors=True)
    except Timeout:
        log.debug("A pull into %s is running.", root)


def peek(
    repo_id: str, revision: str = "main", *, token: str | None = None, endpoint: str | None = None
) -> dict[str, Any]:
    """Read and check the manifest of a release on the Hub, without its models.

    Raises:
        HubError, BrokenRelease, BadInput: as for `pull`.
    """
    check_repo(repo_id)
    client = api(token or None, endpoint)
    commit = _resolve(client, repo_id, revision)
    tree = retrying(lambda: read_tree(client, repo_id, commit), repo_id, PULLING)
    with scratch_folder() as scratch:
        try:
            return _fetch_manifest(_Remote(client, repo_id, revision, commit, tree), scratch)
        except BrokenRelease as error:
            raise BrokenRelease(f"{repo_id} at {revision} is not a release: {error}") from error


def resolve(repo_id: str, revision: str = "main", *, token: str | None = None, endpoint: str | None = None) -> str:
    """Resolve a tag, branch or commit of a model repository to a commit.

    Raises:
        HubError, BadInput: as for `pull`.
    """
    check_repo(repo_id)
    return _resolve(api(token or None, endpoint), repo_id, revision)


def _resolve(client: HfApi, repo_id: str, revision: str) -> str:
    from huggingface_hub.errors import RevisionNotFoundError

    def look() -> str | None:
        try:
            return client.model_info(repo_id, revision=revision).sha
        except RevisionNotFoundError:
            refs = client.list_repo_refs(repo_id)
            names = [ref.name for ref in [*refs.branches, *refs.tags]]
            raise HubError(
                f"{PULLING} {repo_id} failed: it has no revision {revision!r}. There are {listing(names)}."
            ) from None

    commit = retrying(look, repo_id, PULLING, FEW_RETRIES)
    if not isinstance(commit, str) or not _COMMIT.fullmatch(commit):
        raise HubError(f"{PULLING} {repo_id} failed: {revision} is not a commit there. Push a release first.")
    return commit


def _pulled_before(root: Path, commit: str) -> str | None:
    """The version of the installed release that was pulled from this commit."""
    for version in releases.versions(root):
        try:
            release = releases.open_release(root / version)
        except BrokenRelease as error:
            log.warning("%s", error)
            continue
        if release.revision == commit:
            return version
    return None


def _fetch(remote: _Remote, root: Path, progress: Progress) -> Release:
    folder = root / f".pull-{remote.commit[:12]}"
    for other in root.glob(".pull-*"):
        if other.is_dir() and other != folder:
            shutil.rmtree(other, ignore_errors=True)
    # The folder stays after a failure, so that the next pull of this commit continues where this one stopped.
    folder.mkdir(exist_ok=True)
    try:
        return _install(remote, root, folder, progress)
    except BrokenRelease:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except RecsysError:
        raise
    except OSError as error:
        raise hub_error(error, remote.repo_id, PULLING) from error


def _install(remote: _Remote, root: Path, folder: Path, progress: Progress) -> Release:
    manifest = _fetch_manifest(remote, folder)
    listed = manifests.files(manifest)
    origin = {"repo": remote.repo_id, "revision": remote.revision, "commit": remote.commit}
    installed = _superset(root, manifest, listed)
    if installed is not None:
        releases.remember(installed, origin)
        shutil.rmtree(folder)
        return releases.switch(root, installed.version)
    missing = _link_known(root, folder, listed)
    _check_space(root, remote.repo_id, sum(listed[name]["size"] for name in missing))
    progress(f"Downloading {len(missing)} of {len(listed)} files of {manifest['version']} from {remote.repo_id}")
    _download_all(remote, missing, folder)
    shutil.rmtree(folder / ".cache", ignore_errors=True)
    progress(f"Verifying {manifest['version']}")
    releases.verify(folder)
    _check_loads(folder, manifest)
    return releases.install(folder, root, _free_name(root, manifest["version"], remote.commit), origin)


def _fetch_manifest(remote: _Remote, folder: Path) -> dict[str, Any]:
    """Download the manifest, and check it against the sizes and hashes of the files in the repository."""
    if NAME not in remote.tree:
        raise BrokenRelease(f"it has no {NAME}. Push a release first.")
    size, most = remote.tree[NAME].size, manifests.LIMITS.manifest_bytes
    if size > most:
        raise BrokenRelease(f"its {NAME} has {size:,} bytes; at most {most:,} are read.")
    remote.download(NAME, folder)
    manifest = manifests.read(folder)
    for name, record in manifests.files(manifest).items():
        if name not in remote.tree:
            raise BrokenRelease(f"its manifest lists {name}, which the repository does not have.")
        entry = remote.tree[name]
        size = size_of(entry)
        if size != record["size"]:
            raise BrokenRelease(
                f"{name} has {size:,} bytes in the repository, and its manifest lists {record['size']:,}."
            )
        if entry.lfs and entry.lfs.sha256 != record["sha256"]:
            raise BrokenRelease(f"{name} is not the file the manifest lists (SHA-256 differs).")
    return manifest


def _superset(root: Path, manifest: dict[str, Any], listed: dict[str, dict]) -> Release | None:
    """The valid installed release of the same version that has all these files, or None."""
    try:
        installed = releases.open_release(root / manifest["version"])
    except BrokenRelease:
        return None
    have = manifests.files(installed.manifest)
    same = all(name == CARD or have.get(name, {}).get("sha256") == record["sha256"] for name, record in listed.items())
    return installed if same else None


def _link_known(root: Path, folder: Path, listed: dict[str, dict]) -> list[str]:
    """Link files that installed releases have; return the names still to download, smallest first."""
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
            f"{PULLING} {repo_id} failed: the disk is full ({needed / 1e6:,.0f} MB are needed, "
            f"{free / 1e6:,.0f} MB are free). Free some space and try again."
        )


def _download_all(remote: _Remote, names: list[str], folder: Path) -> None:
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        pending = [pool.submit(remote.download, name, folder) for name in names]
        try:
            for future in pending:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _check_loads(folder: Path, manifest: dict[str, Any]) -> None:
    try:
        Release(folder, manifest).models()
    except UnknownModel as error:
        raise BrokenRelease(f"it needs a later version of recsys: {error}") from error


def _free_name(root: Path, version: str, commit: str) -> str:
    """The name of the folder to install in: the version, with the commit appended if another release has that name."""
    for name in (version, f"{version}-{commit[:7]}"):
        taken = root / name
        if not taken.exists():
            return name
        try:
            releases.open_release(taken)
        except BrokenRelease:
            shutil.rmtree(taken)
            return name
    raise BrokenRelease(f"{version} is already installed and differs. Remove {root / version} first.")
