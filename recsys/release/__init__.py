"""Releases: versioned sets of trained models on disk, verified and tested before they are served."""

from recsys.release.reading import Release, ensure_answers, open_release, remember, unusable_models, verify
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
from recsys.release.writing import add, link, remove_abandoned, write

__all__ = [
    "Release",
    "add",
    "current",
    "differences",
    "ensure_answers",
    "install",
    "last_good",
    "link",
    "open_release",
    "pin",
    "pinned",
    "prune",
    "remember",
    "remove_abandoned",
    "roll_back",
    "switch",
    "unpin",
    "unusable_models",
    "verify",
    "versions",
    "write",
]
