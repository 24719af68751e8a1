"""Compare items by their content: tags, words and years as TF-IDF vectors."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models.base import RATINGS, Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based.pairs import Pairs
from recsys.models.content_based.terms import (
    BAG,
    FILLER,
    MAKERS,
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

MIN_ITEMS = {TEXT: 2, BAG: 2, "cast": 2, "keywords": 2}  # fewest items with a term, by block; 1 for other blocks
# Blocks whose terms a reason may name, the most specific first. Single words of a text explain too little to be named.
NAMED_BLOCKS = (*MAKERS, "cast", "keywords", BAG, "genres")


@register
class Content(Recommender):
    """Weighted sum of the cosines of TF-IDF vectors, one cosine for each block of terms; also searches by text.

    sim(i, j) = sum over blocks b of w_b cos(v_ib, v_jb), and for a history
    s(h, j) = sum over i in h of p_hi sim(i, j) / sum over i in h of |p_hi|, both times
    1 + popularity_weight ln(1 + n_j) / ln(1 + n_max), with p from `mean_centred` and n_j the ratings of an item. Items
    without any term have no score. Blocks: genres, pairs of genres, keywords, director, cast, text, year, and any
    other tag facet; if the catalogue has bags of words, they replace the text.

    Learned: vectors CSR (n_items, n_terms) float32, whose products are sim; the vocabulary; popularity factors
    (n_items,) float32.
    """

    name = "content"
    title = "Similar in content (TF-IDF)"
    summary = "Compares the content of items: shared people, keywords, genres and words."
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
        genres_weight: float = setting(0.26, "Weight of genres in a similarity.", low=0.0, search=Span(0.05, 0.5))
        mix_weight: float = setting(0.12, "Weight of pairs of genres.", low=0.0, search=Span(0.0, 0.3))
        keywords_weight: float = setting(0.22, "Weight of keywords.", low=0.0, search=Span(0.05, 0.5))
        director_weight: float = setting(0.10, "Weight of the director.", low=0.0, search=Span(0.0, 0.3))
        cast_weight: float = setting(0.10, "Weight of the cast.", low=0.0, search=Span(0.0, 0.3))
        text_weight: float = setting(
            0.18, "Weight of the words of overview and keywords.", low=0.0, search=Span(0.05, 0.5)
        )
        words_weight: float = setting(
            2.0, "Weight of bags of words, if the catalogue has them.", low=0.0, search=Span(0.2, 4.0)
        )
        year_weight: float = setting(0.06, "Weight of the year.", low=0.0, search=Span(0.0, 0.2))
        other_weight: float = setting(0.04, "Weight of each other tag facet, such as language.", low=0.0)
        popularity_weight: float = setting(
            0.4, "Relative gain of the most rated item over an unrated one.", low=0.0, search=Span(0.0, 2.0)
        )
        rating_strength: float = setting(
            1.0, "How far ratings move a weight from 1; low ratings become negative.", low=0.0
        )

    def _block_weights(self, blocks: Iterable[str]) -> dict[str, float]:
        """w by block."""
        config = self.config
        weights = {
            "genres": config.genres_weight,
            "keywords": config.keywords_weight,
            "director": config.director_weight,
            "cast": config.cast_weight,
            TEXT: config.text_weight,
            YEAR: config.year_weight,
            MIX: config.mix_weight,
            BAG: config.words_weight,
        }
        return {block: weights.get(block, config.other_weight) for block in blocks}

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        blocks: dict[str, Block] = {}
        if features is not None:
            log.info("content: TF-IDF of %d items.", len(data.items))
            blocks = {name: tfidf(lists, MIN_ITEMS.get(name, 1)) for name, lists in item_terms(features).items()}
            blocks[YEAR] = spread_years(features.years if len(features.years) else np.full(len(data.items), np.nan))
        counts = np.log1p(data.item_counts)
        popularity = 1.0 + self.config.popularity_weight * counts / (counts.max(initial=0) or 1)
        vectors = weighted(blocks, self._block_weights(blocks), len(data.items))
        self._prepare(Vocabulary.of(blocks), vectors, popularity.astype(np.float32))

    def _prepare(self, vocabulary: Vocabulary, vectors: sparse.csr_array, popularity: np.ndarray) -> None:
        """Set the learned attributes and those computed from them.

        Args:
            vectors: CSR (n_items, n_terms) float32.
            popularity: (n_items,) float32 factors of the scores.
        """
        for name in ("_vectors_by_term", "_tags_by_word"):
            self.__dict__.pop(name, None)  # computed for an earlier fit
        self.vocabulary, self.vectors, self.popularity_factors = vocabulary, vectors, popularity
        self.weights = self._block_weights({block for block, _ in vocabulary.terms})
        block_numbers = {block: place for place, block in enumerate(self.weights)}
        self._block_of_term = np.array([block_numbers[block] for block, _ in vocabulary.terms], dtype=np.int64)
        self.described = csr.row_lengths(vectors) > 0
        nameable = [block in NAMED_BLOCKS and not (block == BAG and term in FILLER) for block, term in vocabulary.terms]
        self._nameable = np.array(nameable, dtype=bool)

    @cached_property
    def _vectors_by_term(self) -> sparse.csr_array:
        """CSR (n_terms, n_items)."""
        return csr.transposed(self.vectors)

    @cached_property
    def _tags_by_word(self) -> dict[str, list[tuple[str, str, set[str]]]]:
        """(block, tag, all its words) of genres and keywords, by the first of their words."""
        tags: dict[str, list[tuple[str, str, set[str]]]] = {}
        for block, tag in self.vocabulary.terms:
            parts = words(tag) if block in ("genres", "keywords") else []
            if parts:
                tags.setdefault(parts[0], []).append((block, tag, set(parts)))
        return tags

    # -- scores ---------------------------------------------------------------------------------

    def _score(self, histories: Histories) -> np.ndarray:
        weights = self._history_weights(histories)
        total = csr.row_sums(weights, np.abs(weights.data) * self.described[weights.indices])
        if len(histories) == 1:
            # dense vectors are faster: a product of two sparse matrices first counts the entries of its result
            similarity = (self.vectors @ csr.dense_product(weights, self.vectors)[0])[None]
        else:
            similarity = (weights @ self.vectors @ self._vectors_by_term).toarray()
        scores = similarity * self.popularity_factors / np.where(total > 0, total, 1)[:, None]
        return np.where(self.described & (total > 0)[:, None], scores, np.nan)

    def _history_weights(self, histories: Histories) -> sparse.csr_array:
        """p, CSR (n, n_items)."""
        return mean_centred(histories.matrix, self.mean, self.scale, self.config.rating_strength)

    def _similar(self, number: int) -> np.ndarray:
        if not self.described[number]:
            return np.full(len(self.items), np.nan)
        row = self._row(number)
        similarity = self._products(self.vectors.indices[row], self.vectors.data[row])
        return np.where(self.described, similarity * self.popularity_factors, np.nan)

    def likeness(self, numbers: np.ndarray) -> Pairs:
        """Pairwise sim of some items, from 0 to the sum of all w."""
        return Pairs(self.vectors, numbers)

    def _row(self, number: int) -> slice:
        """Places of an item's terms in `vectors`."""
        return slice(self.vectors.indptr[number], self.vectors.indptr[number + 1])

    def _dense(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """The vector with the values of some terms, (n_terms,) float32."""
        dense = np.zeros(self.vectors.shape[1], dtype=np.float32)
        dense[columns] = values
        return dense

    def _products(self, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Products of all items with a vector of few terms, (n_items,) float32; reads only items with these terms."""
        return csr.weighted_sum(self._vectors_by_term, columns, values)

    def cosines(
        self, number: int, weights: Mapping[str, float], other: float = 0.0, among: np.ndarray | None = None
    ) -> np.ndarray:
        """Weighted sum of the blocks' cosines with one item, (n_items,) float32, for other weights than the model's.

        Args:
            weights: by block; blocks with weight 0 in the model are not used.
            other: weight of the blocks that are not listed.
            among: (n,) numbers of the items to compare with; the result is (n,). None for all items.
        """
        ratios = np.array(
            [weights.get(block, other) / weight if weight else 0.0 for block, weight in self.weights.items()]
        )
        row = self._row(number)
        columns = self.vectors.indices[row]
        values = (self.vectors.data[row] * ratios[self._block_of_term[columns]]).astype(np.float32)
        if among is None:
            counted = values != 0
            return self._products(columns[counted], values[counted])
        dense = self._dense(columns, values)
        places, owners = csr.entries(self.vectors, among)
        products = self.vectors.data[places] * dense[self.vectors.indices[places]]
        return np.bincount(owners, products, len(among)).astype(np.float32)

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Up to `n` items with words, keywords and genres of a text, best first, as (item_id, score)."""
        query = self.vocabulary.vector(self._query(set(words(text))), self.weights)
        if not query.any():
            return []
        scores = self.vectors @ query
        known = np.where(scores > 0, scores * self.popularity_factors, np.nan)
        top, values = top_n(known, n, self.popularity_rank)
        return list(zip(self.items.ids[top].tolist(), values.tolist(), strict=True))

    def _query(self, found: set[str]) -> dict[str, set[str]]:
        """Known terms by block: the words themselves, and tags of which all words were found."""
        query: dict[str, set[str]] = {}
        for word in found:
            for block in WRITTEN:
                if (block, word) in self.vocabulary.columns:
                    query.setdefault(block, set()).add(word)
            for block, tag, parts in self._tags_by_word.get(word, ()):
                if parts <= found:
                    query.setdefault(block, set()).add(tag)
        return query

    # -- explanations ---------------------------------------------------------------------------

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """p_hi sim(i, j), the terms of the score up to a factor."""
        weights = self._history_weights(histories)
        places, owners = csr.entries(self.vectors, numbers)
        # dense vectors of the few items, because a product of two sparse matrices takes twice as long
        wanted = np.zeros((self.vectors.shape[1], len(numbers)), dtype=np.float32)
        wanted[self.vectors.indices[places], owners] = self.vectors.data[places]
        return (self.vectors[weights.indices] @ wanted).T * weights.data

    def shared(self, number: int, others: np.ndarray, most: int = 4) -> list[list[tuple[str, str]]]:
        """For each other item, up to `most` (block, term) pairs that it shares with an item, the most important first.

        Only terms that a reason may name are returned; the importance is the term's part of the similarity.
        """
        places, owners = csr.entries(self.vectors, np.asarray(others))
        columns = self.vectors.indices[places]
        row = self._row(number)
        own = self._dense(self.vectors.indices[row], self.vectors.data[row])
        products = self.vectors.data[places] * own[columns]
        positive = (products > 0) & self._nameable[columns]
        owners, columns, products = owners[positive], columns[positive], products[positive]
        terms, pairs = self.vocabulary.terms, [[] for _ in others]
        order = np.lexsort((-products, owners))
        for owner, column in zip(owners[order].tolist(), columns[order].tolist(), strict=True):
            if len(pairs[owner]) < most:
                pairs[owner].append(terms[column])
        return pairs

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        shared = zip(self.shared(number, numbers), self.share_words(number, numbers), strict=True)
        return [Reason(Kind.TRAITS, self._ids(number), (*pairs, *words)) for pairs, words in shared]

    def share_words(self, number: int, others: np.ndarray) -> list[list[tuple[str, str]]]:
        """For each other item, the trait that its text has words of an item's text, in a list that is empty if not."""
        alike = self.cosines(number, dict.fromkeys(WRITTEN, 1.0), among=others) > 0
        return [[(TEXT, "")] if found else [] for found in alike.tolist()]

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        """The liked item of the history that adds most to the score, and the terms that both share."""
        closest, adds = self._closest(histories, numbers)
        alike = adds > 0
        reasons = [Reason(Kind.UNLIKE) if named else RATINGS for named in np.isfinite(adds).tolist()]
        for near in np.unique(closest[alike]):
            places = np.flatnonzero(alike & (closest == near))
            for place, pairs in zip(places, self.shared(int(near), numbers[places], 3), strict=True):
                reasons[place] = Reason(Kind.TRAITS_OF_ITEM, self._ids(near), tuple(pairs))
        return reasons

    # -- save and load --------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        return {**csr.to_arrays(self.vectors), "idf": self.vocabulary.idf, "boost": self.popularity_factors}

    def state(self) -> dict[str, Any]:
        blocks: dict[str, list[str]] = {}
        for block, term in self.vocabulary.terms:
            blocks.setdefault(block, []).append(term)
        return {"terms": blocks}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        terms = [(block, term) for block in sorted(state["terms"]) for term in state["terms"][block]]
        self._prepare(Vocabulary(terms, arrays["idf"]), csr.from_arrays(arrays, len(terms)), arrays["boost"])
