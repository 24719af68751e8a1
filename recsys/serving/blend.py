"""Mixing what a person and an item call for, from all content to all collaborative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from recsys.data import Histories
from recsys.models.base import Ranked, Recommender
from recsys.models.content_based.content import Content
from recsys.models.hybrid.hybrid import Hybrid
from recsys.models.reason import Reason
from recsys.serving.filters import POOL


@dataclass(frozen=True)
class Mixture:
    """A weighted sum of score rows, each made comparable first.

    Attributes:
        scores: (n_items,) float64, NaN where no part says anything.
        parts: name -> (n_items,) what that part adds.
    """

    scores: np.ndarray
    parts: dict[str, np.ndarray]

    def leading(self, number: int) -> str:
        """The part that adds most to an item."""
        return max(self.parts, key=lambda name: self.parts[name][number])


def weights_at(balance: float) -> dict[str, float]:
    """Weights of the content, learned and collaborative parts: corners of a line 0 – 0.5 – 1.

    >>> weights_at(0.25)
    {'content': 0.5, 'hybrid': 0.5, 'collaborative': 0.0}
    """
    content, collaborative = max(0.0, 1 - 2 * balance), max(0.0, 2 * balance - 1)
    return {"content": content, "hybrid": 1 - content - collaborative, "collaborative": collaborative}


class Blend:
    """A person's history and an item, each asked of up to three models, mixed by `balance`.

    Attributes:
        base: the model of the first part, whose columns and popularity serve for all.
        histories: the person's history, empty where there is none.
    """

    def __init__(
        self,
        model: Callable[[str], Recommender],
        collaborative: str,
        history: Mapping[str, float],
        near: str | None,
        balance: float,
    ):
        names = {"content": Content.name, "hybrid": Hybrid.name, "collaborative": collaborative}
        self.weights = {part: weight for part, weight in weights_at(balance).items() if weight > 0}
        self.models = {part: model(names[part]) for part in self.weights}
        self.base = next(iter(self.models.values()))
        self.histories = Histories.of(history, self.base.items, liked=self.base.scale[1])
        self.near = None if near is None else self.base.items.number(near)

    def mixture(self, masked: np.ndarray) -> Mixture:
        """The mixed scores of all items; person and item count alike where both are given."""
        rows, weights = {}, {}
        for part, recommender in self.models.items():
            if self.histories.matrix.nnz:
                rows[f"person {part}"] = recommender.score(self.histories)[0]
            if self.near is not None:
                rows[f"item {part}"] = recommender.ranked_similar(str(self.base.items.ids[self.near]), 1).row
            weights |= {name: self.weights[part] for name in (f"person {part}", f"item {part}")}
        return mix(rows, weights, masked)

    def reasons(self, mixture: Mixture, numbers: np.ndarray) -> list[Reason]:
        """The reason for each item that the part gives which adds most to it."""
        leaders = [mixture.leading(int(number)) for number in numbers]
        reasons: dict[int, Reason] = {}
        for name in set(leaders):
            places = [place for place, leader in enumerate(leaders) if leader == name]
            side, part = name.split(" ")
            recommender, chosen = self.models[part], numbers[places]
            found = Ranked(chosen, mixture.scores[chosen], self.histories, mixture.scores)
            lines = (
                recommender.similar_reasons(found, self.near, chosen)
                if side == "item"
                else recommender.reasons(found, chosen)
            )
            reasons |= dict(zip(places, lines, strict=True))
        return [reasons[place] for place in range(len(numbers))]


def mix(rows: Mapping[str, np.ndarray], weights: Mapping[str, float], masked: np.ndarray) -> Mixture:
    """The weighted sum of relative scores.

    A row's relative score is (s - s_P) / (s_1 - s_P), cut at 0, where s_1 is its best open item and s_P its
    POOL-th: rows on any scale meet as equals near the top, which is all that is shown.

    Args:
        rows: name -> (n_items,) scores, NaN where the part cannot say.
        weights: name -> weight; rows of weight 0 are left out.
        masked: (n_items,) bool, items that are no candidates.
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
    return Mixture(np.where(known, sum(parts.values()), np.nan), parts)


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
    # the tail keeps its order below everything shown, so that short pools still give exact counts
    return np.where(row >= floor, (row - floor) / (best - floor), 1e-6 * (row - floor) / (best - floor))
