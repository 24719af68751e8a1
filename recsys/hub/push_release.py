"""Push a release to a model repository on the Hub: one commit on top of the branch, then a tag."""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recsys.catalogue import building
from recsys.catalogue.sources.source import UNSTATED
from recsys.data.progress import Progress, quiet
from recsys.data.working_folders import scratch_folder
from recsys.errors import BadInput, BrokenRelease, HubError, NotAllowed, listing
from recsys.hub.client import api, retrying, stored_token
from recsys.hub.repo import Changes, blob_equals, check_repo, commit, download, look_or_none, read_refs, read_tree
from recsys.release import Release, card, database_check, verify
from recsys.release import manifest as manifests
from recsys.release.manifest import CARD, DATABASE, NAME
from recsys.settings import CATALOGUES

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

log = logging.getLogger(__name__)
PUSHING = "Pushing to"


@dataclass(frozen=True)
class _Upload:
    """The files of a push.

    Attributes:
        manifest: the manifest for the repository.
        contents: bytes or path of every file, by name.
        left_out: models that are not pushed because they contain users' ratings.
    """

    manifest: dict[str, Any]
    contents: Mapping[str, bytes | Path]
    left_out: list[str]

    def same(self, name: str, remote: RepoFile) -> bool:
        """Whether the file in the repository is the same; hashes in the manifest save reading large files."""
        if remote.lfs and name != NAME:
            return remote.lfs.sha256 == manifests.files(self.manifest)[name]["sha256"]
        return blob_equals(remote, self.contents[name])


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
    """Send a release to a model repository as one commit, then tag it; pushing it again changes nothing.

    Files that the repository already has are not sent. Files of the previous release that the new one lacks are deleted
    in the same commit. If another push comes first, this one is made on top of it, and the other keeps its tag.

    Args:
        release: the release to send; verified first.
        repo_id: `USER/REPO`; created if it is missing.
        token: token with write access (default: the one stored on this machine).
        private: whether the repository must be private.
        tag: name of the tag (default: the version).
        database: the catalogue's SQLite file, to send with the release as a snapshot.
        include_ratings: also send models with files that contain users' ratings.
        endpoint: address of the Hub.
        progress: called for each step.

    Returns:
        repo, commit, tag, url, files_sent (names), left_out (models), replaced (the previous version, or None).

    Raises:
        NotAllowed: the data's licence forbids it.
        HubError: the Hub refused, failed or could not be reached.
        BadInput: the repository name or tag is illegal.
    """
    check_repo(repo_id)
    tag = tag or release.version
    if not manifests.legal_version(tag):
        raise BadInput(f"{tag!r} is not a legal tag. Use letters, digits, '.', '_' and '-', such as v1.0.")
    token = token or stored_token(repo_id, PUSHING)
    if not token:
        raise HubError(f"{PUSHING} {repo_id} needs a token. Set HF_TOKEN to one with write access to the repository.")
    verify(release.path)
    client = api(token, endpoint)
    with scratch_folder() as scratch:
        upload = _upload(release, repo_id, database, include_ratings, scratch)
        progress(f"Looking at {repo_id}")
        created = _ensure_repo(client, repo_id, private)
        tags = {ref.name: ref.target_commit for ref in read_refs(client, repo_id, PUSHING).tags}
        replaced: str | None = None

        def find_changes() -> Changes:
            nonlocal replaced
            changes, before = _difference(client, repo_id, upload)
            if changes.add or changes.delete:
                if tag in tags:
                    raise HubError(
                        f"{PUSHING} {repo_id} failed: the tag {tag!r} names another commit there. "
                        "Choose another one with --tag."
                    )
                replaced = before
                progress(f"Sending {len(changes.add)} of {len(upload.contents)} files to {repo_id}")
            return changes

        head, changes = commit(client, repo_id, find_changes, f"Release {release.version}", doing=PUSHING)
        if tags.get(tag) != head:
            _tag(client, repo_id, tag, str(head))
    log.info("Release %s is commit %s of %s, tagged %s.", release.version, head, repo_id, tag)
    return {
        "repo": repo_id,
        "commit": head,
        "tag": tag,
        "url": f"{client.endpoint}/{repo_id}/tree/{tag}",
        "files_sent": list(changes.add),
        "left_out": upload.left_out,
        "replaced": None if created else replaced,
    }


