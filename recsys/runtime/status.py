"""Status of a running service: age, memory, latency, errors, counts, and which models are trained on which data."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import time
from typing import Any

from recsys import __version__
from recsys.models import registry
from recsys.runtime.jobs import Background
from recsys.serving.service import Service

STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class TrainingStatus:
    """Which models are trained.

    Attributes:
        version: the release.
        created: when it was trained, in UTC.
        revision: the Hub commit it was pulled from; None if it was trained here.
        trained: titles by name of the models in it.
        untrained: (name, title, why) of the others; `why` is "" for those that can be trained now.
        newer_ratings: visitors' ratings since the models were trained.
    """

    version: str
    created: datetime
    revision: str | None
    trained: dict[str, str]
    untrained: list[tuple[str, str, str]]
    newer_ratings: int

    @property
    def trainable(self) -> dict[str, str]:
        """Titles by name of the models that are trained or can be."""
        return self.trained | {name: title for name, title, why in self.untrained if not why}


def memory_mb() -> float:
    """Resident memory of this process in MB; its peak if the system tells no more."""
    if STATM.is_file():
        return int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak / 1e3


def figures(service: Service) -> dict[str, Any]:
    """Figures of the service as it is now.

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
    release, trainable = service.release, background.missing()
    untrained = []
    for name in registry.names():
        cls = registry.get(name)
        if name in release.names:
            continue
        needs = ", ".join(cls.missing_modules()) or f"{service.words.ratings} that differ"
        untrained.append((name, reword(cls.title), "" if name in trainable else f"needs {needs}"))
    return TrainingStatus(
        version=release.version,
        created=_created(service),
        revision=release.revision,
        trained={name: reword(registry.get(name).title) for name in release.names},
        untrained=untrained,
        newer_ratings=newer_ratings(service),
    )


def _created(service: Service) -> datetime:
    return datetime.fromisoformat(service.release.manifest["created"])
