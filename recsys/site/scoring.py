"""Score a history with the weights of a site, with the same arithmetic as `js/scoring.js`.

Both use IEEE double precision, add in the order of the history, and break ties by item number, so their lists are
equal. `exp` may differ between languages in the last bit, so its values are exported as a table.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recsys.models.collaborative.ease import Ease
from recsys.models.rating_weights import DISLIKE_KNEE, DISLIKE_SLOPE, PRIOR_RATINGS
from recsys.site.weights import SiteWeights

LONGEST_DECAY = 200  # number of later items after which a rating has no recency weight


@dataclass(frozen=True)
class InputRule:
    """How ratings become inputs of the model; see `recsys.models.collaborative.ease`.

    Attributes:
        mean, sd, prior: mean and standard deviation of all ratings, and number of mean ratings added to a history.
        strength, knee, slope: of `hinged`.
        decay: weight of a rating by number of later items; empty if the order has no effect.
        recent_share: share of the recent part.
    """

    mean: float
    sd: float
    prior: float
    strength: float
    knee: float
    slope: float
    decay: list[float]
    recent_share: float

    @classmethod
    def of(cls, model: Ease) -> InputRule:
        """The rule of a fitted model."""
        config = model.config
        length = config.recency_items if model.ordered else 0.0
        decay = [math.exp(-age / length) for age in range(LONGEST_DECAY)] if length else []
        return cls(
            mean=float(model.mean),
            sd=float(model.sd),
            prior=PRIOR_RATINGS,
            strength=float(config.rating_strength),
            knee=DISLIKE_KNEE,
            slope=DISLIKE_SLOPE,
            decay=decay,
            recent_share=float(config.recent_share),
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)

    def inputs(self, ratings: Collection[float]) -> list[float]:
        """Input of each rating of a history, oldest first."""
        total = 0.0
        for rating in ratings:
            total += rating
        mean = (total + self.prior * self.mean) / (len(ratings) + self.prior)
        values = [self._hinged((rating - mean) / self.sd if self.sd > 0 else 0.0) for rating in ratings]
        if not self.decay:
            return values
        ages = range(len(values) - 1, -1, -1)
        recent = [
            value * (self.decay[age] if age < len(self.decay) else 0.0) for value, age in zip(values, ages, strict=True)
        ]
        length, recent_length = _length(values), _length(recent)
        return [
            (1 - self.recent_share) * (value / length) + self.recent_share * (late / recent_length)
            for value, late in zip(values, recent, strict=True)
        ]

    def _hinged(self, z: float) -> float:
        if self.strength == 0:
            return 1.0
        return 1 + self.strength * z - self.slope * max(0.0, self.knee - z)


def scores(weights: SiteWeights, rule: InputRule, history: Mapping[int, float]) -> np.ndarray:
    """Scores (n_items,) float64 of all items for a history {item number: rating}, oldest first."""
    found = np.zeros(len(weights.counts))
    for number, value in zip(history, rule.inputs(history.values()), strict=True):
        columns, levels = weights.row(number)
        # Within a row each column occurs once, so the order of additions is that of the history.
        found[columns] += value * float(weights.steps[number]) * levels
    return found


def best(found: np.ndarray, n: int, seen: Collection[int]) -> list[int]:
    """Numbers of the n items with the highest scores that are not in `seen`; the lower number wins a tie.

    Args:
        found: (n_rated,) scores of the rated items, which have the lowest numbers.
    """
    order = np.argsort(-found, kind="stable")
    return [number for number in order[: n + len(seen)].tolist() if number not in seen][:n]


def _length(values: list[float]) -> float:
    total = 0.0
    for value in values:
        total += value * value
    return math.sqrt(max(total, 1e-12))
