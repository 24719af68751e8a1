"""Blend the scores of several models for a user and an item, from content-based to collaborative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recsys.models.base import Ranked, Recommender
from recsys.models.hybrid.hybrid import Hybrid
from recsys.models.reason import Reason
from recsys.ranking.top_n import top_n
from recsys.serving.filters import POOL
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels
from recsys.serving.scored_histories import Scored

SIDES = ("person", "item")
NEAREST = 50  # number of items near an item that the list orders for a person


@dataclass(frozen=True)
class Mixture:
    """Weighted sum of scores of several models on a common scale.

    Attributes:
        scores: (n_items,) float64, NaN if no part has a score.
        parts: name -> (n_items,) contribution of the part.
    """

    scores: np.ndarray
    parts: dict[str, np.ndarray]

    def leading(self, numbers: np.ndarray) -> list[str]:
        """The part that adds most to the score of each item."""
        names = list(self.parts)
        return [names[place] for place in np.argmax([part[numbers] for part in self.parts.values()], axis=0).tolist()]


def weights_at(balance: float) -> dict[str, float]:
    """Weights of the content-based, learned and collaborative models: one each at 0, 0.5 and 1, linear in between.

    >>> weights_at(0.25)
    {'content': 0.5, 'hybrid': 0.5, 'collaborative': 0.0}
    """
    content, collaborative = max(0.0, 1 - 2 * balance), max(0.0, 2 * balance - 1)
    return {"content": content, "hybrid": 1 - content - collaborative, "collaborative": collaborative}


class Blend:
    """Blend of the scores of up to three models, by `balance`, for a user's history, an item, or both.

    The learned model compares a user's history with items; items are compared by `Likeness` in its place.

    Attributes:
        base: the first of the models; all have the same items and popularity.
        histories: the user's history, empty without a user.
    """

    def __init__(
        self,
        models: ReleasedModels,
        likeness: Likeness,
        scored: Scored,
        near: str | None,
        balance: float,
        recency: float | None = None,
    ):
        names = {"content": models.defaults.content, "hybrid": Hybrid.name, "collaborative": models.best_trained}
        weights = weights_at(balance)
        if Hybrid.name not in models.release.names:  # without the learned mix, use equal parts of the other two
            weights = {"content": 1 - balance, "hybrid": 0.0, "collaborative": balance}
        self.weights = {part: weight for part, weight in weights.items() if weight > 0}
        self.models: dict[str, Recommender] = {part: models.model(names[part]) for part in self.weights}
        self.base = next(iter(self.models.values()))
        self._score, self._recency = scored.score, recency
        self.histories = scored.histories if recency is None else scored.histories.with_recency(recency)
        self._near, self._items = near, models.release.items
        self._compared = likeness.with_all(near) if near is not None and "hybrid" in self.weights else None

    def mixture(self, masked: np.ndarray) -> Mixture:
        """Compute the mixed scores of all items.

        With a user and an item, both have equal weights for the items nearest to the item; the others come last.

        Args:
            masked: (n_items,) bool, items that may not be recommended.
        """
        near, person = self._near_rows(), self._person_rows()
        weights = {f"{side} {part}": weight for side in SIDES for part, weight in self.weights.items()}
        mixture = mix(near or person, weights, masked)
        if not near or not person:
            return mixture
        # The person orders the items nearest to the item, so that every pick rests on both.
        nearest, _ = top_n(mixture.scores, NEAREST, self.base.popularity_rank)
        others = np.ones(len(masked), dtype=bool)
        others[nearest] = False
        fitting = mix(person, weights, others)
        return Mixture(mixture.scores + np.nan_to_num(fitting.scores), mixture.parts | fitting.parts)

    def _near_rows(self) -> dict[str, np.ndarray]:
        if self._near is None:
            return {}
        rows = {f"item {part}": self._similar(part) for part in self.models if part != "hybrid"}
        return rows if self._compared is None else rows | {"item hybrid": self._compared.total}

    def _similar(self, part: str) -> np.ndarray:
        return self.models[part].ranked_similar(str(self._near), 1).row

    def _person_rows(self) -> dict[str, np.ndarray]:
        if not self.histories.matrix.nnz:
            return {}
        return {f"person {part}": self._score(model, self._recency)[1] for part, model in self.models.items()}

    def reasons(self, mixture: Mixture, numbers: np.ndarray) -> list[Reason]:
        """For each item, the reason of the part that adds most to it."""
        leaders = mixture.leading(numbers)
        reasons: dict[int, Reason] = {}
        for name in set(leaders):
            places = [place for place, leader in enumerate(leaders) if leader == name]
            side, part = name.split(" ")
            recommender, chosen = self.models[part], numbers[places]
            if side == "item" and part == "hybrid" and self._compared is not None:
                lines = self._compared.reasons(chosen)
            elif side == "item" and self._near is not None:
                found = recommender.ranked_similar(self._near, 1)
                lines = recommender.similar_reasons(found, self._items.number(self._near), chosen)
            else:
                found = Ranked(chosen, mixture.scores[chosen], self.histories, mixture.scores)
                lines = recommender.reasons(found, chosen)
            reasons |= dict(zip(places, lines, strict=True))
        return [reasons[place] for place in range(len(numbers))]


def mix(rows: Mapping[str, np.ndarray], weights: Mapping[str, float], masked: np.ndarray) -> Mixture:
    """Compute the weighted sum of relative scores.

    A relative score is (s - s_P) / (s_1 - s_P), cut at 0, where s_1 is the score of the row's best candidate and s_P
    that of its POOL-th, so that rows on any scale become comparable near the top.

    Args:
        rows: name -> (n_items,) scores, NaN if the part has none.
        weights: name -> weight; rows of weight 0 are left out.
        masked: (n_items,) bool, items that may not be recommended.
    """
    parts = {
        name: weights[name] * _relative(np.where(masked, np.nan, row))
        for name, row in rows.items()
        if weights.get(name, 0.0) > 0
    }
    if not parts:
        return Mixture(np.full(len(masked), np.nan), {})
    known = np.logical_or.reduce([np.isfinite(part) for part in parts.values()])
    parts = {name: np.nan_to_num(part) for name, part in parts.items()}
    return Mixture(np.where(known, np.sum(list(parts.values()), axis=0), np.nan), parts)


def _relative(row: np.ndarray) -> np.ndarray:
    known = row[np.isfinite(row)]
    row = np.asarray(row, dtype=np.float64)
    if not len(known):
        return row
    depth = min(POOL, len(known))
    floor = float(np.partition(known, len(known) - depth)[len(known) - depth])
    best = float(known.max())
    if best <= floor:
        return np.where(np.isfinite(row), 1.0, np.nan)
    # Scores below the POOL-th keep their order below the others, so that lists are full if few items pass the filters.
    return np.where(row >= floor, (row - floor) / (best - floor), 1e-6 * (row - floor) / (best - floor))
