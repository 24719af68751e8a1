"""Evaluate and calibrate models that Spark trains: the local protocol on ratings that were hidden in Spark."""

from __future__ import annotations

import time
from typing import Any

from recsys.data import ItemFeatures
from recsys.errors import RecsysError
from recsys.evaluation import lists, protocol
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.results import Row
from recsys.training.spark.holdout import Holdout
from recsys.training.spark.model import OnSpark

SPLIT = "random"


def measure(
    model: OnSpark, held: Holdout, features: ItemFeatures | None, liked_at: float | None, seed: int
) -> dict[str, Any]:
    """Fit a model without the hidden ratings, rank all items for the evaluated users, and compare with what was hidden.

    Args:
        model: unfitted; another one with the same settings is fitted on all ratings.
        held: the split.
        features: features of the items, for the fit and for diversity.
        liked_at: lowest rating of a liked item, for the calibration; None: 3/4 of the scale.
        seed: of the fit.

    Returns:
        metrics, intervals, times and calibration, as a release stores them.

    Raises:
        RecsysError: the model cannot be fitted or evaluated.
    """
    started = time.perf_counter()
    model.fit(held.known, features, seed)
    seconds = time.perf_counter() - started
    row = Row.of(model.name, model)
    ranking = lists.rank(model, held.history, held.target)
    vectors = protocol.diversity_vectors(features, held.history)
    counts, n_users = held.known.item_counts, len(held.known.users)
    protocol.add_split(row, lists.measure(ranking, counts, n_users, vectors))
    row.timings.append((seconds, ranking.ms_per_user, lists.single_ms(model, held.history, ranking.users)))
    protocol.summarise(row, [ranking.users])
    calibration = Calibration.fit(model, held.history, held.target, liked_at=liked_at)
    return {
        "metrics": {SPLIT: {name: line["mean"] for name, line in row.metrics.items()}},
        "intervals": {SPLIT: {name: [line["low"], line["high"]] for name, line in row.metrics.items()}},
        "ms_per_user": row.ms_per_user,
        "ms_single": row.ms_single,
        "calibration": None if calibration is None else calibration.to_dict(),
    }


def measured(
    model: OnSpark, held: Holdout, features: ItemFeatures | None, liked_at: float | None, seed: int
) -> dict[str, Any]:
    """Like `measure`, but report a model that cannot be evaluated, and return no metrics for it."""
    progress = held.known.session.progress
    try:
        found = measure(model, held, features, liked_at, seed)
    except RecsysError as error:
        progress(f"{model.name} could not be evaluated: {error}")
        return {}
    progress(f"{model.name}: NDCG@10 {found['metrics'][SPLIT]['ndcg@10']:.4f} on {len(held.target.users):,} users")
    return found
