"""A loaded release: its models, their metrics and calibration, and the filters for one catalogue."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from recsys.catalogue.capitals import Spelling
from recsys.catalogue.database import Catalogue
from recsys.data import Histories, ItemFeatures
from recsys.data.lru import LruCache
from recsys.errors import MissingExtra, NeedsRatings, UnknownModel, listing
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.signals import Moments
from recsys.models import registry
from recsys.models.base import Ranked, Recommender
from recsys.models.baseline.popular import Popular
from recsys.models.content_based.content import Content
from recsys.models.content_based.terms import BAG
from recsys.models.hybrid.hybrid import Hybrid
from recsys.models.reason import Reason
from recsys.release import Release
from recsys.release.metrics import flatten
from recsys.serving.calibrated_lists import WEIGHTS, ListCalibration
from recsys.serving.film_facts import DetailsCache, FilmFacts
from recsys.serving.filters import NO_FILTERS, Facets, Filters
from recsys.serving.people import People
from recsys.serving.reasons import ReasonFormatter
from recsys.serving.replies import ModelLine
from recsys.serving.reranking import rerank
from recsys.serving.search_facets import SearchFacets, Understood
from recsys.serving.themes import Themes

log = logging.getLogger(__name__)

DECIDING_METRIC = "ndcg@10"
MAX_SHARED = 8
CACHED_MASKS = 32  # filters whose passing items are cached, because each list asks for them several times


ScoreOne = Callable[[Recommender, float | None], tuple[Histories, np.ndarray]]
"""Scores one history by a model and a recency: the history with this recency, and (n_items,) scores."""


class Defaults(NamedTuple):
    """Names of the default models.

    Attributes:
        content: compares items by their content.
        user: recommends to a known user.
        newcomer: recommends to a user who is not in the data.
        blend: name of the blend of content and collaborative models in the event log.
    """

    content: str
    user: str
    newcomer: str
    blend: str


class ReleasedModels:
    """The models of one release over one catalogue.

    Neither changes while it is in use. Another release is another instance, so caches never outlive their models.

    Args:
        tmdb: the cache of running times and certificates; None if TMDb is not configured.
    """

    def __init__(self, catalogue: Catalogue, release: Release, tmdb: DetailsCache | None = None):
        self.catalogue, self.release, self._tmdb = catalogue, release, tmdb
        self._calibrations: dict[str, Calibration | None] = {}
        self._masks: LruCache[tuple[Filters, int], np.ndarray] = LruCache(CACHED_MASKS)

    # -- models ---------------------------------------------------------------------------------

    @property
    def rated(self) -> bool:
        """Whether the catalogue has ratings."""
        return bool(self.catalogue.info["n_ratings"])

    def model(self, name: str) -> Recommender:
        """Return a model of the release, lazily loaded.

        Raises:
            NeedsRatings: the model needs ratings and the catalogue has none.
            UnknownModel: the release does not have the model.
        """
        if name in self.release.names:
            return self.release.model(name)
        cls = registry.get(name)
        if not self.rated:
            raise NeedsRatings(f"Model {name} needs ratings and {self.catalogue.info['title']} has none.")
        raise UnknownModel(
            f"Model {cls.name} is not trained yet; this release has {listing(self.release.names)}. "
            f"Train it with: recsys train --models {cls.name}"
        )

    @cached_property
    def table(self) -> list[ModelLine]:
        """All models of the release with their metrics, best first; models without metrics come last."""
        reword = self.catalogue.wording.reword
        lines: list[ModelLine] = []
        for name in self.release.names:
            record, cls = self.release.manifest["models"][name], registry.get(name)
            lines.append(
                {
                    "name": name,
                    "title": reword(cls.title),
                    "summary": reword(cls.summary),
                    "family": cls.family,
                    "metrics": flatten(record.get("metrics") or {}),
                    "training_seconds": record.get("seconds"),
                    "version": self.release.version,
                    "settings": record.get("settings") or {},
                }
            )
        return sorted(lines, key=lambda line: -(line["metrics"].get(DECIDING_METRIC) or 0))

    @cached_property
    def best_collaborative(self) -> str:
        """The collaborative model with the best metric; without metrics, the one that is best on other data."""
        collaborative = [line for line in self.table if line["family"] == "collaborative"]
        best = next((line["name"] for line in collaborative if line["metrics"].get(DECIDING_METRIC)), None)
        names = [line["name"] for line in collaborative] or registry.where(family="collaborative")
        return best or registry.by_preference(names)[0]

    @cached_property
    def best_trained(self) -> str:
        """The best trained collaborative model, or the best other model if no collaborative one is trained."""
        if self._has(self.best_collaborative) or not self.release.names:
            return self.best_collaborative
        others = [line["name"] for line in self.table if line["family"] != Popular.family]
        return (others or list(self.release.names))[0]

    @cached_property
    def defaults(self) -> Defaults:
        """The default models among the trained ones; without ratings only the content model."""
        content = Content.name if self._has(Content.name) or not self.release.names else self.best_trained
        user = self.best_trained if self.rated else content
        newcomer = Hybrid.name if self.rated and self._has(Hybrid.name) else user
        return Defaults(content=content, user=user, newcomer=newcomer, blend=Hybrid.name)

    def _has(self, name: str) -> bool:
        return name in self.release.names

    def for_newcomer(self, name: str) -> str:
        """The model for a new user: the named one, or the default for "".

        The API's default is the name of the hybrid, so that name means the default if the hybrid is not trained.
        """
        return self.defaults.newcomer if name == Hybrid.name and not self._has(name) else name or self.defaults.newcomer

    @property
    def content(self) -> Content | None:
        """The model that compares items by their content; None if the release does not have one."""
        found = self.release.model(Content.name) if Content.name in self.release.names else None
        return found if isinstance(found, Content) else None

    def popular(self, n: int, filters: Filters = NO_FILTERS) -> list[str]:
        """Ids of the n most popular items that pass the filters, most popular first."""
        model = self.model(Popular.name if Popular.name in self.release.names else self.defaults.user)
        found = model.ranked([], n, among=self.passing(filters))
        return self.release.items.ids[found.numbers].tolist()

    # -- narrowing and re-ranking ---------------------------------------------------------------

    @cached_property
    def people(self) -> People:
        """Directors and actors by name."""
        return People(self._features(("director", "cast")), self.rating_counts)

    def understood(self, query: str) -> Understood:
        """What a search text names, unless it is a title, or the beginning of one, of more than one such word."""
        found = self.search_facets.read(query)
        several = found.rest or found.n_named > 1  # a single "horror" is more than the beginning of a title
        return Understood() if several and self.catalogue.is_title(query) else found

    @cached_property
    def search_facets(self) -> SearchFacets:
        """Reader of the genres, languages, years, people and themes in search texts."""
        return SearchFacets(self.facets, self.people, lambda: self.themes)

    @cached_property
    def themes(self) -> Themes:
        """Items by keyword; lazily computed."""
        return Themes(self.features, lambda theme: self.formatter.spell(theme))

    @cached_property
    def facets(self) -> Facets:
        """Index for filters by genre, year, language and person; lazily computed."""
        ids = self.release.items.ids.tolist()
        features = self._features(Facets.FACETS)
        facts = FilmFacts(features, self._tmdb, lambda: self._in_full(ids))
        return Facets(features, lambda: self.people, facts)

    def _in_full(self, item_ids: Sequence[str]) -> list[Mapping[str, Any]]:
        """Items of the release from the catalogue; items that it does not have are empty."""
        found = {item["item_id"]: item for item in self.catalogue.items(self._known(item_ids))}
        return [found.get(item_id, {}) for item_id in item_ids]

    def _known(self, item_ids: Sequence[str]) -> list[str]:
        return [item_id for item_id in item_ids if item_id in self.catalogue.ids]

    @cached_property
    def rating_counts(self) -> np.ndarray:
        """(n_items,) number of ratings of each item."""
        numbers = self.catalogue.ids.numbers(self.release.items.ids)
        return np.where(numbers >= 0, self.catalogue.rating_counts()[numbers], 0)

    @cached_property
    def features(self) -> ItemFeatures:
        """All features of the items, which take longest to read; most questions need only a few facets."""
        return self._features(None)

    def _features(self, only: Sequence[str] | None) -> ItemFeatures:
        return self.catalogue.features(only).align(self.release.items)

    def passing(self, filters: Filters) -> np.ndarray | None:
        """(n_items,) read-only bool: the items that pass the filters; None if all do."""
        if not filters.narrows:
            return None
        key = filters, self.facets.facts.version if filters.reads_facts else 0
        found = self._masks.get_many([key])
        if key not in found:
            found = {key: self.facets.mask(filters)}
            found[key].flags.writeable = False
            self._masks.put_many(found)
        return found[key]

    def top(self, recommender: Recommender, found: Ranked, n: int, filters: Filters) -> tuple[np.ndarray, np.ndarray]:
        """Numbers and scores of the first n of the ranked items, re-ranked if the filters require it."""
        numbers, scores = found.numbers, found.scores
        if filters.reranks:
            likeness = None if self.content is None else self.content.likeness
            places = rerank(numbers, scores, n, filters, recommender.popularity, likeness)
            numbers, scores = numbers[places], scores[places]
        return numbers[:n], scores[:n]

    @cached_property
    def calibration(self) -> ListCalibration:
        """Calibrates personal lists to a history."""
        return ListCalibration(self._features(tuple(WEIGHTS)))

    # -- probabilities and words ----------------------------------------------------------------

    def match(
        self,
        histories: Histories,
        numbers: np.ndarray,
        score: ScoreOne | None = None,
        moments: Moments | None = None,
    ) -> list[int | None]:
        """Calibrated probabilities in per cent that a user likes items; None without a history or a calibration.

        The same model is used in all lists, so that a user and an item always have the same match.

        Args:
            histories: one history.
            score: scores it by a model, such as from a cache.
            moments: of all scores, if `score` gives only those of candidates; see `Signals.features`.
        """
        calibration = self._calibration(self.matching)
        if calibration is None or not histories.matrix.nnz:
            return [None] * len(numbers)
        model = self.model(self.matching)
        row = model.score(histories)[0] if score is None else score(model, None)[1]
        return calibration.match(model, histories, row, numbers, moments)

    @cached_property
    def matching(self) -> str:
        """Name of the model for `match`: the default for users, else the best calibrated, "" if none is calibrated."""
        calibrated = [name for name in self.release.names if self._calibration(name) is not None]
        if not calibrated or self.defaults.user in calibrated:
            return self.defaults.user if calibrated else ""

        def error(name: str) -> float:
            calibration = self._calibration(name)
            return 1.0 if calibration is None else float(calibration.report.get("ece", 1.0))

        return min(calibrated, key=error)

    def meaning_of_match(self) -> str:
        """A sentence that explains `match`; "" if there is no calibration."""
        calibration = self._calibration(self.matching)
        if calibration is None:
            return ""
        if calibration.signals.of == "hits":
            # Such data has hardly any dislikes, so a match can only predict which items people choose.
            item = self.catalogue.wording.item
            return f"“20 % match” means: of 100 such picks, about 20 are somebody's next {item}."
        return "“95 % match” means: of 100 such picks, people like about 95."

    def _calibration(self, name: str) -> Calibration | None:
        if name not in self._calibrations:
            values = self.release.manifest["models"].get(name, {}).get("calibration")
            self._calibrations[name] = Calibration.from_dict(values) if values else None
        return self._calibrations[name]

    def sentences(self, reasons: Sequence[Reason], who: str = "") -> list[str]:
        """The models' reasons as sentences in the catalogue's words, with the titles of items."""
        return self.formatter.sentences(reasons, who)

    @cached_property
    def formatter(self) -> ReasonFormatter:
        """Converter of reasons to sentences."""
        items, titles = self.release.items, self.release.titles
        texts, words = list(self.catalogue.texts()), self.catalogue.wording
        has_texts = bool(words.text_facet) or any(texts)
        spelling = Spelling(texts)
        return ReasonFormatter(words, lambda item_id: titles[items.number(item_id)], spelling.of, has_texts)

    def described(self, text: str, n: int) -> list[str]:
        """Ids of items with a description that matches a text, from the search model for texts of this length."""
        able = {name: registry.get(name).min_query_words for name in self.release.names}
        fitting = {name: least for name, least in able.items() if least is not None and least <= len(text.split())}
        for name in sorted(fitting, key=lambda name: -fitting[name]):
            try:
                return [item_id for item_id, _ in self.release.model(name).search(text, n)]
            except MissingExtra as error:
                log.info("The release has %s, but it cannot search here. %s", name, error)
        return []

    def shared_traits(self, item_id: str, others: Sequence[str]) -> list[str]:
        """Traits that an item shares with others, most important first; empty if the release has no content model."""
        content = self.content
        if content is None:
            return []
        items = self.release.items
        found = content.shared(items.number(item_id), items.numbers(others))
        pairs = [pair for shared in found for pair in shared if pair[0] != BAG]  # single words name no theme
        return list(dict.fromkeys(self.formatter.spell(term) for _, term in pairs))[:MAX_SHARED]
