"""Recommenders: `names`, `create`, `load`, `tune`."""

from recsys.models.registry import create, get, load, names, register

__all__ = ["create", "get", "load", "names", "register", "tune"]


def __getattr__(name: str):
    # tuning needs the evaluation package, which needs the models: resolved when first asked for.
    if name == "tune":
        from recsys.models.tuning import tune

        return tune
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
