"""Rank items for a wish: near its items, then as far in its directions as the likeness allows.

As in the movie tuner of Vig, Sen and Riedl (2012), a critique is a step along an attribute that keeps the rest. The
score of a candidate is its likeness plus lambda times its shift in the wanted directions. Lambda is the largest value
at which the first FIRST candidates keep a share KEPT of the likeness that they have without the critique.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recsys.models.base import Ranked
from recsys.ranking.top_n import top_n
from recsys.serving.filters import POOL
from recsys.serving.less import LessLike
from recsys.serving.likeness import Likeness, varied
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.masks import wanted_mask
from recsys.serving.wishes.seeds import FIRST, Seeds, compared
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.values import ItemValues
from recsys.serving.wishes.wish import Kind, Part, Wish

KEPT = 0.85
STRONGEST, HALVINGS = 1.0, 10  # largest lambda, and steps of the search for it
RARE = 0.6  # factor of the likeness of items with very few ratings
SHIFTS = (Kind.DIRECTION, Kind.MORE_GENRE, Kind.THEME, Kind.ABOUT, Kind.SEED)
KNOWN = 0.6  # weight of being well known if the wish names no item to be like


@dataclass(frozen=True)
class RankedWish:
    """The items for a wish.

    Attributes:
        found: the items, best first, with their scores.
        mask: (n_items,) bool, the items that the wish and the filters allow; None for all.
        seeds: the items to be like; None if the wish names none.
        shifts: (n_items,) float32 by part: how far each item is in the wanted direction, from -1 to 1.
    """

    found: Ranked
    mask: np.ndarray | None
    seeds: Seeds | None
    shifts: dict[Part, np.ndarray]


class WishRanking:
    """Ranking of the items of one release for wishes."""

    def __init__(self, models: ReleasedModels, likeness: Likeness, less: LessLike, values: ItemValues):
        self._models, self._likeness, self._less, self._values = models, likeness, less, values

    def ranked(self, wish: Wish, n: int, among: np.ndarray | None, model: str = "") -> RankedWish:
        """The n best items for a wish.

        Args:
            among: (n_items,) bool, the candidates; None for all items.
            model: name of the model that compares items; "" for all together.
        """
        mask = wanted_mask(wish, self._models.facets, self._values)
        if among is not None:
            mask = among if mask is None else mask & among
        seeds = compared(self._models, self._likeness, wish.seeds, model) if wish.seeds else None
        shifts = {part: self._shift(part, seeds) for part in self._shifting(wish)}
        allowed = np.ones(len(self._models.release.items), dtype=bool) if mask is None else mask.copy()
        for part in wish.of(Kind.SEED):
            allowed[self._models.release.items.number(part.value)] = False
        if seeds is None:
            numbers, scores = self._without_seeds(allowed, list(shifts.values()), n)
        else:
            numbers, scores = self._near(seeds, allowed, list(shifts.values()), n)
        return RankedWish(
            Ranked(numbers, scores, self._likeness.base.to_histories([]), np.empty(0)), mask, seeds, shifts
        )

    def _shifting(self, wish: Wish) -> list[Part]:
        """The parts that move the list: all directions, and themes and items that are not left out altogether."""
        seeds = wish.seeds
        return [
            part for part in wish.of(*SHIFTS) if part not in seeds and not (part.kind is Kind.THEME and part.excludes)
        ]

    def _shift(self, part: Part, seeds: Seeds | None) -> np.ndarray:
        """(n_items,) float32 from -1 to 1: how far the items are from the seeds in the wanted direction."""
        values = self._attribute(part)
        is_measure = part.kind is Kind.DIRECTION and bool(directions()[part.value].measure)
        start = np.float32(0.0)
        if seeds is not None:
            start = _mean(values[seeds.numbers])
        elif is_measure:
            start = _mean(values)
        moved = part.sign * (values - start)
        return np.nan_to_num(np.tanh(moved) if is_measure else moved.clip(-1.0, 1.0)).astype(np.float32)

    def _attribute(self, part: Part) -> np.ndarray:
        """(n_items,) float32: the attribute that a part moves, larger for more of it."""
        match part.kind:
            case Kind.DIRECTION:
                values = self._values.along(part.value)
                return np.zeros(len(self._models.release.items), np.float32) if values is None else values
            case Kind.MORE_GENRE:
                return self._models.facets.genres[part.value].astype(np.float32)
            case Kind.THEME:
                return self._values.themes.holding(part.value).astype(np.float32)
            case Kind.ABOUT:
                return self._values.about(part.value)
            case _:
                return self._less.closeness(part.value)

    def _near(
        self, seeds: Seeds, allowed: np.ndarray, shifts: list[np.ndarray], n: int
    ) -> tuple[np.ndarray, np.ndarray]:
        base = self._likeness.base
        likeness = np.where(seeds.rare, RARE * seeds.likeness, seeds.likeness)
        pool, near = top_n(np.where(allowed & (likeness > 0), likeness, -np.inf), max(n, POOL), base.popularity_rank)
        if not len(pool):  # nothing is known about the seeds: the most popular items
            return top_n(np.where(allowed, base.popularity, -np.inf), n, base.popularity_rank)
        if not shifts:
            places = varied(self._models.content, pool, near, n)
            return pool[places], near[places]
        moved = np.mean([shift[pool] for shift in shifts], axis=0)
        scores = near + strongest(near, moved, seeds.likeness[pool]) * moved
        order = np.argsort(-scores, kind="stable")[:n]
        return pool[order], scores[order]

    def _without_seeds(self, allowed: np.ndarray, shifts: list[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
        scores = np.float32(KNOWN) * self._values.popularity
        if shifts:
            scores = scores + np.mean(shifts, axis=0)
        return top_n(np.where(allowed, scores, -np.inf), n, self._likeness.base.popularity_rank)


def strongest(near: np.ndarray, moved: np.ndarray, likeness: np.ndarray) -> float:
    """The largest lambda at which the first FIRST by `near + lambda * moved` keep KEPT of their mean likeness.

    Args:
        near: (k,) likeness with the factor of rare items, best first.
        moved: (k,) shift in the wanted direction.
        likeness: (k,) likeness without that factor.
    """
    least = KEPT * float(likeness[:FIRST].mean())

    def keeps(strength: float) -> bool:
        first = np.argsort(-(near + strength * moved), kind="stable")[:FIRST]
        return float(likeness[first].mean()) >= least

    low, high = 0.0, STRONGEST
    if keeps(high):
        return high
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if keeps(middle) else (low, middle)
    return low


def _mean(values: np.ndarray) -> np.float32:
    known = values[np.isfinite(values)]
    return np.float32(known.mean()) if len(known) else np.float32(0.0)
