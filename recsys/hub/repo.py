"""Reading a repo on the Hub: its name, tags, tree and single files."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

from recsys.errors import BadInput
from recsys.hub.client import api, retrying

log = logging.getLogger(__name__)
_REPO = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")


def versions(repo_id: str, *, token: str | None = None, endpoint: str | None = None) -> list[dict[str, Any]]:
    """The tagged releases of a repo, newest first: tag, commit, date (ISO; None for a commit outside main)."""
    check_repo(repo_id)
    client = api(token or None, endpoint)
    refs = read_refs(client, repo_id, "listing")
    commits = retrying(lambda: client.list_repo_commits(repo_id), repo_id, "listing")
    dates = {commit.commit_id: commit.created_at.isoformat() for commit in commits}
    place = {commit.commit_id: number for number, commit in enumerate(commits)}
    tags = sorted(refs.tags, key=lambda ref: (place.get(ref.target_commit, len(place)), ref.name))
    return [{"tag": ref.name, "commit": ref.target_commit, "date": dates.get(ref.target_commit)} for ref in tags]


def read_refs(client: Any, repo_id: str, doing: str) -> Any:
    return retrying(lambda: client.list_repo_refs(repo_id), repo_id, doing)


def read_tree(client: Any, repo_id: str, commit: str, kind: str | None = None) -> dict[str, Any]:
    """The files of a commit by path; `kind` is "dataset" or "space" where the repo is no model's."""
    from huggingface_hub.hf_api import RepoFile

    entries = client.list_repo_tree(repo_id, recursive=True, revision=commit, repo_type=kind)
    return {entry.path: entry for entry in entries if isinstance(entry, RepoFile)}


def download(client: Any, repo_id: str, commit: str, name: str, folder: Path) -> Path:
    return Path(client.hf_hub_download(repo_id, name, revision=commit, local_dir=folder))


def check_repo(repo_id: str) -> None:
    if not isinstance(repo_id, str) or not _REPO.fullmatch(repo_id):
        raise BadInput(f"{repo_id!r} is no legal repo name; write USER/REPO.")


def quiet(message: str) -> None:
    log.info("%s", message)


def exists(repo_id: str, *, token: str | None = None, endpoint: str | None = None) -> bool:
    """Whether there is such a model repo that the token reaches.

    Raises:
        HubError: the Hub cannot be asked, or does not accept the token.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    check_repo(repo_id)
    client = api(token or None, endpoint)

    def look() -> bool:
        try:
            client.model_info(repo_id)
        except RepositoryNotFoundError as error:
            if error.response.status_code == 401 and token:
                raise  # a wrong token, which the client takes for a repo that is not there
            return False
        return True

    return retrying(look, repo_id, "looking at")
