"""Convert a visitor's marks to arguments of a call: likes, dislikes, seen items and ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from recsys.page.components.visitor import marked, rated, rejected
from recsys.serving.filters import MOST_LESS, Filters
from recsys.serving.remarks import by_id
from recsys.serving.replies import Shown
from recsys.serving.service import Service
from recsys.serving.verdicts import VERDICTS


def with_less(service: Service, filters: Filters, visitor: dict[str, Any]) -> Filters:
    """The filters with what the visitor wants less of, without what this catalogue does not have."""
    return replace(filters, less=tuple(service.known_less(rejected(visitor)))[-MOST_LESS:])


@dataclass(frozen=True)
class Opinions:
    """A visitor's opinions on items of the catalogue, which are named by unambiguous names; oldest first.

    Attributes:
        liked, disliked, seen: items with a verdict and without a rating.
        ratings: ratings in stars.
    """

    liked: list[str]
    disliked: list[str]
    seen: list[str]
    ratings: dict[str, float]

    @classmethod
    def of(cls, service: Service, visitor: dict[str, Any]) -> Opinions:
        """The opinions of a visitor."""
        stars = rated(visitor)
        liked, disliked, seen = (
            [by_id(service, one) for one in service.known(marked(visitor, verdict)) if one not in stars]
            for verdict in VERDICTS
        )
        return cls(liked, disliked, seen, {by_id(service, one): stars[one] for one in service.known(stars)})

    @property
    def favour(self) -> bool:
        """Whether there are opinions to recommend from."""
        return bool(self.liked or self.ratings)

    def recommend(self, service: Service, n: int, model: str, filters: Filters) -> list[Shown]:
        """Recommendations for the visitor."""
        return service.recommend_for(self.liked, self.disliked, n, model, filters, self.seen, self.ratings)

    def history(self, service: Service) -> list[dict[str, Any]]:
        """The liked, disliked and rated items, with `rating`, the latest first."""
        verdicts = [(self.liked, "like"), (self.disliked, "dislike")]
        values = {name: service.profiles.rating_of(verdict) for names, verdict in verdicts for name in names}
        values = {name: value for name, value in values.items() if value is not None} | self.ratings
        items = {item["item_id"]: item for item in service.cards(name.removeprefix("id:") for name in values)}
        rated = [(items.get(name.removeprefix("id:")), value) for name, value in values.items()]
        return [{**item, "rating": value} for item, value in reversed(rated) if item]

    def call(self, n: int, model: str, less: Sequence[str] = ()) -> tuple[str, dict[str, Any]]:
        """The API call that returns the same list; it hides seen items by a filter."""
        arguments = {"liked": self.liked, "disliked": self.disliked, "n": n, "model": model, "ratings": self.ratings}
        seen = [name.removeprefix("id:") for name in self.seen]
        filters = {name: list(values) for name, values in (("hide", seen), ("less", less)) if values}
        return "recommend_for", arguments | ({"filters": filters} if filters else {})
