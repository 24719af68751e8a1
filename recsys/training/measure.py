"""Measuring the models of a catalogue and keeping the result with the release they belong to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from recsys import release as releases
from recsys.catalogue.database import Catalogue
from recsys.data import Interactions
from recsys.data.progress import Progress, to_log
from recsys.errors import BadData, BadInput, NeedsRatings
from recsys.evaluation import Evaluation, baselines, evaluate, evaluate_ratings
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.protocol import make_split
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.settings import Settings
from recsys.tuning import differing, tuned

log = logging.getLogger(__name__)

RATINGS = "ratings"
SPLITS = ("random", "temporal", "strict", "unseen", RATINGS)


def measure(
    settings: Settings,
    catalogue: Catalogue,
    split: str = "random",
    names: Sequence[str] | None = None,
    seeds: int = 1,
    progress: Progress = to_log,
    first_seed: int = 0,
    against: str = "",
    pairs_only: bool = False,
) -> Evaluation:
    """Evaluate models, set as `train` sets them, and write what was found into a new version of the release.

    Args:
        split: one of SPLITS; `ratings` is 5-fold error of predicted ratings.
        names: default all registered models (those that predict ratings for `ratings`, the others where all
            are equal).
        seeds, first_seed: how many splits are drawn, with seeds from the first on; of several, ties in time are drawn
            as well.
        against: "baselines" measures `evaluation.baselines` as well, "defaults" those models whose settings were
            tuned with their class defaults as well; neither is kept with the release.
        pairs_only: who rated what (and when, where the split is by time) without ratings and features, as in most
            published figures; not kept.

    Raises:
        BadData: the data does not allow the split.
        BadInput: there is nothing to measure against.
        NeedsRatings: there are none.
    """
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to measure with.")
    rated = catalogue.info["rated"] and not pairs_only
    if split == RATINGS and not rated:
        raise BadData(
            f"all {catalogue.wording.ratings} of {catalogue.info['title']} say the same, so that none can be "
            "mispredicted; use another split, such as random."
        )
    data, features = catalogue.interactions(), catalogue.features()
    if pairs_only:
        data, features = _pairs(data), None
    if names is None:
        predicting = {name for name in registry.names() if registry.get(name).predicts_ratings}
        left_out = set(registry.names()) - predicting if split == RATINGS else set() if rated else predicting
        names = [name for name in registry.names() if name not in left_out]

    found, drawn = tuned(settings, catalogue.info), range(first_seed, first_seed + seeds)
    made = {name: found.create(name) for name in names}
    with_tuned = [name for name, model in made.items() if differing(model)]
    for name in with_tuned:
        progress(f"{name}: {differing(made[name])}, tuned on {found.dataset}")
    made |= _others(against, split, with_tuned, found.dataset)
    if split == RATINGS:
        evaluation = evaluate_ratings(made, data, features, seeds=drawn, progress=progress)
    else:
        ties = "random" if seeds > 1 else "item"
        evaluation = evaluate(made, data, features, split, drawn, ties=ties, progress=progress, before=baselines.before)
    evaluation.about["tuned"] = with_tuned
    if pairs_only:
        return evaluation
    calibrations = {}
    if split == "random":
        # each model is as the last split left it, and has not seen what that split hid
        last = make_split(split, data, drawn[-1])
        for row in evaluation.rows:
            if not row.error and row.label in names:
                liked_at = catalogue.wording.liked_at
                fitted = Calibration.fit(made[row.label], last.test_history, last.test, liked_at=liked_at)
                calibrations[row.model] = None if fitted is None else fitted.to_dict()
    keep(settings, evaluation, calibrations)
    return evaluation


def _pairs(data: Interactions) -> Interactions:
    matrix = data.matrix
    ones = sparse.csr_array((np.ones(matrix.nnz, np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
    return Interactions(data.users, data.items, ones, data.times)


def _others(against: str, split: str, with_tuned: Sequence[str], dataset: str) -> dict[str, Recommender]:
    """What is measured besides, by label."""
    if against == "baselines":
        if split == RATINGS:
            raise BadInput("the baselines rank and predict no ratings: use another split, such as random.")
        return {kind.name: kind() for kind in (baselines.PlainEase, baselines.NaiveUserKnn)}
    if against == "defaults":
        if not with_tuned:
            raise BadInput(f"no model measured here has settings tuned on {dataset}: find some with recsys tune.")
        return {name + baselines.DEFAULTS: registry.create(name) for name in with_tuned}
    if against:
        raise BadInput(f"against is {against!r}: use 'baselines' or 'defaults'.")
    return {}


def keep(settings: Settings, evaluation: Evaluation, calibrations: Mapping[str, Any]) -> releases.Release | None:
    """The current release with these measurements, as a new version; None where there is none to keep them with.

    Args:
        calibrations: by model; one the release has already stays.
    """
    current = releases.last_good(settings.releases)
    if current is None:
        return None
    reports: dict[str, dict[str, Any]] = {}
    for row in evaluation.rows:
        record = current.manifest["models"].get(row.model)
        if record is None or row.error or row.label != row.model:
            continue
        if record.get("engine"):
            continue  # what was measured is a fit of this machine, which says nothing of a model trained elsewhere
        if record.get("settings", row.settings) != row.settings:
            log.warning(
                "%s was measured with other settings than release %s holds, which keeps its own figures: "
                "train it again.",
                row.model,
                current.version,
            )
            continue
        means = {name: line["mean"] for name, line in row.metrics.items()}
        spans = {name: [line["low"], line["high"]] for name, line in row.metrics.items()}
        reports[row.model] = {
            "metrics": {**record.get("metrics", {}), evaluation.split: means},
            "intervals": {**record.get("intervals", {}), evaluation.split: spans},
            "ms_per_user": row.ms_per_user,
            "ms_single": row.ms_single,
            "calibration": record.get("calibration") or calibrations.get(row.model),
        }
    return releases.add(current, {}, reports) if reports else current
