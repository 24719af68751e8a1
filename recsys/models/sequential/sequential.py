"""Predict the next items from the order of a history: SASRec, trained with Keras and served in NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from recsys.data import DataSize, Histories, Interactions, ItemFeatures
from recsys.models.neural.recommender import NeuralRecommender
from recsys.models.numeric.similarity import damped_cosine
from recsys.models.registry import register
from recsys.models.sequential import sasrec_training
from recsys.models.sequential.attention import Network
from recsys.models.sequential.sequences import in_order, ordering

# Size of the data for which the model is trained by default; these limits were chosen, not measured.
MANY_ITEMS = 2_000
SHORT_HISTORIES = 50  # ratings of a user on average, at most
LONGEST_S = 1_200  # estimated seconds of training, at most


@register
class Sequential(NeuralRecommender):
    """SASRec (Kang and McAuley 2018): self-attention over the latest items of a history, in their order.

    s(h, j) = E_j . f(E_i of the items i in h, oldest first), with f in `recsys.models.sequential.attention.Network`.
    It is trained with a softmax over many items (Klenitskiy and Vasilev 2023) to predict the next item. Items without
    times are taken in random order in training. It is meant for many items and short histories.
    """

    name = "sequential"
    title = "What comes next (SASRec)"
    summary = "A small attention network that learned what people pick after their latest picks, in that order."
    family = "collaborative"
    order = 82
    report_kind = "losses"

    class Config(sasrec_training.SequentialConfig):
        """Settings, checked and documented."""

    @classmethod
    def training_seconds(cls, size: DataSize) -> float:
        return sasrec_training.estimated_seconds(size, cls.Config())

    @classmethod
    def trains_by_default(cls, size: DataSize) -> bool:
        """Whether there are many items, short histories, and the estimated training time is acceptable."""
        pays = size.n_items >= MANY_ITEMS and size.n_ratings <= SHORT_HISTORIES * size.n_users
        return pays and cls.training_seconds(size) <= LONGEST_S

    def _fit(self, data: Interactions, features: ItemFeatures | None, seed: int) -> None:
        trained = sasrec_training.train(data, self.config, seed, self.progress, self.checkpoint)
        self.losses, self.scores = trained.losses, trained.scores
        self.network = Network(trained.weights)

    def training_steps(self, data: Interactions) -> int:
        return sasrec_training.n_steps(data, self.config)

    def _score(self, histories: Histories) -> np.ndarray:
        sequences, lengths = in_order(histories).padded(self.network.length)
        scores = self.network.states(sequences, np.maximum(lengths, 1)) @ self.network.items.T
        np.copyto(scores, np.nan, where=~self.rated)
        return scores

    def _similar(self, number: int) -> np.ndarray:
        return damped_cosine(self.network.items, number, self.popularity, self.rated)

    def _contributions(self, histories: Histories, numbers: np.ndarray) -> np.ndarray:
        latest = ordering(histories)[-self.network.length :]
        added = np.zeros((len(numbers), histories.matrix.nnz), np.float32)
        added[:, latest] = self.network.contributions(histories.matrix.indices[latest], numbers)
        return added

    def arrays(self) -> dict[str, np.ndarray]:
        return dict(self.network.weights)

    def state(self) -> dict[str, Any]:
        return {name: [round(value, 5) for value in getattr(self, name)] for name in ("losses", "scores")}

    def restore(self, arrays: dict[str, np.ndarray], state: dict[str, Any]) -> None:
        self.network, self.losses, self.scores = Network(arrays), state["losses"], state["scores"]
        if len(self.network.items) != len(self.rated):
            raise ValueError(f"vectors of {len(self.network.items)} items")
