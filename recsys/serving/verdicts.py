"""What somebody says of items (like, dislike, seen), as ratings of the catalogue's scale."""

from __future__ import annotations

from collections.abc import Sequence

from recsys.catalogue.database import Catalogue
from recsys.catalogue.wording import VERDICTS
from recsys.errors import BadInput
from recsys.serving import arguments


class Verdicts:
    """The verdicts of one catalogue."""

    def __init__(self, catalogue: Catalogue):
        self.catalogue = catalogue

    def rating(self, verdict: str) -> float | None:
        """The rating that a verdict is kept as, None where it is none."""
        low, high = self.catalogue.info["scale"]
        # models that learnt from one rating alone would take any other for the same
        scale = (low, high) if self.catalogue.info["rated"] else (high, high)
        return self.catalogue.wording.stands_for(verdict, scale)

    def nearest(self, rating: float) -> str:
        """The verdict that a rating is nearest to."""
        kept = {verdict: known for verdict in VERDICTS if (known := self.rating(verdict)) is not None}
        return min(kept, key=lambda verdict: abs(kept[verdict] - rating), default="like")

    def taste(
        self, liked: Sequence[str], disliked: Sequence[str] = (), seen: Sequence[str] = ()
    ) -> tuple[dict[str, float], list[str]]:
        """Ratings for named items, and the items that are only to be left out because their verdict is no rating.

        Raises:
            BadInput: something is no list of names, or an item has two verdicts.
            UnknownItem: a name fits nothing.
        """
        said: dict[str, str] = {}
        for name, titles, verdict in (
            ("liked", liked, "like"),
            ("disliked", disliked, "dislike"),
            ("seen", seen, "seen"),
        ):
            if isinstance(titles, str) or not isinstance(titles, Sequence):
                raise BadInput(f"{name} is {titles!r}: give a list of titles or item ids.")
            for title in titles:
                item_id = self.catalogue.find(arguments.named(title))
                if said.setdefault(item_id, verdict) != verdict:
                    raise BadInput(f"{title!r} is both liked and disliked: name it once.")
        ratings = {item_id: self.rating(verdict) for item_id, verdict in said.items()}
        history = {item_id: rating for item_id, rating in ratings.items() if rating is not None}
        return history, [item_id for item_id in ratings if item_id not in history]
