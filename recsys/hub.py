"""Releases on the Hugging Face Hub: push as one commit, pull by commit, verified before use."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import re
import shutil
import sqlite3
import tempfile
from time import sleep
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsys import card, manifest as manifests, release as releases
from recsys.errors import BadInput, BrokenRelease, HubError, NotAllowed, UnknownModel, listing
from recsys.hub_session import BRIEF, Stale, api, hub_error, retrying
from recsys.manifest import CARD, DATABASE, ITEMS, NAME
from recsys.release import Release

log = logging.getLogger(__name__)
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
COMMITS = 8  # pushes that may come between before one gives up
DOWNLOADS = 4  # files fetched at once
LOCK_S = 600
SPARE_BYTES = 64 << 20  # disk left free by a pull
PRIVATE_INFO = ("asked", "fingerprint")  # may name folders of the machine that built the database
Progress = Callable[[str], None]


def _quiet(message: str) -> None:
    log.info("%s", message)


@dataclass(frozen=True)
class _Parcel:
    """What a push sends: the manifest as it will stand in the repo, and the bytes or path of every file."""

    manifest: dict[str, Any]
    contents: dict[str, bytes | Path]

    def same(self, name: str, remote: Any) -> bool:
        """Whether the repo's file is this one: by SHA-256 where it is stored as LFS, else by git's blob hash."""
        if remote.lfs and name != NAME:
            return remote.lfs.sha256 == manifests.files(self.manifest)[name]["sha256"]
        content = self.contents[name]
        data = content if isinstance(content, bytes) else content.read_bytes()
        if remote.lfs:
            return remote.lfs.sha256 == hashlib.sha256(data).hexdigest()
        return remote.blob_id == hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()


def push(
    release: Release,
    repo_id: str,
    *,
    token: str | None = None,
    private: bool = False,
    tag: str | None = None,
    database: Path | None = None,
    include_ratings: bool = False,
    endpoint: str | None = None,
    progress: Progress = _quiet,
) -> dict[str, Any]:
    """Send a release to a model repo as one commit, then tag it; pushing it again changes nothing.

    Files the repo already has are not sent, those of the release before that are gone are deleted in the same
    commit. Where another push came first this one goes on top of it, and the other stays under its tag.

    Args:
        release: what to send; verified first.
        repo_id: `USER/REPO`; created where it is missing.
        token: with write access (default: the one stored on this machine).
        private: the repo must be private.
        tag: default the version.
        database: the catalogue's SQLite file, sent along as a snapshot.
        include_ratings: also send models whose files hold users' ratings.
        endpoint: address of the Hub.
        progress: called with a line for each step.

    Returns:
        repo, commit, tag, url, files_sent (names), left_out (models), replaced (version that was there, or None).

    Raises:
        NotAllowed: the data's licence forbids what was asked.
        HubError: the Hub refused, failed or could not be reached.
        BadInput: an illegal repo name or tag.
    """
    from huggingface_hub import get_token

    _check_repo(repo_id)
    tag = tag or release.version
    if not manifests.legal_version(tag):
        raise BadInput(f"{tag!r} is no legal tag: letters, digits, '.', '_' and '-', such as v1.0.")
    token = token or get_token()
    if not token:
        raise HubError(f"pushing to {repo_id} needs a token: set HF_TOKEN to one with write access to the repo.")
    releases.verify(release.path)
    client = api(token, endpoint)
    with tempfile.TemporaryDirectory() as scratch:
        parcel, left_out = _parcel(release, repo_id, database, include_ratings, Path(scratch))
        progress(f"Looking at {repo_id}")
        created = _ensure_repo(client, repo_id, private)
        tags = {ref.name: ref.target_commit for ref in _refs(client, repo_id, "pushing to").tags}
        sent: list[str] = []
        replaced: str | None = None

        def commit_once() -> str:
            nonlocal sent, replaced
            head, additions, deletions, before = _difference(client, repo_id, parcel)
            if not additions and not deletions:
                return head
            if tag in tags:
                raise HubError(
                    f"pushing to {repo_id} failed: the tag {tag!r} stands for another commit there; "
                    "choose another with --tag."
                )
            sent, replaced = additions, before
            progress(f"Sending {len(additions)} of {len(parcel.contents)} files to {repo_id}")
            return _commit(client, repo_id, parcel, additions, deletions, head)

        commit = _on_top(commit_once, repo_id)
        if tags.get(tag) != commit:
            _tag(client, repo_id, tag, commit)
    log.info("Release %s is commit %s of %s, tagged %s.", release.version, commit, repo_id, tag)
    return {
        "repo": repo_id,
        "commit": commit,
        "tag": tag,
        "url": f"{client.endpoint}/{repo_id}/tree/{tag}",
        "files_sent": sent,
        "left_out": left_out,
        "replaced": None if created else replaced,
    }


def _parcel(
    release: Release, repo_id: str, database: Path | None, include_ratings: bool, scratch: Path
) -> tuple[_Parcel, list[str]]:
    holding = [name for name, record in release.manifest["models"].items() if record.get("holds_ratings")]
    passing_on = "the ratings database" if database is not None else listing(holding) if include_ratings else ""
    if passing_on and release.info.get("redistributable") is False:
        data = release.info.get("dataset") or release.manifest["catalogue"]
        raise NotAllowed(f"the licence of {data} forbids passing its ratings on, so {passing_on} cannot be pushed.")
    if include_ratings and holding and release.info.get("n_profiles"):
        raise NotAllowed(
            f"{listing(holding)} hold the ratings of {release.info['n_profiles']} visitors, which are never pushed; "
            "train them on the data set alone."
        )
    left_out = [] if include_ratings else sorted(holding)
    models = {name: record for name, record in release.manifest["models"].items() if name not in left_out}
    if not models:
        raise NotAllowed(
            f"all models of release {release.version} hold users' ratings; push them with include_ratings=True, "
            "if the data may be passed on."
        )
    shared = {name: record for name, record in release.manifest["files"].items() if name not in (CARD, DATABASE)}
    contents: dict[str, bytes | Path] = {name: release.path / name for name in shared}
    contents.update({name: release.path / name for record in models.values() for name in record["files"]})
    info = {key: value for key, value in release.info.items() if key not in PRIVATE_INFO}
    manifest = {**release.manifest, "info": info, "files": shared, "models": models}
    if database is not None:
        contents[DATABASE] = _snapshot(database, scratch)
        shared[DATABASE] = manifests.record(contents[DATABASE])
    text = card.render(manifest, repo_id).encode()
    contents[CARD] = text
    shared[CARD] = {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)}
    manifests.check(manifest)
    contents[NAME] = (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    return _Parcel(manifest, contents), left_out


def _snapshot(database: Path, scratch: Path) -> Path:
    if not Path(database).is_file():
        raise BadInput(f"there is no database {database}; build it first.")
    # Through SQLite's own copy, so that what still sits in the write-ahead log is in it.
    target = scratch / DATABASE
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    return target


def _ensure_repo(client: Any, repo_id: str, private: bool) -> bool:
    """Create the repo where it is missing; True if it was."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def look() -> Any:
        try:
            return client.model_info(repo_id)
        except RepositoryNotFoundError:
            return None

    info = retrying(look, repo_id, "pushing to", BRIEF)
    if info is None:
        retrying(
            lambda: client.create_repo(repo_id, private=private, exist_ok=True), repo_id, "creating the repo"
        )
        return True
    if private and not info.private:
        raise HubError(f"pushing to {repo_id} failed: it is public and --private was asked for; make it private first.")
    return False


