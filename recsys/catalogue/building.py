"""From raw files to a ready database: built beside the old one, renamed when whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from recsys.catalogue import writing
from recsys.catalogue.database import Catalogue
from recsys.catalogue.sources import courses, films, tables
from recsys.catalogue.sources.raw import Raw
from recsys.catalogue.wording import Wording, of
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.errors import BadData, BrokenDatabase
from recsys.settings import CATALOGUES, MOVIELENS_NAMES, Settings

BUILD = 2
"""Raised when the same files would give another database."""


def ensure(settings: Settings, progress: Progress = to_log) -> Catalogue:
    """The ready database of `settings`: opened where it is good, built where it is not.

    It is built where the file is missing, corrupt, half-built, of another version, or of another data set than
    asked for. The old file stays until the new one is whole.

    Raises:
        SourceError, BadData: the data cannot be had or used.
    """
    try:
        opened = Catalogue.open(settings.database)
    except BrokenDatabase as error:
        if settings.database.exists():
            progress(f"{error} Building it again")
        return build(settings, progress)
    reason = _stale(opened, settings)
    if reason is None:
        return opened
    opened.close()
    progress(f"{reason}: building the database again")
    return build(settings, progress)


def build(
    settings: Settings, progress: Progress = to_log, db: Path | None = None, *, skip_bad: bool = False
) -> Catalogue:
    """Build the database of `settings`, whatever is there, and open it.

    Args:
        progress: told one line a step, with how long it took.
        db: where to write (default: `settings.database`).
        skip_bad: leave out rows of own tables that cannot be used, instead of refusing the files.

    Raises:
        SourceError, BadData: the data cannot be had or used; an older database stays as it was.
    """
    target = Path(db) if db else settings.database
    target.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    raw = _source(settings, skip_bad)(settings, progress)
    progress(f"{raw.title}: {len(raw.items):,} items read in {time.perf_counter() - started:.1f} s")
    step = time.perf_counter()
    items, data = _assemble(raw)
    progress(f"ratings: {data.matrix.nnz:,} read in {time.perf_counter() - step:.1f} s")
    part = target.with_name(f"{target.name}.building-{os.getpid()}")
    _sweep(target)
    step = time.perf_counter()
    try:
        writing.write(part, items, data, _facts(raw, settings, data.has_ratings), progress)
        _drop_side_files(target)
        part.replace(target)
    finally:
        for path in (part, Path(f"{part}-wal"), Path(f"{part}-shm"), Path(f"{part}-journal")):
            path.unlink(missing_ok=True)
    writing.write_snapshot(target, data)
    stored = time.perf_counter() - step
    progress(f"database: ready in {stored:.1f} s, with {len(items):,} items and an index of their names")
    return Catalogue.open(target)


def _source(settings: Settings, skip_bad: bool) -> Callable[[Settings, Progress], Raw]:
    if settings.catalogue == "films":
        return films.read
    if settings.catalogue == "courses":
        return courses.read
    return lambda _settings, progress: tables.read(Path(settings.catalogue).expanduser(), progress, skip_bad=skip_bad)


def _assemble(raw: Raw) -> tuple[list[dict], Interactions]:
    """Items in the order of their ids (as numbers where all are), and the ratings over them."""
    ids = [item["item_id"] for item in raw.items]
    frames = list(raw.ratings)
    if not ids:
        raise BadData(f"{raw.title} has no items.")
    whole = all(item_id.isdecimal() and item_id.isascii() for item_id in ids)
    order = sorted(range(len(ids)), key=(lambda row: (int(ids[row]), ids[row])) if whole else ids.__getitem__)
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"user_id": [], "item_id": []}, dtype=str)
    frames.clear()
    return [raw.items[row] for row in order], Interactions.from_frame(frame, items=[ids[row] for row in order])


def _facts(raw: Raw, settings: Settings, rated: bool) -> dict:
    words = Wording.from_dict(of(settings.catalogue_name, rated).to_dict() | raw.wording)
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
        "description": words.to_dict(),
    }


def _stale(opened: Catalogue, settings: Settings) -> str | None:
    """Why the database is not the one asked for; None where it is. Looks at local files only."""
    info = opened.info
    if info["build"] != BUILD:
        return "the database was made by another version"
    if settings.catalogue not in CATALOGUES:
        folder = Path(settings.catalogue).expanduser()
        if not folder.is_dir():
            return None  # the database came with a release, and is all there is
        fresh = tables.fingerprint(folder)
        return None if fresh == info["fingerprint"] else f"the files in {settings.catalogue} have changed"
    if settings.dataset in MOVIELENS_NAMES:
        return (
            None
            if info["dataset"] == settings.dataset
            else f"the database holds {info['title']}, not {settings.dataset}"
        )
    if settings.dataset == "auto":
        if info["asked"] != "auto":
            return None  # built by name or path before, and nothing else is asked for now
        found = films.local(settings.data_dir) if settings.catalogue == "films" else None
        if found is None or found.files.fingerprint == info["fingerprint"]:
            return None
        return f"{found.files.path} is another data set than {info['title']} in the database"
    module = films if settings.catalogue == "films" else courses
    fresh = module.fingerprint(Path(settings.dataset).expanduser())
    return None if fresh == info["fingerprint"] else f"the database was not made from {settings.dataset} as it is now"


def _sweep(target: Path) -> None:
    """Remove what builds that were cut off have left; one that is running keeps its file."""
    for path in target.parent.glob(f"{target.name}.building-*"):
        number = path.name.rpartition("-")[2] if not path.name.endswith(("-wal", "-shm", "-journal")) else ""
        if number.isdecimal() and int(number) != os.getpid() and _running(int(number)):
            continue
        path.unlink(missing_ok=True)


def _running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop_side_files(target: Path) -> None:
    """A log left beside the old file must not be played back into the new one."""
    for ending in ("-wal", "-shm", "-journal"):
        Path(f"{target}{ending}").unlink(missing_ok=True)
