"""Evaluate the models of a catalogue and store the metrics with the release they belong to."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from recsys import release as releases
from recsys.catalogue.database import Catalogue
from recsys.data import Interactions, ItemFeatures
from recsys.data.progress import Progress, quiet, to_log
from recsys.errors import BadData, BadInput, NeedsRatings
from recsys.evaluation import Evaluation, baselines, evaluate, evaluate_ratings, qrels
from recsys.evaluation.calibration import Calibration
from recsys.evaluation.protocol import SPLITS as RANKING_SPLITS
from recsys.evaluation.protocol import make_split
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.settings import Settings
from recsys.training.calibrating import PENDING
from recsys.tuning import differing, tuned

log = logging.getLogger(__name__)

RATINGS = "ratings"
SPLITS = (*RANKING_SPLITS, RATINGS)


@dataclass(frozen=True)
class Measurement:
    """Options of an evaluation.

    Attributes:
        split: one of SPLITS; `ratings` is the 5-fold error of predicted ratings.
        names: models (default: all that suit the split and the ratings).
        seeds, first_seed: number of splits, with consecutive seeds from the first on.
        against: "baselines" also evaluates `evaluation.baselines`, "defaults" also evaluates models with tuned settings
            with their class defaults. Neither is stored with the release.
        pairs_only: use only pairs of user and item (and times, for a split by time), without ratings and features, as
            most published results do; not stored with the release.
        at: moment of the split global, in seconds since 1970.
        ties: how ties in time are broken, "item" or "random"; "" is at random with several splits, otherwise by item.
    """

    split: str = "random"
    names: Sequence[str] | None = None
    seeds: int = 1
    first_seed: int = 0
    against: str = ""
    pairs_only: bool = False
    at: float | None = None
    ties: Literal["", "item", "random"] = ""

    @property
    def drawn(self) -> range:
        """The seeds of the splits."""
        return range(self.first_seed, self.first_seed + self.seeds)


def measure(
    settings: Settings, catalogue: Catalogue, wanted: Measurement = Measurement(), progress: Progress = to_log
) -> Evaluation:
    """Evaluate models, with the settings that `train` gives them, and store the metrics in a new release version.

    Args:
        settings: locations of the release and the tuned settings.
        catalogue: ratings and features.
        wanted: options of the evaluation.
        progress: called for each fit.

    Raises:
        BadData: the data does not allow the split.
        BadInput: there is no model to compare with.
        NeedsRatings: there are no ratings.
    """
    _check(wanted, catalogue)
    data, features = _inputs(wanted, catalogue)
    models, with_tuned = _models(wanted, settings, catalogue, progress)
    evaluation = _evaluate(wanted, models, data, features, progress)
    evaluation.about["tuned"] = with_tuned
    if not wanted.pairs_only:
        known = _calibrated(settings)
        missing = {label: model for label, model in models.items() if label not in known}
        store(settings, evaluation, _calibrations(wanted, evaluation, missing, data, catalogue.wording.liked_at))
    return evaluation


def measure_judged(
    settings: Settings, catalogue: Catalogue, folder: Path, wanted: Measurement, progress: Progress = to_log
) -> dict[str, Any]:
    """Evaluate models with the judged relevance in a folder; nothing is stored. See `recsys.evaluation.qrels`.

    Args:
        wanted: its `names`, `against`, `pairs_only` and `first_seed` are used.

    Raises:
        SourceError, BadData: the folder cannot be read or does not fit the data.
        NeedsRatings: there are no ratings.
    """
    _check(wanted, catalogue)
    judged = qrels.Judged.read(folder)
    models, _ = _models(wanted, settings, catalogue, progress)
    return qrels.evaluate(models, *_inputs(wanted, catalogue), judged, wanted.first_seed, progress)


def _check(wanted: Measurement, catalogue: Catalogue) -> None:
    title = catalogue.info["title"]
    if not catalogue.info["n_ratings"]:
        raise NeedsRatings(f"{title} has no ratings to evaluate with.")
    if wanted.split == RATINGS and not _differ(wanted, catalogue):
        raise BadData(
            f"All {catalogue.wording.ratings} of {title} are equal, so there is nothing to predict. Use another "
            "split, such as random."
        )


def _differ(wanted: Measurement, catalogue: Catalogue) -> bool:
    """Whether the ratings that are used differ from one another."""
    return bool(catalogue.info["rated"]) and not wanted.pairs_only


def _inputs(wanted: Measurement, catalogue: Catalogue) -> tuple[Interactions, ItemFeatures | None]:
    data = catalogue.interactions()
    if not wanted.pairs_only:
        return data, catalogue.features()
    return Interactions(data.users, data.items, data.pattern, data.times), None


def _models(
    wanted: Measurement, settings: Settings, catalogue: Catalogue, progress: Progress
) -> tuple[dict[str, Recommender], list[str]]:
    """The models to evaluate by label, and the names of those with tuned settings."""
    found = tuned(settings, catalogue.info)
    models = {name: found.create(name) for name in _names(wanted, catalogue)}
    with_tuned = [name for name, model in models.items() if differing(model)]
    for name in with_tuned:
        progress(f"{name}: {differing(models[name])}, tuned on {found.dataset}")
    return models | _compared(wanted, with_tuned, found.dataset), with_tuned


def _names(wanted: Measurement, catalogue: Catalogue) -> Sequence[str]:
    if wanted.names is not None:
        return wanted.names
    if wanted.split == RATINGS:
        return [name for name in registry.names() if registry.get(name).predicts_ratings]
    if _differ(wanted, catalogue):
        return registry.names()
    return [name for name in registry.names() if not registry.get(name).predicts_ratings]


def _compared(wanted: Measurement, with_tuned: Sequence[str], dataset: str) -> dict[str, Recommender]:
    """Models that are evaluated for comparison only, by label."""
    if wanted.against == "baselines":
        if wanted.split == RATINGS:
            raise BadInput("The baselines rank items but do not predict ratings. Use another split, such as random.")
        return {kind.name: kind() for kind in (baselines.PlainEase, baselines.NaiveUserKnn)}
    if wanted.against == "defaults":
        if not with_tuned:
            raise BadInput(f"None of these models has settings tuned on {dataset}. Run recsys tune first.")
        return {name + baselines.DEFAULTS: registry.create(name) for name in with_tuned}
    if wanted.against:
        raise BadInput(f"against is {wanted.against!r}. Use 'baselines' or 'defaults'.")
    return {}


def _evaluate(
    wanted: Measurement,
    models: Mapping[str, Recommender],
    data: Interactions,
    features: ItemFeatures | None,
    progress: Progress,
) -> Evaluation:
    if wanted.split == RATINGS:
        return evaluate_ratings(models, data, features, seeds=wanted.drawn, progress=progress)
    ties = wanted.ties or ("random" if wanted.seeds > 1 else "item")
    return evaluate(models, data, features, wanted.split, wanted.drawn, ties=ties, at=wanted.at, progress=progress)


def _calibrations(
    wanted: Measurement,
    evaluation: Evaluation,
    models: Mapping[str, Recommender],
    data: Interactions,
    liked_at: float | None,
) -> dict[str, Any]:
    """Calibration of these models, as far as they were evaluated, from the last random split.

    They have not seen its held-out part.
    """
    if wanted.split != "random":
        return {}
    split = make_split(wanted.split, data, wanted.drawn[-1])
    found = {}
    for row in evaluation.rows:
        if not row.error and row.label == row.model and row.label in models:
            fitted = Calibration.fit(models[row.label], split.test_history, split.test, liked_at=liked_at)
            found[row.model] = None if fitted is None else fitted.to_dict()
    return found


def _calibrated(settings: Settings) -> set[str]:
    """The models that are calibrated in the release, and keep their calibrations."""
    current = releases.last_good(settings.releases, quiet)
    records = {} if current is None else current.manifest["models"]
    return {name for name, record in records.items() if record.get("calibration")}


def store(settings: Settings, evaluation: Evaluation, calibrations: Mapping[str, Any]) -> Release | None:
    """Store metrics in a new version of the current release; return None if there is no release.

    Args:
        settings: location of the release.
        evaluation: the metrics.
        calibrations: calibrations by model, None if the ratings do not allow one; one that the release already has
            stays.
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
            continue  # the evaluated model was fitted here, so its metrics are not those of a model trained on Spark
        if record.get("settings", row.settings) != row.settings:
            log.warning(
                "%s was evaluated with other settings than release %s has, so its metrics are not stored. "
                "Train it again.",
                row.model,
                current.version,
            )
            continue
        means = {name: line["mean"] for name, line in row.metrics.items()}
        intervals = {name: [line["low"], line["high"]] for name, line in row.metrics.items()}
        reports[row.model] = {
            "metrics": {**record.get("metrics", {}), evaluation.split: means},
            "intervals": {**record.get("intervals", {}), evaluation.split: intervals},
            "ms_per_user": row.ms_per_user,
            "ms_single": row.ms_single,
            "calibration": record.get("calibration") or calibrations.get(row.model),
        }
        if row.model in calibrations and PENDING in record:
            reports[row.model][PENDING] = False
    return releases.add(current, {}, reports) if reports else current
