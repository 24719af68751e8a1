"""The gate of retraining: the release in use against what would take its place, on the same held-out ratings.

Neither side has learnt from the held-out ratings: the current release's settings learn from the ratings that it was
trained on, today's settings from all ratings there are now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, to_log
from recsys.errors import RecsysError, listing
from recsys.evaluation import compare, protocol
from recsys.evaluation.splits import Split
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.training.train import Maker

METRIC = "ndcg@10"
TOLERANCE = 0.01
PUSHED, KEPT, UNCHANGED = "pushed", "kept", "unchanged"


@dataclass(frozen=True)
class Line:
    """One model, as it is in use and as it would be.

    Attributes:
        model: its name.
        old, new: mean NDCG@10, None where it could not be measured.
        low, high: 95 % interval of `new - old` over users, None where only one was measured.
        note: why something is missing, "" else.
        metrics: all of the new one's metrics by name.
    """

    model: str
    old: float | None
    new: float | None
    low: float | None = None
    high: float | None = None
    note: str = ""
    metrics: dict[str, float] | None = None

    def worse(self, tolerance: float) -> bool:
        """Whether the new one is below the old one by more than `tolerance`, as a share of the old."""
        return self.old is not None and (self.new is None or self.new < self.old * (1 - tolerance))


def decide(
    current: Release | None,
    trouble: str,
    lines: Sequence[Line],
    data: Interactions,
    tolerance: float,
    force: bool,
    names: Sequence[str],
    make: Maker,
) -> tuple[str, str]:
    """What to do and why, in one sentence."""
    if current is None:
        return PUSHED, f"There is no usable release to compare with{f': {trouble}' if trouble else ''}."
    if force:
        return PUSHED, "Asked for whatever the comparison says."
    if trouble:
        return KEPT, f"Not comparable: {trouble}. Use --force to push all the same."
    measured = {line.model for line in lines if line.new is not None}
    wanted = [name for name in current.names if name in names or name not in registry.names()]
    missing = [name for name in wanted if name not in measured]
    if missing:
        return KEPT, f"{listing(missing)} could not be trained here and would be missing from the release."
    worse = [line for line in lines if line.worse(tolerance)]
    if worse:
        told = (f"{line.model} {line.old:.4f} to {line.new:.4f} ({line.new / line.old - 1:+.1%})" for line in worse)
        return KEPT, f"Worse by more than {tolerance:.1%} of NDCG@10: {listing(told)}."
    same = current.info.get("data_digest") == data.digest and set(names) <= set(current.names)
    if same and all(_settings_of(current, name) == make(name).settings for name in names):
        return UNCHANGED, f"Release {current.version} has the same ratings and settings."
    return PUSHED, f"No model is worse by more than {tolerance:.1%} of NDCG@10."


def measure(
    names: Sequence[str],
    current: Release,
    known: Interactions,
    data: Interactions,
    features: ItemFeatures,
    split: str,
    seed: int,
    make: Maker,
    progress: Progress = to_log,
) -> list[Line]:
    """Each model with the current release's settings and ratings against today's, on the same held-out ratings."""
    made = protocol.make_split(split, data, seed)
    before = _only_pairs(made.fit_data, known)
    lines = []
    for name in names:
        try:
            new = _ndcg(make(name), made.fit_data, made, features, seed)
        except RecsysError as error:
            lines.append(Line(name, None, None, note=str(error)))
            continue
        metrics = {metric: float(np.nanmean(values)) for metric, values in new.items()}
        old, note = None, ""
        settings = _settings_of(current, name)
        if settings is None:
            note = f"release {current.version} has none"
        elif settings == make(name).settings and before is made.fit_data:
            old = new
        else:
            try:
                old = _ndcg(registry.create(name, **settings), before, made, features, seed)
            except RecsysError as error:
                note = f"its former settings: {error}"
        if old is None:
            lines.append(Line(name, None, metrics[METRIC], note=note, metrics=metrics))
            continue
        pair = compare.paired([new[METRIC]], [old[METRIC]])
        was = float(np.nanmean(old[METRIC]))
        lines.append(Line(name, was, metrics[METRIC], pair.difference_low, pair.difference_high, note, metrics))
        progress(f"{name}: NDCG@10 {was:.4f} before, {metrics[METRIC]:.4f} now")
    return lines


def _ndcg(
    model: Recommender, learnt: Interactions, made: Split, features: ItemFeatures, seed: int
) -> dict[str, np.ndarray]:
    """Values by user of a model that learnt from `learnt`."""
    model.fit(learnt, features, seed=seed)
    ranking = protocol.rank(model, made.test_history, made.test)
    pattern = made.fit_data.matrix.copy()
    pattern.data = np.ones_like(pattern.data)
    by_user, _ = protocol.measure(ranking, learnt.item_counts, len(learnt.users), pattern.T.tocsr())
    return by_user


def _only_pairs(learnt: Interactions, known: Interactions) -> Interactions:
    """The ratings of `learnt` that are in `known`; users who have none there are gone."""
    frame = learnt.to_frame()
    there = pd.MultiIndex.from_frame(known.to_frame()[["user_id", "item_id"]])
    kept = frame[pd.MultiIndex.from_frame(frame[["user_id", "item_id"]]).isin(there)]
    return learnt if len(kept) == len(frame) else Interactions.from_frame(kept, items=learnt.items.ids)


def _settings_of(current: Release, name: str) -> dict[str, Any] | None:
    record = current.manifest["models"].get(name)
    return None if record is None else record.get("settings") or {}
