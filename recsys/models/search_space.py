"""Draw candidate settings of a model for tuning: from the whole search space, or near good settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.models.config import Span

STEP = 0.25  # standard deviation of a move, as a share of a span
MAX_MOVED = 2  # largest number of settings that a move changes

Settings = dict[str, Any]


@dataclass(frozen=True)
class SearchSpace:
    """The search ranges of a model's settings.

    Attributes:
        ranges: setting -> a Span, or a tuple of values.
        defaults: all settings of the model; those without a range keep their value.
    """

    ranges: Mapping[str, Span | tuple]
    defaults: Settings

    @property
    def size(self) -> float:
        """Number of different settings, infinite if a range is continuous."""
        spans = self.ranges.values()
        return math.inf if any(isinstance(span, Span) for span in spans) else math.prod(len(span) for span in spans)

    def draw(self, rng: np.random.Generator) -> Settings:
        """Random settings from the whole space."""
        return self.defaults | {name: _value(span, rng.random(), rng) for name, span in self.ranges.items()}

    def move(self, settings: Settings, rng: np.random.Generator) -> Settings:
        """A copy of some settings with up to MAX_MOVED of them changed a little."""
        moved = dict(settings)
        count = min(len(self.ranges), int(rng.integers(1, MAX_MOVED + 1)))
        for name in rng.choice(sorted(self.ranges), count, replace=False):
            span = self.ranges[name]
            place = 0.0
            if isinstance(span, Span):
                place = float(np.clip(_place(span, moved[name]) + STEP * rng.standard_normal(), 0, 1))
            moved[name] = _value(span, place, rng)
        return moved


def _place(span: Span, value: float) -> float:
    """Position of a value between the ends of a span, 0 to 1."""
    if span.log:
        low, high = np.log(span.low), np.log(span.high)
        return float((np.log(max(value, span.low)) - low) / (high - low))
    return (value - span.low) / (span.high - span.low)


def _value(span: Span | tuple, place: float, rng: np.random.Generator) -> Any:
    """The value at a position of a span, to four digits; a random value of a tuple."""
    if not isinstance(span, Span):
        return span[int(rng.integers(len(span)))]
    if span.log:
        return float(f"{np.exp(np.log(span.low) + place * (np.log(span.high) - np.log(span.low))):.4g}")
    return float(f"{span.low + place * (span.high - span.low):.4g}")
