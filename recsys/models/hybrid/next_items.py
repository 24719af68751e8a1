"""Train `sequential` as an expert of the hybrid, where it pays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recsys.data import DataSize, Interactions
from recsys.data.progress import Progress, partial_progress
from recsys.models.base import Recommender
from recsys.models.sequential.sequential import Sequential

TRAINING_LISTS = 5000  # lists that the network learns from; with fewer users, more folds are used
MAX_FOLDS = 5


@dataclass(frozen=True)
class NextItems:
    """How `sequential` is trained for the hybrid.

    Attributes:
        seed: of its random choices.
        progress: called after each epoch; the share is that of all trainings.
        checkpoint: file next to which the state of each training is saved until it ends, or None.
        ready: one that is trained on all data, or None.
    """

    seed: int
    progress: Progress
    checkpoint: Path | None = None
    ready: Sequential | None = None

    def train(self, known: Interactions, step: int, n_steps: int) -> Sequential:
        """Train on a part of the interactions, as training `step` (from 0) of `n_steps`; on all in the last one."""
        if step == n_steps - 1 and self.ready is not None:
            return self.ready
        model = Sequential()
        model.progress = partial_progress(self.progress, step / n_steps, (step + 1) / n_steps)
        if self.checkpoint is not None:
            model.checkpoint = self.checkpoint.with_stem(f"{self.checkpoint.stem}-{step}")
        return model.fit(known, seed=self.seed)


def joins(size: DataSize) -> bool:
    """Whether `sequential` is an expert: for short histories of events, if it is trained by default and can be."""
    return size.events and Sequential.trains_by_default(size) and not Sequential.missing_modules()


def training_seconds(size: DataSize) -> float | None:
    """Estimated seconds of all trainings of `sequential` for the hybrid; None if it does not join."""
    return (1 + n_folds(size.n_users)) * Sequential.training_seconds(size) if joins(size) else None


def n_folds(n_users: int) -> int:
    """Number of times that the experts are trained for the network to learn from: more with few users."""
    return int(np.clip(round(TRAINING_LISTS / max(n_users, 1)), 1, MAX_FOLDS))


def usable(ready: Mapping[str, Recommender]) -> Sequential | None:
    """The `sequential` among trained models, if it has the settings with which the hybrid would train it."""
    found = ready.get(Sequential.name)
    return found if isinstance(found, Sequential) and found.settings == Sequential().settings else None