def _difference(client: Any, repo_id: str, parcel: _Parcel) -> tuple[str | None, list[str], list[str], str | None]:
    """Head commit, names to send, names to delete, and the version that is there now."""
    head = client.model_info(repo_id).sha
    tree = _tree(client, repo_id, head) if head else {}
    before = _remote_manifest(client, repo_id, head, tree)
    if before and before["catalogue"] != parcel.manifest["catalogue"]:
        raise HubError(
            f"pushing to {repo_id} failed: it holds a release of {before['catalogue']} and this one is of "
            f"{parcel.manifest['catalogue']}; use another repo."
        )
    additions = [name for name in sorted(parcel.contents) if name not in tree or not parcel.same(name, tree[name])]
    ours = {name for name in tree if name.startswith("models/")} | set(manifests.files(before) if before else ())
    deletions = sorted(name for name in ours if name in tree and name not in parcel.contents)
    return head, additions, deletions, before["version"] if before else None


def _commit(
    client: Any, repo_id: str, parcel: _Parcel, additions: list[str], deletions: list[str], head: str | None
) -> str:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    return client.create_commit(
        repo_id,
        [CommitOperationAdd(path_in_repo=name, path_or_fileobj=parcel.contents[name]) for name in additions]
        + [CommitOperationDelete(path_in_repo=name) for name in deletions],
        commit_message=f"Release {parcel.manifest['version']}",
        parent_commit=head,
    ).oid


