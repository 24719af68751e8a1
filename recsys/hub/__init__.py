"""Releases on the Hugging Face Hub: push as one commit, pull by commit, verified before use."""

from recsys.hub.pull_release import peek, pull, remove_downloads, resolve
from recsys.hub.push_release import push
from recsys.hub.repo import has_release, versions

__all__ = ["has_release", "peek", "pull", "push", "remove_downloads", "resolve", "versions"]
