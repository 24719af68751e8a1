"""One release over one catalogue: its models, what they are good for, and what narrows and ranks their answers."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from recsys.catalogue.database import Catalogue
from recsys.errors import MissingExtra, NeedsRatings, UnknownModel, listing
from recsys.evaluation.calibration import Calibration
from recsys.models import registry
from recsys.models.base import Ranked, Recommender
from recsys.models.content_based.content import Content
from recsys.models.content_based.terms import WRITTEN
from recsys.models.reason import Reason
from recsys.release import Release
from recsys.release.metrics import flatten
from recsys.serving.filters import Facets, Filters, rerank
from recsys.serving.reasons import sentences

log = logging.getLogger(__name__)

BEST = "ndcg@10"


def fits(release: Release, catalogue: Catalogue) -> bool:
    """Whether a release's models were trained on this catalogue's data."""
    return release.info.get("digest") == catalogue.info.get("digest")


class Serving:
    """A release in service; a new release is a new Serving, so that nothing kept here outlives its models."""

    def __init__(self, catalogue: Catalogue, release: Release):
        self.catalogue, self.release = catalogue, release
        self._calibrations: dict[str, Calibration | None] = {}

    @property
    def rated(self) -> bool:
        """Whether the catalogue has ratings."""
        return bool(self.catalogue.info["n_ratings"])

    def model(self, name: str) -> Recommender:
        """A model of the release.

        Raises:
            NeedsRatings: the catalogue has no ratings and the model lives by them.
            UnknownModel: the release has none of this name.
        """
        if name in self.release.names:
            return self.release.model(name)
        cls = registry.get(name)
        if not self.rated:
            raise NeedsRatings(
                f"{name} needs ratings and {self.catalogue.info['title']} has none. "
                + " ".join(self.catalogue.info.get("notes") or [])
            )
        raise UnknownModel(
            f"{cls.name} is not trained yet; this release has {listing(self.release.names)}. "
            f"Train it with: python -m recsys train --models {cls.name}"
        )

    def learned(self, name: str) -> str:
        """The named model, or content where there are no ratings to learn from."""
        return name if self.rated else Content.name

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """Every model of the release with metrics, best first where measured."""
        lines, reword = [], self.catalogue.wording.reword
        for name in self.release.names:
            about = self.release.manifest["models"][name]
            cls = registry.get(name)
            lines.append(
                {
                    "name": name,
                    "title": reword(cls.title),
                    "summary": reword(cls.summary),
                    "family": cls.family,
                    "metrics": flatten(about.get("metrics") or {}),
                    "training_seconds": about.get("seconds"),
                    "version": self.release.version,
                    "settings": about.get("settings") or {},
                }
            )
        return sorted(lines, key=lambda line: -(line["metrics"].get(BEST) or 0))

    @cached_property
    def best_collaborative(self) -> str:
        """The collaborative model with the highest measured NDCG@10, or the first of those known to do well."""
        known = [line for line in self.lines if line["family"] == "collaborative"]
        best = next((line["name"] for line in known if line["metrics"].get(BEST)), None)
        names = [line["name"] for line in known] or registry.where(family="collaborative")
        return best or registry.by_preference(names)[0]

    @property
    def default_model(self) -> str:
        """What answers a user: the best collaborative model, content where there are no ratings."""
        return self.learned(self.best_collaborative)

    @property
    def content(self) -> Content | None:
        """The model that compares items by what they are about; None if the release has none."""
        found = self.release.model(Content.name) if Content.name in self.release.names else None
        return found if isinstance(found, Content) else None

    @cached_property
    def facets(self) -> Facets:
        """Genres, years and languages to filter by; read when first asked for."""
        return Facets(self.catalogue.features().align(self.release.items))

    def among(self, filters: Filters) -> np.ndarray | None:
        """(n_items,) bool of the items that pass, None where all do."""
        return self.facets.mask(filters) if filters.narrows else None

    def picks(self, recommender: Recommender, found: Ranked, n: int, filters: Filters) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and scores of the n picks out of what was found, re-ranked where the filters ask for it."""
        numbers, scores = found.numbers, found.scores
        if filters.reranks:
            likeness = None if self.content is None else self.content.likeness
            places = rerank(numbers, scores, n, filters, recommender.popularity, likeness)
            numbers, scores = numbers[places], scores[places]
        return numbers[:n], scores[:n]

    def match(self, recommender: Recommender, found: Ranked, numbers: np.ndarray) -> list[int | None]:
        """Calibrated chances in per cent; None where there is no person or no calibration."""
        if found.fallback or not found.histories.matrix.nnz:
            return [None] * len(numbers)
        calibration = self._calibration(recommender.name)
        if calibration is None:
            return [None] * len(numbers)
        return calibration.match(recommender, found.histories, found.row, numbers)

    def match_means(self, name: str) -> str:
        """What a match of the model promises, in a sentence; "" where it gives none."""
        calibration = self._calibration(name)
        if calibration is None:
            return ""
        if calibration.signals.of == "hits":
            # hardly anything is disliked here, so that a match can only tell what is chosen
            items = self.catalogue.wording.items
            return f"Match: the chance in a hundred that this is among the next {items} of this person."
        return "Match: the chance in a hundred that this person would like it."

    def _calibration(self, name: str) -> Calibration | None:
        if name not in self._calibrations:
            kept = self.release.manifest["models"].get(name, {}).get("calibration")
            self._calibrations[name] = Calibration.from_dict(kept) if kept else None
        return self._calibrations[name]

    def sentences(self, reasons: Sequence[Reason]) -> list[str]:
        """Reasons of models in the catalogue's words and with the titles of items."""
        items, titles = self.release.items, self.release.titles
        return sentences(reasons, self.catalogue.wording, lambda item_id: titles[items.number(item_id)])

    def described(self, text: str, n: int) -> list[str]:
        """Ids of items that fit a free text: by meaning where a sentence encoder is at hand, else by their words."""
        able = {name: registry.get(name).min_query_words for name in self.release.names}
        fitting = {name: least for name, least in able.items() if least is not None and least <= len(text.split())}
        for name in sorted(fitting, key=lambda name: -fitting[name]):
            try:
                return [item_id for item_id, _ in self.release.model(name).search(text, n)]
            except MissingExtra as error:
                log.info("The release holds %s, but %s", name, error)
        return []

    def shared(self, item_id: str, others: Sequence[str]) -> list[str]:
        """Traits an item shares with others, most telling first, as far as content knows."""
        content = self.content
        if content is None:
            return []
        numbers = content.items.numbers(others)
        pairs = [pair for shared in content.shared(content.items.number(item_id), numbers) for pair in shared]
        return list(dict.fromkeys(term for block, term in pairs if block not in WRITTEN))[:8]
