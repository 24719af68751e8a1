"""Releases on the Hugging Face Hub: push as one commit, pull by commit, verified before use."""

from recsys.hub.fetching import peek, pull
from recsys.hub.repo import exists, versions
from recsys.hub.sending import push

__all__ = ["exists", "peek", "pull", "push", "versions"]
