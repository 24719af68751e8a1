"""Find the data files that come with the project, in a checkout and in an installed package."""

from __future__ import annotations

from pathlib import Path

from recsys.settings import PROJECT

PACKAGE = PROJECT / "recsys"


def bundled(name: str) -> Path:
    """Path of a bundled file or folder: `recsys/bundled/NAME` of an installed package, else `data/NAME` of a checkout.

    The path is returned even if nothing is there; the reader reports the missing file.
    """
    installed = PACKAGE / "bundled" / name
    return installed if installed.exists() else PROJECT / "data" / name
