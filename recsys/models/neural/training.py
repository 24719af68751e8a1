"""Train a Keras model on batches: log and report each epoch, stop on a loss that is not finite."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from recsys.errors import BadInput

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Epoch:
    """What a watcher of training is told after each pass over the data.

    Attributes:
        number, of: this pass, from 1, and how many there are at most.
        seconds: wall time of the pass.
        losses: mean loss and metrics by Keras's names, such as `loss` and `val_loss`.
    """

    number: int
    of: int
    seconds: float
    losses: dict[str, float]


Watcher = Callable[[Epoch], None]


class Batches(Protocol):
    """Batches of a training set: (inputs, targets, sample weights) by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple: ...

    def start_epoch(self, epoch: int) -> None:
        """Draw anew what is random; a batch depends on the epoch, from 0, and its index alone."""


def fit(
    keras: ModuleType,
    model: Any,
    name: str,
    batches: Batches,
    validation: Batches | None = None,
    *,
    n_epochs: int,
    watcher: Watcher | None = None,
) -> dict[str, list[float]]:
    """Train a compiled Keras model; returns losses and metrics of each epoch by Keras's names.

    Args:
        name: of the recommender, for the log.
        n_epochs: passes over `batches`.
        watcher: called after each epoch; an exception that it raises ends the training and is passed on.

    Raises:
        BadInput: the loss is not finite.
    """
    return model.fit(
        _dataset(keras, batches),
        validation_data=None if validation is None else _dataset(keras, validation),
        epochs=n_epochs,
        shuffle=False,
        verbose=0,
        callbacks=[_reporter(keras, name, batches, n_epochs, watcher)],
    ).history


def _dataset(keras: ModuleType, batches: Batches) -> Any:
    """Batches as a `keras.utils.PyDataset`."""

    class Dataset(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> tuple:
            return batches[index]

    return Dataset()


def _reporter(keras: ModuleType, name: str, batches: Batches, n_epochs: int, watcher: Watcher | None) -> Any:
    """A Keras callback that starts, logs and reports each epoch."""

    class Reporter(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            # here and not in PyDataset.on_epoch_begin, which Keras calls once more before the first epoch
            batches.start_epoch(epoch)
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            losses = {key: float(value) for key, value in (logs or {}).items()}
            done = Epoch(epoch + 1, n_epochs, time.perf_counter() - self.started, losses)
            if not all(math.isfinite(value) for value in losses.values()):
                raise BadInput(
                    f"Training {name} diverged in epoch {done.number}: the loss is not finite. "
                    "Lower learning_rate and train again."
                )
            figures = ", ".join(f"{key} {value:.4f}" for key, value in losses.items())
            logger.info("%s: epoch %d of %d, %s, %.2f s", name, done.number, n_epochs, figures, done.seconds)
            if watcher is not None:
                watcher(done)

    return Reporter()


def weights_by_name(keras: ModuleType, model: Any) -> dict[str, np.ndarray]:
    """Trained weights as float32 arrays; `layer.kernel` for a layer's weight, `name` for the model's own."""
    return {
        variable.path.split("/", 1)[-1].replace("/", "."): np.array(
            keras.ops.convert_to_numpy(variable.value), np.float32
        )
        for variable in model.trainable_variables
    }
