"""Say why an item answers a wish: which item it is like, and which wished direction it goes in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recsys.errors import listing
from recsys.models.reason import Kind as ReasonKind
from recsys.models.reason import Reason
from recsys.serving.reasons import joined
from recsys.serving.released_models import ReleasedModels
from recsys.serving.wishes.ranking import RankedWish
from recsys.serving.wishes.seeds import Seeds
from recsys.serving.wishes.table import directions
from recsys.serving.wishes.values import STEP, ItemValues
from recsys.serving.wishes.wish import Kind, Part, Wish

MOVED = 0.12  # smallest shift in a direction that a reason mentions
LIKE = 0.2  # smallest likeness to an item that a reason mentions, if there are several
MOST_TRAITS, MOST_PARTS = 2, 3


class WishReasons:
    """Reasons of the items of a wish, as sentences that hold in the data."""

    def __init__(self, models: ReleasedModels, values: ItemValues):
        self._models, self._values = models, values

    def sentences(self, wish: Wish, ranked: RankedWish, numbers: np.ndarray) -> list[str]:
        """One sentence or two for each of the items `numbers`."""
        likes = self._likes(ranked.seeds, numbers) if ranked.seeds else [""] * len(numbers)
        return [self._sentence(wish, ranked, int(number), like) for number, like in zip(numbers, likes, strict=True)]

    def _sentence(self, wish: Wish, ranked: RankedWish, number: int, like: str) -> str:
        moved = [
            phrase
            for part, shift in ranked.shifts.items()
            if shift[number] >= MOVED and (phrase := self._moved(part, number, ranked.seeds))
        ]
        kept = [part.words for part in wish.parts if part.used and _must(part)] if not ranked.seeds else []
        rest = "; ".join([*moved[:MOST_PARTS], *([f"as wished: {listing(kept)}"] if kept and not moved else [])])
        return ". ".join(filter(None, [like, rest[:1].upper() + rest[1:]])) or self._filler(ranked.seeds)

    def _filler(self, seeds: Seeds | None) -> str:
        titles = [] if seeds is None else [self._models.release.titles[seed] for seed in seeds.numbers]
        return f"Fills the list: little in common with {joined(titles)}" if titles else "Fills the list"

    # -- the items to be like -------------------------------------------------------------------

    def _likes(self, seeds: Seeds, numbers: np.ndarray) -> list[str]:
        if not seeds.comparisons:
            return [self._by_one_model(seeds, int(number)) for number in numbers]
        reasons = [comparison.reasons(numbers) for comparison in seeds.comparisons]
        if len(reasons) == 1:
            return self._models.sentences(reasons[0])
        return [self._of_several(seeds, int(number), [of[row] for of in reasons]) for row, number in enumerate(numbers)]

    def _of_several(self, seeds: Seeds, number: int, reasons: Sequence[Reason]) -> str:
        """What an item has in common with each of several seeds that it is like: traits first, then the audience."""
        traits: list[str] = []
        audience: list[str] = []
        for place, reason in enumerate(reasons):
            title = self._models.release.titles[seeds.numbers[place]]
            if seeds.rows[place][number] < LIKE:
                continue
            phrase = self._models.formatter.phrase(reason.traits) if reason.kind is ReasonKind.TRAITS else ""
            if phrase:
                traits.append(f"like {title}: {phrase}")
            elif seeds.comparisons[place].people[number] > 0:
                audience.append(title)
        words = self._models.catalogue.wording
        verb = words.past if words.worth else "like"
        also = [f"{words.others} who {verb} {joined(audience)} also {verb} this"] if audience else []
        found = "; ".join([*traits, *also])
        return found[:1].upper() + found[1:]

    def _by_one_model(self, seeds: Seeds, number: int) -> str:
        titles = [
            self._models.release.titles[seed]
            for seed, row in zip(seeds.numbers, seeds.rows, strict=True)
            if row[number] >= LIKE
        ]
        return f"Like {joined(titles)}" if titles else ""

    # -- the directions -------------------------------------------------------------------------

    def _moved(self, part: Part, number: int, seeds: Seeds | None) -> str:
        """How an item goes in a wished direction, with the genres and themes that show it."""
        if part.kind is Kind.DIRECTION:
            row = directions()[part.value]
            if row.measure:
                return f"{row.label(part.sign)}: {self._number(row.measure, number)}"
            shown = self._shown(part, number, seeds)
            name = row.label(part.sign) if seeds or part.excludes else part.words
            return f"{name}: {listing(shown)}" if shown else ""
        if part.kind is Kind.SEED:
            return ""
        if part.kind is Kind.ABOUT:
            return f"described with “{part.value}”" if part.sign > 0 and seeds is None else ""
        return part.words

    def _shown(self, part: Part, number: int, seeds: Seeds | None) -> list[str]:
        """Traits of the item that go in the direction and that not all seeds have, else those of the seeds it lacks."""
        own = dict(self._values.traits(part.value, number))
        towards = [trait for trait, weight in own.items() if weight * part.sign > 0]
        if seeds is None:
            return towards[:MOST_TRAITS]
        others = [dict(self._values.traits(part.value, int(seed))) for seed in seeds.numbers]
        if fresh := [trait for trait in towards if not all(trait in of for of in others)]:
            return fresh[:MOST_TRAITS]
        against = {trait for of in others for trait, weight in of.items() if weight * part.sign < 0}
        return [f"no {trait}" for trait in sorted(against - own.keys())[:MOST_TRAITS]] or towards[:MOST_TRAITS]

    def _number(self, measure: str, number: int) -> str:
        if measure == "year":
            return f"{self._models.facets.years[number]:.0f}"
        if measure == "popularity":
            words = self._models.catalogue.wording
            return f"{self._models.rating_counts[number]:,} {words.ratings}"
        if measure == "minutes":
            return f"{self._models.facets.facts.runtimes[number]:.0f} minutes"
        values = self._values.along("good")
        low, high = self._models.catalogue.info["scale"]
        share = 0.0 if values is None else float(values[number]) * STEP["rating"]
        return f"about {low + share * (high - low):.1f}"


def _must(part: Part) -> bool:
    return part.kind in (Kind.GENRE, Kind.LANGUAGE, Kind.PERSON, Kind.YEARS, Kind.MINUTES) or part.excludes
