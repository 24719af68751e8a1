"""The protocol for predicted ratings: k-fold cross-validation, RMSE and MAE."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, quiet
from recsys.errors import BadInput, RecsysError
from recsys.evaluation import compare, splits
from recsys.evaluation.protocol import Models, make
from recsys.evaluation.results import Evaluation, Row, line, ordered
from recsys.ranking import metrics

log = logging.getLogger(__name__)


def evaluate_ratings(
    models: Models,
    data: Interactions,
    features: ItemFeatures | None = None,
    seeds: Sequence[int] = (0,),
    k: int = 5,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    progress: Progress = quiet,
) -> Evaluation:
    """RMSE and MAE of predicted ratings by k-fold cross-validation, mean over folds and seeds.

    Models that predict no ratings are reported so. Intervals are over users, of the errors of all folds
    together. Arguments, result and errors as for `evaluate`; `ms_per_user` is milliseconds for all of one user's
    predictions, `ms_single` stays empty.
    """
    made = make(models, settings or {})
    if not seeds:
        raise BadInput("nothing to evaluate: give at least one seed.")
    rows = [Row(label, model.name, model.title, model.family, model.settings) for label, model in made.items()]
    folds = [(seed, fold) for seed in seeds for fold in splits.rating_folds(data, seed, k)]
    for number, row in enumerate(rows):
        model, errors, times = made[row.label], [], []
        try:
            for place, (seed, fold) in enumerate(folds):
                share = (number + place / len(folds)) / len(rows)
                progress(f"{row.label}, fold {place + 1} of {len(folds)}", share)
                if not model.predicts_ratings:
                    raise BadInput(f"{model.name} ranks items and predicts no ratings.")
                start = time.perf_counter()
                model.fit(fold.train, features, seed=seed)
                middle = time.perf_counter()
                asked = fold.test.to_frame()
                predicted = model.predict_many(fold.train, asked[["user_id", "item_id"]])
                times.append(
                    (middle - start, 1000 * (time.perf_counter() - middle) / max(1, asked["user_id"].nunique()))
                )
                actual = asked["rating"].to_numpy(np.float64)
                row.by_split.append({"rmse": metrics.rmse(predicted, actual), "mae": metrics.mae(predicted, actual)})
                user = np.repeat(np.arange(len(data.users)), np.diff(fold.test.matrix.indptr))
                off = np.column_stack([np.square(predicted - actual), np.abs(predicted - actual), np.ones(len(actual))])
                errors.append(np.column_stack([np.bincount(user, part, len(data.users)) for part in off.T]))
        except RecsysError as error:
            log.warning("%s could not be evaluated: %s", row.label, error)
            row.error, row.by_split = str(error), []
            continue
        total = np.sum(errors, axis=0)
        drawn = np.concatenate([counts @ total for counts in compare.resamples(len(total))])
        ends = compare.interval(np.column_stack([np.sqrt(drawn[:, 0] / drawn[:, 2]), drawn[:, 1] / drawn[:, 2]]))
        for place, name in enumerate(("rmse", "mae")):
            values = [part[name] for part in row.by_split]
            row.metrics[name] = line(values, ends[0][place], ends[1][place])
        row.fit_seconds, row.ms_per_user = (float(x) for x in np.mean(times, axis=0))
    about = {"users": len(data.users), "items": len(data.items), "interactions": int(data.matrix.nnz), "folds": k}
    return Evaluation("ratings", tuple(int(seed) for seed in seeds), False, about, "rmse", ordered(rows, "rmse", False))
