"""Visitors' data kept off this disk: in a private dataset repo, or in a mounted folder; restored at start.

Records (see `ledger`) go into append-only JSON lines files below `records/`, each start writing files of its own
name. Killed at any moment, at most what changed since the last commit is lost; that is `every_s` at most while
the place can be reached.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from time import time
from typing import Any

from recsys.errors import HubError, NotAllowed, RecsysError, SourceError
from recsys.hub.repo import check_repo, read_tree
from recsys.hub.session import BRIEF, PATIENT, Patience, api, hub_error, retrying
from recsys.ledger import Ledger, Record, parse
from recsys.settings import Settings

log = logging.getLogger(__name__)
FOLDER = "records"
FULL = 1_000_000  # bytes from which on the next records go into another file
DOWNLOADS = 4
RETRY_S = 60.0  # between tries to restore
LAST_S = 10.0  # at exit, keeping what is left may take so long
KEEPING = "keeping feedback in"


class Shelf:
    """A folder with files of records: those of others, and the ones this start writes.

    Args:
        folder: where `records/` is or will be.
        grows: whether a file may be appended to; else each time makes a new one.
    """

    def __init__(self, folder: Path, grows: bool):
        self.folder, self.grows = folder / FOLDER, grows
        self._start = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self._number = 0
        self._file: Path | None = None

    def write(self, records: list[Record]) -> None:
        """Add records and see them onto the disk.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._file is None or not self.grows or self._file.stat().st_size >= FULL:
            self._number += 1
            self._file = self.folder / f"{self._start}-{self._number:05}.jsonl"
        lines = "".join(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n" for record in records)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())

    def files(self) -> list[Path]:
        """All files of records, oldest start first."""
        return sorted(self.folder.glob("*.jsonl"))


def read(files: list[Path]) -> Iterator[Record]:
    """The records of files; lines that are none are counted in a warning and passed over."""
    for path in files:
        bad = 0
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                record = parse(line)
                if record is None:
                    bad += 1
                else:
                    yield record
        if bad:
            log.warning("%s: %s lines are no records of feedback and are passed over.", path.name, bad)


class Keeper:
    """Restores, then keeps, in a thread of its own; a place that cannot be reached is tried again.

    Attributes:
        place: what is shown: the repo or folder.
        every_s: seconds from one keeping to the next.
        kept_at: seconds since 1970 of the last time that everything was kept, or None.
        trouble: one sentence where the last try failed, "" else.
    """

    def __init__(self, database: Path, place: str, every_s: float):
        self.place, self.every_s = place, every_s
        self.kept_at: float | None = None
        self.trouble = ""
        self.ledger = Ledger(database)
        self._restored, self._stop, self._turn = threading.Event(), threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._follow, name="feedback", daemon=True)

    def start(self) -> Keeper:
        """Begin; returns itself."""
        self._thread.start()
        return self

    def wait_restored(self, timeout_s: float) -> bool:
        """Whether everything kept is here, waiting for it as long as given."""
        return self._restored.wait(timeout_s)

    def close(self) -> None:
        """Keep what is left, as far as that is possible now."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LAST_S)
        # A thread that still waits for a slow place is not waited for: what it has not kept stays on this disk.
        if not self._thread.is_alive() and self._restored.is_set() and self.ledger.waiting:
            self._attempt(lambda: self._keep(BRIEF))
        self._end()
        self.ledger.close()

    def status(self) -> dict[str, Any]:
        """place, every_minutes, restored, kept_at (ISO, None before the first), waiting (changes), trouble."""
        return {
            "place": self.place,
            "every_minutes": round(self.every_s / 60, 2),
            "restored": self._restored.is_set(),
            "kept_at": self.kept_at and datetime.fromtimestamp(self.kept_at, UTC).isoformat(timespec="seconds"),
            "waiting": self.ledger.waiting,
            "trouble": self.trouble,
        }

    def keep_now(self) -> bool:
        """Keep what changed since the last time at once; whether that was possible."""
        return self._restored.is_set() and self._attempt(lambda: self._keep(PATIENT))

    def restore_now(self) -> int:
        """Restore once, without a thread; returns how many records were new.

        Raises:
            RecsysError: the place cannot be read.
        """
        found = self._restore(PATIENT)
        self._restored.set()
        return found

    def _follow(self) -> None:
        there = self._attempt(lambda: self._restore(BRIEF))
        while not there:
            if self._stop.wait(min(self.every_s, RETRY_S)):
                return
            there = self._attempt(lambda: self._restore(PATIENT))
        self._restored.set()
        while not self._stop.is_set():
            # Asked for by the clock and not by change: a place that was down is found up again by trying.
            self._attempt(lambda: self._keep(PATIENT))
            self._stop.wait(self.every_s)

    def _attempt(self, do: Callable[[], object]) -> bool:
        with self._turn:
            try:
                do()
            except (RecsysError, OSError) as error:
                said = str(error)
                if said != self.trouble:
                    log.warning("Feedback is not kept off this disk yet: %s Trying again.", said)
                self.trouble = said
                return False
            if self.trouble:
                log.warning("Feedback is kept in %s again.", self.place)
            self.trouble = ""
            return True

    def _restore(self, patience: Patience) -> int:
        raise NotImplementedError

    def _keep(self, patience: Patience) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """Let go of what the place needs."""


class FolderKeeper(Keeper):
    """Keeps in a mounted folder, such as a storage bucket: each time a new file, because buckets do not append."""

    def __init__(self, database: Path, folder: Path, every_s: float):
        super().__init__(database, str(folder), every_s)
        self._shelf = Shelf(folder, grows=False)

    def _restore(self, patience: Patience) -> int:
        if not self._shelf.folder.parent.is_dir():
            raise SourceError(f"the folder {self.place} of RECSYS_FEEDBACK_DIR is not there; mount it.")
        return self.ledger.replay(read(self._shelf.files()))

    def _keep(self, patience: Patience) -> None:
        records, number = self.ledger.pending()
        if records:
            self._shelf.write(records)
        self.ledger.keep(number)
        self.kept_at = time()


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
        found = self.ledger.replay([*read(restored), *read(self._shelf.files())])
        for path in self._shelf.files():
            # Committed whole by an earlier start of this disk; what is not in the repo yet stays to be committed.
            if files.get(f"{FOLDER}/{path.name}", -1) >= path.stat().st_size:
                path.unlink()
        return found

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
            self._drain, repo_id=self.place, repo_type="dataset", private=True, folder_path=self._shelf.folder.parent,
            allow_patterns=f"{FOLDER}/*.jsonl", every=self.every_s / 60, hf_api=api(self._token, self._endpoint),
        )  # fmt: skip

    def _drain(self) -> None:
        records, number = self.ledger.pending()
        if records:
            self._shelf.write(records)
        self.ledger.keep(number)

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
