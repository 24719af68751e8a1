"""A person's taste as a vector over tags, and the items that fit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based.terms import BAG, TEXT, Vocabulary, item_terms, tfidf, weighted
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register


@register
class Profile(Recommender):
    """The user's tag profile times the items' (Pazzani and Billsus 2007).

    t(h) = sum over i in h of w_hi v_i, s(h, j) = cos(t(h), v_j) ((n_j + 1) / (n_max + 1))^popularity_power,
    v_i the IDF-weighted tags of an item (genres, keywords, people, and any other facet), each facet scaled to its
    weight; w from `user_centred`. Without tags nothing can be scored.
    """

    name = "profile"
    title = "Fits your taste"
    summary = "Matches the genres, themes and people you rate above your average."
    family = "content-based"
    order = 20
    uses_features = True
    requires = ("sklearn",)

    @dataclass(frozen=True)
    class Config:
        genres_weight: float = setting(0.5, "Share of genres in an item's vector.", low=0.0, search=Span(0.1, 1.0))
        other_weight: float = setting(
            0.2, "Share of each other tag facet, such as keywords or cast.", low=0.0, search=Span(0.0, 0.5)
        )
        seen_weight: float = setting(
            1.0, "What an item rated just average adds to the profile.", low=0.0, search=Span(0.0, 2.0)
        )
        popularity_power: float = setting(
            0.7, "Exponent of an item's share of users; 0 looks at tags alone.", low=0.0, search=Span(0.2, 1.5)
        )

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        lists = item_terms(features) if features is not None else {}
        # a tag that only one item has cannot tell whether another one fits
        blocks = {name: tfidf(lists[name], min_items=2) for name in lists if name not in (BAG, TEXT)}
        self.vocabulary = Vocabulary.of(blocks)
        config = self.config
        weights = {block: config.genres_weight if block == "genres" else config.other_weight for block in blocks}
        self._take(weighted(blocks, weights, len(data.items)))
        counts = data.item_counts + 1.0
        self.boost = ((counts / counts.max(initial=1.0)) ** config.popularity_power).astype(np.float32)

    def _take(self, vectors: sparse.csr_array) -> None:
        self.vectors, self.by_term = vectors, sparse.csr_array(vectors.T.tocsr())
        self.norms = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())

    def _profiles(self, matrix: sparse.csr_array) -> np.ndarray:
        """Tag profiles (n, n_terms) of length 1, zero where the history has no tag."""
        liked = user_centred(matrix, self.mean, self.scale, self.config.seen_weight)
        profiles = (liked @ self.vectors).toarray()
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        return profiles / np.where(lengths > 0, lengths, 1)

    def _score(self, histories: Histories) -> np.ndarray:
        profiles = self._profiles(histories.matrix)
        fit = (self.vectors @ profiles.T).T / np.where(self.norms > 0, self.norms, 1)
        known = (self.norms > 0) & (np.abs(profiles).sum(axis=1, keepdims=True) > 0)
        return np.where(known, np.where(fit > 0, fit * self.boost, fit), np.nan)

    def _similar(self, number: int) -> np.ndarray:
        if not self.norms[number]:
            return np.full(len(self.items), np.nan)
        products = (self.vectors[[number]] @ self.by_term).toarray()[0]
        cosine = products / (np.maximum(self.norms, 1e-12) * self.norms[number])
        return np.where(self.norms > 0, cosine, np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        liked = user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)
        return (self.vectors[numbers] @ self.vectors[liked.indices].T).toarray() * liked.data

    def taste(self, histories: Histories, most: int = 10) -> list[tuple[str, str, float]]:
        """(facet, tag, weight) of one history's strongest tags, likes before dislikes of the same strength."""
        profile = self._profiles(histories.matrix)[0]
        order = [int(i) for i in np.lexsort((-profile, -np.abs(profile)))[:most] if profile[i]]
        return [(*self.vocabulary.terms[i], float(profile[i])) for i in order]

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        profile = self._profiles(histories.matrix)[0]
        reasons = []
        for number in numbers:
            row = self.vectors[[number]]
            parts = row.data * profile[row.indices]
            best = [int(i) for i in np.argsort(-parts, kind="stable")[:3] if parts[i] > 0]
            reasons.append(Reason(Kind.TASTE, traits=tuple(self.vocabulary.terms[row.indices[i]] for i in best)))
        return reasons

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        mine = self.vectors[[number]]
        reasons = []
        for other in numbers:
            theirs = self.vectors[[other]]
            both, at, to = np.intersect1d(mine.indices, theirs.indices, assume_unique=True, return_indices=True)
            order = np.argsort(-mine.data[at] * theirs.data[to], kind="stable")[:3]
            reasons.append(Reason(Kind.TAGS, traits=tuple(self.vocabulary.terms[both[i]] for i in order)))
        return reasons

    def arrays(self) -> dict[str, np.ndarray]:
        return {
            "data": self.vectors.data,
            "indices": self.vectors.indices,
            "indptr": self.vectors.indptr,
            "idf": self.vocabulary.idf,
            "boost": self.boost,
        }

    def state(self) -> dict[str, Any]:
        return {"terms": [list(term) for term in self.vocabulary.terms]}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.vocabulary = Vocabulary([(block, term) for block, term in state["terms"]], arrays["idf"])
        self.boost = arrays["boost"]
        vectors = sparse.csr_array(
            (arrays["data"], arrays["indices"], arrays["indptr"]), shape=(len(self.items), len(self.vocabulary.terms))
        )
        vectors.check_format(full_check=True)
        self._take(vectors)
