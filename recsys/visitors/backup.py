"""Back up visitors' data as append-only JSONL files, and restore it at startup, in one background thread.

The files are in `records/`; each process writes files with its own name. A process that is killed loses at most the
changes since the last backup: those of the last `every_s` seconds if the backup location can be reached.
"""

from __future__ import annotations

import logging
import math
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, time
from typing import TypedDict

from recsys.hub.session import FEW_RETRIES, FULL_RETRIES, RetryPolicy
from recsys.visitors.believed_time import MOST_AHEAD_S
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.records import Record, is_expired, parse

log = logging.getLogger(__name__)
FOLDER = "records"
RETRY_S = 60.0  # seconds between attempts to restore
LEAST_S = 2.0  # seconds between backups by `save_soon`
DAY_S = 86_400
LAST_S = 4.0  # time limit of the last backup at exit, in seconds
WAIT_S = 3.0  # seconds that a deletion waits for its backup


class BackupStatus(TypedDict):
    """State of the backup.

    Attributes:
        place: the repository or folder.
        every_minutes: time between two backups.
        restored: whether the records of the place have been read.
        kept_at: ISO time of the last complete backup, None before the first.
        waiting: number of changes that are not backed up yet.
        trouble: why the last attempt failed, "" if it did not.
    """

    place: str
    every_minutes: float
    restored: bool
    kept_at: str | None
    waiting: int
    trouble: str


