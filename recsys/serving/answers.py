"""Answer queries with the models of one release as item ids, scores, probabilities and reasons; cache the results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from recsys.catalogue.titles import fold
from recsys.data.memory import bytes_of
from recsys.models.base import Ranked, Recommender
from recsys.models.reason import Kind, Reason
from recsys.ranking.top_n import top_n
from recsys.serving import likeness
from recsys.serving.blend import Blend
from recsys.serving.cache import AnswerCache
from recsys.serving.calibrated_lists import telling_items
from recsys.serving.candidates import Candidates, Found, personal_ranking
from recsys.serving.fans import Fans
from recsys.serving.filters import POOL, Filters
from recsys.serving.full_lists import filled, with_fillers
from recsys.serving.less import LessLike
from recsys.serving.likeness import Likeness
from recsys.serving.released_models import ReleasedModels
from recsys.serving.scored_histories import History, Scored, ScoredHistories
from recsys.serving.search_facets import Understood
from recsys.serving.specific import specific
from recsys.serving.themes import forms
from recsys.serving.title_themes import as_themes

CACHED_BYTES = 12_000_000  # size of each cache, with its keys
COMPUTING_AT_ONCE = 2
MIN_SHARE, MAX_EXPLAINED = 0.005, 20  # smallest share in an explanation, and largest number of its items
TITLES_FIRST = 2  # titles before the items of a genre, a language or a year of the same name
USUAL = 24  # lists of up to this length, the length of a page, are computed once for all lengths
OF_PEOPLE = (Kind.LIKED_TOGETHER, Kind.CHOSEN_TOGETHER)
TRAITS_OF = 5  # number of items of a history whose traits an explanation compares


class Picks(NamedTuple):
    """A list of recommended items, best first.

    Attributes:
        model: name of the model that made the list.
        version: the release.
        item_ids, scores: (k,) the items.
        matches: (k,) calibrated probabilities in per cent, None if unknown.
        reasons: (k,) one sentence each.
        parts: (k,) the part of a blend that adds most to each item; empty for other lists.
    """

    model: str
    version: str
    item_ids: list[str]
    scores: list[float]
    matches: list[int | None]
    reasons: list[str]
    parts: list[str]

    def first(self, n: int) -> Picks:
        """The first n of the items."""
        if n >= len(self.item_ids):
            return self
        return self._replace(
            item_ids=self.item_ids[:n],
            scores=self.scores[:n],
            matches=self.matches[:n],
            reasons=self.reasons[:n],
            parts=self.parts[:n],
        )


class Explanation(NamedTuple):
    """Why an item fits a history.

    Attributes:
        model: name of the model.
        score: the item's score, None if the model has none.
        reason: one sentence.
        history: (item_id, rating, share of the score) of the items that add most to it, by decreasing share.
        shared: traits that the item has in common with the first of these items.
    """

    model: str
    score: float | None
    reason: str
    history: list[tuple[str, float, float]]
    shared: list[str]


class Answers:
    """The answers of one release over one catalogue; neither changes, so cached answers stay valid.

    Args:
        candidates: number of candidates from an index; 0 to score all items.
    """

    def __init__(self, models: ReleasedModels, candidates: int = 0):
        self.models, self.candidates = models, Candidates(models, candidates)
        self.likeness = Likeness(models)
        self.less = LessLike(models, self.likeness)
        self.scored = ScoredHistories(models)
        self.fans = Fans(models.catalogue, models.release.items)
        turns = threading.BoundedSemaphore(COMPUTING_AT_ONCE)
        self._found: AnswerCache[list[str]] = AnswerCache(CACHED_BYTES, bytes_of, turns, bytes_of)
        self._picks: AnswerCache[Picks] = AnswerCache(CACHED_BYTES, bytes_of, turns, bytes_of)
        self._explanations: AnswerCache[Explanation] = AnswerCache(CACHED_BYTES, bytes_of, turns, bytes_of)

    def caches(self) -> dict[str, AnswerCache]:
        """The caches by the name of their content."""
        return {"search": self._found, "lists": self._picks, "explanations": self._explanations}

    def search(self, query: str, n: int, filters: Filters) -> list[str]:
        """Ids of items with a matching title, then of a person with that name, then with a matching description."""
        return self._found.get((query, n, *self.key(filters)), partial(self._search, query, n, filters))

    def similar(self, item_id: str, n: int, model: str, filters: Filters) -> Picks:
        """Items similar to one item: by all models of the release together, or by the named one.

        If the named model knows too little about the item, the best trained model is used instead.
        """
        if not model:
            # A shorter list is the beginning of a longer one, so that lists of all usual lengths are computed once.
            most = max(n, USUAL)
            key = ("similar", item_id, most, model, *self.key(filters))
            return self._picks.get(key, partial(self._alike, item_id, most, filters)).first(n)
        key = ("similar", item_id, n, model, *self.key(filters))
        # Load the model from disk before the cache starts to compute, so that other callers need not wait for it.
        recommender = self.models.model(model)
        return self._picks.get(key, partial(self._similar, item_id, n, recommender, filters))

    def personal(self, history: History, n: int, model: str, filters: Filters, exclude: Sequence[str] = ()) -> Picks:
        """Items for a history, without its own items and those of `exclude`."""
        recommender = self.models.model(model)
        return self._picks.get(
            ("personal", history.key, n, model, *self.key(filters), tuple(exclude)),
            lambda: self._personal(history, n, recommender, filters, exclude),
        )

    def blended(self, history: History, near: str | None, n: int, balance: float, filters: Filters) -> Picks:
        """Items for a history, near an item, or both, from content-based (0) to collaborative (1)."""
        return self._picks.get(
            ("blended", history.key, near, n, balance, *self.key(filters)),
            lambda: self._blended(history, near, n, balance, filters),
        )

    def explained(self, history: History, item_id: str, model: str) -> Explanation:
        """Explain which items of a history add to the score of an item."""
        recommender = self.models.model(model)
        return self._explanations.get(
            (history.key, item_id, model), lambda: self._explained(history.read(), item_id, recommender)
        )

    def key(self, filters: Filters) -> tuple[Hashable, ...]:
        """Key of filters, with the version of the facts that they read."""
        return (filters, self.models.facets.facts.version) if filters.reads_facts else (filters,)

    # -- computing ------------------------------------------------------------------------------

    def _search(self, query: str, n: int, filters: Filters) -> list[str]:
        among, depth = self.models.passing(filters), _depth(n, filters)
        found = self._found_by(query, depth if among is None else max(POOL, depth), among, depth)
        if among is not None and len(found) < depth:  # few items pass: look at all matches
            found = self._found_by(query, len(self.models.release.items), among, depth)
        return self.reordered(found, n, filters)

    def reordered(self, item_ids: list[str], n: int, filters: Filters) -> list[str]:
        """The first n of items in an order without scores, re-ranked if the filters require it."""
        if not filters.reranks or not item_ids:
            return item_ids[:n]
        models = self.models
        numbers = models.release.items.numbers(item_ids)
        base = models.model(models.release.names[0])  # all models have the same popularity
        found = Ranked(numbers, -np.arange(len(numbers), dtype=np.float64), base.to_histories([]), np.empty(0))
        numbers, _ = models.top(base, self.less.applied(found, filters.less), n, filters)
        return models.release.items.ids[numbers].tolist()

    def _found_by(self, query: str, wanted: int, among: np.ndarray | None, n: int) -> list[str]:
        """Up to n of the passing items among the first `wanted` matches by title, person, facets and description."""
        understood = self.models.understood(query)
        if understood.only_theme:
            found = self._popular_among(self.models.search_facets.mask(understood), wanted)
        else:
            found = self._named(query, understood, wanted)
        if among is not None:
            passes = among[self.models.release.items.numbers(found)]
            found = [item_id for item_id, ok in zip(found, passes, strict=True) if ok]
        return found[:n]

    def _named(self, query: str, understood: Understood, wanted: int) -> list[str]:
        titled = self.models.catalogue.named(query, wanted)
        if understood:
            found = self._with_facets(understood, titled, wanted)
        else:
            found = self._with_people(query, [item_id for item_id, _ in titled])
        if not understood and " " in query and not any(close for _, close in titled):
            # several words that are nobody's name and no title: a description
            text = " ".join(understood.rest) if len(understood.rest) > 1 else query
            return list(dict.fromkeys([*self.models.described(text, wanted), *found]))
        if len(found) < wanted:
            known = set(found)
            found += [item_id for item_id in self.models.described(query, wanted) if item_id not in known]
        return found

    def _with_facets(self, understood: Understood, titled: list[tuple[str, bool]], wanted: int) -> list[str]:
        """Items with a close title, then those with the understood facets, then those with other similar titles.

        If all words were understood, such as "horror", only TITLES_FIRST of the titles come before the facets; with a
        theme, such as "haunted house", all titles with its words.
        """
        close = [item_id for item_id, is_close in titled if is_close]
        among = self.models.search_facets.mask(understood)
        described: list[str] = []
        if understood.rest:
            items = self.models.release.items
            ranked = self.models.described(" ".join(understood.rest), len(items))
            described = [item_id for item_id in ranked if among[items.number(item_id)]][:wanted]
        elif understood.theme:
            close = [item_id for item_id in close if self._names(item_id, understood.theme)]
        else:
            close = close[:TITLES_FIRST]
        popular = self._popular_among(among, wanted)
        return list(dict.fromkeys([*close, *described, *popular, *(item_id for item_id, _ in titled)]))

    def _names(self, item_id: str, theme: str) -> bool:
        """Whether words of the title begin with the words of a folded theme, in the singular or plural."""
        title = f" {fold(self.models.release.titles[self.models.release.items.number(item_id)])}"
        return any(all(f" {word}" in title for word in form.split()) for form in forms(theme))

    def _popular_among(self, among: np.ndarray, wanted: int) -> list[str]:
        """The most popular of the items of a mask (n_items,)."""
        models, passing = self.models, np.flatnonzero(among)
        order = models.model(models.release.names[0]).popularity_rank[passing].argsort(kind="stable")[:wanted]
        return models.release.items.ids[passing[order]].tolist()

    def _with_people(self, query: str, titled: list[str]) -> list[str]:
        """Items whose title contains the query, then those of a person with that name, then other similar titles."""
        person = self.models.people.named(query)
        if person is None:
            return titled
        items, titles, wanted = self.models.release.items, self.models.release.titles, fold(query)
        numbers = items.numbers(titled)
        holding = [item_id for item_id, number in zip(titled, numbers, strict=True) if wanted in fold(titles[number])]
        return list(dict.fromkeys([*holding, *items.ids[person.numbers].tolist(), *titled]))

    def _alike(self, item_id: str, n: int, filters: Filters) -> Picks:
        compared = self.likeness.with_all(item_id)
        # The dials choose by score, so the default variety would have no effect.
        found = compared.ranked(_depth(n, filters), self.models.passing(filters), varies=not filters.has_dials)

        def reasons(numbers: np.ndarray) -> list[Reason]:
            return compared.reasons(numbers) if found.fallback is None else [found.fallback] * len(numbers)

        return self._listed(compared.base, found, n, filters, reasons, [item_id])._replace(model=likeness.NAME)

    def _similar(self, item_id: str, n: int, recommender: Recommender, filters: Filters) -> Picks:
        query = (item_id, _depth(n, filters), self.models.passing(filters))
        found = recommender.ranked_similar(*query)
        if found.fallback and self.models.rated:
            other = self.models.model(self.models.best_trained)
            if not (again := other.ranked_similar(*query)).fallback:
                recommender, found = other, again
        number = self.models.release.items.number(item_id)
        return self._listed(
            recommender,
            found,
            n,
            filters,
            lambda numbers: recommender.similar_reasons(found, number, numbers),
            [item_id],
        )

    def _personal(
        self, history: History, n: int, recommender: Recommender, filters: Filters, exclude: Sequence[str]
    ) -> Picks:
        calibrated = (
            recommender.name in (self.models.defaults.user, self.models.defaults.newcomer) and filters.calibrates
        )
        depth, scored = max(n, POOL) if calibrated else _depth(n, filters), self.scored.of(history)
        ranking = personal_ranking(self.candidates, scored, recommender, depth, filters, exclude)
        found = ranking.ranked
        if calibrated:
            found = self._calibrated(found, scored.ratings, recommender, n)
        content, items = self.models.content, self.models.release.items

        def reasons(numbers: np.ndarray) -> list[Reason]:
            return specific(recommender.reasons(found, numbers), numbers, content, items)

        picks = self._listed(recommender, found, n, filters, reasons, exclude)
        return self._with_match(picks, scored, ranking if recommender.name == self.models.matching else None)

    def _blended(self, history: History, near: str | None, n: int, balance: float, filters: Filters) -> Picks:
        # Without ratings there is only the content model.
        balance = balance if self.models.rated else 0.0
        scored = self.scored.of(history)
        blend = Blend(self.models, self.likeness, scored, near, balance, filters.recency)
        base, among = blend.base, self.models.passing(filters)
        exclude = [near] if near else []
        mixture = blend.mixture(base.masked(blend.histories, exclude, among))
        calibrated = near is None and filters.calibrates
        depth = max(n, POOL) if calibrated else _depth(n, filters)
        top, values = top_n(mixture.scores, depth, base.popularity_rank)
        if not len(top):
            found = base.ranked(scored.ratings, _depth(n, filters), exclude, among, filters.recency)
            picks = self._listed(base, found, n, filters, lambda numbers: base.reasons(found, numbers))
            return self._with_match(picks, scored)
        found = Ranked(top, values, blend.histories, mixture.scores)
        if calibrated:
            found = self._calibrated(found, scored.ratings, base, n)
        picks = self._listed(base, found, n, filters, lambda numbers: blend.reasons(mixture, numbers), exclude)
        numbers = self.models.release.items.numbers(picks.item_ids)
        known = np.isfinite(mixture.scores[numbers])
        parts = [part if ok else "" for part, ok in zip(mixture.leading(numbers), known.tolist(), strict=True)]
        return self._with_match(picks, scored)._replace(parts=parts)

    def _calibrated(self, found: Ranked, history: Mapping[str, float], recommender: Recommender, n: int) -> Ranked:
        """The first n of a ranking in the order that is calibrated to a history."""
        if found.fallback is not None:
            return found
        known = self.models.release.items.numbers(list(telling_items(history, recommender.scale)))
        numbers = self.models.calibration.ordered(found.numbers, known[known >= 0], n)
        return found._replace(numbers=numbers, scores=found.row[numbers])

    def _with_match(self, picks: Picks, scored: Scored, ranking: Found | None = None) -> Picks:
        """The list with matches; `ranking` is that of the list if its model is the one of the matches."""
        numbers = self.models.release.items.numbers(picks.item_ids)
        if ranking is None or ranking.moments is None:
            return picks._replace(matches=self.models.match(scored.histories, numbers, scored.score))
        return picks._replace(matches=self.models.match(scored.histories, numbers, ranking.score, ranking.moments))

    def _explained(self, history: Mapping[str, float], item_id: str, recommender: Recommender) -> Explanation:
        shares = [pair for pair in recommender.explain(history, item_id) if pair[1] > MIN_SHARE][:MAX_EXPLAINED]
        found = recommender.ranked(history, 1)
        number = self.models.release.items.number(item_id)
        score, alone = float(found.row[number]), np.array([number])
        reasons = self._with_themes(recommender.reasons(found, alone), alone)
        return Explanation(
            recommender.name,
            score if np.isfinite(score) else None,
            self.models.sentences(reasons)[0],
            [(other, history[other], round(share, 4)) for other, share in shares],
            self.models.shared_traits(item_id, [other for other, _ in shares[:TRAITS_OF]]),
        )

    def _listed(
        self,
        recommender: Recommender,
        found: Ranked,
        n: int,
        filters: Filters,
        reasons: Callable[[np.ndarray], list[Reason]],
        exclude: Sequence[str] = (),
    ) -> Picks:
        """A list of n ranked items with their reasons, filled if few of the passing items have a score."""
        full = filled(found, _depth(n, filters), recommender, self.models.passing(filters), exclude)
        numbers, scores = self.models.top(recommender, self.less.applied(full, filters.less), n, filters)
        return Picks(
            recommender.name,
            self.models.release.version,
            self.models.release.items.ids[numbers].tolist(),
            [float(score) for score in scores],
            [None] * len(numbers),
            self.models.sentences(self._true(with_fillers(reasons, numbers, found), numbers)),
            [],
        )

    def _true(self, reasons: Sequence[Reason], numbers: np.ndarray) -> list[Reason]:
        return self._with_fans(self._with_themes(reasons, numbers), numbers)

    def _with_fans(self, reasons: Sequence[Reason], numbers: np.ndarray) -> list[Reason]:
        """Reasons that say that the same people like two items only if anybody does."""
        found, items = list(reasons), self.models.release.items
        places = [place for place, one in enumerate(found) if one.kind in OF_PEOPLE and one.items]
        for item_id in {found[place].items[0] for place in places}:
            own = [place for place in places if found[place].items[0] == item_id]
            for place, shares in zip(own, self.fans.shared(items.number(item_id), numbers[own]), strict=True):
                if not shares:
                    found[place] = Reason(Kind.SAME_TASTE, (item_id,))
        return found

    def _with_themes(self, reasons: Sequence[Reason], numbers: np.ndarray) -> list[Reason]:
        """Reasons whose single words of descriptions are replaced by the themes of titles."""
        items, titles = self.models.release.items, self.models.release.titles
        return [
            replace(one, traits=tuple(as_themes(one.traits, titles[items.number(one.items[0])], titles[number])))
            if one.items and one.traits
            else one
            for one, number in zip(reasons, numbers.tolist(), strict=True)
        ]


def _depth(n: int, filters: Filters) -> int:
    return POOL if filters.reranks else n
