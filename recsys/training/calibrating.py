"""Calibrate `match` of a new release: at once, or in the background if a page waits for the release.

All other models are calibrated when they are evaluated, which fits them to a part of the ratings anyway.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from recsys import release as releases
from recsys.data.progress import Progress, to_log
from recsys.evaluation.calibration import calibrate
from recsys.models import registry
from recsys.models.base import Recommender
from recsys.release import Release
from recsys.training.fitting import Fitted, Inputs, since

QUICK_S = 2.0  # longest fit, in seconds, of a model that is calibrated at once, which takes another fit
SMALL = 10_000_000  # users times items up to which another fit of the best model for users is short on a busy machine
PENDING = "calibration_pending"  # in the report of a model that is served before it is calibrated

Records = Mapping[str, Mapping[str, Any]]
"""Reports or manifest records of models by name."""


def complete(fitted: Fitted, inputs: Inputs, progress: Progress, staying: Records, *, later: bool) -> None:
    """Calibrate the best of the fitted models for users, or mark it as pending.

    Args:
        fitted: its reports are changed.
        inputs: the data that the models were fitted on.
        progress: called for each calibration.
        staying: records of the models of the same release that are not fitted again. If one of them is better for
            users and has a calibration, or will have one, the fitted models are calibrated when they are evaluated.
        later: whether `pending` models are calibrated in the background.
    """
    if not inputs.data.matrix.nnz:
        return
    for name in _first(fitted.reports, staying, math.prod(inputs.data.matrix.shape) <= SMALL):
        if later:
            fitted.reports[name][PENDING] = True
        else:
            fitted.reports[name]["calibration"] = _calibrated(fitted.models[name], inputs, progress)


def pending(release: Release) -> list[str]:
    """The models of a release that are served before they are calibrated."""
    return [name for name, record in release.manifest["models"].items() if _is_pending(record)]


def calibrate_pending(release: Release, inputs: Inputs, progress: Progress = to_log) -> Release:
    """Calibrate the pending models of a release, and return its new version; the same release if none is pending."""
    reports = {
        name: {"calibration": _calibrated(release.model(name), inputs, progress), PENDING: False}
        for name in pending(release)
    }
    return releases.add(release, {}, reports) if reports else release


def _calibrated(model: Recommender, inputs: Inputs, progress: Progress) -> dict[str, Any] | None:
    """The calibration of a model as JSON values; None if the ratings do not allow one."""
    began = time.perf_counter()
    found = calibrate(model, inputs.data, inputs.features, inputs.seed, inputs.liked_at)
    progress(f"{model.name}: calibrated in {since(began)}")
    return None if found is None else found.to_dict()


def _first(reports: Records, staying: Records, small: bool) -> list[str]:
    """The models to calibrate first: the best for users, whose match all lists show; without such a model, all.

    Models that took long are left out, because a calibration takes another fit; but the best for users is not if the
    data is `small`, so that matches do not depend on how busy the machine was.
    """
    quick = [name for name, report in reports.items() if report["seconds"] < QUICK_S]
    ranked = [name for name in reports if registry.get(name).preferred]
    best = registry.by_preference(name for name in ranked if small or name in quick)[:1]
    ranks = [registry.get(name).preferred for name, record in staying.items() if _has_calibration(record)]
    if not any(ranks):
        return best or quick
    return [name for name in best if registry.get(name).preferred < min(filter(None, ranks))]


def _has_calibration(record: Mapping[str, Any]) -> bool:
    return bool(record.get("calibration")) or _is_pending(record)


def _is_pending(record: Mapping[str, Any]) -> bool:
    return bool(record.get(PENDING)) and not record.get("calibration")