def _on_top(commit_once: Callable[[], str], repo_id: str) -> str:
    """The commit, made again on the new head each time another push came first."""
    for attempt in range(1, COMMITS + 1):
        try:
            # Repeating it is safe: it looks at the repo first, and finds nothing to do if the commit had arrived.
            return retrying(commit_once, repo_id, "pushing to")
        except Stale:
            log.warning("Another push to %s came first; this release goes on top of it.", repo_id)
            sleep(random.uniform(0.1, 0.3) * attempt)
    raise HubError(f"pushing to {repo_id} failed: {COMMITS} other pushes came first; try again later.")


def _tag(client: Any, repo_id: str, tag: str, commit: str) -> None:
    from huggingface_hub.errors import HfHubHTTPError

    def once() -> None:
        try:
            client.create_tag(repo_id, tag=tag, revision=commit)
        except HfHubHTTPError as error:
            # An answer that was lost and asked for again finds the tag made.
            made = {ref.name: ref.target_commit for ref in client.list_repo_refs(repo_id).tags}
            if error.response.status_code != 409 or made.get(tag) != commit:
                raise

    try:
        retrying(once, repo_id, f"tagging {tag} in")
    except HubError as error:
        raise HubError(f"{error} The release itself is there as commit {commit}; push again to tag it.") from error


def pull(
    repo_id: str,
    root: Path | str,
    *,
    revision: str = "main",
    token: str | None = None,
    endpoint: str | None = None,
    progress: Progress = _quiet,
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

    _check_repo(repo_id)
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
    tree = retrying(lambda: _tree(client, repo_id, commit), repo_id, "pulling from")
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
        raise BrokenRelease(f"its {NAME} has {tree[NAME].size:,} bytes; at most {manifests.LIMITS.manifest_bytes:,} are read.")
    retrying(lambda: _download(client, repo_id, commit, NAME, folder), repo_id, "pulling from")
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
        retrying(lambda: _download(client, repo_id, commit, name, folder), repo_id, "pulling from")

    with ThreadPoolExecutor(DOWNLOADS) as pool:
        pending = [pool.submit(fetch, name) for name in names]
        try:
            for future in pending:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _download(client: Any, repo_id: str, commit: str, name: str, folder: Path) -> Path:
    return Path(client.hf_hub_download(repo_id, name, revision=commit, local_dir=folder))


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


def versions(repo_id: str, *, token: str | None = None, endpoint: str | None = None) -> list[dict[str, Any]]:
    """The tagged releases of a repo, newest first: tag, commit, date (ISO, None where main does not hold the commit)."""
    _check_repo(repo_id)
    client = api(token or None, endpoint)
    refs = _refs(client, repo_id, "listing")
    commits = retrying(lambda: client.list_repo_commits(repo_id), repo_id, "listing")
    dates = {commit.commit_id: commit.created_at.isoformat() for commit in commits}
    place = {commit.commit_id: number for number, commit in enumerate(commits)}
    tags = sorted(refs.tags, key=lambda ref: (place.get(ref.target_commit, len(place)), ref.name))
    return [{"tag": ref.name, "commit": ref.target_commit, "date": dates.get(ref.target_commit)} for ref in tags]


def _refs(client: Any, repo_id: str, doing: str) -> Any:
    return retrying(lambda: client.list_repo_refs(repo_id), repo_id, doing)


def _tree(client: Any, repo_id: str, commit: str) -> dict[str, Any]:
    from huggingface_hub.hf_api import RepoFile

    entries = client.list_repo_tree(repo_id, recursive=True, revision=commit)
    return {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}


def _remote_manifest(client: Any, repo_id: str, commit: str | None, tree: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest in a repo, or None where there is no usable one."""
    if NAME not in tree or tree[NAME].size > manifests.LIMITS.manifest_bytes:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        _download(client, repo_id, commit, NAME, Path(scratch))
        try:
            return manifests.read(Path(scratch))
        except BrokenRelease as error:
            log.warning("%s has no usable manifest: %s", repo_id, error)
            return None


def _check_repo(repo_id: str) -> None:
    if not isinstance(repo_id, str) or not _REPO.fullmatch(repo_id):
        raise BadInput(f"{repo_id!r} is no legal repo name; write USER/REPO.")
