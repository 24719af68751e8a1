"""Visitors' data in a private dataset repo, through the client's CommitScheduler, or in a mounted folder."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from time import time
from typing import Any

from recsys.errors import HubError, NotAllowed, RecsysError
from recsys.hub.client import BRIEF, PATIENT, Patience, Stale, api, hub_error, retrying
from recsys.hub.repo import check_repo, read_tree
from recsys.settings import Settings
from recsys.visitors.backup import FOLDER, FolderKeeper, Keeper, Shelf, read
from recsys.visitors.records import without_deleted_profiles

log = logging.getLogger(__name__)
DOWNLOADS = 4  # files fetched at once
KEEPING = "keeping feedback in"


class RepoKeeper(Keeper):
    """Keeps in a private dataset repo, one commit each time that something changed.

    Args:
        database: the visitors' database.
        repo_id: `USER/REPO`, made where it is missing; one that is public is refused.
        folder: on this disk, where files lie until they are committed.
        every_s: seconds between commits.
        token: with write access to the repo.
        endpoint: address of the Hub.
    """

    def __init__(
        self, database: Path, repo_id: str, folder: Path, every_s: float, token: str | None, endpoint: str | None
    ):
        check_repo(repo_id)
        super().__init__(database, repo_id, every_s)
        self._shelf, self._cache = Shelf(folder, grows=True), folder / "restored"
        self._token, self._endpoint = token, endpoint
        self._scheduler: Any = None

    def _restore(self, patience: Patience) -> int:
        from huggingface_hub import get_token
        from huggingface_hub.errors import RepositoryNotFoundError

        if not (self._token or get_token()):
            raise HubError(f"{KEEPING} {self.place} needs a token: set HF_TOKEN to one with write access to the repo.")
        client = api(self._token, self._endpoint)

        def look() -> Any:
            try:
                return client.dataset_info(self.place)
            except RepositoryNotFoundError:
                return None

        info = retrying(look, self.place, KEEPING, patience)
        files: dict[str, int] = {}
        if info is not None:
            if not info.private:
                raise NotAllowed(
                    f"the dataset repo {self.place} is public: make it private before feedback is kept in it."
                )
            files = retrying(lambda: self._fetch(client, info.sha), self.place, KEEPING, patience)
        restored = [self._cache / name for name in sorted(files)]
        found = self.changes.replay([*read(restored), *read(self._shelf.files())])
        if restored:
            self._erase(client, info.sha, files)
        for path in self._shelf.files():
            # Committed whole by an earlier start of this disk; what is not in the repo yet stays to be committed.
            if files.get(f"{FOLDER}/{path.name}", -1) >= path.stat().st_size:
                path.unlink()
        return found

    def _erase(self, client: Any, commit: str, names: Iterable[str]) -> None:
        """Take what deleted profiles left out of the repo's files, in one commit; its history is not touched."""
        from huggingface_hub import CommitOperationAdd

        texts = {name: (self._cache / name).read_text(encoding="utf-8", errors="replace") for name in names}
        made = without_deleted_profiles(texts)
        if not made:
            return
        operations = [
            CommitOperationAdd(path_in_repo=name, path_or_fileobj=text.encode()) for name, text in made.items()
        ]
        try:
            retrying(
                lambda: client.create_commit(
                    self.place,
                    operations,
                    repo_type="dataset",
                    commit_message="Remove deleted profiles",
                    parent_commit=commit,
                ),
                self.place,
                KEEPING,
                BRIEF,
            )
        except (HubError, Stale) as error:
            # A reader's token, or another process at the same time: the next start does it.
            log.warning("What deleted profiles left stays in %s until the next start. %s", self.place, error)

    def _fetch(self, client: Any, commit: str) -> dict[str, int]:
        """Size by name of every file of records, all of them in the cache afterwards."""
        tree = read_tree(client, self.place, commit, "dataset")
        sizes = {
            name: file.size for name, file in tree.items() if name.startswith(f"{FOLDER}/") and name.endswith(".jsonl")
        }

        def fetch(name: str) -> None:
            client.hf_hub_download(self.place, name, repo_type="dataset", revision=commit, local_dir=self._cache)

        with ThreadPoolExecutor(DOWNLOADS) as pool:
            list(pool.map(fetch, sizes))
        return sizes

    def _keep(self, patience: Patience) -> None:
        began = time()
        if self._scheduler is None:
            self._scheduler = retrying(self._schedule, self.place, KEEPING, patience)
        self._scheduler.patience = patience
        try:
            self._scheduler.trigger().result()
        except (RecsysError, OSError):
            raise
        except Exception as error:  # the client's own errors become one sentence, others leave as they came
            raise hub_error(error, self.place, KEEPING) from error
        self.kept_at = began

    def _schedule(self) -> Any:
        return _scheduler_class()(
            self._drain,
            repo_id=self.place,
            repo_type="dataset",
            private=True,
            folder_path=self._shelf.folder.parent,
            allow_patterns=f"{FOLDER}/*.jsonl",
            every=self.every_s / 60,
            hf_api=api(self._token, self._endpoint),
        )

    def _drain(self) -> None:
        records, number = self.changes.pending()
        if records:
            self._shelf.write(records)
        self.changes.acknowledge(number)

    def _end(self) -> None:
        if self._scheduler is not None:
            self._scheduler.stop()


@cache
def _scheduler_class() -> type:
    from huggingface_hub import CommitScheduler

    class Scheduler(CommitScheduler):
        """The client's scheduler, which writes down what changed right before it commits."""

        patience = PATIENT

        def __init__(self, drain: Callable[[], None], **options: Any):
            self._drain = drain
            super().__init__(**options)

        def _run_scheduler(self) -> None:
            """Nothing: the keeper sets the pace, because it restores first and tells what went wrong."""

        def push_to_hub(self) -> Any:
            with self.lock:
                self._drain()
            return retrying(super().push_to_hub, self.repo_id, KEEPING, self.patience)

    return Scheduler


def keeper(settings: Settings) -> Keeper | None:
    """What keeps the feedback of these settings, not started; None where it stays on this disk.

    Raises:
        BadInput: an illegal repo name.
    """
    every_s = settings.feedback_minutes * 60
    if settings.feedback_dir is not None:
        return FolderKeeper(settings.visitors_database, settings.feedback_dir, every_s)
    if settings.feedback_repo:
        folder = settings.data_dir / "feedback" / settings.feedback_repo.replace("/", "--")
        database, token = settings.visitors_database, settings.hf_token
        return RepoKeeper(database, settings.feedback_repo, folder, every_s, token, settings.hub_endpoint)
    return None
