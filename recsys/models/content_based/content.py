"""Content-based recommendation: what items are about, not who rated them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based.terms import (
    BAG,
    FILLER,
    MIX,
    TEXT,
    WRITTEN,
    YEAR,
    Block,
    Vocabulary,
    item_terms,
    spread_years,
    tfidf,
    weighted,
    words,
)
from recsys.models.rating_weights import mean_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register
from recsys.ranking.top_n import top_n

log = logging.getLogger(__name__)

MIN_ITEMS = {TEXT: 2, BAG: 2, "cast": 2, "keywords": 2}  # items that a term of a block must have to count
# Blocks whose terms a reason may name, the most specific first.
NAMED_BLOCKS = ("director", "cast", "keywords", "genres", TEXT, BAG)


@register
class Content(Recommender):
    """TF-IDF over tags and text, compared by a weighted sum of cosines.

    sim(i, j) = sum over blocks b of w_b cos(v_ib, v_jb); the score of a history is
    s(h, j) = (sum_i p_hi sim(i, j)) / sum_i |p_hi| * (1 + popularity_weight ln(1 + n_j) / ln(1 + n_max)),
    p from `mean_centred`. Items without any term cannot be scored. Blocks: genres, keywords, director, cast, text,
    year, and any other tag facet; where items come with bags of words, those take the place of the text.
    """

    name = "content"
    title = "Similar in content"
    summary = "Alike in what they are about: shared people, keywords, genres and words."
    family = "content-based"
    order = 10
    uses_features = True
    requires = ("sklearn",)
    needs_ratings = False
    first_start = True
    scales = True
    min_query_words = 1

    @dataclass(frozen=True)
    class Config:
        genres_weight: float = setting(0.26, "Share of genres in a likeness.", low=0.0, search=Span(0.05, 0.5))
        mix_weight: float = setting(0.12, "Share of pairs of genres.", low=0.0, search=Span(0.0, 0.3))
        keywords_weight: float = setting(0.22, "Share of keywords.", low=0.0, search=Span(0.05, 0.5))
        director_weight: float = setting(0.10, "Share of the director.", low=0.0, search=Span(0.0, 0.3))
        cast_weight: float = setting(0.10, "Share of the cast.", low=0.0, search=Span(0.0, 0.3))
        text_weight: float = setting(
            0.18, "Share of the words of overview and keywords.", low=0.0, search=Span(0.05, 0.5)
        )
        words_weight: float = setting(
            2.0, "Share of bags of words, in a catalogue that has them.", low=0.0, search=Span(0.2, 4.0)
        )
        year_weight: float = setting(0.06, "Share of the year.", low=0.0, search=Span(0.0, 0.2))
        other_weight: float = setting(0.04, "Share of each further tag facet, such as language.", low=0.0)
        popularity_weight: float = setting(
            0.4, "How much the most rated item gains over one nobody rated.", low=0.0, search=Span(0.0, 2.0)
        )
        rating_strength: float = setting(
            1.0, "How far ratings move a weight from 1; low ratings count against.", low=0.0
        )

    def _weights(self, blocks: set[str]) -> dict[str, float]:
        config = self.config
        known = {
            "genres": config.genres_weight,
            "keywords": config.keywords_weight,
            "director": config.director_weight,
            "cast": config.cast_weight,
            TEXT: config.text_weight,
            YEAR: config.year_weight,
            MIX: config.mix_weight,
            BAG: config.words_weight,
        }
        return {block: known.get(block, config.other_weight) for block in blocks}

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        blocks: dict[str, Block] = {}
        if features is not None:
            log.info("content: TF-IDF of %d items.", len(data.items))
            blocks = {name: tfidf(lists, MIN_ITEMS.get(name, 1)) for name, lists in item_terms(features).items()}
            blocks[YEAR] = spread_years(features.years if len(features.years) else np.full(len(data.items), np.nan))
        self.vocabulary, self.weights = Vocabulary.of(blocks), self._weights(set(blocks))
        self._take(weighted(blocks, self.weights, len(data.items)))
        counts = np.log1p(data.item_counts)
        self.boost = (1.0 + self.config.popularity_weight * counts / (counts.max(initial=0) or 1)).astype(np.float32)

    def _take(self, vectors: sparse.csr_array) -> None:
        for derived in ("_by_term", "_tags_by_word"):
            self.__dict__.pop(derived, None)
        self.vectors = vectors
        self.described = np.diff(vectors.indptr) > 0
        self._nameable = np.array(
            [
                block in NAMED_BLOCKS and not (block in WRITTEN and term in FILLER)
                for block, term in self.vocabulary.terms
            ],
            dtype=bool,
        )

    @cached_property
    def _by_term(self) -> sparse.csr_array:
        return sparse.csr_array(self.vectors.T.tocsr())

    @cached_property
    def _tags_by_word(self) -> dict[str, list[tuple[str, str, set[str]]]]:
        """Genres and keywords by the first of their words: (block, tag, all its words)."""
        tags: dict[str, list[tuple[str, str, set[str]]]] = {}
        for block, tag in self.vocabulary.terms:
            parts = words(tag) if block in ("genres", "keywords") else []
            if parts:
                tags.setdefault(parts[0], []).append((block, tag, set(parts)))
        return tags

    def _score(self, histories: Histories) -> np.ndarray:
        liked = mean_centred(histories.matrix, self.mean, self.scale, self.config.rating_strength)
        known = self.described[liked.indices]
        total = np.bincount(
            np.repeat(np.arange(len(histories)), np.diff(liked.indptr)),
            weights=np.abs(liked.data) * known,
            minlength=len(histories),
        )
        asked = liked @ self.vectors
        if len(histories) == 1:
            # one vector against all rows reads each number once; a sparse product first counts what it will hold
            likeness = (self.vectors @ asked.toarray()[0])[None]
        else:
            likeness = (asked @ self._by_term).toarray()
        scores = likeness * self.boost / np.where(total > 0, total, 1)[:, None]
        return np.where(self.described & (total > 0)[:, None], scores, np.nan)

    def _similar(self, number: int) -> np.ndarray:
        if not self.described[number]:
            return np.full(len(self.items), np.nan)
        likeness = self.vectors @ self.vectors[[number]].toarray()[0]
        return np.where(self.described, likeness * self.boost, np.nan)

    def likeness(self, numbers: np.ndarray) -> np.ndarray:
        """(len(numbers), len(numbers)) float32 likeness of items with one another, 0..1."""
        part = self.vectors[numbers]
        return (part @ part.T).toarray()

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        liked = mean_centred(histories.matrix, self.mean, self.scale, self.config.rating_strength)
        likeness = (self.vectors[numbers] @ self.vectors[liked.indices].T).toarray()
        return likeness * liked.data

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Items whose words, keywords and genres fit a free text, best first, as (item_id, score)."""
        found = set(words(text))
        blocks: dict[str, set[str]] = {}
        for word in found:
            for block in (TEXT, BAG):
                if (block, word) in self.vocabulary.columns:
                    blocks.setdefault(block, set()).add(word)
            for block, tag, parts in self._tags_by_word.get(word, ()):
                if parts <= found:
                    blocks.setdefault(block, set()).add(tag)
        query = self.vocabulary.vector(blocks, self.weights)
        if not query.any():
            return []
        scores = self.vectors @ query
        top, values = top_n(np.where(scores > 0, scores * self.boost, np.nan), n, self.popularity_rank)
        return list(zip(self.items.ids[top].tolist(), values.tolist(), strict=True))

    def shared(self, number: int, others: np.ndarray, most: int = 4) -> list[list[tuple[str, str]]]:
        """For each other item, up to `most` (block, term) pairs it shares with an item, the most telling first."""
        low, high = self.vectors.indptr[number], self.vectors.indptr[number + 1]
        mine = np.zeros(len(self.vocabulary.terms), dtype=np.float32)
        mine[self.vectors.indices[low:high]] = self.vectors.data[low:high]
        pairs = []
        for other in others:
            low, high = self.vectors.indptr[other], self.vectors.indptr[other + 1]
            columns = self.vectors.indices[low:high]
            weights = np.where(self._nameable[columns], self.vectors.data[low:high] * mine[columns], 0.0)
            order = np.argsort(-weights, kind="stable")[:most]
            pairs.append([self.vocabulary.terms[columns[i]] for i in order if weights[i] > 0])
        return pairs

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.TRAITS, self._ids(number), tuple(pairs)) for pairs in self.shared(number, numbers)]

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        closest = histories.matrix.indices[self._contributions(histories, numbers).argmax(axis=1)]
        reasons = [Reason(Kind.TRAITS_OF_ITEM)] * len(numbers)
        for near in np.unique(closest):
            places = np.flatnonzero(closest == near)
            for place, pairs in zip(places, self.shared(int(near), numbers[places], 3), strict=True):
                reasons[place] = Reason(Kind.TRAITS_OF_ITEM, self._ids(near), tuple(pairs))
        return reasons

    def arrays(self) -> dict[str, np.ndarray]:
        vectors = self.vectors
        return {
            "data": vectors.data,
            "indices": vectors.indices,
            "indptr": vectors.indptr,
            "idf": self.vocabulary.idf,
            "boost": self.boost,
        }

    def state(self) -> dict[str, Any]:
        blocks: dict[str, list[str]] = {}
        for block, term in self.vocabulary.terms:
            blocks.setdefault(block, []).append(term)
        return {"terms": blocks}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        terms = [(block, term) for block in sorted(state["terms"]) for term in state["terms"][block]]
        self.vocabulary = Vocabulary(terms, arrays["idf"])
        self.weights = self._weights(set(state["terms"]))
        vectors = sparse.csr_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(self.items), len(terms))
        )
        vectors.check_format(full_check=True)
        self._take(vectors)
        self.boost = arrays["boost"]
