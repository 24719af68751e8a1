"""Save the state of a Keras training after each epoch, and resume from it with the same result."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from recsys.data.files import load_arrays, save_arrays
from recsys.errors import BrokenRelease
from recsys.models.neural.averages import Averages

logger = logging.getLogger(__name__)


class Checkpoint:
    """Checkpoint file with the variables of model, optimizer and random generators, and the state of early stopping.

    `keras.callbacks.BackupAndRestore` does not save the state of early stopping, so a training resumed with it may
    return other weights than an uninterrupted one.

    Args:
        path: the file; it is removed when training ends.
        identity: text that identifies the training; a file with another identity is ignored.
        model: compiled and built.
        stopping: a `keras.callbacks.EarlyStopping` with `restore_best_weights`, or None.
        averages: the running mean of the model's weights, or None.
    """

    def __init__(self, path: Path, identity: str, model: Any, stopping: Any | None, averages: Averages | None = None):
        self.path, self.identity, self.model, self.stopping = path, identity, model, stopping
        self.averages = averages
        self._stopped: dict[str, Any] = {}

    def resume(self) -> tuple[dict[str, list[float]], int]:
        """Load the file into the model if it is usable; return the log so far and the next epoch, counted from 0."""
        if not self.path.exists():
            return {}, 0
        try:
            arrays = load_arrays(self.path)
            state = json.loads(arrays.pop("state").tobytes())
            if state["identity"] != self.identity:
                logger.info("The checkpoint %s belongs to another training and is ignored.", self.path.name)
                return {}, 0
            variables = self._variables()
            # safetensors returns a scalar with one axis
            loaded = [arrays[name].reshape(one.shape) for name, one in variables.items()]
            latest = self._latest(arrays)
        except (BrokenRelease, KeyError, ValueError) as error:
            logger.warning("The checkpoint %s cannot be used (%s). Training starts again.", self.path.name, error)
            return {}, 0
        for variable, array in zip(variables.values(), loaded, strict=True):
            variable.assign(array)
        if self.averages is not None:
            self.averages.resume(latest)
        if self.stopping is not None:
            best = [np.array(arrays[f"best.{place}"]) for place in range(state["n_best"])]
            self._stopped = {**state["stopping"], "best_weights": best or None}
        logger.info("Training resumes after epoch %d.", state["epoch"])
        return state["log"], state["epoch"]

    def callback(self, keras: ModuleType, log: dict[str, list[float]]) -> Any:
        """Return a Keras callback that saves after each epoch; it must come last, after the one that fills `log`."""
        checkpoint = self

        class Saver(keras.callbacks.Callback):
            def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
                # restore the state that early stopping resets at this point
                for name, value in checkpoint._stopped.items():
                    setattr(checkpoint.stopping, name, value)

            def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
                if not self.model.stop_training:
                    checkpoint._save(keras, epoch + 1, log)

            def on_train_end(self, logs: dict[str, float] | None = None) -> None:
                checkpoint.path.unlink(missing_ok=True)

        return Saver()

    def _variables(self) -> dict[str, Any]:
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        groups = {"model": self.model.variables, "optimizer": optimizer.variables}
        return {f"{group}.{place}": one for group, all_ in groups.items() for place, one in enumerate(all_)}

    def _latest(self, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
        """The weights after the latest epoch, if the model has the mean."""
        weights = [] if self.averages is None else self.model.trainable_variables
        return [arrays[f"latest.{place}"].reshape(one.shape) for place, one in enumerate(weights)]

    def _save(self, keras: ModuleType, epoch: int, log: dict[str, list[float]]) -> None:
        arrays = {name: keras.ops.convert_to_numpy(one.value) for name, one in self._variables().items()}
        stopping, best = {}, []
        if self.stopping is not None:
            best = self.stopping.best_weights or []
            stopping = {name: getattr(self.stopping, name) for name in ("wait", "best", "best_epoch")}
        state = {
            "identity": self.identity,
            "epoch": epoch,
            "log": log,
            "stopping": {name: value if value is None else float(value) for name, value in stopping.items()},
            "n_best": len(best),
        }
        arrays |= {f"best.{place}": array for place, array in enumerate(best)}
        if self.averages is not None:
            arrays |= {f"latest.{place}": array for place, array in enumerate(self.averages.latest)}
        arrays["state"] = np.frombuffer(json.dumps(state).encode(), np.uint8)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        save_arrays(arrays, self.path)
