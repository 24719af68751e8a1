"""Recommenders: `names`, `create`, `load` and `tune` make them; `recsys.models.base` is their interface."""

from recsys.models.registry import by_preference, create, get, load, names, register, where
from recsys.models.tuning import tune

__all__ = ["by_preference", "create", "get", "load", "names", "register", "tune", "where"]
