"""Choose which models to train: at the first start, in the background, and which ones suit the ratings."""

from __future__ import annotations

from collections.abc import Iterable

from recsys.catalogue.database import Catalogue
from recsys.models import registry

LARGE = 5_000_000  # ratings from which on only models that scale are trained by default


def startup_models(catalogue: Catalogue) -> tuple[str, ...]:
    """The models that a first start trains before it serves."""
    return registry.where(scales=True) if _is_large(catalogue) else registry.where(first_start=True)


def default_models(catalogue: Catalogue) -> list[str]:
    """The models that are trained without anybody naming them: all that suit the ratings and their number."""
    names = registry.where(scales=True) if _is_large(catalogue) else registry.names()
    return suitable_models(names, catalogue)


def suitable_models(names: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The models that can learn from the ratings: few without ratings, no rating predictor if all are equal."""
    if not catalogue.info["n_ratings"]:
        return [name for name in names if not registry.get(name).needs_ratings]
    return [name for name in names if catalogue.info["rated"] or not registry.get(name).predicts_ratings]


def _is_large(catalogue: Catalogue) -> bool:
    return catalogue.info["n_ratings"] >= LARGE
