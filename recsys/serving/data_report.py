"""Compute counts and distributions of the data set for charts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.catalogue.database import Catalogue
from recsys.data import Interactions, ItemFeatures
from recsys.evaluation import plots

OLDEST_DECADES = 110  # number of years before the last decade that are counted; older items are left out


@dataclass(frozen=True)
class Decades:
    """Items by decade of release: first year of each decade, number of items, and the median year."""

    decades: list[int]
    counts: list[int]
    median: int


@dataclass(frozen=True)
class RatingReport:
    """Distributions of the ratings.

    Attributes:
        mean, scale: of all ratings.
        values: `ratings` and `counts`; None if all ratings are equal.
        over_time: `moments` and `counts`, empty if there are no times.
        long_tail: see `evaluation.plots.long_tail`.
        history_lengths: `labels` and `counts`.
        median_history: median number of ratings of a user.
    """

    mean: float
    scale: tuple[float, float]
    values: Mapping[str, list] | None
    over_time: Mapping[str, list]
    long_tail: plots.LongTail
    history_lengths: Mapping[str, list]
    median_history: int


@dataclass(frozen=True)
class DataReport:
    """Figures of one catalogue.

    Attributes:
        built: day on which the database was built, as 2026-11-24.
        filled: share of all pairs of user and item that have a rating; None without users.
        genres: `genres` by decreasing number of `items`.
        years: items by decade; None if no year is known.
        ratings: None if there are no ratings.
    """

    built: str
    n_items: int
    filled: float | None
    genres: Mapping[str, list]
    years: Decades | None
    ratings: RatingReport | None


def data_report(catalogue: Catalogue) -> DataReport:
    """Compute the figures; reads all ratings and genres."""
    info = catalogue.info
    data, features = catalogue.interactions(), catalogue.features(only=("genres",))
    cells = info["n_items"] * info["n_users"]
    return DataReport(
        built=info["built"][:10],
        n_items=len(data.items),
        filled=info["n_ratings"] / cells if cells else None,
        genres=plots.genre_distribution(features, data),
        years=_decades(features),
        ratings=_ratings(data, bool(info["rated"])) if info["n_ratings"] else None,
    )


def _ratings(data: Interactions, rated: bool) -> RatingReport:
    return RatingReport(
        mean=float(data.matrix.data.mean(dtype=np.float64)),
        scale=data.scale,
        values=plots.rating_distribution(data) if rated else None,
        over_time=plots.over_time(data),
        long_tail=plots.long_tail(data),
        history_lengths=plots.history_lengths(data),
        median_history=int(np.median(np.diff(data.matrix.indptr))),
    )


def _decades(features: ItemFeatures) -> Decades | None:
    years = features.years[np.isfinite(features.years)].astype(int)
    if not len(years):
        return None
    decades = years // 10 * 10
    first = int(max(decades.min(), decades.max() - OLDEST_DECADES))
    labels = list(range(first, int(decades.max()) + 10, 10))
    return Decades(labels, [int((decades == decade).sum()) for decade in labels], int(np.median(years)))
