"""Base class of recommenders that train a neural network with Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from recsys.data import Interactions, ItemFeatures
from recsys.models.base import Recommender
from recsys.models.neural.backend import BACKENDS

Trainer = Callable[["NeuralRecommender", Interactions, int], bool]
"""Trains a model on data with a seed in another process; returns False if it did not, so that `fit` trains here."""


class NeuralRecommender(Recommender):
    """A recommender trained with Keras and served in NumPy.

    Class attributes:
        trainer: called by `fit` to train in another process, such as one with a GPU; None to train in this process.
    """

    trainer: ClassVar[Trainer | None] = None
    requires = ("keras", BACKENDS)

    def training_steps(self, data: Interactions) -> int:
        """Largest number of batches that `fit` trains on."""
        raise NotImplementedError

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        trainer = type(self).trainer
        if trainer is None or not trainer(self, data, seed):
            super()._fit_with(ready, data, features, seed)