def _upload(release: Release, repo_id: str, database: Path | None, include_ratings: bool, scratch: Path) -> _Upload:
    left_out = _left_out(release, database, include_ratings)
    models = {name: record for name, record in release.manifest["models"].items() if name not in left_out}
    if not models:
        raise NotAllowed(
            f"All models of release {release.version} hold users' ratings. Push them with include_ratings=True if the "
            "data may be shared."
        )
    shared = {name: record for name, record in release.manifest["files"].items() if name not in (CARD, DATABASE)}
    contents: dict[str, bytes | Path] = {name: release.path / name for name in shared}
    contents.update({name: release.path / name for record in models.values() for name in record["files"]})
    info = {key: value for key, value in release.info.items() if key not in building.PRIVATE_FACTS}
    manifest = {**release.manifest, "info": info, "files": shared, "models": models}
    if database is not None:
        snapshot = contents[DATABASE] = _snapshot(database, scratch)
        database_check.check(snapshot, manifest)
        shared[DATABASE] = manifests.record(snapshot)
    text = card.render(manifest, repo_id).encode()
    contents[CARD] = text
    shared[CARD] = {"sha256": hashlib.sha256(text).hexdigest(), "size": len(text)}
    manifests.check(manifest)
    contents[NAME] = (json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()
    return _Upload(manifest, contents, left_out)


def _left_out(release: Release, database: Path | None, include_ratings: bool) -> list[str]:
    """Return the models that are not sent.

    Raises:
        NotAllowed: the push includes ratings that may not be shared.
    """
    holding = sorted(name for name, record in release.manifest["models"].items() if record.get("holds_ratings"))
    shared = "the ratings database" if database is not None else listing(holding) if include_ratings else ""
    if shared and release.info.get("redistributable") is False:
        data = release.info.get("dataset") or release.manifest["catalogue"]
        own = release.manifest["catalogue"] not in CATALOGUES
        if own or release.info.get("licence") == UNSTATED:
            unstated = f"It is not stated that {data} may be shared, so {shared} cannot be pushed."
            advice = (
                'If it may, put "redistributable": true into description.json beside its tables, then build and train.'
            )
            raise NotAllowed(f"{unstated} {advice}" if own else unstated)
        raise NotAllowed(f"The licence of {data} forbids sharing its ratings, so {shared} cannot be pushed.")
    if include_ratings and holding and release.info.get("n_profiles"):
        raise NotAllowed(
            f"{listing(holding)} hold the ratings of {release.info['n_profiles']} visitors, which are never pushed. "
            "Train them only on the data set."
        )
    return [] if include_ratings else holding


def _snapshot(database: Path, scratch: Path) -> Path:
    if not Path(database).is_file():
        raise BadInput(f"There is no database {database}. Build it first: python -m recsys build")
    # SQLite's backup includes the changes that are still in the write-ahead log.
    target = scratch / DATABASE
    address = f"{Path(database).resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
        building.forget_origin(copy)
    return target


def _ensure_repo(client: HfApi, repo_id: str, private: bool) -> bool:
    """Create the repository if it is missing; return whether it was created."""
    info = look_or_none(client, lambda: client.model_info(repo_id), repo_id, PUSHING)
    if info is None:
        retrying(
            lambda: client.create_repo(repo_id, private=private, exist_ok=True), repo_id, "Creating the repository"
        )
        return True
    if private and not info.private:
        raise HubError(
            f"{PUSHING} {repo_id} failed: it is public, and --private was given. Make the repository private first."
        )
    return False


def _difference(client: HfApi, repo_id: str, upload: _Upload) -> tuple[Changes, str | None]:
    """The changes for the commit, and the version in the repository now."""
    head = client.model_info(repo_id).sha
    tree = read_tree(client, repo_id, head) if head else {}
    before = _remote_manifest(client, repo_id, head, tree)
    if before and before["catalogue"] != upload.manifest["catalogue"]:
        raise HubError(
            f"{PUSHING} {repo_id} failed: it holds a release of {before['catalogue']}, and this one is of "
            f"{upload.manifest['catalogue']}. Use another repository."
        )
    changed = {
        name: content
        for name, content in sorted(upload.contents.items())
        if name not in tree or not upload.same(name, tree[name])
    }
    ours = {name for name in tree if name.startswith("models/")} | set(manifests.files(before) if before else ())
    gone = sorted(name for name in ours if name in tree and name not in upload.contents)
    return Changes(head, changed, gone), before["version"] if before else None


def _remote_manifest(
    client: HfApi, repo_id: str, head: str | None, tree: Mapping[str, RepoFile]
) -> dict[str, Any] | None:
    """The manifest in a repository; None if it is missing or unusable."""
    if head is None or NAME not in tree or tree[NAME].size > manifests.LIMITS.manifest_bytes:
        return None
    with scratch_folder() as scratch:
        download(client, repo_id, head, tree[NAME], scratch)
        try:
            return manifests.read(scratch)
        except BrokenRelease as error:
            log.warning("%s has no usable manifest: %s", repo_id, error)
            return None


def _tag(client: HfApi, repo_id: str, tag: str, commit_id: str) -> None:
    """Tag a commit, then check that the tag exists, because an answer may be lost or come from another server."""
    from huggingface_hub.errors import HfHubHTTPError

    def tagged() -> bool:
        return any(ref.name == tag and ref.target_commit == commit_id for ref in client.list_repo_refs(repo_id).tags)

    def once() -> None:
        try:
            client.create_tag(repo_id, tag=tag, revision=commit_id)
        except HfHubHTTPError as error:
            if error.response.status_code != 409 or not tagged():
                raise

    doing = f"Tagging {tag} in"
    try:
        retrying(once, repo_id, doing)
        if not retrying(tagged, repo_id, doing):
            raise HubError(f"{doing} {repo_id} failed: the Hub accepted the tag but does not list it.")
    except HubError as error:
        raise HubError(f"{error} The release is there as commit {commit_id}. Push again to tag it.") from error
