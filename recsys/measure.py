"""Measuring the models of a catalogue and keeping the result with the release they belong to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from recsys import release as releases
from recsys.catalogue import Catalogue
from recsys.errors import BadData, NeedsRatings
from recsys.evaluation import Evaluation, evaluate, evaluate_ratings
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.protocol import make_split
from recsys.models import registry
from recsys.settings import Settings

log = logging.getLogger(__name__)

RATINGS = "ratings"
SPLITS = ("random", "temporal", "strict", "unseen", RATINGS)


def measure(
    settings: Settings,
    catalogue: Catalogue,
    split: str = "random",
    names: Sequence[str] | None = None,
    seeds: int = 1,
    progress: Callable[[str], None] = log.info,
) -> Evaluation:
    """Evaluate models on the data set's ratings and write what was found into a new version of the release.

    Args:
        split: one of SPLITS; `ratings` is 5-fold error of predicted ratings.
        names: default all registered models (those that predict ratings for `ratings`, the others where all
            are equal).
        seeds: how many splits are drawn.

    Raises:
        BadData: the data does not allow the split.
        NeedsRatings: there are none.
    """
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{catalogue.info['title']} has no ratings to measure with.")
    rated = catalogue.info["rated"]
    if split == RATINGS and not rated:
        raise BadData(
            f"all {catalogue.description.ratings} of {catalogue.info['title']} say the same, so that none can be "
            "mispredicted; use another split, such as random."
        )
    data, features = catalogue.interactions(), catalogue.features()
    if names is None:
        predicting = {name for name in registry.names() if registry.get(name).predicts_ratings}
        left_out = set(registry.names()) - predicting if split == RATINGS else set() if rated else predicting
        names = [name for name in registry.names() if name not in left_out]

    def say(share: float, text: str) -> None:
        progress(f"{share:4.0%} {text}")

    if split == RATINGS:
        evaluation = evaluate_ratings(names, data, features, seeds=range(seeds), progress=say)
        keep(settings, evaluation, {})
        return evaluation
    fitted = {name: registry.create(name) for name in names}
    evaluation = evaluate(fitted, data, features, split=split, seeds=range(seeds), progress=say)
    calibrations = {}
    if split == "random":
        # each model is as the last split left it, and has not seen what that split hid
        last = make_split(split, data, seeds - 1)
        for row in evaluation.rows:
            if not row.error:
                liked_at = catalogue.description.liked_at
                found = Calibration.fit(fitted[row.label], last.test_history, last.test, liked_at=liked_at)
                calibrations[row.model] = None if found is None else found.to_dict()
    keep(settings, evaluation, calibrations)
    return evaluation


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
        if record is None or row.error:
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


def flat(metrics: dict[str, dict[str, float]]) -> dict[str, float]:
    """Metrics by name; those of the random split plain, of any other with its name before.

    >>> flat({"random": {"hr@10": 0.5}, "temporal": {"hr@10": 0.4}})
    {'hr@10': 0.5, 'temporal hr@10': 0.4}
    """
    return {
        name if split == "random" else f"{split} {name}": value
        for split, values in metrics.items()
        for name, value in values.items()
    }
