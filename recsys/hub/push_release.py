"""Push: one commit on top of whatever is there, then a tag."""

from __future__ import annotations

import hashlib
import json
import logging
import random
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, BrokenRelease, HubError, NotAllowed, listing
from recsys.hub.client import BRIEF, Stale, api, retrying
from recsys.hub.repo import check_repo, download, read_refs, read_tree
from recsys.release import Release, card, verify
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, DATABASE, NAME

log = logging.getLogger(__name__)
COMMITS = 8  # pushes that may come between before one gives up
PRIVATE_INFO = ("asked", "fingerprint")  # may name folders of the machine that built the database


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
    progress: Progress = quiet,
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

    check_repo(repo_id)
    tag = tag or release.version
    if not manifests.legal_version(tag):
        raise BadInput(f"{tag!r} is no legal tag: letters, digits, '.', '_' and '-', such as v1.0.")
    token = token or get_token()
    if not token:
        raise HubError(f"pushing to {repo_id} needs a token: set HF_TOKEN to one with write access to the repo.")
    verify(release.path)
    client = api(token, endpoint)
    with tempfile.TemporaryDirectory() as scratch:
        parcel, left_out = _parcel(release, repo_id, database, include_ratings, Path(scratch))
        progress(f"Looking at {repo_id}")
        created = _ensure_repo(client, repo_id, private)
        tags = {ref.name: ref.target_commit for ref in read_refs(client, repo_id, "pushing to").tags}
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

        commit = on_top(commit_once, repo_id)
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
    address = f"{Path(database).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
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
        retrying(lambda: client.create_repo(repo_id, private=private, exist_ok=True), repo_id, "creating the repo")
        return True
    if private and not info.private:
        raise HubError(f"pushing to {repo_id} failed: it is public and --private was asked for; make it private first.")
    return False


def _difference(client: Any, repo_id: str, parcel: _Parcel) -> tuple[str | None, list[str], list[str], str | None]:
    """Head commit, names to send, names to delete, and the version that is there now."""
    head = client.model_info(repo_id).sha
    tree = read_tree(client, repo_id, head) if head else {}
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


def _remote_manifest(client: Any, repo_id: str, commit: str | None, tree: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest in a repo, or None where there is no usable one."""
    if NAME not in tree or tree[NAME].size > manifests.LIMITS.manifest_bytes:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        download(client, repo_id, commit, NAME, Path(scratch))
        try:
            return manifests.read(Path(scratch))
        except BrokenRelease as error:
            log.warning("%s has no usable manifest: %s", repo_id, error)
            return None


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


def on_top(commit_once: Callable[[], str], repo_id: str, doing: str = "pushing to") -> str:
    """The commit, made again on the new head each time another push came first."""
    for attempt in range(1, COMMITS + 1):
        try:
            # Repeating it is safe: it looks at the repo first, and finds nothing to do if the commit had arrived.
            return retrying(commit_once, repo_id, doing)
        except Stale:
            log.warning("Another push to %s came first; this one goes on top of it.", repo_id)
            sleep(random.uniform(0.1, 0.3) * attempt)
    raise HubError(f"{doing} {repo_id} failed: {COMMITS} other pushes came first; try again later.")


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
