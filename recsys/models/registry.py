"""Registry of recommenders, to which a class is added with the decorator `register`.

All modules in the folders of `recsys.models` are imported when the list is first needed, so adding a model means adding
one file. Other modules select models by their class attributes, with `where`.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TypeVar

from recsys.data import IdMap
from recsys.data.files import read_json
from recsys.errors import BrokenRelease, UnknownModel, listing
from recsys.models.base import Recommender

_classes: dict[str, type[Recommender]] = {}
Model = TypeVar("Model", bound=type[Recommender])


def register(cls: Model) -> Model:
    """Class decorator that registers a recommender under its `name`.

    Raises:
        TypeError: another class has the same name.
    """
    if cls.name in _classes:
        raise TypeError(f"Two recommenders are called {cls.name!r}: {_classes[cls.name].__name__} and {cls.__name__}.")
    _classes[cls.name] = cls
    return cls


@cache
def _all() -> dict[str, type[Recommender]]:
    package = importlib.import_module("recsys.models")
    for module in pkgutil.walk_packages(package.__path__, "recsys.models."):
        importlib.import_module(module.name)
    return dict(sorted(_classes.items(), key=lambda pair: (pair[1].order, pair[0])))


def names() -> tuple[str, ...]:
    """Names of all recommenders, baselines first, hybrid last."""
    return tuple(_all())


def where(**wanted: object) -> tuple[str, ...]:
    """Names of the recommenders whose class attributes have these values, in the order of `names`.

    >>> where(family="baseline"), where(needs_ratings=False)
    (('popular',), ('popular', 'content'))
    """
    return tuple(
        name for name, cls in _all().items() if all(getattr(cls, key) == value for key, value in wanted.items())
    )


def by_preference(names: Iterable[str]) -> list[str]:
    """Sort names by `preferred`, the rank of the models on other data; models without a rank follow in the given order.

    >>> by_preference(["svd", "als", "ease"])
    ['ease', 'als', 'svd']
    """
    return sorted(names, key=lambda name: get(name).preferred or math.inf)


def get(name: str) -> type[Recommender]:
    """The class registered under a name.

    Raises:
        UnknownModel: no class has this name; the message lists the names.
    """
    try:
        return _all()[name]
    except (KeyError, TypeError):
        raise UnknownModel(f"There is no model {name!r}; there are {listing(_all())}.") from None


def create(name: str, **settings: object) -> Recommender:
    """A new, unfitted recommender.

    Raises:
        UnknownModel: there is no such model.
        UnknownSetting: a setting does not exist or has an illegal value.
    """
    return get(name)(**settings)


def load(folder: str | Path, name: str | None = None) -> Recommender:
    """Load a model from a folder written by `save`; it gives the same answers as the saved one.

    Args:
        folder: the folder with items.json and the files of one or more models.
        name: name of the model; optional if the folder has only one.

    Raises:
        BrokenRelease: the folder has no usable model.
        UnknownModel: the folder does not have `name`, or has several models and no name is given.
    """
    folder = Path(folder)
    found = sorted(path.stem for path in folder.glob("*.safetensors"))
    if not found:
        raise BrokenRelease(f"There is no saved model in {folder}; write one with model.save(folder).")
    if name is None and len(found) > 1:
        raise UnknownModel(f"{folder} holds {listing(found)}; pass the name of the one to load.")
    name = name or found[0]
    if name not in found:
        raise UnknownModel(f"There is no model {name!r} in {folder}; there are {listing(found)}.")
    ids = read_json(folder / "items.json").get("ids")
    if not isinstance(ids, list) or not all(isinstance(item, str) for item in ids):
        raise BrokenRelease(f"items.json in {folder} has no list of item ids. Save the model again.")
    return get(name).load_files(folder, IdMap(ids))
