"""Calibrate a list to a history (Steck 2018): its genres and decades get the shares that they have in the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from recsys.data import ItemFeatures
from recsys.serving.filters import POOL

# Facets of an item and their weights; the decade comes from the year. Chosen with scripts/measure_calibration.py.
WEIGHTS = {"genres": 1.0, "subjects": 1.0, "level": 0.4}
DECADE = 0.4
STRENGTH = 0.11  # share of calibration in the value of an item; the rest is its place in the model's ranking
MOST_VALUES = 60  # values of a facet, the most frequent ones, that are calibrated
SMOOTHING = 0.1  # added to shares in the list, so that the first item of a rare value is not worth too much
FEW = 3.0  # number of items in a history at which the strength is halved, because they say little about shares


class ListCalibration:
    """Calibrated order of candidates, for one catalogue.

    An item has a share of each value of a facet: a film with two genres has half of each. The wanted shares p are the
    means over the history, each facet multiplied by its weight. The list is built greedily: after k items, with S_g the
    sum of their shares of value g, the next item maximises

        (1 - s) r_j + s (k + 1) sum over g of x_jg p_g / (p_g + S_g + SMOOTHING)

    where x_j are the shares of item j and r_j = 1 - log(1 + place) / log(1 + candidates) falls with its place in the
    ranking of the model. The sum is, to first order, how much item j lowers the Kullback-Leibler divergence of the
    list from the history; as items are added it falls like 1 / (k + 1), which the factor evens out.
    """

    def __init__(self, features: ItemFeatures):
        facets = [(weight, features.tags.get(name, [])) for name, weight in WEIGHTS.items()]
        columns = [column for weight, lists in facets for column in _columns(lists, weight)]
        columns += _columns([[str(year // 10)] if np.isfinite(year) else [] for year in features.years], DECADE)
        self._shares = np.stack(columns, axis=1) if columns else np.empty((len(features.ids), 0), dtype=np.float32)
        """(n_items, n_values) float32: share of each value in each item, multiplied by the weight of its facet."""

    def ordered(self, numbers: np.ndarray, history: np.ndarray, n: int) -> np.ndarray:
        """The first n of ranked candidates in calibrated order; those after the first POOL keep their places.

        A shorter list is the beginning of a longer one.

        Args:
            numbers: (k,) items, best first.
            history: (h,) items of the history.
        """
        wanted = self._wanted(history)
        if not len(wanted) or not wanted.any():
            return numbers[:n]
        strength = STRENGTH * len(history) / (len(history) + FEW)
        chosen = calibrated_order(self._shares[numbers[:POOL]], wanted, n, strength)
        return np.concatenate([numbers[chosen], numbers[POOL:]])[:n]

    def _wanted(self, history: np.ndarray) -> np.ndarray:
        return self._shares[history].mean(axis=0) if len(history) else np.empty(0)


def rule() -> dict[str, float]:
    """The constants, for the scripts of the static site, which has genres and years."""
    return {
        "genres": WEIGHTS["genres"],
        "decade": DECADE,
        "strength": STRENGTH,
        "smoothing": SMOOTHING,
        "few": FEW,
        "pool": POOL,
    }


def telling_items(ratings: Mapping[str, float], scale: tuple[float, float]) -> Sequence[str]:
    """Ids of the items of a history without those rated in the lowest quarter of the scale, such as dislikes.

    If all are, all are returned.
    """
    least = scale[0] + (scale[1] - scale[0]) / 4
    return [item_id for item_id, rating in ratings.items() if rating >= least] or list(ratings)


def calibrated_order(shares: np.ndarray, wanted: np.ndarray, n: int, strength: float) -> np.ndarray:
    """Indices of n candidates in calibrated order; see `ListCalibration`.

    Args:
        shares: (k, n_values) shares of the candidates, best first.
        wanted: (n_values,) shares in the history.
        strength: from 0 (as ranked) to 1 (only calibration).
    """
    count, used = len(shares), np.flatnonzero(wanted > 0)
    shares = np.ascontiguousarray(shares[:, used])
    by_value = np.ascontiguousarray(shares.T)
    wanted = wanted[used].astype(np.float32)
    held = wanted + np.float32(SMOOTHING)
    relevance = (1 - strength) * (1 - np.log1p(np.arange(count)) / np.log1p(count)).astype(np.float32)
    chosen = np.empty(min(n, count), dtype=np.int64)
    for place in range(len(chosen)):
        best = int((relevance + (strength * (place + 1) * wanted / held) @ by_value).argmax())
        chosen[place] = best
        relevance[best] = -np.inf
        held += shares[best]
    return chosen


def _columns(lists: Sequence[Sequence[str]], weight: float) -> list[np.ndarray]:
    """One column (n_items,) for each of the frequent values of a facet."""
    counts = Counter(value for values in lists for value in values)
    frequent = {value: place for place, (value, _) in enumerate(counts.most_common(MOST_VALUES))}
    table = np.zeros((len(frequent), len(lists)), dtype=np.float32)
    for number, values in enumerate(lists):
        for value in values:
            if value in frequent:
                table[frequent[value], number] += weight / len(values)
    return list(table)
