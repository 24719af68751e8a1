"""Repositories on the Hub: list names, tags and files, create a repository, read it, and commit to it."""

from __future__ import annotations

import hashlib
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, TypeVar

from recsys.errors import BadInput, HubError, NotAllowed
from recsys.hub import answer_limits
from recsys.hub.client import Stale, api, retrying
from recsys.hub.session import FEW_RETRIES, FULL_RETRIES, RetryPolicy
from recsys.release.manifest import NAME as MANIFEST
from recsys.settings import REPO

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import GitRefs, RepoFile

log = logging.getLogger(__name__)
COMMITS = 8  # largest number of other commits that come first before giving up
Info = TypeVar("Info")


@dataclass(frozen=True)
class Changes:
    """Changes of a commit.

    Attributes:
        head: the parent commit; None in an empty repository.
        add: bytes, or path on disk, of each file to write, by its name in the repository.
        delete: names of files to delete.
    """

    head: str | None
    add: Mapping[str, bytes | Path] = field(default_factory=dict)
    delete: Sequence[str] = ()


def check_repo(repo_id: str) -> None:
    """Raise `BadInput` if this is not a legal repository name."""
    if not isinstance(repo_id, str) or not REPO.fullmatch(repo_id):
        raise BadInput(f"{repo_id!r} is not a legal repository name. Write USER/REPO.")


def versions(repo_id: str, *, token: str | None = None, endpoint: str | None = None) -> list[dict[str, Any]]:
    """List the tagged releases of a repository, newest first: tag, commit, date (ISO; None if not on main)."""
    check_repo(repo_id)
    client = api(token or None, endpoint)
    refs = read_refs(client, repo_id, "Listing")
    commits = retrying(lambda: client.list_repo_commits(repo_id), repo_id, "Listing")
    dates = {commit.commit_id: commit.created_at.isoformat() for commit in commits}
    place = {commit.commit_id: number for number, commit in enumerate(commits)}
    tags = sorted(refs.tags, key=lambda ref: (place.get(ref.target_commit, len(place)), ref.name))
    return [{"tag": ref.name, "commit": ref.target_commit, "date": dates.get(ref.target_commit)} for ref in tags]


def has_release(repo_id: str, *, token: str | None = None, endpoint: str | None = None) -> bool:
    """Whether the model repository exists and has a release, usable or not.

    Raises:
        HubError: the Hub cannot be reached or does not accept the token.
    """
    check_repo(repo_id)
    client = api(token or None, endpoint)
    info = look_or_none(client, lambda: client.model_info(repo_id), repo_id, "Looking at", FULL_RETRIES)
    if info is None or info.sha is None:
        return False
    head = info.sha
    return MANIFEST in retrying(lambda: read_tree(client, repo_id, head), repo_id, "Looking at")


def read_refs(client: HfApi, repo_id: str, doing: str) -> GitRefs:
    """Read the branches and tags of a model repository."""
    return retrying(lambda: client.list_repo_refs(repo_id), repo_id, doing)


def read_tree(client: HfApi, repo_id: str, commit: str, kind: str | None = None) -> dict[str, RepoFile]:
    """List the files of a commit by path; `kind` is "dataset" or "space" unless it is a model repository."""
    from huggingface_hub.hf_api import RepoFile

    entries = client.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type=kind)
    return {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}


def size_of(file: RepoFile) -> int:
    """Number of bytes of a file in a repository."""
    return file.lfs.size if file.lfs else file.size


def download(client: HfApi, repo_id: str, commit: str, file: RepoFile, folder: Path, kind: str | None = None) -> Path:
    """Download one file of a commit into a folder."""
    with answer_limits.file_of(size_of(file)):
        return Path(client.hf_hub_download(repo_id, file.path, revision=commit, local_dir=folder, repo_type=kind))


def blob_equals(remote: RepoFile, content: bytes | Path) -> bool:
    """Whether a file in a repository has this content, by its SHA-256 if it is stored with LFS, else by git's hash."""
    data = content if isinstance(content, bytes) else content.read_bytes()
    if remote.lfs:
        return remote.lfs.sha256 == hashlib.sha256(data).hexdigest()
    return remote.blob_id == hashlib.sha1(b"blob %d\x00" % len(data) + data, usedforsecurity=False).hexdigest()


def look_or_none(
    client: HfApi, look: Callable[[], Info], repo_id: str, doing: str, policy: RetryPolicy = FEW_RETRIES
) -> Info | None:
    """Return the result of `look`, or None if the repository is missing or the token has no access to it."""
    from huggingface_hub.errors import RepositoryNotFoundError

    def once() -> Info | None:
        try:
            return look()
        except RepositoryNotFoundError as error:
            if error.response.status_code == 401 and client.token:
                raise  # the Hub does not accept the token
            return None

    return retrying(once, repo_id, doing, policy)


def ensure_private_dataset(client: HfApi, repo_id: str, policy: RetryPolicy = FEW_RETRIES) -> str | None:
    """Create a private dataset repository if it is missing; return its head commit, None if it was created.

    Raises:
        NotAllowed: it exists and is public.
        HubError: the Hub refused, failed or could not be reached.
    """
    info = look_or_none(client, lambda: client.dataset_info(repo_id), repo_id, "Looking at", policy)
    if info is None:
        retrying(
            lambda: client.create_repo(repo_id, repo_type="dataset", private=True, exist_ok=True),
            repo_id,
            "Creating the dataset repository",
            policy,
        )
        return None
    if not info.private:
        raise NotAllowed(
            f"The dataset repository {repo_id} is public. Make it private before visitors' data is stored in it."
        )
    return info.sha


def commit(
    client: HfApi,
    repo_id: str,
    find_changes: Callable[[], Changes],
    message: str,
    *,
    doing: str,
    kind: str = "model",
    policy: RetryPolicy = FULL_RETRIES,
) -> tuple[str | None, Changes]:
    """Commit changes on top of the branch; if another commit comes first, compute them again and retry.

    Args:
        find_changes: reads the repository and returns the changes. If there is nothing to add or delete, no commit is
            made, for example because an earlier attempt succeeded but its answer was lost.
        message: commit message.
        doing, kind, policy: as in `retrying` and `read_tree`.

    Returns:
        The commit, or the head if there was nothing to change, and the changes made by the last attempt.

    Raises:
        HubError: the Hub refused, failed or could not be reached.
    """
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    sent: Changes | None = None

    def once() -> tuple[str | None, Changes]:
        nonlocal sent
        changes = find_changes()
        if not changes.add and not changes.delete:
            return changes.head, sent or changes
        sent = changes
        operations = [
            *(CommitOperationAdd(path_in_repo=name, path_or_fileobj=data) for name, data in changes.add.items()),
            *(CommitOperationDelete(path_in_repo=name) for name in changes.delete),
        ]
        made = client.create_commit(
            repo_id, operations, repo_type=kind, commit_message=message, parent_commit=changes.head
        )
        return made.oid, changes

    for attempt in range(1, COMMITS + 1):
        try:
            return retrying(once, repo_id, doing, policy)
        except Stale:
            sent = None
            log.warning("Another commit to %s came first; this one is made on top of it.", repo_id)
            sleep(random.uniform(0.1, 0.3) * attempt)
    raise HubError(f"{doing} {repo_id} failed: {COMMITS} other commits came first. Try again later.")
