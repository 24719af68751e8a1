"""Back up visitors' data to a private dataset repository on the Hub."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recsys.data.working_folders import scratch_folder
from recsys.errors import HubError, NotAllowed
from recsys.hub.client import api, retrying
from recsys.hub.repo import (
    Changes,
    blob_equals,
    check_repo,
    commit,
    download,
    ensure_private_dataset,
    look_or_none,
    read_tree,
)
from recsys.hub.session import FEW_RETRIES, RetryPolicy
from recsys.settings import Settings
from recsys.visitors.backup import FOLDER, Backup, new_name, new_start
from recsys.visitors.backup_to_folder import FolderBackup
from recsys.visitors.records import Record, to_line, without_deleted_profiles

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

log = logging.getLogger(__name__)
DOWNLOADS = 4  # files downloaded at once
FULL = 1_000_000  # number of characters from which on new records are written to another file
RESTORING, SAVING = "Restoring visitors' data from", "Backing up visitors' data to"
KIND = "dataset"


@dataclass(frozen=True)
class _File:
    """The file that this process writes: its name in the repository, and its last committed text."""

    name: str
    text: str = ""


class HubBackup(Backup):
    """Backup to a private dataset repository: one commit per interval in which data changed.

    Args:
        database: the visitors' database.
        repo_id: `USER/REPO`; created if it is missing, refused if it is public.
        every_s: seconds between commits.
        token: token with write access to the repository.
        endpoint: address of the Hub.
    """

    def __init__(self, database: Path, repo_id: str, every_s: float, token: str | None, endpoint: str | None):
        check_repo(repo_id)
        super().__init__(database, repo_id, every_s)
        self._token, self._endpoint = token, endpoint
        self._start, self._number = new_start(), 0
        self._file = self._next_file()

    def _next_file(self) -> _File:
        self._number += 1
        return _File(f"{FOLDER}/{new_name(self._start, self._number)}")

    def _client(self) -> HfApi:
        from huggingface_hub import get_token

        if not (self._token or get_token()):
            raise HubError(
                f"{SAVING} {self.place} needs a token. Set HF_TOKEN to one with write access to the repository."
            )
        return api(self._token, self._endpoint)

    # -- restoring ------------------------------------------------------------------------------

    def _load(self, policy: RetryPolicy) -> Mapping[str, str]:
        client = self._client()
        info = look_or_none(client, lambda: client.dataset_info(self.place), self.place, RESTORING, policy)
        if info is None:
            return {}
        if not info.private:
            raise NotAllowed(
                f"The dataset repository {self.place} is public. Make it private before visitors' data is stored in it."
            )
        stated = _records_among(one.rfilename for one in info.siblings or [])
        return retrying(lambda: self._texts(client, str(info.sha), stated), self.place, RESTORING, policy)

    def _texts(self, client: HfApi, head: str, stated: Collection[str]) -> Mapping[str, str]:
        """The texts of the backup files of a commit, among them those that the repository states to have."""
        tree = read_tree(client, self.place, head, KIND)
        names = _records_among(tree)
        if missing := sorted(set(stated) - set(names)):
            # an empty list would restore nothing without a failure
            raise HubError(
                f"{RESTORING} {self.place} failed: the list of its files lacks {missing[0]}. Try again later."
            )
        # download to a temporary folder, so that no data of deleted profiles stays on this disk
        with scratch_folder() as scratch, ThreadPoolExecutor(DOWNLOADS) as pool:
            paths = pool.map(lambda name: download(client, self.place, head, tree[name], scratch, KIND), names)
            texts = [path.read_text(encoding="utf-8", errors="surrogateescape") for path in paths]
        return dict(zip(names, texts, strict=True))

    def _remove_deleted(self, texts: Mapping[str, str], events_since: float) -> None:
        changed = without_deleted_profiles(texts, events_since)
        if not changed:
            return
        client = self._client()

        def find_changes() -> Changes:
            head = client.dataset_info(self.place).sha
            tree = read_tree(client, self.place, str(head), KIND)
            # a file that another process has changed meanwhile is cleaned at the next start
            same = [name for name in changed if name in tree and blob_equals(tree[name], _bytes(texts[name]))]
            return Changes(head, {name: _bytes(changed[name]) for name in same})

        try:
            commit(
                client, self.place, find_changes, "Remove deleted profiles", doing=SAVING, kind=KIND, policy=FEW_RETRIES
            )
        except HubError as error:
            log.warning("Data of deleted profiles stays in %s until the next start. %s", self.place, error)

    # -- saving ---------------------------------------------------------------------------------

    def _append(self, records: list[Record], policy: RetryPolicy) -> None:
        client, lines = self._client(), "".join(map(to_line, records))
        target: _File | None = None

        def find_changes() -> Changes:
            nonlocal target
            head = ensure_private_dataset(client, self.place, policy) or client.dataset_info(self.place).sha
            tree = read_tree(client, self.place, str(head), KIND)
            if target is not None and target.name in tree and blob_equals(tree[target.name], _bytes(target.text)):
                return Changes(head)  # the earlier attempt succeeded, and only its answer was lost
            target = self._continued(tree.get(self._file.name), lines)
            return Changes(head, {target.name: _bytes(target.text)})

        commit(client, self.place, find_changes, "Back up visitors' data", doing=SAVING, kind=KIND, policy=policy)
        self._file = target or self._file

    def _continued(self, remote: RepoFile | None, lines: str) -> _File:
        """This process's file with additional lines, or the next file if it is full or another process changed it."""
        text = self._file.text
        unchanged = blob_equals(remote, _bytes(text)) if remote is not None else not text
        if not unchanged or len(text) >= FULL:
            # Data that another process has removed from the file must not be written again.
            return _File(self._next_file().name, _with("", lines))
        return _File(self._file.name, _with(text, lines))


def create_backup(settings: Settings) -> Backup | None:
    """Create the backup that the settings specify, without starting it; None if no backup is configured.

    Raises:
        BadInput: the repository name is illegal.
    """
    backup = _backup(settings)
    if backup is not None:
        backup.event_days = settings.event_days
    return backup


def _backup(settings: Settings) -> Backup | None:
    database, every_s = settings.visitors_database, settings.feedback_minutes * 60
    if settings.feedback_dir is not None:
        return FolderBackup(database, settings.feedback_dir, every_s)
    if settings.feedback_repo:
        return HubBackup(database, settings.feedback_repo, every_s, settings.hf_token, settings.hub_endpoint)
    return None


def _records_among(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if name.startswith(f"{FOLDER}/") and name.endswith(".jsonl"))


def _with(text: str, lines: str) -> str:
    """A file's text with additional lines, without data that deletions in these lines remove."""
    longer = text + lines
    return without_deleted_profiles({"": longer}).get("", longer)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
