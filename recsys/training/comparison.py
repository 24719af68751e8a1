"""Compare a retrained release with the current one on the same held-out ratings and decide whether to publish it.

Neither model learns from the held-out ratings. The model with the settings of the current release is fitted on the
ratings that the release was trained on, the model with today's settings on all ratings of today.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, to_log
from recsys.errors import BrokenRelease, RecsysError, listing
from recsys.evaluation import compare, lists, protocol
from recsys.evaluation.splits import Split
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.training.fitting import Inputs, Maker

METRIC = "ndcg@10"
TOLERANCE = 0.01
PUSHED, KEPT, UNCHANGED = "pushed", "kept", "unchanged"


@dataclass(frozen=True)
class Line:
    """Comparison of one model in the current release with the retrained one.

    Attributes:
        model: name of the model.
        old, new: mean NDCG@10 of each, None if it could not be evaluated.
        low, high: 95 % interval of `new - old` over users, None if one of them is missing.
        note: why a value is missing, else "".
        metrics: all metrics of the new model by name.
    """

    model: str
    old: float | None
    new: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    metrics: dict[str, float] | None = None

    def worse(self, tolerance: float) -> bool:
        """Whether the new model is worse than the old one by more than `tolerance`, as a share of the old NDCG@10."""
        return self.old is not None and (self.new is None or self.new < self.old * (1 - tolerance))

    @property
    def is_compared(self) -> bool:
        """Whether both values are known; without users to measure on they are NaN."""
        return self.old is not None and self.new is not None and math.isfinite(self.old) and math.isfinite(self.new)


@dataclass(frozen=True)
class Decision:
    """Decision on a retrained release: PUSHED, KEPT or UNCHANGED, and the reason in one sentence."""

    action: str
    reason: str


@dataclass(frozen=True, eq=False)
class Candidate:
    """A release that retraining could make.

    Attributes:
        names: names of its models.
        make: creates a model with its settings.
        inputs: the data that the models are fitted on.
    """

    names: Sequence[str]
    make: Maker
    inputs: Inputs

    def equals(self, current: Release) -> bool:
        """Whether the current release has the same ratings and settings."""
        return (
            current.info.get("data_digest") == self.inputs.data.digest
            and set(self.names) <= set(current.names)
            and all(_settings_of(current, name) == self.make(name).settings for name in self.names)
        )


def decide(current: Release, candidate: Candidate, lines: Sequence[Line], tolerance: float = TOLERANCE) -> Decision:
    """Decide by the comparison whether the candidate may replace the current release."""
    measured = {line.model for line in lines if line.new is not None}
    wanted = [name for name in current.names if name in candidate.names or name not in registry.names()]
    missing = [name for name in wanted if name not in measured]
    if missing:
        return Decision(KEPT, f"{listing(missing)} could not be trained here and would be missing from the release.")
    worse = [
        f"{line.model} {line.old:.4f} to {line.new:.4f} ({line.new / line.old - 1:+.1%})"
        for line in lines
        if line.worse(tolerance) and line.old is not None and line.new is not None
    ]
    if worse:
        return Decision(KEPT, f"Worse by more than {tolerance:.1%} of NDCG@10: {listing(worse)}.")
    if candidate.equals(current):
        return Decision(UNCHANGED, f"Release {current.version} has the same ratings and settings.")
    return Decision(PUSHED, f"No model is worse by more than {tolerance:.1%} of NDCG@10.")


def check_compared(current: Release, lines: Sequence[Line]) -> None:
    """Refuse to decide without a comparison of each model of the current release that is trained here.

    Raises:
        BrokenRelease: the model of the current release could not be measured; the text says why.
    """
    for line in lines:
        if line.model in current.names and line.new is not None and not line.is_compared:
            why = line.note or "there are no held-out ratings to measure it on"
            raise BrokenRelease(
                f"{line.model} of release {current.version} cannot be compared: {why.rstrip('.')}. Nothing was pushed. "
                "Use --force to replace the release without a comparison."
            )


def measure(
    current: Release, known: Interactions, candidate: Candidate, split: str, progress: Progress = to_log
) -> list[Line]:
    """Compare each model of the current release with the retrained one, on the same held-out ratings.

    Args:
        current: the current release.
        known: the ratings that it was trained on.
        candidate: the release that would be trained now.
        split: kind of the split that holds out ratings.
        progress: called for each model.
    """
    inputs = candidate.inputs
    made = protocol.make_split(split, inputs.data, inputs.seed)
    sides = _Sides(made, only_pairs_in(made.fit_data, known), inputs.features, inputs.seed)
    lines = []
    for done, name in enumerate(candidate.names, start=1):
        line = _compare(current, name, candidate.make, sides)
        lines.append(line)
        if line.old is not None and line.new is not None:
            progress(f"{name}: NDCG@10 {line.old:.4f} before, {line.new:.4f} now", done / len(candidate.names))
    return lines


@dataclass(frozen=True, eq=False)
class _Sides:
    """The split, and the training data: `before` of the current release, `split.fit_data` of the candidate."""

    split: Split
    before: Interactions
    features: ItemFeatures
    seed: int

    def measured(self, model: Recommender, learnt: Interactions) -> dict[str, np.ndarray]:
        """Fit a model and return its metrics per user."""
        model.fit(learnt, self.features, seed=self.seed)
        ranking = lists.rank(model, self.split.test_history, self.split.test)
        vectors = self.split.fit_data.pattern.T.tocsr()
        by_user, _ = lists.measure(ranking, learnt.item_counts, len(learnt.users), vectors)
        return by_user


def _compare(current: Release, name: str, make: Maker, sides: _Sides) -> Line:
    fit_data = sides.split.fit_data
    try:
        new = sides.measured(make(name), fit_data)
    except RecsysError as error:
        return Line(name, None, None, note=str(error))
    metrics = {metric: float(np.nanmean(values)) for metric, values in new.items()}
    settings = _settings_of(current, name)
    if settings is None:
        note = f"release {current.version} does not have it"
        return Line(name, None, metrics[METRIC], note=note, metrics=metrics)
    if settings == make(name).settings and sides.before is fit_data:
        old = new
    else:
        try:
            old = sides.measured(registry.create(name, **settings), sides.before)
        except RecsysError as error:
            note = f"with its former settings: {error}"
            return Line(name, None, metrics[METRIC], note=note, metrics=metrics)
    pair = compare.paired([new[METRIC]], [old[METRIC]])
    before = float(np.nanmean(old[METRIC]))
    return Line(name, before, metrics[METRIC], pair.difference_low, pair.difference_high, metrics=metrics)


def only_pairs_in(learnt: Interactions, known: Interactions) -> Interactions:
    """The ratings of `learnt` whose pair of user and item is in `known`; users without ratings are removed."""
    there = learnt.found_in(known)
    return learnt if there.all() else with_ratings(learnt.keep(there))


def with_ratings(data: Interactions) -> Interactions:
    """The same interactions without users that have no ratings."""
    return data.of_users(data.user_counts > 0)


def _settings_of(current: Release, name: str) -> dict[str, Any] | None:
    record = current.manifest["models"].get(name)
    return None if record is None else record.get("settings") or {}
