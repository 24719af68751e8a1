"""Build the catalogue database in a temporary file, then rename it into place."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import closing
from glob import escape
from pathlib import Path
from typing import Any

import pandas as pd

from recsys.catalogue import writing
from recsys.catalogue.database import Catalogue
from recsys.catalogue.sources import Raw, Source, source_of
from recsys.catalogue.wording import Wording
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.data.storage import check_regular
from recsys.errors import BadData, BadInput, BrokenDatabase
from recsys.settings import Settings

PRIVATE_FACTS = {"asked": "a release", "fingerprint": ""}
"""Facts that may name folders of this machine, and what replaces them in a copy that is shared."""
BUILD = 3
"""Version of the database's contents; increase it when the same files would give another database."""


def ensure(settings: Settings, progress: Progress = to_log) -> Catalogue:
    """Open the database of `settings`, and build it first if necessary.

    It is built if the file is missing, corrupt, half-built, of another version, or of another data set than the
    settings name. The old file stays until the new one is complete.

    Raises:
        SourceError, BadData: the data cannot be found, downloaded or used.
    """
    check_regular(settings.database)
    try:
        opened = Catalogue.open(settings.database)
    except BrokenDatabase as error:
        if settings.database.exists():
            progress(f"{error} Building it again")
        return build(settings, progress)
    reason = _outdated(opened, settings)
    if reason is None:
        return opened
    opened.close()
    progress(f"{reason}: building the database again")
    return build(settings, progress)


def build(
    settings: Settings, progress: Progress = to_log, db: Path | None = None, *, skip_bad: bool = False
) -> Catalogue:
    """Build the database of `settings` even if there is one, and open it.

    Args:
        progress: called with one line per step and its duration.
        db: the file to write (default: `settings.database`).
        skip_bad: leave out rows that cannot be used, instead of refusing the files.

    Raises:
        SourceError, BadData: the data cannot be found, downloaded or used. An older database stays unchanged.
        BadInput: the file to write is a database of another kind.
    """
    source = source_of(settings)
    target = Path(db) if db else settings.database
    _refuse_other_databases(target, settings)
    target.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    raw = source.read(progress, skip_bad=skip_bad)
    progress(f"{raw.title}: {len(raw.items):,} items read in {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    items, data = _assemble(raw)
    progress(f"ratings: {data.matrix.nnz:,} read in {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    _replace(target, items, data, _facts(raw, source, data.has_ratings), progress)
    stored = time.perf_counter() - started
    progress(f"database: ready in {stored:.1f} s, with {len(items):,} items and an index of their names")
    return Catalogue.open(target)


def forget_origin(copy: sqlite3.Connection) -> None:
    """Remove paths of this machine from a copy of a database, before the copy is shared."""
    copy.execute("PRAGMA journal_mode = DELETE").fetchall()
    for name, value in PRIVATE_FACTS.items():
        copy.execute("UPDATE info SET value = ? WHERE name = ?", [json.dumps(value), name])
    copy.commit()
    # without this, deleted text stays in free pages
    copy.execute("VACUUM")


def _assemble(raw: Raw) -> tuple[list[dict], Interactions]:
    """Return the items in the order of their ids (as numbers if all are), and the ratings of them."""
    ids = [item["item_id"] for item in raw.items]
    frames = list(raw.ratings)
    if not ids:
        raise BadData(f"{raw.title} has no items.")
    numeric = all(item_id.isdecimal() and item_id.isascii() for item_id in ids)
    order = sorted(range(len(ids)), key=(lambda row: (int(ids[row]), ids[row])) if numeric else ids.__getitem__)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"user_id": [], "item_id": []}, dtype=str)
    frames.clear()
    return [raw.items[row] for row in order], Interactions.from_frame(frame, items=[ids[row] for row in order])


def _facts(raw: Raw, source: Source, rated: bool) -> dict[str, Any]:
    settings = source.settings
    wording = Wording.from_dict(source.wording(rated).to_dict() | raw.wording)
    return {
        "catalogue": settings.catalogue_name,
        "dataset": raw.dataset,
        "title": raw.title,
        "licence": raw.licence,
        "licence_url": raw.licence_url,
        "redistributable": raw.redistributable,
        "source": raw.source,
        "notes": raw.notes,
        "asked": settings.dataset,
        "fingerprint": raw.fingerprint,
        "build": BUILD,
        "description": wording.to_dict(),
    }


def _outdated(opened: Catalogue, settings: Settings) -> str | None:
    """Return why the database is not the one that the settings name, or None. Reads local files only."""
    if opened.info["build"] != BUILD:
        return "the database was made by another version"
    return source_of(settings).changed(opened.info)


def _replace(target: Path, items: list[dict], data: Interactions, facts: dict[str, Any], progress: Progress) -> None:
    """Write the database to a temporary file beside `target`, then rename it to `target`."""
    part = target.with_name(f"{target.name}.building-{os.getpid()}")
    _remove_unfinished(target)
    try:
        writing.write(part, items, data, facts, progress)
        # A write-ahead log of the old file must not be replayed into the new one.
        for ending in ("-wal", "-shm", "-journal"):
            Path(f"{target}{ending}").unlink(missing_ok=True)
        part.replace(target)
    finally:
        for ending in ("", "-wal", "-shm", "-journal"):
            Path(f"{part}{ending}").unlink(missing_ok=True)
    writing.write_snapshot(target, data)


def _refuse_other_databases(target: Path, settings: Settings) -> None:
    """Refuse to replace a database that is not a catalogue, such as the one of visitors' data.

    Raises:
        BadInput: the file is such a database.
        BadSetting: one of the databases is not a file.
    """
    for path in (target, settings.visitors_database, settings.cache_database):
        check_regular(path)
    ours = {path.resolve() for path in (settings.visitors_database, settings.cache_database)}
    if target.resolve() in ours or _is_other_database(target):
        raise BadInput(f"{target} is not a catalogue and would be overwritten. Give another file as --db.")


def _is_other_database(path: Path) -> bool:
    """Whether a file is a readable database without the tables of a catalogue and with other tables."""
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError:
        return False  # corrupt: it may be replaced
    return bool(names) and "items" not in names


def _remove_unfinished(target: Path) -> None:
    """Remove temporary files of interrupted builds; files of running builds stay."""
    for path in target.parent.glob(f"{escape(target.name)}.building-*"):
        number = path.name.rpartition("-")[2] if not path.name.endswith(("-wal", "-shm", "-journal")) else ""
        if number.isdecimal() and int(number) != os.getpid() and _is_running(int(number)):
            continue
        path.unlink(missing_ok=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
