"""Reports on the models of a release: quality, calibration, training, tuning."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recsys.errors import RecsysError
from recsys.evaluation import plots
from recsys.evaluation.plots import roc
from recsys.evaluation.plots import tuning as tries
from recsys.evaluation.table import HEADINGS, KINDS
from recsys.models import registry
from recsys.serving.released_models import ReleasedModels
from recsys.settings import Settings
from recsys.tuning import tuned

__all__ = ["HEADINGS", "KINDS", "Likeness", "ModelReport", "ModelReports", "roc", "tries"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelReport:
    """Quality and cost of one model.

    Attributes:
        name, title, summary: the model.
        metrics: value by metric; those of splits other than the random one as "split metric".
        intervals: 95 % interval by split and metric.
        training_seconds: None if not recorded.
        ms_per_user, ms_single: milliseconds per user in a batch, and for a single request; None if not measured.
        calibration: `predicted`, `observed`, `n` and the expected calibration error `ece`; None if not calibrated.
        is_default: whether it is the default model for users or for the blend.
    """

    name: str
    title: str
    summary: str
    metrics: Mapping[str, float | None]
    intervals: Mapping[str, Mapping[str, list[float | None]]]
    training_seconds: float | None
    ms_per_user: float | None
    ms_single: float | None
    calibration: Mapping[str, Any] | None
    is_default: bool

    def interval(self, split: str, metric: str) -> tuple[float | None, float | None]:
        """Lower and upper end of a metric's 95 % interval; None if unknown."""
        low, high = self.intervals.get(split, {}).get(metric) or (None, None)
        return low, high


@dataclass(frozen=True)
class Likeness:
    """Similarity of well-known items by one model.

    Attributes:
        model: title of the model.
        by_content: whether it compares the content of items instead of their ratings.
        titles: (k,) the items.
        values: values[i][j] is the similarity of j to i, None if unknown.
    """

    model: str
    by_content: bool
    titles: list[str]
    values: list[list[float | None]]


class ModelReports:
    """Reports on the models of one release."""

    def __init__(self, models: ReleasedModels, settings: Settings):
        self._models, self._settings = models, settings

    def quality(self) -> list[ModelReport]:
        """Reports on all models of the release, best first."""
        reports, defaults = [], self._models.defaults
        for line in self._models.table:
            record = self._models.release.manifest["models"][line["name"]]
            calibration = record.get("calibration")
            reports.append(
                ModelReport(
                    name=line["name"],
                    title=line["title"],
                    summary=line["summary"],
                    metrics=line["metrics"],
                    intervals=record.get("intervals") or {},
                    training_seconds=line["training_seconds"],
                    ms_per_user=record.get("ms_per_user"),
                    ms_single=record.get("ms_single"),
                    calibration=plots.reliability_curve(calibration) if calibration else None,
                    is_default=line["name"] in (defaults.user, defaults.blend),
                )
            )
        return reports

    def likeness(self, name: str, n: int) -> Likeness | None:
        """Similarity of the n most rated items; None if the release or the model cannot compare them."""
        if name not in self._models.release.names:
            return None
        model = self._models.model(name)
        known = self._models.popular(n)
        try:
            found = plots.similarity(model, known)
        except RecsysError as error:
            log.info("%s cannot compare items: %s", name, error)
            return None
        titles = [item["title"] for item in self._models.catalogue.items(known)]
        return Likeness(self._title(name), name == self._models.defaults.content, titles, found["values"])

    def taste_groups(self) -> Mapping[str, Any] | None:
        """Saved state of the last trained clustering of users; None if no clustering is trained."""
        names = [name for name in registry.where(report_kind="groups") if name in self._models.release.names]
        return self._models.release.state(names[-1]).get("report") if names else None

    def training(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Kind of report, title and saved state of every model that records its training."""
        found = []
        for name in self._models.release.names:
            kind = registry.get(name).report_kind
            if not kind:
                continue
            try:
                found.append((kind, self._title(name), self._models.release.state(name)))
            except RecsysError as error:
                log.warning("The training record of %s cannot be read: %s", name, error)
        return found

    def tuning(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Title of every model whose settings were tuned on this data set, and the record of its search."""
        records = tuned(self._settings, self._models.catalogue.info).records
        return [(self._title(name), records[name]) for name in registry.names() if name in records]

    def _title(self, name: str) -> str:
        return self._models.catalogue.wording.reword(registry.get(name).title)
