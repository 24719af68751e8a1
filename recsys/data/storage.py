"""Describe failures of the disk and of databases that an operator can fix, such as a full disk or a locked database."""

from __future__ import annotations

import errno
import sqlite3
import stat
from pathlib import Path

from recsys.errors import BadSetting, StoreUnavailable

FULL, DAMAGED = "its disk is full", "its database is damaged"
BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: "a limit on the size of its files is reached",
    errno.EROFS: "its disk is read-only",
    errno.EACCES: "it may not write to its data directory",
    errno.EPERM: "it may not write to its data directory",
    errno.EIO: "its disk reports errors",
    errno.EMFILE: "it has too many files open",
    errno.ENFILE: "it has too many files open",
}
BY_CODE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: "its disk is read-only",
    sqlite3.SQLITE_BUSY: "its database is locked",
    sqlite3.SQLITE_LOCKED: "its database is locked",
    sqlite3.SQLITE_IOERR: "its disk reports errors",
    sqlite3.SQLITE_CANTOPEN: "its database cannot be opened",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
LOCKED = "database is locked"  # first words of the errors that we raise ourselves; they have no SQLite error code


def cause(error: BaseException) -> str | None:
    """Return the cause of a storage failure as a clause about the server; None for any other kind of error.

    >>> cause(OSError(28, "No space left on device")), cause(ValueError("x"))
    ('its disk is full', None)
    """
    if isinstance(error, StoreUnavailable):
        return error.cause
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        if code is None and str(error).startswith(LOCKED):
            code = sqlite3.SQLITE_BUSY
        return None if code is None else BY_CODE.get(code & 0xFF)
    return BY_ERRNO.get(error.errno or 0) if isinstance(error, OSError) else None


def check_regular(path: Path) -> None:
    """Refuse a folder, a named pipe or a link to itself in the place of a database; the file may be missing.

    SQLite waits forever for a named pipe, and names other files in its messages about a folder.

    Raises:
        BadSetting: there is something else than a file.
    """
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        regular = False
    if not regular:
        raise BadSetting(f"{path} is not a file. Move it away, and run the command again.")
