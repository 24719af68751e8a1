"""Back up visitors' data to a mounted folder, such as a storage bucket."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from recsys.errors import SourceError
from recsys.hub.session import RetryPolicy
from recsys.visitors.backup import FOLDER, Backup, new_name, new_start
from recsys.visitors.records import Record, to_line, without_deleted_profiles

MANY = 100  # number of files from which on they are merged at startup


class FolderBackup(Backup):
    """Backup to a folder. Each backup is a new file, because buckets cannot append; many files are merged at startup.

    Args:
        database: the visitors' database.
        folder: the mounted folder.
        every_s: seconds between backups.
    """

    def __init__(self, database: Path, folder: Path, every_s: float):
        super().__init__(database, str(folder), every_s)
        self._folder = folder / FOLDER
        self._start, self._number = new_start(), 0

    def _load(self, policy: RetryPolicy) -> Mapping[str, str]:
        if not self._folder.parent.is_dir():
            raise SourceError(f"The folder {self.place} of RECSYS_FEEDBACK_DIR does not exist. Mount it.")
        paths = sorted(self._folder.glob("*.jsonl"))
        return {path.name: path.read_text(encoding="utf-8", errors="surrogateescape") for path in paths}

    def _append(self, records: list[Record], policy: RetryPolicy) -> None:
        self._write("".join(map(to_line, records)))

    def _remove_deleted(self, texts: Mapping[str, str], events_since: float) -> None:
        changed = without_deleted_profiles(texts, events_since)
        # Do not merge few files, because another process may be removing its deleted data from them.
        names = [name for name in texts if len(texts) >= MANY or name in changed]
        if not names:
            return
        # Write the new file before the old ones are removed: if the process is killed in between, records are in two
        # files, which does no harm because each record is applied once.
        merged = "".join(changed.get(name, texts[name]) for name in names)
        if merged:
            self._write(merged)
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def _write(self, text: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._number += 1
        path = self._folder / new_name(self._start, self._number)
        with path.open("w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
