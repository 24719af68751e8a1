"""Base class of recommenders that train a neural network with Keras."""

from __future__ import annotations

from pathlib import Path

from recsys.data.progress import Progress, quiet
from recsys.models.base import Recommender
from recsys.models.neural.backend import BACKENDS


class NeuralRecommender(Recommender):
    """A recommender trained with Keras and served in NumPy.

    Attributes:
        progress: called after each epoch of `fit` with a line and the share of the epochs done. An exception that it
            raises ends the training, which is the way to cancel it.
        checkpoint: file in which the state of the training is saved after each epoch until it ends, so that the same
            `fit` resumes there after it was cancelled or killed; None to save nothing.
    """

    requires = ("keras", BACKENDS)

    def __init__(self, **settings: object):
        super().__init__(**settings)
        self.progress: Progress = quiet
        self.checkpoint: Path | None = None