class Backup:
    """Restore data from a backup location, then back up changes to it regularly; retry if it cannot be reached.

    Subclasses read and write the location: `_load`, `_append`, `_remove_deleted`.

    Attributes:
        place: the repository or folder, as shown to the operator.
        every_s: seconds between backups.
        saved_at: seconds since 1970 of the last complete backup, or None.
        trouble: why the last attempt failed, in one sentence; "" if it succeeded.
        changes: the change log of the database.
        event_days: age in days above which events are not restored and are removed from the files; 0 for no limit.
    """

    event_days = 0

    def __init__(self, database: Path, place: str, every_s: float):
        self.place, self.every_s = place, every_s
        self.saved_at: float | None = None
        self.trouble = ""
        self.changes = ChangeLog(database)
        self._restored, self._tried = threading.Event(), threading.Event()
        self._stop, self._wake = threading.Event(), threading.Event()
        self._unclean = False  # whether older files may still contain data of a deletion that is backed up
        self._saved = threading.Condition()
        self._saved_number = 0
        self._thread = threading.Thread(target=self._run, name="backup", daemon=True)

    def start(self) -> Backup:
        """Start the background thread; return the backup itself."""
        self._thread.start()
        return self

    def wait_restored(self, timeout_s: float) -> bool:
        """Wait for the end of the first attempt to restore; return whether all data is restored."""
        self._tried.wait(timeout_s)
        return self._restored.is_set()

    def save_soon(self, wait_s: float = WAIT_S) -> bool:
        """Back up without waiting for the interval, so that a restart does not undo a deletion.

        Args:
            wait_s: seconds to wait for the backup; if the location cannot be reached, it does not wait.

        Returns:
            whether all changes up to now are backed up.
        """
        number = self.changes.last_number
        self._wake.set()
        with self._saved:
            wait_s = 0.0 if self.trouble or not self._restored.is_set() else wait_s
            return self._saved.wait_for(lambda: self._saved_number >= number, wait_s)

    def close(self) -> None:
        """End the thread after a last backup, or after LAST_S; other changes stay in the database."""
        self._stop.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(LAST_S)
        if not self._thread.is_alive():
            self.changes.close()

    def status(self) -> BackupStatus:
        """State of the backup."""
        saved = datetime.fromtimestamp(self.saved_at, UTC) if self.saved_at else None
        return {
            "place": self.place,
            "every_minutes": round(self.every_s / 60, 2),
            "restored": self._restored.is_set(),
            "kept_at": saved.isoformat(timespec="seconds") if saved else None,
            "waiting": self.changes.waiting,
            "trouble": self.trouble,
        }

    def restore(self, policy: RetryPolicy = FULL_RETRIES) -> int:
        """Restore in the calling thread; return the number of new records.

        Raises:
            RecsysError, OSError: the location cannot be read.
        """
        texts = self._load(policy)
        since = self.events_since(texts)
        found = self.changes.replay(record for record in records_in(texts) if not is_expired(record, since))
        self._remove_deleted(texts, since)
        self._restored.set()
        return found

    def events_since(self, texts: Mapping[str, str]) -> float:
        """Seconds since 1970 before which events are removed.

        A clock that is far ahead of the latest record is not believed, because it would remove all of them.
        """
        if not self.event_days:
            return -math.inf
        records = (parse(line) for text in texts.values() for line in lines_of(text))
        latest = max((record["time"] for record in records if record is not None), default=-math.inf)
        return min(time(), latest + MOST_AHEAD_S) - self.event_days * DAY_S

    def save(self, policy: RetryPolicy = FULL_RETRIES) -> None:
        """Back up in the calling thread all changes that are not backed up yet.

        Raises:
            RecsysError, OSError: the location cannot be written.
        """
        began = time()
        records, number = self.changes.pending()
        if records:
            self._append(records, policy)
        self._unclean = self._unclean or any(record["kind"] == "forget" for record in records)
        self.changes.acknowledge(number)
        self.saved_at = began
        with self._saved:
            self._saved_number = max(self._saved_number, number)
            self._saved.notify_all()

    def clean(self, policy: RetryPolicy = FULL_RETRIES) -> None:
        """Remove data of profiles that were deleted here from files of earlier starts and other processes.

        Raises:
            RecsysError, OSError: the location cannot be read or written.
        """
        if self._unclean:
            texts = self._load(policy)
            self._remove_deleted(texts, self.events_since(texts))
            self._unclean = False

    def _load(self, policy: RetryPolicy) -> Mapping[str, str]:
        """Read the texts of all backup files by name."""
        raise NotImplementedError

    def _append(self, records: list[Record], policy: RetryPolicy) -> None:
        """Write records to the location."""
        raise NotImplementedError

    def _remove_deleted(self, texts: Mapping[str, str], events_since: float) -> None:
        """Remove data of deleted profiles, and events before `events_since`, from the files.

        A failure is logged, and the next start tries again.
        """
        raise NotImplementedError

    def _run(self) -> None:
        policy = FEW_RETRIES
        while not self._attempt(lambda policy=policy: self.restore(policy)):
            self._tried.set()
            if self._stop.wait(min(self.every_s, RETRY_S)):
                return
            policy = FULL_RETRIES
        self._tried.set()
        while True:
            stopping, began = self._stop.is_set(), monotonic()
            saved = self._attempt(lambda stopping=stopping: self.save(FEW_RETRIES if stopping else FULL_RETRIES))
            if stopping:
                return
            if saved and self._unclean:
                self._attempt(self.clean)
            if self._wake.wait(self.every_s):
                self._stop.wait(max(0.0, min(LEAST_S, self.every_s) - (monotonic() - began)))
            self._wake.clear()

    def _attempt(self, do: Callable[[], object]) -> bool:
        """Return whether `do` succeeded; an error must not end the thread, because that would end all backups."""
        try:
            do()
        except Exception as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if reason != self.trouble:
                log.warning("Visitors' data is not backed up yet. %s Trying again.", reason)
                log.debug("The attempt failed with:", exc_info=error)
            self.trouble = reason
            return False
        if self.trouble:
            log.warning("Visitors' data is backed up to %s again.", self.place)
        self.trouble = ""
        return True


def new_name(start: str, number: int) -> str:
    """Return the name of a backup file; files of earlier starts sort first."""
    return f"{start}-{number:05}.jsonl"


def new_start() -> str:
    """Return a unique name for the files of this process."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def records_in(texts: Mapping[str, str]) -> Iterator[Record]:
    """Yield the records in the texts of files; lines that are not records are skipped with a warning."""
    for name, text in texts.items():
        records = [parse(line) for line in lines_of(text)]
        invalid = records.count(None)
        if invalid:
            log.warning("%s: skipped %s lines that are not records of visitors' data.", name, invalid)
        yield from (record for record in records if record is not None)


def lines_of(text: str) -> Iterable[str]:
    """The lines of a JSONL text, split only at "\\n", because a text field may contain other line separators."""
    return (line for line in text.split("\n") if line)
