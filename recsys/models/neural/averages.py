"""Average the weights of a training's epochs: the mean predicts better than the weights of any one of them."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

EARLY = 3  # in epoch n from 1, the latest weights have at least the share EARLY / (n + EARLY - 1) of the mean


class Averages:
    """Running mean of the weights after each epoch: m times the mean before plus 1 - m times the latest weights.

    In the first epochs the latest weights have a larger share, because the earlier ones know little.

    Between epochs the model has the mean, so that it is what is validated, saved and returned; within epochs it has the
    weights that are trained. It is like the mean of the latest (1 + m) / (1 - m) epochs.

    Args:
        keras: the library.
        model: compiled and built.
        memory: m, from 0 (the latest epoch alone) to below 1.

    Attributes:
        latest: the weights after the latest epoch, none before the first one.
    """

    def __init__(self, keras: ModuleType, model: Any, memory: float):
        self.keras, self.model, self.memory = keras, model, memory
        self.latest: list[np.ndarray] = []
        self._mean: list[np.ndarray] = []

    def resume(self, latest: Sequence[np.ndarray]) -> None:
        """Continue after an epoch from its weights; the model has the mean."""
        self.latest, self._mean = list(latest), self._of_model()

    def callback(self) -> Any:
        """Return a Keras callback; it must come first, because others read the weights."""
        averages = self

        class Averager(self.keras.callbacks.Callback):
            def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
                if averages.latest:
                    averages._assign(averages.latest)

            def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
                averages._add(epoch + 1)

        return Averager()

    def _add(self, epoch: int) -> None:
        self.latest, share = self._of_model(), np.float32(max(1 - self.memory, EARLY / (epoch + EARLY - 1)))
        before = self._mean or self.latest
        self._mean = [(1 - share) * old + share * new for old, new in zip(before, self.latest, strict=True)]
        self._assign(self._mean)

    def _of_model(self) -> list[np.ndarray]:
        # copied, because on some backends the array shares its memory with the weights
        return [np.array(self.keras.ops.convert_to_numpy(one.value)) for one in self.model.trainable_variables]

    def _assign(self, values: Sequence[np.ndarray]) -> None:
        for variable, value in zip(self.model.trainable_variables, values, strict=True):
            variable.assign(value)
