"""Base class of recommenders that train a neural network with Keras."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, quiet
from recsys.models.base import Recommender
from recsys.models.neural.backend import BACKENDS

Trainer = Callable[["NeuralRecommender", Interactions, int], bool]
"""Trains a model on data with a seed in another process; returns False if it did not, so that `fit` trains here."""


class NeuralRecommender(Recommender):
    """A recommender trained with Keras and served in NumPy.

    Class attributes:
        trainer: called by `fit` to train in another process, such as one with a GPU; None to train in this process.

    Attributes:
        progress: called after each epoch of `fit` with a line and the share of the epochs done. An exception that it
            raises ends the training, which is the way to cancel it.
        checkpoint: file in which the state of the training is saved after each epoch until it ends, so that the same
            `fit` resumes there after it was cancelled or killed; None to save nothing.
    """

    trainer: ClassVar[Trainer | None] = None
    requires = ("keras", BACKENDS)

    def __init__(self, **settings: object):
        super().__init__(**settings)
        self.progress: Progress = quiet
        self.checkpoint: Path | None = None

    def training_steps(self, data: Interactions) -> int:
        """Largest number of batches that `fit` trains on."""
        raise NotImplementedError

    def _fit_with(
        self, ready: Mapping[str, Recommender], data: Interactions, features: ItemFeatures | None, seed: int
    ) -> None:
        trainer = type(self).trainer
        if trainer is None or not trainer(self, data, seed):
            super()._fit_with(ready, data, features, seed)
