"""Convert verdicts on items (like, dislike, seen) to ratings on the catalogue's scale and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from recsys.catalogue.database import BY_ID, Catalogue
from recsys.catalogue.wording import VERDICTS
from recsys.errors import BadInput
from recsys.serving import arguments

__all__ = ["VERDICTS", "Verdicts"]

HALF_STARS = 10  # of the best rating
MAX_RATINGS = 20_000  # largest number of ratings in one call
MAX_NAMES, MAX_TITLES = 500, 2_000  # most entries of a list, and most ratings by title, because finding a title is slow


class Verdicts:
    """Conversion between verdicts and ratings of one catalogue."""

    def __init__(self, catalogue: Catalogue):
        self._catalogue = catalogue

    def rating(self, verdict: str) -> float | None:
        """The rating as which a verdict is stored; None if it is not stored as a rating."""
        low, high = self._catalogue.info["scale"]
        # Models that learned from a single rating value would treat any other value like it.
        scale = (low, high) if self._catalogue.info["rated"] else (high, high)
        return self._catalogue.wording.stands_for(verdict, scale)

    def nearest(self, rating: float) -> str:
        """The verdict closest to a rating: like if the rating counts as liked, dislike if it is in the lower half of
        the other ratings, seen otherwise."""
        ratings = {verdict: value for verdict in VERDICTS if (value := self.rating(verdict)) is not None}
        wording, (low, high) = self._catalogue.wording, self._catalogue.info["scale"]
        if wording.worth or wording.liked_at is None or low == high:
            return min(ratings, key=lambda verdict: abs(ratings[verdict] - rating), default="like")
        if rating >= wording.liked_at:
            return "like"
        return "dislike" if rating < (low + wording.liked_at) / 2 else "seen"

    def star_verdicts(self) -> dict[float, str]:
        """The verdict of each rating that visitors can give in half stars, five stars being the best rating; empty if
        ratings are words or do not begin at 0 or more."""
        low, high = self._catalogue.info["scale"]
        if self._catalogue.wording.worth or not self._catalogue.info["rated"] or low < 0:
            return {}
        values = [round(high * half / HALF_STARS, 6) for half in range(1, HALF_STARS + 1)]
        return {value: self.nearest(value) for value in values if value >= low}

    def ratings(
        self, liked: Sequence[str], disliked: Sequence[str] = (), seen: Sequence[str] = ()
    ) -> tuple[dict[str, float], list[str]]:
        """Ratings by item id for named items, and ids of items to leave out whose verdict is not a rating.

        Raises:
            BadInput: an argument is not a list of names, or an item has two verdicts.
            UnknownItem: an item does not exist.
        """
        verdicts: dict[str, str] = {}
        for parameter, names, verdict in (
            ("liked", liked, "like"),
            ("disliked", disliked, "dislike"),
            ("seen", seen, "seen"),
        ):
            for name, item_id in self._found(parameter, names):
                if verdicts.setdefault(item_id, verdict) != verdict:
                    raise BadInput(f"{name!r} is marked both {verdicts[item_id]} and {verdict}; mark it once.")
        ratings = {item_id: self.rating(verdict) for item_id, verdict in verdicts.items()}
        history = {item_id: rating for item_id, rating in ratings.items() if rating is not None}
        return history, [item_id for item_id in ratings if item_id not in history]

    def named(self, parameter: str, names: Sequence[str]) -> list[str]:
        """Item ids for a list of titles or item ids.

        Raises:
            BadInput: the argument is not a list of names.
            UnknownItem: an item does not exist.
        """
        return [item_id for _, item_id in self._found(parameter, names)]

    def _found(self, parameter: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        if isinstance(names, str) or not isinstance(names, Sequence):
            raise BadInput(f"Parameter {parameter} is {names!r:.300}; use a list of titles or item ids.")
        if len(names) > MAX_NAMES:
            raise BadInput(f"Parameter {parameter} has {len(names):,} entries; use at most {MAX_NAMES}.")
        for name in map(arguments.title, names):
            yield name, self._catalogue.find(name)

    def rated(self, ratings: object) -> dict[str, float]:
        """Convert ratings by title or item id to ratings by item id.

        Raises:
            BadInput: it is not a mapping, a rating is out of range, or an item has two ratings.
            UnknownItem: an item does not exist.
        """
        if ratings is None or ratings == "":
            return {}
        if not isinstance(ratings, Mapping) or len(ratings) > MAX_RATINGS:
            raise BadInput(
                f"Parameter ratings is {ratings!r:.100}; use an object of up to {MAX_RATINGS:,} titles and ratings."
            )
        known = self._catalogue.ids
        named = sum(not (str(name) in known or str(name).removeprefix(BY_ID) in known) for name in ratings)
        if named > MAX_TITLES:
            raise BadInput(f"Parameter ratings has {named:,} titles; use item ids for all but {MAX_TITLES:,} of them.")
        low, high = self._catalogue.info["scale"]
        found = {}
        for name, rating in ratings.items():
            value = arguments.number(rating)
            if not low <= value <= high:
                wrong = f"{rating!r:.100} of {name!r:.100} is {arguments.off_scale(rating)}"
                raise BadInput(f"Rating {wrong}; use {low:g} to {high:g}.")
            item_id = self._catalogue.find(arguments.title(name))
            if found.setdefault(item_id, value) != value:
                raise BadInput(f"{name!r:.100} is rated both {found[item_id]:g} and {value:g}; rate it once.")
        return found
