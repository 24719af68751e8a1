"""Train a Keras model on batches: report each epoch, stop early, save checkpoints and resume from them."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput
from recsys.models.neural.averages import Averages
from recsys.models.neural.checkpoint import Checkpoint

logger = logging.getLogger(__name__)


class Batches(Protocol):
    """Batches of a training set: (inputs, targets, sample weights) by index."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple: ...

    def start_epoch(self, epoch: int) -> None:
        """Start an epoch and repeat its random draws; a batch depends only on the epoch, from 0, and its index."""


@dataclass(frozen=True)
class Run:
    """Settings of one training.

    Attributes:
        name: name of the recommender, for progress reports.
        n_epochs: largest number of passes over the data.
        progress: called with a line and the share of the epochs done after each epoch; an exception that it raises
            ends the training and reaches the caller.
        validate: called after each epoch, returns a score; higher is better. None to train all epochs.
        memory: the model is the running mean of its epochs' weights, see `Averages`; 0 for the latest epoch alone.
        patience: epochs without a better score after which training stops; the weights of the best epoch are used.
        earliest: number of first epochs whose scores do not count.
        checkpoint: file in which the state is saved after each epoch until training ends; None to save nothing.
        identity: text that identifies the training; a checkpoint with another identity is ignored.
    """

    name: str
    n_epochs: int
    progress: Progress = quiet
    validate: Callable[[], float] | None = None
    memory: float = 0.0
    patience: int = 0
    earliest: int = 0
    checkpoint: Path | None = None
    identity: str = ""


def fit(
    keras: ModuleType, model: Any, batches: Batches, run: Run, validation: Batches | None = None
) -> dict[str, list[float]]:
    """Train a compiled and built Keras model.

    Args:
        validation: batches whose loss and metrics are measured after each epoch.

    Returns:
        One number per epoch for each loss and metric, by Keras's names (those of `validation` begin with `val_`), and
        the scores of `run.validate` as `val_score`.

    Raises:
        BadInput: the loss is not finite.
    """
    stopping = keras.callbacks.EarlyStopping(
        "val_score", mode="max", patience=run.patience, restore_best_weights=True, start_from_epoch=run.earliest
    )
    averages = Averages(keras, model, run.memory) if run.memory else None
    checkpoint, log, first = None, {}, 0
    if run.checkpoint is not None:
        checkpoint = Checkpoint(run.checkpoint, run.identity, model, stopping if run.validate else None, averages)
        log, first = checkpoint.resume()
    callbacks = [] if averages is None else [averages.callback()]
    callbacks.append(_reporter(keras, batches, run, log))
    if run.validate is not None:
        callbacks.append(stopping)
    if checkpoint is not None:
        callbacks.append(checkpoint.callback(keras, log))
    callbacks.append(_announcer(keras, run))
    model.fit(
        _dataset(keras, batches),
        validation_data=None if validation is None else _dataset(keras, validation),
        initial_epoch=first,
        epochs=run.n_epochs,
        shuffle=False,
        verbose=0,
        callbacks=callbacks,
    )
    return log


def _dataset(keras: ModuleType, batches: Batches) -> Any:
    """Batches as a `keras.utils.PyDataset`."""

    class Dataset(keras.utils.PyDataset):
        def __len__(self) -> int:
            return len(batches)

        def __getitem__(self, index: int) -> tuple:
            return batches[index]

    return Dataset()


def _reporter(keras: ModuleType, batches: Batches, run: Run, log: dict[str, list[float]]) -> Any:
    """Return a Keras callback that starts each epoch of `batches`, validates it and adds its figures to `log`."""

    class Reporter(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
            # not in PyDataset.on_epoch_begin, because Keras calls that an additional time before the first epoch
            batches.start_epoch(epoch)
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            if run.validate is not None:
                logs["val_score"] = run.validate()  # later callbacks get the same dict
            if not all(math.isfinite(value) for value in logs.values()):
                raise BadInput(
                    f"Training {run.name} diverged in epoch {epoch + 1}: the loss is not finite. "
                    "Lower learning_rate and train again."
                )
            for name, value in logs.items():
                log.setdefault(name, []).append(float(value))
            logs["seconds"] = time.perf_counter() - self.started

    return Reporter()


def _announcer(keras: ModuleType, run: Run) -> Any:
    """Return a Keras callback that reports each epoch after all other callbacks, so that a report may end training."""

    class Announcer(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            done = epoch + 1
            figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items() if name != "seconds")
            line = f"{run.name}: epoch {done} of at most {run.n_epochs}, {figures}, {logs['seconds']:.1f} s"
            logger.info("%s", line)
            run.progress(line, done / run.n_epochs)

    return Announcer()


def weights_by_name(keras: ModuleType, model: Any) -> dict[str, np.ndarray]:
    """Trained weights as float32 arrays; `layer.kernel` for a layer's weight, `name` for the model's own."""
    return {
        variable.path.split("/", 1)[-1].replace("/", "."): np.array(
            keras.ops.convert_to_numpy(variable.value), np.float32
        )
        for variable in model.trainable_variables
    }
