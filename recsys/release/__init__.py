"""A trained set of models on disk: written whole, verified, switched to and back."""

from recsys.release.reading import Release, open_release, remember, verify
from recsys.release.store import (
    current,
    differences,
    install,
    last_good,
    pin,
    pinned,
    prune,
    roll_back,
    switch,
    unpin,
    versions,
)
from recsys.release.writing import add, link, write

__all__ = [
    "Release",
    "add",
    "current",
    "differences",
    "install",
    "last_good",
    "link",
    "open_release",
    "pin",
    "pinned",
    "prune",
    "remember",
    "roll_back",
    "switch",
    "unpin",
    "verify",
    "versions",
    "write",
]
