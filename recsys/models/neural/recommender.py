"""Base of the recommenders that train a neural network with Keras."""

from __future__ import annotations

from typing import Any

from recsys.models.base import Recommender
from recsys.models.neural.backend import BACKENDS
from recsys.models.neural.training import Watcher


class NeuralRecommender(Recommender):
    """A recommender trained with Keras and served in NumPy.

    Attributes:
        watcher: called after each epoch of `fit` with an `Epoch`; whatever it raises ends the training, so this is
            also the way to cancel it. None to train unwatched.
    """

    requires = ("keras", BACKENDS)

    def __init__(self, **settings: Any):
        super().__init__(**settings)
        self.watcher: Watcher | None = None
