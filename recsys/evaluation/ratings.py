"""Evaluate predicted ratings by k-fold cross-validation: RMSE and MAE."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence

import numpy as np

from recsys.data import Interactions, ItemFeatures, csr
from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, RecsysError
from recsys.evaluation import compare, splits
from recsys.evaluation.protocol import Models, make
from recsys.evaluation.results import Evaluation, Row, line, ordered
from recsys.models.base import Recommender
from recsys.ranking import metrics

log = logging.getLogger(__name__)


def evaluate_ratings(
    models: Models,
    data: Interactions,
    features: ItemFeatures | None = None,
    seeds: Sequence[int] = (0,),
    k: int = 5,
    settings: Mapping[str, Mapping[str, object]] | None = None,
    progress: Progress = quiet,
) -> Evaluation:
    """RMSE and MAE of predicted ratings by k-fold cross-validation, mean over folds and seeds.

    A model that does not predict ratings is reported with this reason. Intervals are over users, from the errors of all
    folds together. Arguments, result and errors are those of `evaluate`; `ms_per_user` is the time in milliseconds of
    all predictions of one user, and `ms_single` stays empty.
    """
    made = make(models, settings or {})
    if not seeds:
        raise BadInput("There is nothing to evaluate. Pass at least one seed.")
    rows = [Row.of(label, model) for label, model in made.items()]
    folds = [(int(seed), fold) for seed in seeds for fold in splits.rating_folds(data, seed, k)]
    for number, row in enumerate(rows):
        errors = []
        try:
            for place, (seed, fold) in enumerate(folds):
                share = (number + place / len(folds)) / len(rows)
                progress(f"{row.label}, fold {place + 1} of {len(folds)}", share)
                errors.append(_measure(row, made[row.label], fold, seed, features))
        except RecsysError as error:
            log.warning("%s could not be evaluated: %s", row.label, error)
            row.error, row.by_split = str(error), []
            continue
        _summarise(row, np.sum(errors, axis=0))
    about = {"users": len(data.users), "items": len(data.items), "interactions": int(data.matrix.nnz), "folds": k}
    return Evaluation("ratings", tuple(int(seed) for seed in seeds), False, about, "rmse", ordered(rows, "rmse", False))


def _measure(row: Row, model: Recommender, fold: splits.Split, seed: int, features: ItemFeatures | None) -> np.ndarray:
    """Fit a model and add its errors in one fold to its row; return their sums by user, as in `_summarise`."""
    if not model.predicts_ratings:
        raise BadInput(f"{model.name} ranks items but does not predict ratings.")
    start = time.perf_counter()
    model.fit(fold.train, features, seed=seed)
    fit_seconds = time.perf_counter() - start
    pairs = fold.test.to_frame()[["user_id", "item_id"]]
    start = time.perf_counter()
    predicted = model.predict_many(fold.train, pairs)
    milliseconds = 1000 * (time.perf_counter() - start)
    test = fold.test.matrix
    row.timings.append((fit_seconds, milliseconds / max(1, np.count_nonzero(fold.test.user_counts)), np.nan))
    row.by_split.append({"rmse": metrics.rmse(predicted, test.data), "mae": metrics.mae(predicted, test.data)})
    off = predicted - test.data.astype(np.float64)
    return np.column_stack([csr.row_sums(test, part) for part in (np.square(off), np.abs(off), np.ones(len(off)))])


def _summarise(row: Row, total: np.ndarray) -> None:
    """Means over folds, and intervals from squared errors, absolute errors and ratings summed by user, (n_users, 3)."""
    drawn = np.concatenate([counts @ total for counts in compare.resamples(len(total))])
    low, high = compare.interval(np.column_stack([np.sqrt(drawn[:, 0] / drawn[:, 2]), drawn[:, 1] / drawn[:, 2]]))
    for place, name in enumerate(("rmse", "mae")):
        row.metrics[name] = line([part[name] for part in row.by_split], low[place], high[place])
    row.fit_seconds, row.ms_per_user, _ = (float(mean) for mean in np.mean(row.timings, axis=0))
