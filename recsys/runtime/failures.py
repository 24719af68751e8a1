"""Convert any exception to one sentence that says what failed and what to do next."""

from __future__ import annotations

import errno
import sqlite3

from recsys.errors import RecsysError, StoreUnavailable, on_one_line
from recsys.settings import Settings

NEXT_STEP = {
    errno.ENOSPC: "Free some space, or set RECSYS_DATA_DIR to a folder on another disk.",
    errno.EDQUOT: "Free some space, or set RECSYS_DATA_DIR to a folder on another disk.",
    errno.EFBIG: "Raise the limit on the size of files (ulimit -f).",
    errno.EACCES: "Change its permissions, or set RECSYS_DATA_DIR to a folder that you may write to.",
    errno.EPERM: "Change its permissions, or set RECSYS_DATA_DIR to a folder that you may write to.",
    errno.EROFS: "Set RECSYS_DATA_DIR to a folder that you may write to.",
    errno.EMFILE: "Raise the limit on open files (ulimit -n).",
}
OF_SQLITE = {
    "full": "The disk is full, or a limit on the size of files was reached. " + NEXT_STEP[errno.ENOSPC],
    "locked": "A database is locked by another program. Try again when that has finished.",
    # reading needs space too, for the file by which processes share a database
    "disk I/O error": "A database could not be read or written, because the disk is full, a limit on the size of files "
    "was reached, or the disk reports errors. " + NEXT_STEP[errno.ENOSPC],
    "unable to open": "A database could not be opened. Check that RECSYS_DATA_DIR is a folder that you may write to, "
    "on a disk with room.",
    "readonly": "A database is read-only. Change its permissions, or set RECSYS_DATA_DIR to another folder.",
    "malformed": "A database is damaged. Build the catalogue again with: recsys build.",
    "not a database": "A file is not a database. Build the catalogue again with: recsys build.",
}


def sentence(error: BaseException, advice: str = "Please report it with the command that you ran.") -> str:
    """Return one sentence for any exception; `advice` is the next step after an unexpected one.

    >>> sentence(OSError(28, "No space left on device", "data/films.sqlite"))[:40]
    'No space left on device: data/films.sqli'
    """
    if isinstance(error, RecsysError) and not isinstance(error, StoreUnavailable):
        return str(error)
    return on_one_line(_sentence(error, advice))


def _sentence(error: BaseException, advice: str) -> str:
    if isinstance(error, StoreUnavailable):
        return error.details
    if isinstance(error, MemoryError):
        return "Not enough memory. Use a smaller data set or fewer models, or a machine with more memory."
    if isinstance(error, sqlite3.Error):
        known = next((text for part, text in OF_SQLITE.items() if part in str(error)), None)
        return known or f"A database reported: {error}. Build the catalogue again with: recsys build."
    if isinstance(error, OSError) and error.strerror:
        file = f": {error.filename}" if error.filename is not None else ""
        advice = NEXT_STEP.get(error.errno or 0, "Check the path and RECSYS_DATA_DIR.")
        return f"{error.strerror}{file}. {advice}"
    first_line = (str(error).splitlines() or [""])[0]
    return f"Unexpected failure: {type(error).__name__}: {first_line}. {advice}"


def without_secrets(text: str, settings: Settings | None) -> str:
    """Replace all secrets of the settings in a text by three dots."""
    for secret in () if settings is None else settings.secrets():
        text = text.replace(secret, "…")
    return text
