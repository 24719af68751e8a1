"""Keeping visitors' data somewhere else: files of records, and a thread that restores and then keeps.

Records (see `records`) go into append-only JSON lines files below `records/`, each start writing files of its own
name. Killed at any moment, at most what changed since the last keeping is lost; that is `every_s` at most while
the place can be reached.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

from recsys.errors import RecsysError, SourceError
from recsys.hub.client import BRIEF, PATIENT, Patience
from recsys.visitors.change_log import ChangeLog
from recsys.visitors.records import Record, parse, to_line

log = logging.getLogger(__name__)
FOLDER = "records"
FULL = 1_000_000  # bytes from which on the next records go into another file
RETRY_S = 60.0  # between tries to restore
LAST_S = 5.0  # at exit, keeping what is left may take so long


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
        lines = "".join(map(to_line, records))
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
        self.changes = ChangeLog(database)
        self._restored, self._tried, self._stop = threading.Event(), threading.Event(), threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._follow, name="feedback", daemon=True)

    def start(self) -> Keeper:
        """Begin; returns itself."""
        self._thread.start()
        return self

    def wait_restored(self, timeout_s: float) -> bool:
        """Whether everything kept is here; waits for the first try to end, as long as given."""
        self._tried.wait(timeout_s)
        return self._restored.is_set()

    def close(self) -> None:
        """Keep what is left, as far as that is possible now."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(LAST_S)
        # A thread that still waits for a slow place is not waited for: what it has not kept stays on this disk.
        if not self._thread.is_alive() and self._restored.is_set() and self.changes.waiting:
            self._attempt(lambda: self._keep(BRIEF))
        self._end()
        self.changes.close()

    def status(self) -> dict[str, Any]:
        """place, every_minutes, restored, kept_at (ISO, None before the first), waiting (changes), trouble."""
        return {
            "place": self.place,
            "every_minutes": round(self.every_s / 60, 2),
            "restored": self._restored.is_set(),
            "kept_at": self.kept_at and datetime.fromtimestamp(self.kept_at, UTC).isoformat(timespec="seconds"),
            "waiting": self.changes.waiting,
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
            self._tried.set()
            if self._stop.wait(min(self.every_s, RETRY_S)):
                return
            there = self._attempt(lambda: self._restore(PATIENT))
        self._restored.set()
        self._tried.set()
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
        return self.changes.replay(read(self._shelf.files()))

    def _keep(self, patience: Patience) -> None:
        records, number = self.changes.pending()
        if records:
            self._shelf.write(records)
        self.changes.acknowledge(number)
        self.kept_at = time()
