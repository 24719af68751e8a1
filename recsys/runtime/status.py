"""Status of a running service: age, memory, latency, errors, counts, and which models are trained on which data."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any, NamedTuple

from recsys import __version__
from recsys.models import registry
from recsys.runtime.jobs import Background
from recsys.serving.service import Service
from recsys.training import calibrating
from recsys.training.choice import estimated_seconds, in_words

STATM = Path("/proc/self/statm")


class Untrained(NamedTuple):
    """A model that the release does not have.

    Attributes:
        name, title: name and title of the model.
        lacks: missing requirements of training; "" if it can be trained now.
        on_request: whether it is trained only on request.
        takes: training time in words; "" if it is short.
    """

    name: str
    title: str
    lacks: str
    on_request: bool
    takes: str

    @property
    def why(self) -> str:
        """Why the release does not have it."""
        if self.lacks:
            return f"needs {self.lacks}"
        reason = "trained only on request" if self.on_request else "not yet trained"
        return f"{reason}, takes {self.takes}" if self.takes else reason


@dataclass(frozen=True)
class TrainingStatus:
    """Which models are trained.

    Attributes:
        version: the release.
        created: when it was trained, in UTC.
        revision: the Hub commit it was pulled from; None if it was trained here.
        trained: titles of its models by name.
        untrained: the other models.
        newer_ratings: visitors' ratings since the models were trained.
        calibration_pending: whether lists show no `match` until a model is calibrated.
    """

    version: str
    created: datetime
    revision: str | None
    trained: dict[str, str]
    untrained: list[Untrained]
    newer_ratings: int
    calibration_pending: bool

    @property
    def trainable(self) -> dict[str, str]:
        """Titles by name of the models that are trained or can be trained, with the training time if it is long."""
        return self.trained | {
            one.name: f"{one.title} (takes {one.takes})" if one.takes else one.title
            for one in self.untrained
            if not one.lacks
        }


def memory_mb() -> float:
    """Resident memory of this process in MB; the peak if the system reports only that."""
    if STATM.is_file():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def figures(service: Service) -> dict[str, Any]:
    """Current figures of the service.

    Returns:
        version of recsys; `uptime_s`, `memory_mb`; `release` with version, revision (of the Hub, or None), created,
        models; `counts` of items, users, ratings; `newer_ratings` given by visitors since the models were trained;
        `latencies` by endpoint; total `errors` (failed answers) and `refused`; `lists_dropped`.
    """
    latencies, about = service.latencies.lines(), service.about()
    return {
        "version": __version__,
        "uptime_s": round(time() - service.latencies.started, 1),
        "memory_mb": round(memory_mb(), 1),
        "release": about["release"],
        "counts": about["counts"],
        "newer_ratings": newer_ratings(service),
        "latencies": latencies,
        "errors": sum(line["failed"] for line in latencies),
        "refused": sum(line["refused"] for line in latencies),
        "lists_dropped": service.events.dropped,
    }


def newer_ratings(service: Service) -> int:
    """Number of visitors' ratings that are newer than the release."""
    return service.visitors.ratings_since(_created(service).timestamp())


def training_status(background: Background) -> TrainingStatus:
    """Which models are trained, which are not, and why."""
    service, reword = background.service, background.service.words.reword
    release, wanted, trainable = service.release, background.missing(), background.trainable()
    untrained = []
    for name in registry.names():
        cls = registry.get(name)
        if name in release.names:
            continue
        needs = ", ".join(cls.missing_modules()) or f"{service.words.ratings} that differ"
        seconds = estimated_seconds(name, service.catalogue)
        untrained.append(
            Untrained(
                name,
                reword(cls.title),
                lacks="" if name in trainable else needs,
                on_request=name not in wanted,
                takes="" if seconds is None else in_words(seconds),
            )
        )
    return TrainingStatus(
        version=release.version,
        created=_created(service),
        revision=release.revision,
        trained={name: reword(registry.get(name).title) for name in release.names},
        untrained=untrained,
        newer_ratings=newer_ratings(service),
        calibration_pending=bool(calibrating.pending(release)),
    )


def _created(service: Service) -> datetime:
    return datetime.fromisoformat(service.release.manifest["created"])
