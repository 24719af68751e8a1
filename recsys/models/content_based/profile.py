"""Match items to a user's profile of tags, weighted by the user's ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures, csr
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based.terms import BAG, TEXT, Vocabulary, item_terms, tfidf, weighted
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register

MIN_ITEMS = 2  # fewest items with a tag; a tag of a single item cannot match another item
NAMED = 3  # largest number of tags that a reason names


@register
class Profile(Recommender):
    """Cosine of a user's tag profile and an item's tags (Pazzani and Billsus 2007).

    t(h) = sum over i in h of w_hi v_i and s(h, j) = cos(t(h), v_j) ((n_j + 1) / (n_max + 1))^popularity_power, with
    v_i the TF-IDF vector of an item's tags (genres, keywords, people and any other facet), each facet scaled to its
    weight, w from `user_centred` and n_j the ratings of an item. Negative cosines are not multiplied by the
    popularity. Items without tags have no score.

    Learned: vectors CSR (n_items, n_tags) float32; the vocabulary; popularity factors (n_items,) float32.
    """

    name = "profile"
    title = "Your genres and themes (content profile)"
    summary = "Matches the genres, themes and people you rate above your average."
    family = "content-based"
    order = 20
    uses_features = True
    requires = ("sklearn",)

    @dataclass(frozen=True)
    class Config:
        genres_weight: float = setting(0.5, "Weight of genres in an item's vector.", low=0.0, search=Span(0.1, 1.0))
        other_weight: float = setting(
            0.2, "Weight of each other tag facet, such as keywords or cast.", low=0.0, search=Span(0.0, 0.5)
        )
        seen_weight: float = setting(
            1.0, "Weight of an item with an average rating in the profile.", low=0.0, search=Span(0.0, 2.0)
        )
        popularity_power: float = setting(
            0.7, "Exponent of the popularity; 0 uses the tags alone.", low=0.0, search=Span(0.2, 1.5)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        config = self.config
        lists = item_terms(features) if features is not None else {}
        blocks = {name: tfidf(lists[name], MIN_ITEMS) for name in lists if name not in (BAG, TEXT)}
        weights = {block: config.genres_weight if block == "genres" else config.other_weight for block in blocks}
        counts = data.item_counts + 1.0
        popularity = ((counts / counts.max(initial=1.0)) ** config.popularity_power).astype(np.float32)
        self._prepare(Vocabulary.of(blocks), weighted(blocks, weights, len(data.items)), popularity)

    def _prepare(self, vocabulary: Vocabulary, vectors: sparse.csr_array, popularity: np.ndarray) -> None:
        """Set the learned attributes and the lengths of the vectors (n_items,)."""
        self.vocabulary, self.vectors, self.popularity_factors = vocabulary, vectors, popularity
        self.norms = csr.row_norms(vectors)

    def _profiles(self, histories: Histories) -> np.ndarray:
        """t as unit vectors (n, n_tags); zero for a history without tags."""
        profiles = (self._weights(histories) @ self.vectors).toarray()
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)

    def _weights(self, histories: Histories) -> sparse.csr_array:
        """w, CSR (n, n_items)."""
        return user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)

    def _score(self, histories: Histories) -> np.ndarray:
        profiles = self._profiles(histories)
        cosine = (self.vectors @ profiles.T).T / np.where(self.norms > 0, self.norms, 1)
        known = (self.norms > 0) & profiles.any(axis=1, keepdims=True)
        return np.where(known, np.where(cosine > 0, cosine * self.popularity_factors, cosine), np.nan)

    def _similar(self, number: int) -> np.ndarray:
        """Cosine of the tags of two items."""
        if not self.norms[number]:
            return np.full(len(self.items), np.nan)
        products = self.vectors @ self.vectors[[number]].toarray()[0]
        return np.where(self.norms > 0, products / (np.maximum(self.norms, 1e-12) * self.norms[number]), np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """w_hi v_i.v_j, the terms of t(h).v_j."""
        weights = self._weights(histories)
        return (self.vectors[numbers] @ self.vectors[weights.indices].T).toarray() * weights.data

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        """The tags of each item that weigh most in the profile."""
        profile = self._profiles(histories)[0]
        return [Reason(Kind.TASTE, traits=self._strongest(number, profile)) for number in numbers]

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        """The tags that weigh most in the product of both vectors."""
        vector = self.vectors[[number]].toarray()[0]
        return [Reason(Kind.TAGS, traits=self._strongest(other, vector)) for other in numbers]

    def _strongest(self, number: int, vector: np.ndarray) -> tuple[tuple[str, str], ...]:
        """Up to NAMED (facet, tag) of an item with the largest positive products with a vector (n_tags,)."""
        row = self.vectors[[number]]
        products = row.data * vector[row.indices]
        order = np.argsort(-products, kind="stable")[:NAMED]
        return tuple(self.vocabulary.terms[row.indices[i]] for i in order if products[i] > 0)

    def arrays(self) -> dict[str, np.ndarray]:
        return {**csr.to_arrays(self.vectors), "idf": self.vocabulary.idf, "boost": self.popularity_factors}

    def state(self) -> dict[str, Any]:
        return {"terms": [list(term) for term in self.vocabulary.terms]}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        terms = [(block, term) for block, term in state["terms"]]
        self._prepare(Vocabulary(terms, arrays["idf"]), csr.from_arrays(arrays, len(terms)), arrays["boost"])
