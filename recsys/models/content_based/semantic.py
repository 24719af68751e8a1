"""Compare items by the meaning of their descriptions, with sentence embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import RATINGS, Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based import sentence_encoder
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register
from recsys.ranking.top_n import top_n


@register
class Semantic(Recommender):
    """Cosine of sentence embeddings of title, text and keywords (Reimers and Gurevych 2019); also searches by text.

    s(h, j) = cos(t(h), z_j) ((n_j + 1) / (n_max + 1))^popularity_power, t(h) = sum over i in h of w_hi z_i, with z the
    embeddings minus their mean, w from `user_centred` and n_j the ratings of an item. Negative cosines are not
    multiplied by the popularity. Items without a text have no score.

    An optional encoder computes the embeddings in `fit`, in some ten milliseconds per text; later only `search` needs
    it.

    Learned: embeddings (n_items, d) float16, zero for items without a text; popularity factors (n_items,) float32.
    """

    name = "semantic"
    title = "Similar in meaning (sentence embeddings)"
    summary = "Compares what items are about by the meaning of their descriptions, not by shared words."
    family = "content-based"
    order = 15
    uses_features = True
    min_query_words = 3  # shorter queries name an item rather than describe it
    requires = (sentence_encoder.PACKAGE, sentence_encoder.TOKENIZERS)

    @dataclass(frozen=True)
    class Config:
        seen_weight: float = setting(
            1.0, "Weight of an item with an average rating in the profile.", low=0.0, search=Span(0.0, 2.0)
        )
        popularity_power: float = setting(
            0.5, "Exponent of the popularity; 0 uses the meaning alone.", low=0.0, search=Span(0.0, 1.5)
        )
        model_folder: str = setting("", "Folder of another BERT sentence encoder; empty for the installed one.")

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        texts = [""] * len(data.items) if features is None else _texts(features)
        rows = [row for row, text in enumerate(texts) if text]
        encoder = self._new_encoder() if rows else None
        found = encoder.encode([texts[row] for row in rows]) if encoder else np.zeros((0, 1), np.float32)
        embeddings = np.zeros((len(texts), found.shape[1]), np.float16)
        embeddings[rows] = found
        counts = data.item_counts + 1.0
        popularity = ((counts / counts.max(initial=1.0)) ** self.config.popularity_power).astype(np.float32)
        self._prepare(embeddings, popularity, encoder)

    def _prepare(
        self, embeddings: np.ndarray, popularity: np.ndarray, encoder: sentence_encoder.Encoder | None
    ) -> None:
        """Set the learned attributes and those computed from them.

        Args:
            embeddings: (n_items, d) float16.
            popularity: (n_items,) float32 factors of the scores.
            encoder: for `search`; None to load it at first use.
        """
        self.embeddings, self.popularity_factors, self.encoder = embeddings, popularity, encoder
        centred = embeddings.astype(np.float32)
        self.described = np.abs(centred).sum(axis=1) > 0
        # remove the direction that all embeddings share, so that the cosines differ more
        self.direction = centred[self.described].mean(axis=0) if self.described.any() else centred.sum(axis=0)
        centred -= self.direction
        centred[~self.described] = 0
        # kept for `search`, so that the embeddings need not be kept as well
        self.lengths = np.maximum(np.linalg.norm(centred, axis=1), np.float32(1e-9))
        centred /= self.lengths[:, None]
        self.centred = centred

    def _new_encoder(self) -> sentence_encoder.Encoder:
        return sentence_encoder.Encoder(sentence_encoder.find(self.config.model_folder))

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Up to `n` items whose meaning is closest to a text, best first, as (item_id, cosine).

        Raises:
            MissingExtra: the encoder is not installed.
        """
        if not text.strip() or not self.described.any():
            return []
        if self.encoder is None:
            self.encoder = self._new_encoder()
        meant = self.encoder.encode([text])[0]
        cosine = self.lengths * (self.centred @ meant) + self.direction @ meant
        top, values = top_n(np.where(self.described, cosine, np.nan), n, self.popularity_rank)
        return list(zip(self.items.ids[top].tolist(), values.tolist(), strict=True))

    def _score(self, histories: Histories) -> np.ndarray:
        profiles = self._weights(histories) @ self.centred
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        cosine = (profiles / np.where(lengths > 0, lengths, 1)) @ self.centred.T
        scores = np.where(cosine > 0, cosine * self.popularity_factors, cosine)
        return np.where(self.described & (lengths > 0), scores, np.nan)

    def _weights(self, histories: Histories) -> sparse.csr_array:
        """w, CSR (n, n_items)."""
        return user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)

    def _similar(self, number: int) -> np.ndarray:
        return np.where(self.described & self.described[number], self.centred @ self.centred[number], np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        """w_hi z_i.z_j, the terms of t(h).z_j."""
        weights = self._weights(histories)
        return (self.centred[numbers] @ self.centred[weights.indices].T) * weights.data

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        closest, adds = self._closest(histories, numbers)
        return [
            Reason(Kind.MEANING, self._ids(number)) if named else RATINGS
            for number, named in zip(closest, np.isfinite(adds).tolist(), strict=True)
        ]

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.MEANING, self._ids(number))] * len(numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"vectors": self.embeddings, "boost": self.popularity_factors}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        embeddings, popularity = arrays["vectors"], arrays["boost"]
        if not len(embeddings) == len(popularity) == len(self.items):
            raise ValueError(f"vectors of {len(embeddings)} items")
        self._prepare(embeddings, popularity, None)


def _texts(features: ItemFeatures) -> list[str]:
    """Title, text and keywords of each item that has a text, otherwise ""."""
    keywords = features.tags.get("keywords", [[]] * len(features.ids))
    rows = zip(features.titles, features.texts, keywords, strict=True)
    return [". ".join(filter(None, (title, text, ", ".join(words)))) if text else "" for title, text, words in rows]
