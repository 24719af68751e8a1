"""Likeness of meaning: sentence embeddings of what items are about."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from recsys.data import Histories, Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.config import Span, setting
from recsys.models.content_based import sentence_encoder
from recsys.models.rating_weights import user_centred
from recsys.models.reason import Kind, Reason
from recsys.models.registry import register
from recsys.ranking.top_n import top_n


@register
class Semantic(Recommender):
    """Cosine of sentence embeddings of title, text and keywords (Reimers and Gurevych 2019), for free text as well.

    s(h, j) = cos(sum over i in h of w_hi z_i, z_j) ((n_j + 1) / (n_max + 1))^popularity_power with z the vectors less
    their mean and w from `user_centred`. Vectors are computed at fit with an encoder that is an optional extra, and
    saved as float16; only `search` needs the encoder again. Items without text cannot be scored. Encoding takes some
    ten milliseconds a text.
    """

    name = "semantic"
    title = "Similar in meaning"
    summary = "Compares what items are about by the meaning of their descriptions, not by shared words."
    family = "content-based"
    order = 15
    uses_features = True
    min_query_words = 3  # shorter queries rather name an item than describe it
    requires = (sentence_encoder.PACKAGE,)

    @dataclass(frozen=True)
    class Config:
        seen_weight: float = setting(
            1.0, "What an item rated just average adds to the profile.", low=0.0, search=Span(0.0, 2.0)
        )
        popularity_power: float = setting(
            0.5, "Exponent of an item's share of users; 0 looks at meaning alone.", low=0.0, search=Span(0.0, 1.5)
        )
        model_folder: str = setting("", "Folder of another BERT sentence encoder; empty for the installed one.")

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        texts = [""] * len(data.items) if features is None else _texts(features)
        self.encoder: sentence_encoder.Encoder | None = None
        told = [row for row, text in enumerate(texts) if text]
        vectors = np.zeros((len(texts), 1), np.float16)
        if told:
            found = self._encode([texts[row] for row in told])
            vectors = np.zeros((len(texts), found.shape[1]), np.float16)
            vectors[told] = found
        counts = data.item_counts + 1.0
        self.boost = ((counts / counts.max(initial=1.0)) ** self.config.popularity_power).astype(np.float32)
        self._take(vectors)

    def _take(self, vectors: np.ndarray) -> None:
        self.stored = vectors
        self.vectors = vectors.astype(np.float32)
        self.told = np.abs(self.vectors).sum(axis=1) > 0
        # sentence vectors share a direction that says nothing; without it cosines spread
        mean = self.vectors[self.told].mean(axis=0) if self.told.any() else np.float32(0)
        centred = np.where(self.told[:, None], self.vectors - mean, 0)
        self.centred = (centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)).astype(np.float32)

    def _encode(self, texts: list[str]) -> np.ndarray:
        if self.encoder is None:
            self.encoder = sentence_encoder.Encoder(sentence_encoder.find(self.config.model_folder))
        return self.encoder.encode(texts)

    def search(self, text: str, n: int = 10) -> list[tuple[str, float]]:
        """Items whose meaning is nearest to a free text, best first, as (item_id, cosine).

        Raises:
            MissingExtra: the encoder is not installed here.
        """
        if not text.strip() or not self.told.any():
            return []
        cosine = self.vectors @ self._encode([text])[0]
        top, values = top_n(np.where(self.told, cosine, np.nan), n, self.popularity_rank)
        return list(zip(self.items.ids[top].tolist(), values.tolist(), strict=True))

    def _score(self, histories: Histories) -> np.ndarray:
        liked = self._liked(histories)
        profiles = liked @ self.centred
        lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
        fit = (profiles / np.where(lengths > 0, lengths, 1)) @ self.centred.T
        return np.where(self.told & (lengths > 0), np.where(fit > 0, fit * self.boost, fit), np.nan)

    def _liked(self, histories: Histories) -> sparse.csr_array:
        return user_centred(histories.matrix, self.mean, self.scale, self.config.seen_weight)

    def _similar(self, number: int) -> np.ndarray:
        return np.where(self.told & self.told[number], self.centred @ self.centred[number], np.nan)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        liked = self._liked(histories)
        return (self.centred[numbers] @ self.centred[liked.indices].T) * liked.data

    def _reasons(self, histories: Histories, numbers: np.ndarray) -> list[Reason]:
        closest = histories.matrix.indices[self._contributions(histories, numbers).argmax(axis=1)]
        return [Reason(Kind.MEANING, self._ids(number)) for number in closest]

    def _similar_reasons(self, number: int, numbers: np.ndarray) -> list[Reason]:
        return [Reason(Kind.MEANING, self._ids(number))] * len(numbers)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"vectors": self.stored, "boost": self.boost}

    def restore(self, arrays: dict[str, np.ndarray], state: dict) -> None:
        self.encoder, self.boost = None, arrays["boost"]
        if len(arrays["vectors"]) != len(self.items) or len(self.boost) != len(self.items):
            raise ValueError(f"vectors of {len(arrays['vectors'])} items")
        self._take(arrays["vectors"])


def _texts(features: ItemFeatures) -> list[str]:
    """Title, text and keywords of each item that has a text, else ""."""
    keywords = features.tags.get("keywords", [[]] * len(features.ids))
    rows = zip(features.titles, features.texts, keywords, strict=True)
    parts = [(title, text, ", ".join(words)) for title, text, words in rows]
    return [". ".join(filter(None, part)) if part[1] else "" for part in parts]
