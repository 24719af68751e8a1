"""The one list of recommenders: a class decorated with `register` is known everywhere."""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from recsys.data import IdMap
from recsys.data.files import read_json
from recsys.errors import BrokenRelease, UnknownModel, listing
from recsys.models.base import Recommender

_classes: dict[str, type[Recommender]] = {}
Model = TypeVar("Model", bound=type[Recommender])


def register(cls: Model) -> Model:
    """Class decorator that adds a recommender under its `name`.

    Raises:
        TypeError: the name is taken.
    """
    if cls.name in _classes:
        raise TypeError(f"two recommenders are called {cls.name!r}: {_classes[cls.name].__name__} and {cls.__name__}")
    _classes[cls.name] = cls
    return cls


@cache
def _all() -> dict[str, type[Recommender]]:
    package = importlib.import_module("recsys.models")
    for module in pkgutil.walk_packages(package.__path__, "recsys.models."):
        importlib.import_module(module.name)
    return dict(sorted(_classes.items(), key=lambda pair: (pair[1].order, pair[0])))


def names() -> tuple[str, ...]:
    """Every registered recommender, baselines first, hybrid last."""
    return tuple(_all())


def where(**wanted: object) -> tuple[str, ...]:
    """The recommenders whose class attributes have these values, in the order of `names`.

    >>> where(family="baseline"), where(needs_ratings=False)
    (('popular',), ('popular', 'content'))
    """
    return tuple(
        name for name, cls in _all().items() if all(getattr(cls, key) == value for key, value in wanted.items())
    )


def by_preference(names: Iterable[str]) -> list[str]:
    """Names ordered by how well their models do on other data: `preferred` first, then as given.

    >>> by_preference(["svd", "als", "ease"])
    ['ease', 'als', 'svd']
    """
    return sorted(names, key=lambda name: get(name).preferred or math.inf)


def get(name: str) -> type[Recommender]:
    """The class registered under a name.

    Raises:
        UnknownModel: there is none; the text lists those there are.
    """
    try:
        return _all()[name]
    except (KeyError, TypeError):
        raise UnknownModel(f"no model {name!r}; there are {listing(_all())}.") from None


def create(name: str, **settings: Any) -> Recommender:
    """A new, unfitted recommender.

    Raises:
        UnknownModel: no such name.
        UnknownSetting: no such setting, or an illegal value.
    """
    return get(name)(**settings)


def load(folder: str | Path, name: str | None = None) -> Recommender:
    """A model back from a folder written by `save`; the same answers as before.

    Args:
        folder: holds items.json and one model's files, or several.
        name: which model, where there are several.

    Raises:
        BrokenRelease: nothing usable there.
        UnknownModel: `name` is not among the models saved there.
    """
    folder = Path(folder)
    found = sorted(path.stem for path in folder.glob("*.safetensors"))
    if not found:
        raise BrokenRelease(f"no saved model in {folder}; write one with model.save(folder).")
    if name is None and len(found) > 1:
        raise UnknownModel(f"{folder} holds {listing(found)}; name the one to load.")
    name = name or found[0]
    if name not in found:
        raise UnknownModel(f"no model {name!r} in {folder}; there are {listing(found)}.")
    ids = read_json(folder / "items.json").get("ids")
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise BrokenRelease(f"items.json in {folder} lists no item ids.")
    return get(name).load_files(folder, IdMap(ids))
