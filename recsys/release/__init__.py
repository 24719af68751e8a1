"""A trained set of models on disk: written whole, verified, switched to and back."""

from recsys.release.reading import Release, open_release, remember, verify
from recsys.release.store import compare, current, install, last_good, prune, switch, versions
from recsys.release.writing import add, link, write

__all__ = [
    "Release", "add", "compare", "current", "install", "last_good", "link", "open_release", "prune", "remember",
    "switch", "verify", "versions", "write",
]  # fmt: skip
