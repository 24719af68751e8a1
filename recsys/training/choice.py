"""Choose which models to train at the first start and in the background, and which ones suit the ratings."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import fields

from recsys.catalogue.database import Catalogue
from recsys.data import DataSize
from recsys.models import registry

LARGE = 5_000_000  # number of ratings from which on only scalable models are trained by default


def startup_models(catalogue: Catalogue) -> tuple[str, ...]:
    """The models that are trained at the first start."""
    return registry.where(scales=True) if _is_large(catalogue) else registry.where(first_start=True)


def before_serving(catalogue: Catalogue) -> tuple[str, ...]:
    """Those of them that are trained before the page is served, if the others may be trained in the background."""
    size = _size(catalogue)
    return tuple(name for name in startup_models(catalogue) if not registry.get(name).joins_later(size))


def improving(names: Iterable[str], served: str, missing: Iterable[str]) -> list[str]:
    """Those of some missing models that improve what the page shows: the blend, and models better than the served one.

    Args:
        names: the models to choose from.
        served: the model that is the default for users.
        missing: the models that are not trained yet.
    """
    rank = registry.get(served).preferred or math.inf
    return [name for name in missing if name in names and registry.get(name).preferred < rank]


def default_models(catalogue: Catalogue) -> list[str]:
    """The models that are trained by default: all that suit the ratings and their number.

    Models that take minutes come last, so that the others are available earlier.
    """
    names = registry.where(scales=True) if _is_large(catalogue) else registry.names()
    size = _size(catalogue)
    paying = [name for name in suitable_models(names, catalogue) if registry.get(name).trains_by_default(size)]
    return sorted(paying, key=lambda name: estimated_seconds(name, catalogue) is not None)


def estimated_seconds(name: str, catalogue: Catalogue) -> float | None:
    """Estimated training time of a model in seconds if it takes minutes; None for other models."""
    return registry.get(name).training_seconds(_size(catalogue))


def suitable_models(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The models that can learn from the ratings: few without ratings, no rating predictor if all are equal."""
    if not catalogue.info["n_ratings"]:
        return [name for name in names if not registry.get(name).needs_ratings]
    return [name for name in names if catalogue.info["rated"] or not registry.get(name).predicts_ratings]


def in_words(seconds: float) -> str:
    """Format an estimated time for display.

    >>> in_words(20), in_words(250)
    ('about a minute', 'about 4 minutes')
    """
    minutes = round(seconds / 60)
    return f"about {minutes} minutes" if minutes > 1 else "about a minute"


def _size(catalogue: Catalogue) -> DataSize:
    return DataSize(**{field.name: catalogue.info[field.name] for field in fields(DataSize)})


def _is_large(catalogue: Catalogue) -> bool:
    return catalogue.info["n_ratings"] >= LARGE
