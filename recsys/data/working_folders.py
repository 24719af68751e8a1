"""Temporary folders that are removed at their end, and by a later process if their own was killed."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ABANDONED_S = 6 * 3600  # age at which a folder without a lock counts as abandoned by a killed process
SCRATCH = "recsys-scratch-"  # beginning of the names of scratch folders


@contextmanager
def working_folder(root: Path, prefix: str, name: str = "", mode: int = 0o777) -> Iterator[Path]:
    """Yield a new folder in `root`, and remove it at the end unless it was renamed.

    Abandoned folders whose names begin with `prefix` are removed too; see `remove_abandoned`.

    Args:
        name: text that follows `prefix` in the name of the folder, before random letters.
        mode: permissions of the folder, which the umask limits further.
    """
    from filelock import FileLock

    root.mkdir(parents=True, exist_ok=True)
    remove_abandoned(root, prefix)
    folder = root / f"{prefix}{name}{secrets.token_hex(4)}"
    lock = _lock_of(folder)
    try:
        with FileLock(lock):
            folder.mkdir(mode)
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.unlink(missing_ok=True)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a working folder in the system's folder for temporary files; no other account can read it."""
    with working_folder(Path(tempfile.gettempdir()), SCRATCH, mode=0o700) as folder:
        yield folder


def remove_abandoned_scratch() -> list[str]:
    """Remove the scratch folders of killed processes; return their names."""
    return remove_abandoned(Path(tempfile.gettempdir()), SCRATCH)


def remove_abandoned(root: Path, prefix: str) -> list[str]:
    """Remove the working folders of killed processes; return the names of the folders.

    A running process holds the lock beside its folder. A folder without a lock is removed when it is old. Links and
    folders of other accounts are left alone, because several accounts share the system's folder for temporary files.
    """
    from filelock import FileLock, Timeout

    removed = []
    for folder in root.glob(f"{prefix}*/"):
        lock = _lock_of(folder)
        # another process may be cleaning up as well, or be writing
        with suppress(FileNotFoundError, PermissionError, Timeout):
            if not (_is_ours(folder) and (not lock.exists() or _is_ours(lock))):
                continue
            if lock.exists():
                with FileLock(lock, timeout=0):
                    shutil.rmtree(folder, ignore_errors=True)
                lock.unlink(missing_ok=True)
            elif abs(time.time() - folder.stat().st_mtime) > ABANDONED_S:  # the clock may have been set back
                shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            removed.append(folder.name)
    return removed


def _is_ours(path: Path) -> bool:
    """Whether this account owns the path, and it is no link."""
    owner = path.lstat().st_uid
    return not path.is_symlink() and (not hasattr(os, "getuid") or owner == os.getuid())  # Windows has no getuid


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")
